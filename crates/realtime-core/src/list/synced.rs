//! Synced rows: what the server has said a list holds. They know nothing of edits.

use super::{
    Applied, ListChanges, ListStats, Options,
    item::{Item, ItemType, Versioned},
    patches::Patches,
    report::Pending,
    row::Row,
    sequence::{Entry, Sequence, Spot},
    sorting::Sorting,
    tombstones::Tombstones,
};
use crate::{
    error::DecodeError,
    id::{History, RowId},
    ordered::OrderedSet,
    time::{Instant, earliest},
};
use std::{collections::BTreeMap, rc::Rc};

/// Rows of any type, by id and in order, as the server has them.
pub(super) struct Synced {
    pub(super) of: &'static ItemType,
    /// A B-tree and not one of our own maps: with many rows it finds one a quarter faster, which counts
    /// for each event.
    pub(super) rows: BTreeMap<RowId, Row>,
    pub(super) order: Sequence,
    /// Patches merged over the base of a row.
    pub(super) recent: Patches,
    /// Patches of items that are not here yet.
    pub(super) parked: Patches,
    /// Parked patches that were dropped: an item below the version of one lacks it.
    pub(super) missed: Tombstones,
    pub(super) tombstones: Tombstones,
    pub(super) pending: Pending,
    pub(super) stats: ListStats,
    pub(super) max_items: usize,
    /// How often the server's history has broken off.
    pub(super) era: u32,
    /// How often all rows there are have been said.
    pub(super) snapshots: u32,
    /// Whether nothing is forgotten but by [`expire`](Self::expire).
    pub(super) waits_to_expire: bool,
}

/// When something happened to a list: in which of the server's histories, after how many snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) era: u32,
    pub(super) snapshots: u32,
}

/// A change as the server says it.
pub(super) enum Incoming<'a> {
    /// A whole item, and its version.
    Item(Item, Option<u64>),
    /// The fields of a row that have changed, as JSON.
    Patch(&'a RowId, Option<u64>, &'a str),
    Delete(&'a RowId, Option<u64>),
    Move(&'a RowId, Option<u64>, &'a Spot),
    /// All rows there are: see [`KeyedList::replace`](super::KeyedList::replace).
    Snapshot(Vec<Versioned>),
    /// The same, fetched: what was confirmed before the fetch began is in it.
    Fetched(Vec<Versioned>),
    /// Another order.
    Sorting(Option<Sorting>),
}

impl Incoming<'_> {
    /// The row that it is of; none if it is of all.
    pub(super) fn row(&self) -> Option<RowId> {
        match self {
            Self::Item(item, _) => Some(item.id()),
            Self::Patch(id, ..) | Self::Delete(id, _) | Self::Move(id, ..) => Some((*id).clone()),
            Self::Snapshot(_) | Self::Fetched(_) | Self::Sorting(_) => None,
        }
    }
}

impl Synced {
    pub(super) fn new(of: &'static ItemType, options: &Options) -> Self {
        Self {
            of,
            rows: BTreeMap::new(),
            order: Sequence::new(options.sorting.clone()),
            recent: Patches::new(options.recent),
            parked: Patches::new(options.parked),
            missed: Tombstones::new(options.tombstones),
            tombstones: Tombstones::new(options.tombstones),
            pending: Pending::new(),
            stats: ListStats::default(),
            max_items: options.max_items,
            era: 0,
            snapshots: 0,
            waits_to_expire: false,
        }
    }

    /// Takes a change; an error if it holds a patch that does not fit its row.
    pub(super) fn take(
        &mut self,
        now: Instant,
        change: Incoming<'_>,
    ) -> Result<Applied, DecodeError> {
        Ok(match change {
            Incoming::Item(item, version) => self.install(now, item, version),
            Incoming::Patch(id, version, json) => self.patch(now, id, version, json)?,
            Incoming::Delete(id, version) => self.delete(now, id, version),
            Incoming::Move(id, version, spot) => self.move_row(id, version, spot),
            Incoming::Snapshot(items) | Incoming::Fetched(items) => self.replace(now, items),
            Incoming::Sorting(sorting) => self.set_sorting(sorting),
        })
    }

    /// The row `id` as the order holds it.
    pub(super) fn entry(&self, id: &RowId) -> Option<&Entry> {
        self.rows.get(id).map(|row| &row.entry)
    }

    pub(super) fn has(&self, id: &RowId) -> bool {
        self.rows.contains_key(id)
    }

    /// The newest version that the row `id` has something of.
    pub(super) fn version(&self, id: &RowId) -> Option<u64> {
        let newest = self.recent.of(id).last().and_then(|patch| patch.version);
        self.rows.get(id)?.version().max(newest)
    }

    /// Whether the row `id` has the change that made it `version`, in the server's history as it is now.
    pub(super) fn has_version(&self, id: &RowId, version: u64) -> bool {
        let is_whole = |row: &Row| row.era() == self.era && row.version() >= Some(version);
        self.rows.get(id).is_some_and(is_whole) || self.recent.contains(id, version)
    }

    pub(super) const fn moment(&self) -> Moment {
        Moment {
            era: self.era,
            snapshots: self.snapshots,
        }
    }

    /// Lets the row `id` be `item`, the very one that people hold, if it equals that.
    pub(super) fn share(&mut self, id: &RowId, item: &Item) {
        if let Some(row) = self.rows.get_mut(id)
            && *row.entry.item == **item
        {
            row.entry = self.order.replace(&row.entry, Rc::clone(item)).0;
        }
    }

    /// What changed since this was last asked.
    pub(super) fn take_changes(&mut self) -> ListChanges {
        std::mem::take(&mut self.pending).told()
    }

    /// Forgets what is remembered no longer. Changes no row.
    pub(super) fn expire(&mut self, now: Instant) {
        self.tombstones.expire(now);
        self.missed.expire(now);
        while let Some((id, patch)) = self.parked.pop_expired(now) {
            self.miss(now, &id, &patch);
        }
        while let Some((id, patch)) = self.recent.pop_expired(now) {
            self.settle(&id, patch);
        }
    }

    pub(super) fn expire_unless_told(&mut self, now: Instant) {
        if !self.waits_to_expire {
            self.expire(now);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let patches = earliest(self.parked.next_deadline(), self.recent.next_deadline());
        earliest(patches, self.tombstones.next_deadline())
    }

    pub(super) fn stats(&self) -> ListStats {
        ListStats {
            parked_now: self.parked.len(),
            recent_now: self.recent.len(),
            tombstones: self.tombstones.len(),
            remembered_bytes: self.tombstones.bytes()
                + self.missed.bytes()
                + self.parked.bytes()
                + self.recent.bytes(),
            scans: self.order.scans(),
            ..self.stats
        }
    }

    /// The server's history has broken off: see [`KeyedList::begin_history`](super::KeyedList::begin_history).
    pub(super) fn begin_history(&mut self, history: History) {
        self.era = self.era.wrapping_add(1);
        self.settle_recent();
        self.stats.parked_dropped += self.parked.len() as u64;
        drop(self.parked.take_all());
        self.missed.clear();
        match history {
            History::Doubted => self.tombstones.doubt(),
            History::New => {
                self.tombstones.clear();
                for row in self.rows.values_mut() {
                    row.set_version(None);
                    row.set_placed(None);
                }
            }
        }
    }

    /// Makes all recent patches part of their rows, as they are shown already.
    fn settle_recent(&mut self) {
        for (id, patches) in self.recent.take_all() {
            if let Some(row) = self.rows.get_mut(&id) {
                let newest = patches.last().and_then(|patch| patch.version);
                row.set_version(row.version().max(newest));
                row.base = None;
            }
        }
    }

    fn set_sorting(&mut self, sorting: Option<Sorting>) -> Applied {
        let is_moved = self.order.set_sorting(sorting);
        if is_moved {
            self.pending.order();
        }
        self.relink();
        Applied::changed(is_moved)
    }

    fn replace(&mut self, now: Instant, items: Vec<Versioned>) -> Applied {
        self.snapshots = self.snapshots.wrapping_add(1);
        self.tombstones.clear_unversioned();
        self.stats.parked_dropped += self.parked.drop_unversioned();
        let mut applied = Applied::default();
        let mut old = std::mem::take(&mut self.rows);
        let mut shown = Vec::with_capacity(items.len());
        let mut added = Vec::new();
        let mut counts_anew = false;
        for (item, version) in self.last_of_each(items) {
            let id = item.id();
            let is_deleted = self.tombstones.outrank(&id, version);
            if is_deleted && self.tombstones.is_present(&id) {
                applied.add(self.ignore());
                continue;
            }
            counts_anew |= is_deleted;
            if self.rows.len() >= self.max_items {
                self.stats.rejected += 1;
                applied.rejected += 1;
                continue;
            }
            self.stats.applied += 1;
            self.tombstones.remove(&id);
            let row = if let Some(row) = old.remove(&id) {
                let is_older = version.is_some() && row.version() > version;
                counts_anew |= is_older && row.era() != self.era;
                self.renew(&id, row, (item, version), &mut applied)
            } else {
                if version.is_none() {
                    self.stats.parked_dropped += self.parked.take(&id).len() as u64;
                }
                applied.doubted += usize::from(self.missed.outrank(&id, version));
                added.push(id.clone());
                Row::new(Entry::new(item), version, self.era)
            };
            shown.push(Rc::clone(&row.entry.item));
            self.rows.insert(id, row);
        }
        if counts_anew {
            // What was deleted before lives in no row, so the snapshot cannot tell of each.
            self.tombstones.forget_past();
        }
        applied.changed |= !added.is_empty() || !old.is_empty();
        self.drop_absent(old);
        if self.order.rebuild(shown) {
            self.pending.order();
            applied.changed = true;
        }
        self.relink();
        for id in added {
            self.pending.item(&id);
            self.unpark(now, &id);
        }
        applied
    }

    /// A known row after a fetched item of it.
    fn renew(
        &mut self,
        id: &RowId,
        mut row: Row,
        (item, version): Versioned,
        applied: &mut Applied,
    ) -> Row {
        // It stands where the snapshot has it, whatever it looks like: a newer move counts again.
        row.set_placed(version);
        if version.is_some() && row.version() > version && row.era() == self.era {
            applied.add(self.ignore());
            return row;
        }
        let item = row.set_base(id, &mut self.recent, (item, version), self.era);
        if *row.entry.item != *item {
            row.entry = Entry::new(item);
            self.pending.item(id);
            applied.changed = true;
        }
        row
    }

    fn drop_absent(&mut self, rows: BTreeMap<RowId, Row>) {
        for id in rows.into_keys() {
            self.recent.take(&id);
            self.pending.item(&id);
        }
    }

    /// Each item once, in the place where it stood last.
    fn last_of_each(&mut self, items: Vec<Versioned>) -> Vec<Versioned> {
        let mut seen = OrderedSet::new();
        let count = items.len();
        let mut last: Vec<_> = items
            .into_iter()
            .rev()
            .filter(|(item, _)| seen.insert(item.id()))
            .collect();
        last.reverse();
        self.stats.duplicates += (count - last.len()) as u64;
        last
    }

    /// Lets the rows know their entries again, after the order made new ones.
    fn relink(&mut self) {
        for entry in self.order.tree().iter() {
            if let Some(row) = self.rows.get_mut(&entry.item.id()) {
                row.entry = entry.clone();
            }
        }
    }
}
