//! Remembered deletes: bounded, expiring.

use super::{
    expiry::{AgeQueue, Ticket},
    options::Limit,
};
use crate::{id::RowId, ordered::OrderedMap, time::Instant};

#[derive(Debug)]
struct Tombstone {
    /// What is known to lie before the delete; nothing up to it may bring the row back.
    floor: Option<u64>,
    /// Whether the delete itself carried a version, and so outranks an older snapshot.
    versioned: bool,
    ticket: Ticket,
}

/// The deletes of one list.
#[derive(Debug)]
pub(super) struct Tombstones {
    by_id: OrderedMap<RowId, Tombstone>,
    ages: AgeQueue<RowId>,
    /// The first delete of the server's present history.
    present: Ticket,
}

impl Tombstones {
    pub(super) const fn new(limit: Limit) -> Self {
        Self {
            by_id: OrderedMap::new(),
            ages: AgeQueue::new(limit),
            present: Ticket::FIRST,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many bytes of ids are remembered.
    pub(super) const fn bytes(&self) -> usize {
        self.ages.bytes()
    }

    /// Whether a partial update or delete of `id` is late: not newer than the delete, or without
    /// a version to tell.
    pub(super) fn cover(&self, id: &RowId, version: Option<u64>) -> bool {
        match version {
            Some(_) => self.outrank(id, version),
            None => self.by_id.contains_key(id),
        }
    }

    /// Whether a whole item of this version is known to lie before the delete of `id`.
    pub(super) fn outrank(&self, id: &RowId, version: Option<u64>) -> bool {
        let floor = self.by_id.get(id).and_then(|tombstone| tombstone.floor);
        version.is_some() && version <= floor
    }

    /// Whether the delete of `id` is of the server's present history, as far as is known.
    pub(super) fn is_present(&self, id: &RowId) -> bool {
        let tombstone = self.by_id.get(id);
        tombstone.is_some_and(|tombstone| tombstone.ticket >= self.present)
    }

    /// Another history may have begun: the deletes so far are of the past.
    pub(super) fn doubt(&mut self) {
        self.present = self.ages.next();
    }

    /// Forgets the deletes of the past.
    pub(super) fn forget_past(&mut self) {
        let (ages, present) = (&mut self.ages, self.present);
        self.by_id.retain(|_, tombstone| {
            let is_past = tombstone.ticket < present;
            if is_past {
                ages.remove(tombstone.ticket);
            }
            !is_past
        });
    }

    /// Remembers a delete; returns how many older ones had to be forgotten for it.
    pub(super) fn insert(
        &mut self,
        now: Instant,
        id: &RowId,
        floor: Option<u64>,
        versioned: bool,
    ) -> u64 {
        // The id is there twice.
        let ticket = self.ages.push(now, id.clone(), 2 * id.text_len());
        let tombstone = self.by_id.get_or_insert_with(id.clone(), || Tombstone {
            floor,
            versioned,
            ticket,
        });
        if tombstone.ticket < self.present && floor < tombstone.floor {
            // Of the past, or of a history that counts anew: a fetch will tell.
            self.ages.remove(ticket);
        } else if tombstone.ticket != ticket {
            self.ages.remove(tombstone.ticket);
            tombstone.ticket = ticket;
            tombstone.floor = tombstone.floor.max(floor);
            tombstone.versioned |= versioned;
        }
        let mut forgotten = 0;
        while self.ages.is_over_cap()
            && let Some((_, id)) = self.ages.pop_oldest()
        {
            self.by_id.remove(&id);
            forgotten += 1;
        }
        forgotten
    }

    /// The deletes, oldest first: the row, what lies before its delete, and whether that had a version.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&RowId, Option<u64>, bool)> {
        self.ages.iter().filter_map(|id| {
            let tombstone = self.by_id.get(id)?;
            Some((id, tombstone.floor, tombstone.versioned))
        })
    }

    /// Forgets the delete of a row that lives again; returns its floor.
    pub(super) fn remove(&mut self, id: &RowId) -> Option<u64> {
        let tombstone = self.by_id.remove(id)?;
        self.ages.remove(tombstone.ticket);
        tombstone.floor
    }

    /// Forgets all deletes.
    pub(super) fn clear(&mut self) {
        self.by_id.clear();
        self.ages.clear();
    }

    /// Forgets the deletes that carried no version.
    pub(super) fn clear_unversioned(&mut self) {
        let ages = &mut self.ages;
        self.by_id.retain(|_, tombstone| {
            if !tombstone.versioned {
                ages.remove(tombstone.ticket);
            }
            tombstone.versioned
        });
    }

    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((_, id)) = self.ages.pop_expired(now) {
            self.by_id.remove(&id);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.ages.next_deadline()
    }
}
