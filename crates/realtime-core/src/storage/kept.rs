//! Kept things on their way, between the store and those in the client whose they are.

use super::StoredValue;
use crate::seed::{Fit, Seed};
use std::{collections::VecDeque, rc::Rc};

/// What goes to the store of the outbox, and what came from the store.
///
/// Bounded by those who write: a key is written once for each change of its message, and taken in the same
/// turn.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Whether there is a store that keeps what is set.
    pub(crate) is_open: bool,
    /// What was read of the outbox, until somebody takes it. Each key is a message's id.
    pub(crate) outbox: Vec<StoredValue>,
    writes: VecDeque<(Rc<str>, Option<Rc<str>>)>,
    pub(crate) news: News,
}

/// What the store has said just now.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The seeds that it has.
    pub(crate) seeds: Vec<(Seed, Fit)>,
    /// Whether there is something in the outbox.
    pub(crate) has_outbox: bool,
    /// Whether nothing more is waited for.
    pub(crate) is_over: bool,
    /// What of the outbox is on the disk.
    pub(crate) durable: Vec<Rc<str>>,
}

impl Kept {
    /// Has the store keep `value` under `key`, a message's id, or nothing any more. Without a store nothing
    /// happens.
    pub(crate) fn set(&mut self, key: &str, value: Option<Rc<str>>) {
        if self.is_open {
            self.writes.push_back((key.into(), value));
        }
    }

    /// The next thing to be written.
    pub(crate) fn take_write(&mut self) -> Option<(Rc<str>, Option<Rc<str>>)> {
        self.writes.pop_front()
    }

    /// There is no store any more, and nothing of what is not written yet matters.
    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }
}

impl News {
    pub(crate) fn is_any(&self) -> bool {
        self.is_over || self.has_outbox || !self.seeds.is_empty() || !self.durable.is_empty()
    }
}
