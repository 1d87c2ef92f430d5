//! Outputs: what the connection wants done, and what it counts.

use super::CloseReason;
use crate::{access::Token, id::Generation};

/// What the connection wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionOutput {
    /// Ask the app for a token, and forget any earlier question that is still open.
    RequestToken {
        /// To be given back with the answer.
        generation: Generation,
    },
    /// Open a socket.
    Connect {
        /// Stamps everything this socket will report.
        generation: Generation,
    },
    /// The socket is open: authenticate with the token, or, without one, report the handshake as
    /// done right away.
    Handshake {
        /// The socket.
        generation: Generation,
        /// The token to authenticate with.
        token: Option<Token>,
    },
    /// Ask the app for a token while the link is open.
    RenewToken {
        /// To be given back with the answer.
        generation: Generation,
    },
    /// Show a new token on the open link.
    ShowToken {
        /// The socket.
        generation: Generation,
        /// The token.
        token: Token,
    },
    /// Send a ping.
    SendPing {
        /// The socket.
        generation: Generation,
    },
    /// Close the socket, whether open or still opening; what it reports from now on is ignored.
    Close {
        /// The socket.
        generation: Generation,
        /// A code that browsers may send.
        code: u16,
        /// For the server's log.
        reason: &'static str,
    },
    /// The link is up: subscribe again, then send what waits.
    Up {
        /// The socket.
        generation: Generation,
    },
    /// The link that was up is gone.
    Down {
        /// The socket.
        generation: Generation,
    },
    /// Nothing will reconnect any more: what waits for a link waits in vain.
    Ended {
        /// Why.
        reason: CloseReason,
    },
    /// [`Connection::info`](super::Connection::info) has changed.
    StatusChanged,
}
