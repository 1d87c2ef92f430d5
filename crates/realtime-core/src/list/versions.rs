//! Versions: how whole items, patches and deletes of one row come together, whatever their order.

use super::{
    Applied,
    item::Item,
    patches::Patch,
    row::{Row, fold, merged},
    sequence::Spot,
    synced::Synced,
};
use crate::{error::DecodeError, id::RowId, time::Instant};
use std::rc::Rc;

/// The most recent patches that one row keeps, so that a late one costs few merges.
const MAX_RECENT_PER_ROW: usize = 64;

impl Synced {
    /// Takes a whole item.
    pub(super) fn install(&mut self, now: Instant, item: Item, version: Option<u64>) -> Applied {
        let id = item.id();
        let Some(row) = self.rows.get_mut(&id) else {
            return self.add(now, &id, item, version);
        };
        // The whole of a version of which the row has but a part is news.
        let is_fuller = row.has_hole() && row.version() == version;
        if version.is_some() && row.version() >= version && !is_fuller {
            let doubted = row.has_hole();
            return self.ignore_late(doubted);
        }
        let shown = row.set_base(&id, &mut self.recent, (item, version), self.era);
        self.stats.applied += 1;
        Applied::changed(self.show(&id, shown))
    }

    /// Takes a partial update; `json` holds the changed fields.
    pub(super) fn patch(
        &mut self,
        now: Instant,
        id: &RowId,
        version: Option<u64>,
        json: &str,
    ) -> Result<Applied, DecodeError> {
        if self.rows.contains_key(id) {
            return self.patch_row(now, id, version, json);
        }
        let repeat = version.is_some_and(|version| self.parked.contains(id, version));
        if repeat || self.tombstones.cover(id, version) {
            return Ok(self.ignore());
        }
        self.parked.push(now, id, version, json);
        self.stats.parked += 1;
        while let Some((id, patch)) = self.parked.pop_overflow() {
            self.miss(now, &id, &patch);
        }
        Ok(Applied::parked())
    }

    /// Drops a parked patch whose item has not come.
    pub(super) fn miss(&mut self, now: Instant, id: &RowId, patch: &Patch) {
        self.stats.parked_dropped += 1;
        if let Some(before) = patch.version.and_then(|version| version.checked_sub(1)) {
            self.missed.insert(now, id, Some(before), true);
        }
    }

    /// Takes a delete.
    pub(super) fn delete(&mut self, now: Instant, id: &RowId, version: Option<u64>) -> Applied {
        let newest = self.recent.of(id).last().and_then(|patch| patch.version);
        let known = self.rows.get(id).and_then(|row| row.version()).max(newest);
        if version.is_some() && known > version {
            return self.ignore();
        }
        let repeat = self.tombstones.cover(id, version);
        let floor = version.max(known);
        self.stats.tombstones_dropped += self.tombstones.insert(now, id, floor, version.is_some());
        match version {
            Some(version) => self.parked.take_up_to(id, version),
            None => self.parked.take(id),
        };
        self.recent.take(id);
        match self.rows.remove(id) {
            Some(row) => {
                self.order.remove(&row.entry);
                self.pending.order();
                self.pending.item(id);
                self.stats.applied += 1;
                Applied::changed(true)
            }
            None if repeat => self.ignore(),
            None => {
                self.stats.applied += 1;
                Applied::default()
            }
        }
    }

    /// Moves a row unless a newer move has.
    pub(super) fn move_row(&mut self, id: &RowId, version: Option<u64>, spot: &Spot) -> Applied {
        if self.order.is_sorted() {
            self.stats.sorted_moves += 1;
            return Applied::default();
        }
        let place = spot.of(|id| self.rows.get(id).map(|row| row.entry.clone()));
        let (Some(place), Some(row)) = (place, self.rows.get_mut(id)) else {
            self.stats.unknown_moves += 1;
            return Applied {
                doubted: self.is_misplaced(id, version, spot).into(),
                ..Applied::default()
            };
        };
        if version.is_some() && row.placed() >= version {
            self.stats.ignored_old += 1;
            return Applied::default();
        }
        row.set_placed(row.placed().max(version));
        let moved = self.order.move_to(&row.entry, &place);
        let is_moved = moved.is_some();
        if let Some(entry) = moved {
            row.entry = entry;
            self.pending.order();
        }
        self.stats.applied += 1;
        Applied::changed(is_moved)
    }

    /// Whether a move that cannot be made is news, and next to a row whose delete is known already: so the
    /// delete came first, or the move came again over a fetch, and nothing here tells where the row stands.
    fn is_misplaced(&self, id: &RowId, version: Option<u64>, spot: &Spot) -> bool {
        let row = self.rows.get(id);
        let is_news = row.is_some_and(|row| version.is_none() || row.placed() < version);
        let is_deleted = |neighbour: &RowId| self.tombstones.cover(neighbour, None);
        is_news && spot.neighbour().is_some_and(is_deleted)
    }

    /// Merges the parked patches of a row that has just come.
    pub(super) fn unpark(&mut self, now: Instant, id: &RowId) {
        for patch in self.parked.take(id) {
            if self.patch_row(now, id, patch.version, &patch.json).is_err() {
                self.stats.malformed += 1;
            }
        }
    }

    /// Makes a patch that leaves the memory of recent ones, and those older than it, part of its
    /// row's base.
    pub(super) fn settle(&mut self, id: &RowId, patch: Patch) {
        let (Some(version), Some(row)) = (patch.version, self.rows.get_mut(id)) else {
            return;
        };
        let mut patches = self.recent.take_up_to(id, version);
        patches.push(patch);
        row.note_holes(&patches);
        row.set_version(row.version().max(Some(version)));
        if self.recent.of(id).is_empty() {
            // What is shown has all of them already.
            row.base = None;
        } else {
            row.base = Some(fold(row.base(), &patches));
            row.settle_followers(id, &mut self.recent);
        }
    }

    /// Shows `item` in a row, unless it equals what is shown; whether it does not.
    pub(super) fn show(&mut self, id: &RowId, item: Item) -> bool {
        let Some(row) = self.rows.get_mut(id) else {
            return false;
        };
        if *row.entry.item == *item {
            return false;
        }
        let (entry, moved) = self.order.replace(&row.entry, item);
        row.entry = entry;
        self.pending.item(id);
        if moved {
            self.pending.order();
        }
        true
    }

    pub(super) fn ignore(&mut self) -> Applied {
        self.ignore_late(false)
    }

    /// Ignores a change that comes too late; `doubted` if the row may lack it.
    fn ignore_late(&mut self, doubted: bool) -> Applied {
        self.stats.ignored_old += 1;
        Applied {
            doubted: doubted.into(),
            ..Applied::ignored()
        }
    }

    fn add(&mut self, now: Instant, id: &RowId, item: Item, version: Option<u64>) -> Applied {
        if self.tombstones.outrank(id, version) {
            let doubted = !self.tombstones.is_present(id);
            return self.ignore_late(doubted);
        }
        if self.rows.len() >= self.max_items {
            self.stats.rejected += 1;
            return Applied::rejected();
        }
        let version = version.max(self.tombstones.remove(id));
        let entry = self.order.insert(item);
        self.rows
            .insert(id.clone(), Row::new(entry, version, self.era));
        self.pending.order();
        self.pending.item(id);
        self.stats.applied += 1;
        self.unpark(now, id);
        Applied {
            doubted: self.missed.outrank(id, version).into(),
            ..Applied::changed(true)
        }
    }

    fn patch_row(
        &mut self,
        now: Instant,
        id: &RowId,
        version: Option<u64>,
        json: &str,
    ) -> Result<Applied, DecodeError> {
        let Some(row) = self.rows.get_mut(id) else {
            return Ok(Applied::default());
        };
        let Some(version) = version else {
            let item = merged(&*row.entry.item, json)?;
            let newest = self.recent.take(id).last().and_then(|patch| patch.version);
            row.set_version(row.version().max(newest));
            row.base = None;
            self.stats.applied += 1;
            return Ok(Applied::changed(self.show(id, item)));
        };
        let repeat = row.version() >= Some(version) || self.recent.contains(id, version);
        if repeat {
            let doubted = row.has_hole() && row.version() > Some(version);
            return Ok(self.ignore_late(doubted));
        }
        // Over a row of another history no patch is complete, whatever its number.
        let follows = row.version().is_some()
            && row.version() == version.checked_sub(1)
            && row.era() == self.era;
        if follows {
            row.base = Some(merged(&**row.base(), json)?);
            row.set_version(Some(version));
            let shown = row.settle_followers(id, &mut self.recent);
            self.stats.applied += 1;
            return Ok(Applied::changed(self.show(id, shown)));
        }
        self.remember(now, id, version, json)
    }

    /// Merges a patch that an older one may still follow, and keeps both it and the base.
    ///
    /// A patch that does not fit is kept all the same: the one missing before it may be what
    /// makes it fit.
    fn remember(
        &mut self,
        now: Instant,
        id: &RowId,
        version: u64,
        json: &str,
    ) -> Result<Applied, DecodeError> {
        let Some(row) = self.rows.get_mut(id) else {
            return Ok(Applied::default());
        };
        let base = Rc::clone(row.base());
        row.base = Some(Rc::clone(&base));
        let newest = self.recent.of(id).last().and_then(|patch| patch.version);
        self.recent.push(now, id, Some(version), json);
        let shown = if newest < Some(version) {
            merged(&*row.entry.item, json)
        } else {
            let older = self
                .recent
                .of(id)
                .partition_point(|patch| patch.version < Some(version));
            let patches = self.recent.of(id);
            let under = fold(&base, patches.get(..older).unwrap_or_default());
            merged(&*under, json)
                .map(|item| fold(&item, patches.get(older + 1..).unwrap_or_default()))
        };
        self.forget_overflow(id);
        self.stats.applied += 1;
        Ok(Applied::changed(self.show(id, shown?)))
    }

    fn forget_overflow(&mut self, id: &RowId) {
        while self.recent.of(id).len() > MAX_RECENT_PER_ROW
            && let Some(patch) = self.recent.take_first(id)
        {
            self.stats.recent_dropped += 1;
            self.settle(id, patch);
        }
        while let Some((id, patch)) = self.recent.pop_overflow() {
            self.stats.recent_dropped += 1;
            self.settle(&id, patch);
        }
    }
}
