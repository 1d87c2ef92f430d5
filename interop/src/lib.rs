//! Interop cases: realtime-core on real sockets, against servers of other projects.
//!
//! [`native`] is a native program around the core; [`cases`] are what it must be able to do against
//! each [peer](PeerKind): socket.io 4.8 on Node, socketioxide, and servers that break the rules. Peers are
//! programs of their own, which this one starts, commands, stops in their tracks and kills.
//!
//! `cargo xtask interop` gets the peers ready, plays all cases and prints the table.

#[macro_use]
mod case;
pub mod cases;
mod client;
mod demo;
mod failure;
pub mod native;
mod pattern;
mod peer;
mod run;
mod stage;
mod table;
mod task;
mod wait;

pub use case::{Case, PeerKind, Run};
pub use failure::{Failure, Verdict, ensure, same, shown};
pub use peer::Peer;
pub use run::{Choice, run};
pub use stage::{House, Stage, parser, yjs};
pub use table::{Row, Table};
