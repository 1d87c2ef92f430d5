//! Status: what people see of the connection, and why it is as it is.

use crate::{
    error::{AddressError, ServerError},
    excerpt::Excerpt,
    time::{Instant, Seconds},
};
use std::{rc::Rc, time::Duration};

/// The connection in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionStatus {
    /// On the way to the first link.
    Connecting,
    /// The link is up and the handshake done.
    Connected,
    /// The link was lost and is being sought again.
    Reconnecting,
    /// There is no link, and none will come unless the app asks for one.
    Disconnected,
}

/// The connection as a component shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The connection in one word.
    pub status: ConnectionStatus,
    /// How many attempts were begun since the last healthy link; 0 while connected.
    pub attempt: u32,
    /// When the next attempt begins, while waiting for it.
    pub retry_at: Option<Instant>,
    /// Since when `status` is what it is.
    pub since: Instant,
    /// Whether the link has been missing for so long (5 s by default) that people should be told.
    pub trouble: bool,
    /// What went wrong last; `None` again once connected.
    pub last_error: Option<ConnectionError>,
    /// Why nothing reconnects any more, if so.
    pub close_reason: Option<CloseReason>,
    /// How long the server took to answer the last ping on this link.
    pub round_trip: Option<Duration>,
}

/// Why the connection ended for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The app called `disconnect`.
    Requested,
    /// The server closed with a code that means stop.
    Server {
        /// The close code.
        code: u16,
        /// What the server said about it; often empty.
        reason: Rc<str>,
    },
    /// The server ended the session in the protocol's own words, such as Socket.IO's DISCONNECT.
    Dismissed {
        /// What it said.
        reason: Rc<str>,
    },
    /// Who we are was refused for good, by the server (the code `forbidden`) or by the app's own
    /// token provider: another attempt would end the same. Sign in again, then connect.
    Unauthorized {
        /// What the server or the provider said.
        message: Rc<str>,
    },
    /// As many attempts failed as the options allow.
    GaveUp,
    /// What the app gave is no address of a server.
    BadAddress(AddressError),
}

/// What went wrong with an attempt or a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// The app's token provider failed.
    #[error("could not get a token: {}; check the token provider", Excerpt(.0))]
    Token(Rc<str>),
    /// The app's token provider did not answer in time.
    #[error("the token provider did not answer within {} s", Seconds(*.0))]
    TokenTimeout(Duration),
    /// The socket closed before it had opened. A browser does not say why.
    #[error(
        "the socket did not open (code {code}), and a browser does not say why; check the url and its path, the network, and whether the server takes WebSockets, this page's origin and the token"
    )]
    NeverOpened {
        /// The close code; 1006 in browsers.
        code: u16,
    },
    /// The socket did not open in time.
    #[error("the socket did not open within {} s; check the url and the network", Seconds(*.0))]
    ConnectTimeout(Duration),
    /// The server did not answer the handshake in time.
    #[error(
        "the socket opened, but the server did not finish the handshake within {} s; check that the url leads to a server of this protocol",
        Seconds(*.0)
    )]
    HandshakeTimeout(Duration),
    /// The server refused the handshake.
    #[error("the server refused the handshake: {0}")]
    Refused(ServerError),
    /// The open socket closed.
    #[error(
        "the connection closed with code {code}{}{}",
        if reason.is_empty() { "" } else { ": " },
        Excerpt(reason)
    )]
    Closed {
        /// The close code; 1006 if the link just broke.
        code: u16,
        /// What the server said about it; often empty.
        reason: Rc<str>,
        /// Whether both sides said goodbye.
        clean: bool,
    },
    /// The server no longer answered.
    #[error("the server stopped answering; the network may have changed")]
    Unresponsive,
    /// The server announced that it closes the socket.
    #[error("the server closed the connection")]
    ServerClosing,
    /// The server ended the session for good.
    #[error(
        "the server ended the session: {}; connect again when the reason is gone",
        Excerpt(.0)
    )]
    Dismissed(Rc<str>),
    /// The server broke the protocol.
    #[error("the server broke the protocol: {0}; check that client and server speak the same one")]
    Protocol(Rc<str>),
    /// Nothing was opened, for what the app gave is no address of a server.
    #[error(transparent)]
    Address(AddressError),
}

/// Counters of one connection, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStats {
    /// Attempts begun.
    pub attempts: u64,
    /// Links that came up.
    pub links: u64,
    /// Pings sent, probes included.
    pub pings: u64,
    /// Links given up because the server stopped answering.
    pub unresponsive: u64,
    /// Inputs ignored because they belong to an older socket or attempt.
    pub stale: u64,
}
