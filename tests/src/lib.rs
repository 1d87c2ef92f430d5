//! End-to-end tests of the demo: its real server, its built page, several real browsers.
//!
//! This library is what the scenarios (`scenarios/`) and `drive-demo` share: starting and ending the programs
//! ([`Driver`], [`DemoServer`], [`Cluster`], [`Site`]), doing in a tab what a person does ([`Tab`]), knowing where things are in
//! the demo ([`Visitor`]), and waiting for something to come true ([`eventually()`]).
//!
//! `cargo xtask test` builds what they need and runs them all; a single one runs with
//! `cargo test --package realtime-e2e --test scenarios -- --ignored NAME`, once there is a built page in `dist` and a
//! built server.

mod axe;
mod browser;
mod cluster;
mod console;
pub mod demo;
mod documents;
mod driver;
mod emulation;
mod engine;
mod error;
mod eventually;
mod http;
mod program;
mod proxy;
mod redis;
mod server;
mod site;
mod stage;
mod tab;
mod walk;

pub use axe::Violation;
pub use browser::Browser;
pub use cluster::Cluster;
pub use console::Entry;
pub use demo::{Page, Quote, ShownQuote, Visitor, by_id, differing, fetch};
pub use driver::Driver;
pub use emulation::{Requests, Scheme, Size};
pub use engine::Engine;
pub use error::{E2eError, ensure};
pub use eventually::eventually;
pub use http::{Answer, Http};
pub use proxy::{Aim, Fault, FaultProxy, Flow, LinkId, LinkInfo, ProxyStats, Schedule, Which};
pub use redis::RedisServer;
pub use server::{DemoServer, ServerKind, dist_path, workspace};
pub use site::Site;
pub use stage::{Stage, scenario, scenario_on};
pub use tab::{Key, Pointer, Tab};
pub use walk::{Report, walk};
