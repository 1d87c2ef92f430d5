//! Breaches: what may be wrong with a world after it has come to rest.

use std::fmt;

/// How a promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreachKind {
    /// An edit that was acknowledged is not there.
    Lost,
    /// Something was carried out, delivered or settled twice.
    Doubled,
    /// A client shows something else than the server has.
    Diverged,
    /// A client shows a list as empty before the server has said that it is.
    Empty,
    /// A send has no outcome.
    Unsettled,
    /// A client shows somebody who is not there, or lacks somebody who is.
    Ghost,
    /// Something never ends: a fetch, a reconnect, typing dots.
    Stuck,
    /// Something grows or repeats without bound.
    Unbounded,
    /// Not exactly one of a user's tabs leads the others, or they have more than one socket.
    Split,
    /// The client panicked.
    Panicked,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which promise.
    pub kind: BreachKind,
    /// Who, and what was found.
    pub what: String,
}

impl Breach {
    pub(crate) fn new(kind: BreachKind, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { kind, what }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}
