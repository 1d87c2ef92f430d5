//! The benchmark's server. Every page of one run gets the same rows and the same events at the same pace, whichever of
//! the two protocols it speaks.
//!
//! `POST /runs` makes a run of a [`Plan`] and answers its number; `GET /runs/N/rows` is its snapshot; `/ws` (the JSON
//! envelope) and `/socket.io/` (Socket.IO 5 over WebSocket) take `subscribe` to the channel `run:N`; `POST
//! /runs/N/start` lets the events go, and answers when that was. `GET /runs/N/final` is how the rows stand after all
//! events.

mod app;
mod dialect;
mod feed;
mod plan;
mod quote;
mod run;
mod server;
mod socket;

pub use app::{Site, serve};
pub use plan::{PROBE_EVERY, Plan, Row, Update};
pub use server::Server;
