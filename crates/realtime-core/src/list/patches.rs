//! Partial updates kept for a while, by the id of their item: bounded in count and bytes,
//! expiring.

use super::{
    expiry::{AgeQueue, Ticket},
    options::Limit,
};
use crate::{id::RowId, ordered::OrderedMap, time::Instant};

/// One partial update.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) version: Option<u64>,
    pub(super) json: Box<str>,
    ticket: Ticket,
}

/// The patches of one list, those of one id in the order they are to be merged: by version, then
/// the ones without a version as they came.
#[derive(Debug)]
pub(super) struct Patches {
    by_id: OrderedMap<RowId, Vec<Patch>>,
    ages: AgeQueue<RowId>,
}

impl Patches {
    pub(super) const fn new(limit: Limit) -> Self {
        Self {
            by_id: OrderedMap::new(),
            ages: AgeQueue::new(limit),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ages.len()
    }

    /// All of them, those of one id in the order they are to be merged.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&RowId, &Patch)> {
        let patches = self.by_id.iter();
        patches.flat_map(|(id, patches)| patches.iter().map(move |patch| (id, patch)))
    }

    /// How many bytes of ids and JSON are held.
    pub(super) const fn bytes(&self) -> usize {
        self.ages.bytes()
    }

    pub(super) fn of(&self, id: &RowId) -> &[Patch] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn contains(&self, id: &RowId, version: u64) -> bool {
        self.of(id)
            .binary_search_by_key(&rank(Some(version)), |patch| rank(patch.version))
            .is_ok()
    }

    pub(super) fn push(&mut self, now: Instant, id: &RowId, version: Option<u64>, json: &str) {
        let patch = Patch {
            version,
            json: json.into(),
            ticket: self
                .ages
                .push(now, id.clone(), json.len() + 2 * id.text_len()),
        };
        let patches = self.by_id.get_or_insert_with(id.clone(), Default::default);
        let at = patches.partition_point(|other| rank(other.version) <= rank(version));
        patches.insert(at, patch);
    }

    /// Takes all patches of `id` out.
    pub(super) fn take(&mut self, id: &RowId) -> Vec<Patch> {
        let patches = self.by_id.remove(id).unwrap_or_default();
        self.forget(&patches);
        patches
    }

    /// Takes all patches out, by id.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = (RowId, Vec<Patch>)> + use<> {
        self.ages.clear();
        std::mem::take(&mut self.by_id).into_iter()
    }

    /// Takes the patches of `id` out that are no newer than `version`.
    pub(super) fn take_up_to(&mut self, id: &RowId, version: u64) -> Vec<Patch> {
        let Some(patches) = self.by_id.get_mut(id) else {
            return Vec::new();
        };
        let end = patches.partition_point(|patch| rank(patch.version) <= rank(Some(version)));
        let taken: Vec<_> = patches.drain(..end).collect();
        if patches.is_empty() {
            self.by_id.remove(id);
        }
        self.forget(&taken);
        taken
    }

    /// Takes the first patch of `id` in merge order out.
    pub(super) fn take_first(&mut self, id: &RowId) -> Option<Patch> {
        let ticket = self.of(id).first()?.ticket;
        self.ages.remove(ticket);
        Some(self.extract(id.clone(), ticket)?.1)
    }

    /// Drops the patches without a version; returns how many.
    pub(super) fn drop_unversioned(&mut self) -> u64 {
        let mut dropped = Vec::new();
        self.by_id.retain(|_, patches| {
            let end = patches.partition_point(|patch| patch.version.is_some());
            dropped.extend(patches.drain(end..));
            !patches.is_empty()
        });
        self.forget(&dropped);
        dropped.len() as u64
    }

    /// The oldest patch, taken out, if there are more than may be.
    pub(super) fn pop_overflow(&mut self) -> Option<(RowId, Patch)> {
        if !self.ages.is_over_cap() {
            return None;
        }
        let (ticket, id) = self.ages.pop_oldest()?;
        self.extract(id, ticket)
    }

    /// A patch whose time is over, taken out.
    pub(super) fn pop_expired(&mut self, now: Instant) -> Option<(RowId, Patch)> {
        let (ticket, id) = self.ages.pop_expired(now)?;
        self.extract(id, ticket)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.ages.next_deadline()
    }

    fn extract(&mut self, id: RowId, ticket: Ticket) -> Option<(RowId, Patch)> {
        let patches = self.by_id.get_mut(&id)?;
        let at = patches.iter().position(|patch| patch.ticket == ticket)?;
        let patch = patches.remove(at);
        if patches.is_empty() {
            self.by_id.remove(&id);
        }
        Some((id, patch))
    }

    fn forget(&mut self, patches: &[Patch]) {
        for patch in patches {
            self.ages.remove(patch.ticket);
        }
    }
}

/// Where a version stands in merge order.
fn rank(version: Option<u64>) -> (bool, u64) {
    (version.is_none(), version.unwrap_or(0))
}
