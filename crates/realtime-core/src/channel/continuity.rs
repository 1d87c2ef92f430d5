//! What is known about the events between two links.

use std::fmt;

/// What a channel that has just become live can say about the time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// It was never live before: there is nothing to have missed.
    Fresh,
    /// Nothing is lost: `missed` events happened meanwhile, and the server sends them now.
    Recovered {
        /// How many.
        missed: u64,
    },
    /// Events are lost: whoever follows the channel has to fetch again.
    Gap(GapReason),
    /// The server cannot tell, or did not answer: fetch again to be safe.
    Unknown,
}

/// How it was noticed that events are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The server no longer has the events that were missed.
    NotRecovered,
    /// The server's history of the channel began anew.
    EpochChanged,
    /// The server's history is shorter than what we have seen of it.
    Rewound,
    /// An event did not follow the one before it.
    Hole {
        /// The seq that should have come.
        expected: u64,
        /// The one that came.
        got: u64,
    },
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRecovered => f.write_str("the server no longer has the missed events"),
            Self::EpochChanged => f.write_str("the channel's history began anew"),
            Self::Rewound => f.write_str("the server's history is shorter than what was seen"),
            Self::Hole { expected, got } => write!(f, "event {got} came where {expected} was due"),
        }
    }
}
