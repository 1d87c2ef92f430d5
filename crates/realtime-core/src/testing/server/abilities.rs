//! Abilities: what a server can do, and what it is asked.

use serde_json::Value;
use std::time::Duration;

/// One socket, as the server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// What this server can do; the defaults are everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Answers `subscribe` and messages with an id.
    pub answers: bool,
    /// Numbers events with `seq` and `epoch`.
    pub positions: bool,
    /// How many events a channel keeps for resuming.
    pub history: usize,
    /// Answers pings.
    pub pongs: bool,
    /// Sends `presence:sync` to who announces.
    pub syncs_presence: bool,
    /// How long after the announcement it sends that, as it was then: a store of presence that is
    /// slower than the events.
    pub sync_delay: Duration,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            answers: true,
            positions: true,
            history: 100,
            pongs: true,
            syncs_presence: true,
            sync_delay: Duration::ZERO,
        }
    }
}

/// A message a client sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The socket it came on.
    pub socket: SocketId,
    /// The whole envelope.
    pub envelope: Value,
}

impl Request {
    /// The envelope's text field `name`; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.envelope[name].as_str().unwrap_or_default()
    }
}
