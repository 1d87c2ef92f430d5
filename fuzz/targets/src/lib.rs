//! Targets: what must hold of codecs, lists and clients whatever comes. Each function takes one input, and panics
//! when something does not hold.
//!
//! An input is lines of text, so that a person can read and write one. A line is a frame, or, in a
//! list's, an event's data. A line that begins with `>` is something that the app or the network
//! does; each target says what it knows. Lines that are no UTF-8 are binary frames.

mod act;
mod client;
mod json;
mod list;
mod row;
mod seed;
mod socketio;
mod tabs;

pub use client::client;
pub use json::json;
pub use list::list;
pub use seed::seed;
pub use socketio::socketio;
pub use tabs::tabs;
