//! Journal: what came out of a client that no caller waited for.

use realtime_core::{ChannelName, Fault, MutationEvent, MutationId, presence::PresenceEvent};
use std::collections::VecDeque;

/// How much is kept.
const LIMIT: usize = 10_000;

/// Something that came out of a client that no caller waited for.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Someone joined, changed or left.
    Presence {
        /// Where.
        channel: ChannelName,
        /// Who and how.
        event: PresenceEvent,
    },
    /// A mutation has its outcome, or met someone else's change.
    Mutation {
        /// Which one.
        mutation: MutationId,
        /// What happened.
        event: MutationEvent,
    },
    /// Something went wrong.
    Fault(Fault),
}

/// The last ten thousand happenings.
#[derive(Debug, Default)]
pub struct Journal {
    happenings: VecDeque<Happening>,
}

impl Journal {
    pub(super) fn note(&mut self, happening: Happening) {
        if self.happenings.len() == LIMIT {
            self.happenings.pop_front();
        }
        self.happenings.push_back(happening);
    }

    /// What happened, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Happening> {
        self.happenings.iter()
    }

    /// What went wrong, the oldest first.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.iter().filter_map(|happening| match happening {
            Happening::Fault(fault) => Some(fault),
            _ => None,
        })
    }
}
