//! Test kit: what the tests and tools of this workspace share.
//!
//! Starting and ending [programs](Program), a [Redis](RedisServer), a [proxy](FaultProxy) that breaks connections and
//! may stand before several servers, a [server of files](Site); with the feature `http` a client for JSON and the demo's servers; with the feature
//! `browser` browsers by their drivers. Every program ends with the value that stands for it.
//!
//! All of it blocks; async tests call it on a thread for that. Whatever can fail fails with a [`KitError`], which says
//! what was wanted, what came instead and what to do: a program that does not start, a server or browser that does not
//! answer, a wait that is over.
//!
//! ```
//! use realtime_testkit::{Program, Start};
//! use std::process::Command;
//!
//! let how = Start::of("the server", "build it first");
//! let mut command = Command::new("sh");
//! command.args(["-c", "echo listening on http://127.0.0.1:4000; exec sleep 60"]);
//! let (server, address) = Program::start(how, &mut command, realtime_testkit::announced_address)?;
//! assert_eq!(address.port(), 4000);
//! server.kill()?;
//! # Ok::<(), realtime_testkit::KitError>(())
//! ```

#[cfg(feature = "browser")]
mod axe;
#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "browser")]
mod console;
#[cfg(feature = "http")]
mod demo;
#[cfg(feature = "browser")]
mod driver;
#[cfg(feature = "browser")]
mod emulation;
#[cfg(feature = "browser")]
mod engine;
mod error;
mod eventually;
#[cfg(feature = "http")]
mod http;
mod port;
mod program;
mod proxy;
mod redis;
mod site;
#[cfg(feature = "browser")]
mod tab;
mod workspace;

#[cfg(feature = "browser")]
pub use self::{
    axe::Violation,
    browser::Browser,
    console::Entry,
    driver::Driver,
    emulation::{Requests, Scheme, Size},
    engine::Engine,
    tab::{Key, Pointer, Tab},
};
#[cfg(feature = "http")]
pub use self::{
    demo::{DemoServer, ServerKind},
    http::{Answer, Http},
};
pub use error::{KitError, ensure};
pub use eventually::eventually;
pub use port::{announced_address, free_port, loopback};
pub use program::{Output, Program, Start, Talk};
pub use proxy::{
    Aim, Fault, FaultProxy, Flow, LinkId, LinkInfo, Order, ProxyStats, Schedule, Which,
};
pub use redis::RedisServer;
pub use site::Site;
pub use workspace::{built, dist, node, workspace};
