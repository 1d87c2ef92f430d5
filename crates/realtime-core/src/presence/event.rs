//! What happened in a room, one thing at a time.

use super::Member;
use std::{collections::VecDeque, rc::Rc};

/// Something that happened to another member.
///
/// Ourselves are not reported: the application knows what it did. Going stale and coming back is
/// not either: nobody left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceEvent {
    /// Somebody is here who was not.
    Joined(Rc<Member>),
    /// Somebody's name, avatar, status, metadata or number of connections changed.
    Updated {
        /// As they were.
        old: Rc<Member>,
        /// As they are.
        new: Rc<Member>,
    },
    /// Somebody is gone, with their last connection; as they were last seen.
    Left(Rc<Member>),
}

/// The events that wait to be polled, and how often anything visible has changed.
#[derive(Debug)]
pub(super) struct Journal {
    events: VecDeque<PresenceEvent>,
    limit: usize,
    dropped: u64,
    revision: u64,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            events: VecDeque::new(),
            limit,
            dropped: 0,
            revision: 0,
        }
    }

    /// Something visible changed that is no event.
    pub(super) fn touch(&mut self) {
        self.revision += 1;
    }

    /// Something visible changed, and this is it.
    pub(super) fn record(&mut self, event: PresenceEvent) {
        self.touch();
        self.events.push_back(event);
        while self.events.len() > self.limit {
            self.events.pop_front();
            self.dropped += 1;
        }
    }

    pub(super) fn poll(&mut self) -> Option<PresenceEvent> {
        self.events.pop_front()
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}
