//! Live lists: rows by id, in order, kept right by events that come in any order.
//!
//! # Any order, any repetition
//!
//! Events that carry a version lead to the server's state however often and in whatever order
//! they arrive, as long as what is remembered below has not run out:
//!
//! - Whole items: the greatest version wins; an older or equal one is ignored.
//! - Partial updates: a row is a *base* (whole up to some version) with the newer patches merged
//!   over it in the order of their versions. While a version between might still come, the base
//!   and the patches are both kept ("recent patches"), so a late patch is slotted in under the
//!   newer ones: the fields it sets count unless a newer one sets them too. When nothing can come
//!   between (the version is the base's plus one), or the patch grows too old, or there are too
//!   many, it becomes part of the base, and what is older is ignored from then on. So a server
//!   that counts versions one by one and delivers in order costs no memory here, and one that
//!   stamps versions from a clock costs 60 seconds of patches at most. A change that comes later still
//!   is *doubted*: only a fetch can tell what it would have changed.
//! - Updates of an unknown item are parked, and merged by the same rule when it arrives. Of those that
//!   were dropped before it did, the version is remembered as long as a delete would be: an item that
//!   is older than that is doubted, too.
//! - Deletes leave a tombstone; what is not newer than the delete cannot bring the row back. A
//!   delete with the version of the row's last change deletes it.
//!
//! Events without a version are taken as they come. Moves take the place of the newest move,
//! but a place is relative to a neighbour, so reordered moves of *several* rows may end
//! differently from the server; a snapshot puts that right.
//!
//! A fetched snapshot ([`KeyedList::replace`]) is the truth for all that has no version, and is
//! outranked, row by row, by what has a newer one.
//!
//! A server that loses its memory counts versions anew. [`KeyedList::begin_history`] says so: of what
//! came before, nothing outranks what comes then.

mod alias;
mod diff;
mod event;
mod expiry;
mod history;
mod intake;
mod item;
mod keyed;
mod label;
mod moves;
mod options;
mod overlay;
mod patches;
mod replacement;
mod report;
mod row;
mod selector;
mod sequence;
mod snapshot;
mod sort;
mod sort_key;
mod sorting;
mod tombstones;
mod tree;
mod versions;
mod view;
mod weights;

pub use diff::{Gap, ListDiff};
pub use item::ListItem;
pub(crate) use item::{AnyItem, Item, ItemType, json_of, shared};
pub use keyed::KeyedList;
pub use options::ListOptions;
pub(crate) use options::Options;
pub use report::{Applied, ListChanges, ListStats};
pub use selector::{ListSelector, Selected};
pub(crate) use sequence::Spot;
pub use snapshot::{ListIter, ListSnapshot, Rows};
pub use sort_key::SortKey;
pub use view::{ListView, ViewOptions, ViewStats};
pub use weights::Weights;

use crate::{
    id::RowId,
    time::{Instant, earliest},
};
use overlay::ListOverlay;
use patches::Patches;
use report::Pending;
use row::Row;
use sequence::Sequence;
use sorting::Sorting;
use std::{any::TypeId, collections::BTreeMap};
use tombstones::Tombstones;

/// Rows of any type, by id and in order, changed by list events.
pub(crate) struct ErasedList {
    of: &'static ItemType,
    /// A B-tree and not one of our own maps: with many rows it finds one a quarter faster, which counts
    /// for each event.
    rows: BTreeMap<RowId, Row>,
    order: Sequence,
    /// Patches merged over the base of a row.
    recent: Patches,
    /// Patches of items that are not here yet.
    parked: Patches,
    /// Parked patches that were dropped: an item below the version of one lacks it.
    missed: Tombstones,
    tombstones: Tombstones,
    pending: Pending,
    stats: ListStats,
    max_items: usize,
    overlay: ListOverlay,
    /// How often the server's history has broken off.
    era: u32,
    /// How often all rows there are have been said.
    snapshots: u32,
    /// Whether nothing is forgotten but by [`expire`](Self::expire).
    waits_to_expire: bool,
}

impl ErasedList {
    /// An empty list of items of this type.
    pub(crate) fn new(of: &'static ItemType, options: Options) -> Self {
        Self {
            of,
            rows: BTreeMap::new(),
            order: Sequence::new(options.sorting),
            recent: Patches::new(options.recent),
            parked: Patches::new(options.parked),
            missed: Tombstones::new(options.tombstones),
            tombstones: Tombstones::new(options.tombstones),
            pending: Pending::new(),
            stats: ListStats::default(),
            max_items: options.max_items,
            overlay: ListOverlay::new(options.conflicts),
            era: 0,
            snapshots: 0,
            waits_to_expire: false,
        }
    }

    /// Whether the rows are of the type `T`.
    pub(crate) fn holds<T: ListItem>(&self) -> bool {
        self.of.id() == TypeId::of::<T>()
    }

    /// Sorts otherwise from now on, in O(n log n).
    ///
    /// `None` keeps the rows in the order they are in; from then on it is arrival order.
    fn set_sort(&mut self, sorting: Option<Sorting>) {
        let rebasing = self.begin_rebase_all();
        if self.order.set_sorting(sorting) {
            self.pending.order();
        }
        self.relink();
        self.rebase_all(rebasing);
    }

    /// The row with this id, or that had this temporary id, as it is shown.
    pub(crate) fn get(&self, id: &RowId) -> Option<&Item> {
        self.shown(id).map(|entry| &entry.item)
    }

    /// How many rows are shown.
    pub(crate) fn len(&self) -> usize {
        self.order.tree().len()
    }

    /// Where the row with this id stands, counted from zero, in O(log n).
    pub(crate) fn rank(&self, id: &RowId) -> Option<usize> {
        let entry = self.shown(id)?;
        self.order
            .rank(entry)
            .or_else(|| self.order.position(entry))
    }

    /// All rows in order as they are now, in O(1).
    pub(crate) fn snapshot(&self) -> Rows {
        Rows {
            rows: self.order.tree().clone(),
            aliases: self.overlay.aliases(),
        }
    }

    /// What changed since this was last asked.
    ///
    /// A row that had a temporary id is named by both.
    pub(crate) fn take_changes(&mut self) -> ListChanges {
        let mut changes = self.pending.take();
        self.overlay.name_aliases(&mut changes.items);
        changes
    }

    /// Forgets what is remembered no longer: tombstones, parked and recent patches.
    ///
    /// Changes no row.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.tombstones.expire(now);
        self.missed.expire(now);
        while let Some((id, patch)) = self.parked.pop_expired(now) {
            self.miss(now, &id, &patch);
        }
        while let Some((id, patch)) = self.recent.pop_expired(now) {
            self.settle(&id, patch);
        }
    }

    /// Leaves it to the owner to call [`expire`](Self::expire): of a late event that waits to be read,
    /// only the owner knows.
    pub(crate) const fn expire_when_told(&mut self) {
        self.waits_to_expire = true;
    }

    fn expire_unless_told(&mut self, now: Instant) {
        if !self.waits_to_expire {
            self.expire(now);
        }
    }

    /// When [`expire`](Self::expire) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let patches = earliest(self.parked.next_deadline(), self.recent.next_deadline());
        earliest(patches, self.tombstones.next_deadline())
    }

    /// Counters.
    pub(crate) fn stats(&self) -> ListStats {
        ListStats {
            parked_now: self.parked.len(),
            recent_now: self.recent.len(),
            tombstones: self.tombstones.len(),
            layers: self.overlay.len(),
            remembered_bytes: self.tombstones.bytes()
                + self.missed.bytes()
                + self.parked.bytes()
                + self.recent.bytes()
                + self.overlay.aliases().bytes(),
            scans: self.order.scans(),
            ..self.stats
        }
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
