//! Events of a room, one thing at a time: joined, updated, left.

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

impl PresenceEvent {
    /// How many bytes it takes to keep.
    fn bytes(&self) -> usize {
        match self {
            Self::Joined(member) | Self::Left(member) => member.bytes(),
            Self::Updated { old, new } => old.bytes() + new.bytes(),
        }
    }
}

/// The events that wait to be polled, and how often anything visible has changed.
#[derive(Debug)]
pub(super) struct Journal {
    events: VecDeque<PresenceEvent>,
    bytes: usize,
    limit: usize,
    max_bytes: usize,
    dropped: u64,
    revision: u64,
}

impl Journal {
    pub(super) fn new(limit: usize, max_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            limit,
            max_bytes,
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
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.events.len() > self.limit || self.bytes > self.max_bytes {
            self.poll();
            self.dropped += 1;
        }
    }

    pub(super) fn poll(&mut self) -> Option<PresenceEvent> {
        let event = self.events.pop_front()?;
        self.bytes -= event.bytes();
        Some(event)
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}
