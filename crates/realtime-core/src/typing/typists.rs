//! The others who are typing.

use super::TypingStats;
use crate::{Instant, UserId, ordered::OrderedMap, text::display_name};
use std::rc::Rc;

/// Somebody who is typing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Typist {
    /// The user's id.
    pub id: UserId,
    /// The name to show: one line of at most 256 characters, cleaned of control characters and
    /// bidirectional overrides; the id if it was blank.
    pub name: Rc<str>,
}

impl Typist {
    /// Somebody of this name, cleaned as [`User::new`](crate::User::new) does it: to show, or test,
    /// a component with.
    #[must_use]
    pub fn new(id: impl Into<UserId>, name: impl AsRef<str>) -> Self {
        let id = id.into();
        let name = display_name(name.as_ref(), &id);
        Self { id, name }
    }
}

#[derive(Debug)]
struct Slot {
    typist: Rc<Typist>,
    until: Instant,
}

/// The typists in the order in which they began. The maps are ordered ones because peers choose the
/// keys and must not be able to make them collide.
#[derive(Debug, Default)]
pub(super) struct Typists {
    slots: OrderedMap<u64, Slot>,
    numbers: OrderedMap<UserId, u64>,
    next_number: u64,
    /// Nobody expires before this moment.
    check_at: Option<Instant>,
    revision: u64,
}

impl Typists {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Typist>> {
        self.slots.values().map(|slot| &slot.typist)
    }

    /// Grows whenever who is typing, or a name, changes.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.check_at
    }

    /// Shows a typist until then; false if they are new and there is no room.
    pub(super) fn start(&mut self, typist: Typist, until: Instant, limit: usize) -> bool {
        let number = self.numbers.get(&typist.id);
        if let Some(slot) = number.and_then(|number| self.slots.get_mut(number)) {
            slot.until = until;
            if *slot.typist != typist {
                slot.typist = Rc::new(typist);
                self.revision += 1;
            }
            return true;
        }
        if self.slots.len() >= limit {
            return false;
        }
        self.numbers.insert(typist.id.clone(), self.next_number);
        let typist = Rc::new(typist);
        self.slots.insert(self.next_number, Slot { typist, until });
        self.next_number += 1;
        self.check_at.get_or_insert(until);
        self.revision += 1;
        true
    }

    /// Takes a typist away; false if they were not typing.
    pub(super) fn remove(&mut self, id: &UserId) -> bool {
        let Some(number) = self.numbers.remove(id) else {
            return false;
        };
        self.slots.remove(&number);
        self.revision += 1;
        if self.slots.is_empty() {
            self.check_at = None;
        }
        true
    }

    /// Takes everybody away; says how many they were.
    pub(super) fn clear(&mut self) -> u64 {
        let count = self.slots.len() as u64;
        if count > 0 {
            self.slots.clear();
            self.numbers.clear();
            self.revision += 1;
        }
        self.check_at = None;
        count
    }

    /// Takes away those whose time is over.
    pub(super) fn expire(&mut self, now: Instant, stats: &mut TypingStats) {
        if self.check_at.is_none_or(|at| at > now) {
            return;
        }
        let before = self.slots.len();
        let numbers = &mut self.numbers;
        self.slots.retain(|_, slot| {
            let stays = slot.until > now;
            if !stays {
                numbers.remove(&slot.typist.id);
            }
            stays
        });
        let expired = (before - self.slots.len()) as u64;
        stats.expired += expired;
        self.revision += u64::from(expired > 0);
        self.check_at = self.slots.values().map(|slot| slot.until).min();
    }
}
