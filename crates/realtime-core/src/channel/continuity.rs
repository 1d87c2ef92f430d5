//! Continuity: what is known about the events between two links.

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
    /// What is shown is from a seed, and the server has not been heard of it yet. Only queries say so,
    /// see [`Client::recovery`](crate::Client::recovery); no channel does.
    Restored,
}

/// How it was noticed that events are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The server no longer has the events that were missed.
    NotRecovered,
    /// The server's history of the channel began anew.
    EpochChanged,
    /// The server's history is shorter than what we have seen of it, or its numbers keep coming from
    /// before it: what was seen of it is of another history.
    Rewound,
    /// The server promised the missed events and did not send all of them in time.
    Short {
        /// The seq of the last event that it promised.
        promised: u64,
        /// That of the last one that came.
        reached: u64,
    },
    /// An event did not follow the one before it.
    Hole {
        /// The seq that should have come.
        expected: u64,
        /// The one that came.
        got: u64,
    },
}

impl Continuity {
    /// Whether the server has begun another history, in which it counts anew.
    #[must_use]
    pub const fn begins_anew(self) -> bool {
        matches!(self, Self::Gap(reason) if reason.begins_anew())
    }

    /// What two channels amount to together for one who follows both.
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        if self.badness() >= other.badness() {
            self
        } else {
            other
        }
    }

    const fn badness(self) -> u8 {
        match self {
            Self::Recovered { .. } => 0,
            Self::Fresh => 1,
            Self::Unknown | Self::Restored => 2,
            Self::Gap(reason) => 3 + reason.begins_anew() as u8,
        }
    }
}

impl GapReason {
    /// Whether the history is another than the one before: positions in that one tell nothing of
    /// this one.
    #[must_use]
    pub const fn begins_anew(self) -> bool {
        matches!(self, Self::EpochChanged | Self::Rewound)
    }
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRecovered => f.write_str("the server no longer has the missed events"),
            Self::EpochChanged => f.write_str("the channel's history began anew"),
            Self::Rewound => f.write_str("the server's history is shorter than what was seen"),
            Self::Short { promised, reached } => write!(
                f,
                "the server promised the missed events up to {promised} and sent them up to {reached}"
            ),
            Self::Hole { expected, got } => write!(f, "event {got} came where {expected} was due"),
        }
    }
}
