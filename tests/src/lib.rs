//! End-to-end tests of the demo: its real server, its built page, several real browsers.
//!
//! This library is what the scenarios (`scenarios/`) and `drive-demo` share, on top of the test kit, which is here too:
//! the [`Stage`] of a scenario, several servers at once ([`Cluster`]), and knowing where things are in the demo
//! ([`Visitor`]).
//!
//! `cargo xtask test` builds what they need and runs them all; a single one runs with
//! `cargo test --package realtime-e2e --test scenarios -- --ignored NAME`, once there is a built page in `dist` and a
//! built server.

mod cluster;
pub mod demo;
mod documents;
mod stage;
mod walk;

pub use cluster::Cluster;
pub use demo::{Page, Quote, ShownQuote, Visitor, by_id, differing};
pub use realtime_testkit::*;
pub use stage::{Stage, scenario, scenario_on};
pub use walk::{Report, walk};
