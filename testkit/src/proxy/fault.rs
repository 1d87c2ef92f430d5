//! Faults: what the proxy can be told, and what it tells.

use std::time::Duration;

/// A connection through the proxy. Numbers grow and are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub(super) u64);

/// How bytes flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// At once.
    #[default]
    Pass,
    /// Not at all: they are held until the flow changes.
    Stall,
    /// To the server at once, and to the client not at all: what is asked is done, and nobody hears of it.
    Mute,
    /// Each piece as late as chance will have it, but no later than this. Their order is kept.
    Delay(Duration),
}

/// Which of several servers a connection goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The next one after that of the connection before.
    InTurn,
    /// The first one that is alive.
    FirstAlive,
}

/// The connections that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    All,
    /// Those that asked for a WebSocket.
    Sockets,
    /// One.
    One(LinkId),
}

impl Which {
    pub(super) fn includes(self, id: LinkId, is_socket: bool) -> bool {
        match self {
            Self::All => true,
            Self::Sockets => is_socket,
            Self::One(one) => one == id,
        }
    }
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Which.
    pub id: LinkId,
    /// Whether the client asked for a WebSocket on it.
    pub is_socket: bool,
    /// Whether its server's side is closed and its client's side is not.
    pub is_half_open: bool,
}

/// What has happened at a proxy since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProxyStats {
    /// Connections let in.
    pub accepted: u64,
    /// Connections closed as soon as they were made.
    pub refused: u64,
    /// Connections closed because no server took them.
    pub unreachable: u64,
    /// Connections closed on both sides on request.
    pub cut: u64,
    /// Connections closed on the server's side on request.
    pub half_opened: u64,
    /// Pieces that had to wait because of a stall.
    pub stalled: u64,
    /// Pieces that were delayed.
    pub delayed: u64,
    /// Bytes passed on to the server.
    pub bytes_to_server: u64,
    /// Bytes passed on to clients.
    pub bytes_to_clients: u64,
    /// Bytes that came in and were never passed on.
    pub bytes_lost: u64,
    /// Pieces swallowed on request.
    pub swallowed: u64,
}
