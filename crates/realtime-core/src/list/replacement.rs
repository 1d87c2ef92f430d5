//! Taking a fetched snapshot.

use super::{Applied, ErasedList, item::Versioned, row::Row, sequence::Entry};
use crate::{id::RowId, ordered::OrderedSet, time::Instant};
use std::{collections::BTreeMap, rc::Rc};

impl ErasedList {
    /// Takes a fetched snapshot: these are all the rows there are.
    ///
    /// Per row, what is newer by version outranks it: a row, a parked or recent patch, a delete; but
    /// not if the server's [history](crate::History) has broken off since.
    /// What has no version does not: unversioned deletes and parked patches are forgotten. Rows
    /// that are not in the snapshot go, and leave no tombstone. If an id stands there twice, the
    /// last one counts. Costs O(n log n); rows that are equal keep their pointer.
    ///
    /// Optimistic edits stay over it, but for those that the server had confirmed before the fetch
    /// began.
    pub(crate) fn replace(&mut self, now: Instant, items: Vec<Versioned>) -> Applied {
        self.expire_unless_told(now);
        self.fetch_landed(&items);
        self.replace_all(now, items)
    }

    pub(super) fn replace_all(&mut self, now: Instant, items: Vec<Versioned>) -> Applied {
        for (item, _) in &items {
            self.recognise(&**item);
        }
        let rebasing = self.begin_rebase_all();
        let mut applied = self.replace_synced(now, items);
        applied.changed |= self.rebase_all(rebasing);
        applied
    }

    fn replace_synced(&mut self, now: Instant, items: Vec<Versioned>) -> Applied {
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
            self.outrank_alias(&id);
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
}
