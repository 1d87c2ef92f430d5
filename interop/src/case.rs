//! A case: one thing that must work, against each peer that can do it.

use crate::{failure::Verdict, stage::Stage};
use futures::future::LocalBoxFuture;
use std::{fmt, time::Duration};

/// Whom a case runs against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerKind {
    /// socket.io 4.8 on Node.
    Node,
    /// socketioxide.
    Oxide,
    /// The demo server, by the JSON envelope.
    Envelope,
    /// socket.io 2.5 on Node, which speaks Engine.IO 3.
    Engine3,
    /// A plain WebSocket server, by the package `ws` on Node.
    Raw,
}

impl PeerKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Node,
        Self::Oxide,
        Self::Envelope,
        Self::Engine3,
        Self::Raw,
    ];

    /// The peer's name in tables and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Oxide => "socketioxide",
            Self::Envelope => "envelope",
            Self::Engine3 => "engine.io-3",
            Self::Raw => "ws",
        }
    }
}

impl fmt::Display for PeerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A case on its way.
pub type Run = LocalBoxFuture<'static, Verdict>;

/// One thing that must work.
#[derive(Clone, Copy)]
pub struct Case {
    /// What the table calls it; the one in docs/SOCKETIO.md does too.
    pub name: &'static str,
    /// Whom it runs against.
    pub peers: &'static [PeerKind],
    /// Plays it.
    pub run: fn(Stage) -> Run,
}

impl Case {
    /// Whether it plays in a browser: alone, as it takes all of the machine.
    #[must_use]
    pub fn is_in_browser(&self) -> bool {
        self.name.starts_with("browser-")
    }

    /// How long it may take in all.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(if self.is_in_browser() { 660 } else { 90 })
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}

/// The cases of a topic, a line each: its name, its peers, and the function that plays it.
macro_rules! cases {
    ($($name:literal on $($peer:ident),+ => $play:expr;)+) => {
        pub(super) const CASES: &[$crate::case::Case] = &[$($crate::case::Case {
            name: $name,
            peers: &[$($crate::case::PeerKind::$peer),+],
            run: |stage| Box::pin(($play)(stage)),
        }),+];
    };
}
