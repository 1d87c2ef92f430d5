//! The demo's server: REST and the JSON envelope protocol over a WebSocket, all in memory.
//!
//! [`start`] runs it in this process, which is what tests do; the program of the same name adds flags and signals.

mod answers;
mod api;
mod app;
mod channel;
mod clock;
mod commands;
mod config;
mod connections;
mod envelope;
mod errors;
mod feed;
mod hub;
mod limits;
mod outbox;
mod page;
mod presence;
mod rooms;
mod server;
mod session;
mod socket;
mod stocks;
mod subscriptions;
mod tasks;
mod typing;

pub use config::Config;
pub use server::{RunningServer, start};
