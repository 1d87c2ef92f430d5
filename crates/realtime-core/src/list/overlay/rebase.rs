//! Rebase: changing the synced state under optimistic edits, and folding the edits over it anew.
//!
//! A row with edits is in the order as it is shown. While it is rebased, the order holds the row as the
//! server has it, and the code that applies changes need not know of edits. Nobody sees what is between.

use super::Touched;
use crate::{
    error::DecodeError,
    id::{MutationId, RowId},
    list::{
        AnyItem, Applied, ErasedList, Item,
        row::Row,
        sequence::{Entry, Sequence, Spot},
    },
    ordered::OrderedSet,
    overlay::{Became, Change, Layer, LayerId, Phase, Rules},
    time::Instant,
};
use std::rc::Rc;

/// The rows that are being rebased, and how each was shown.
pub(in crate::list) struct Rebasing(Vec<Before>);

impl Rebasing {
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }
}

struct Before {
    id: RowId,
    rank: Option<usize>,
    item: Option<Item>,
}

/// What has become of a row's synced state meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Synced {
    /// It may be another one.
    Changed,
    /// It is the same; only its layers are not.
    Same,
    /// It is the same, and known to be old: the next one comes in this very step.
    Outdated,
}

/// What a rebase made different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rebased {
    order: bool,
    items: bool,
}

impl Rebased {
    pub(super) const fn changed(self) -> bool {
        self.order || self.items
    }
}

impl ErasedList {
    /// Takes a whole item.
    pub(in crate::list) fn install(
        &mut self,
        now: Instant,
        item: Item,
        version: Option<u64>,
    ) -> Applied {
        self.recognise(&*item);
        let id = item.id();
        self.change_synced(
            &id,
            None,
            |list| Ok(list.install_synced(now, item, version)),
        )
        .unwrap_or_default()
    }

    /// Takes a partial update; `json` holds the changed fields.
    pub(in crate::list) fn patch(
        &mut self,
        now: Instant,
        id: &RowId,
        version: Option<u64>,
        json: &str,
    ) -> Result<Applied, DecodeError> {
        self.change_synced(id, None, |list| list.patch_synced(now, id, version, json))
    }

    /// Takes a delete.
    pub(in crate::list) fn delete(
        &mut self,
        now: Instant,
        id: &RowId,
        version: Option<u64>,
    ) -> Applied {
        self.change_synced(id, None, |list| Ok(list.delete_synced(now, id, version)))
            .unwrap_or_default()
    }

    /// Moves a row unless a newer move has.
    pub(in crate::list) fn move_row(
        &mut self,
        id: &RowId,
        version: Option<u64>,
        spot: &Spot,
    ) -> Applied {
        let neighbour = match spot {
            Spot::Before(neighbour) | Spot::After(neighbour) => neighbour.as_ref(),
        };
        self.change_synced(id, neighbour, |list| {
            Ok(Applied::changed(list.move_synced(id, version, spot)))
        })
        .unwrap_or_default()
    }

    /// Changes the synced row `id`, next to `neighbour` perhaps, under the edits there are.
    fn change_synced(
        &mut self,
        id: &RowId,
        neighbour: Option<&RowId>,
        change: impl FnOnce(&mut Self) -> Result<Applied, DecodeError>,
    ) -> Result<Applied, DecodeError> {
        let Some(calls) = self.overlay.calls() else {
            return change(self);
        };
        let is_touched = |id: &RowId| self.overlay.touched.contains_key(id);
        let subject = is_touched(id);
        if !subject && !neighbour.is_some_and(is_touched) {
            return change(self);
        }
        let order = self.pending.is_order();
        let rebasing = (calls.begin_rebase)(self, &[id, neighbour.unwrap_or(id)]);
        let result = change(self);
        if subject {
            self.pending.set_order(order);
        }
        let rebased = (calls.rebase)(self, rebasing, Synced::Changed);
        result.map(|mut applied| {
            if subject {
                applied.changed = rebased.changed();
            } else {
                applied.changed |= rebased.changed();
            }
            applied
        })
    }

    /// Puts these rows into the order as the server has them, as far as they have edits.
    pub(super) fn begin_rebase<'a>(&mut self, ids: impl Iterator<Item = &'a RowId>) -> Rebasing {
        let mut rebasing: Vec<Before> = Vec::new();
        let mut known = OrderedSet::new();
        for id in ids {
            if self.overlay.touched.contains_key(id) && known.insert(id) {
                rebasing.push(Before {
                    id: id.clone(),
                    rank: self.rank(id),
                    item: self.get(id).cloned(),
                });
            }
        }
        for Before { id, .. } in &rebasing {
            let Some(touched) = self.overlay.touched.get_mut(id) else {
                continue;
            };
            if let Some(shown) = touched.shown.take() {
                self.order.remove(&shown);
                if let Some(place) = &touched.place {
                    self.order.hold(place);
                }
            }
            if let Some(row) = self.rows.get(id) {
                if let Some(label) = &row.entry.label {
                    self.order.free(label);
                }
                self.order.put(&row.entry);
            }
        }
        Rebasing(rebasing)
    }

    /// Shows the rows with their edits again.
    pub(super) fn rebase(&mut self, rebasing: Rebasing, synced: Synced) -> Rebased {
        // What is moved next to a row needs that row to be in its place.
        let rows = rebasing.0.iter().enumerate();
        let order: OrderedSet<_> = rows.map(|(at, row)| (self.moved_by(&row.id), at)).collect();
        for (_, at) in order {
            if let Some(Before { id, item, .. }) = rebasing.0.get(at) {
                self.rebase_row(id, item.as_ref(), synced);
            }
        }
        let mut rebased = Rebased::default();
        for Before { id, rank, item } in rebasing.0 {
            let shown = self.get(&id).map(Rc::as_ptr);
            if shown != item.as_ref().map(Rc::as_ptr) {
                rebased.items = true;
                self.pending.item(&id);
            }
            rebased.order |= self.rank(&id) != rank;
        }
        rebased.order |= self.show_revealed();
        if rebased.order {
            self.pending.order();
        }
        rebased
    }

    /// As [`begin_rebase`](Self::begin_rebase), for all rows that have edits.
    pub(super) fn begin_full_rebase(&mut self) -> Rebasing {
        let ids: Vec<RowId> = self.overlay.touched.keys().cloned().collect();
        let rebasing = self.begin_rebase(ids.iter());
        // The list may get other labels; places chosen among the old ones mean nothing then.
        self.order.free_all();
        self.overlay
            .touched
            .visit_mut(|_, touched| touched.place = None);
        rebasing
    }

    /// Shows a row as its layers make it. `before` is what was shown last.
    fn rebase_row(&mut self, id: &RowId, before: Option<&Item>, synced: Synced) {
        if synced == Synced::Changed {
            self.drop_arrived(id);
        }
        let row = self.rows.get(id).map(|row| row.entry.clone());
        if row.is_none() {
            self.forget_duplicate(id);
        }
        let overlay = &mut self.overlay;
        let Some(touched) = overlay.touched.get_mut(id) else {
            return;
        };
        if touched.duplicate_of.is_some() {
            self.show_row(id, row, None);
            return;
        }
        if touched.stack.is_empty() {
            if let Some(place) = &touched.place {
                self.order.free(place);
            }
            overlay.touched.remove(id);
            // A row that looks as it did keeps its pointer.
            if let (Some(before), Some(row)) = (before, self.rows.get_mut(id))
                && *row.entry.item == **before
            {
                let (entry, _) = self.order.replace(&row.entry, Rc::clone(before));
                row.entry = entry;
            }
            return;
        }
        let Some(home) = &overlay.home else {
            return;
        };
        let rules = Rules {
            policy: &overlay.policy,
            json: home.json,
        };
        let under = row.as_ref().map(|row| &row.item);
        let counts = synced != Synced::Outdated && !overlay.is_landing;
        let folded = touched.stack.fold(under, &rules, counts);
        let item = folded.item.clone();
        let conflicts = folded.conflicts_at(&home.key, Some(id));
        overlay.news.conflicts.extend(conflicts);
        let item = item.map(|item| match before {
            Some(before) if **before == *item => Rc::clone(before),
            _ => item,
        });
        self.show_row(id, row, item);
    }

    /// Puts a row into the order as it is to be shown.
    fn show_row(&mut self, id: &RowId, row: Option<Entry>, item: Option<Item>) {
        let is_moved = self.moved_by(id).is_some();
        let Some(touched) = self.overlay.touched.get_mut(id) else {
            return;
        };
        let place = touched.place.take();
        if let Some(place) = &place {
            self.order.free(place);
        }
        let Some(item) = item else {
            if let Some(row) = &row {
                take_out(&mut self.order, row);
            }
            return;
        };
        let own_place = !self.order.is_sorted() && (is_moved || row.is_none());
        if let Some(label) = place.filter(|_| own_place) {
            if let Some(row) = &row {
                take_out(&mut self.order, row);
            }
            let entry = Entry {
                label: Some(label),
                ..self.order.entry(item)
            };
            self.order.put(&entry);
            touched.place.clone_from(&entry.label);
            touched.shown = Some(entry);
            return;
        }
        let spot = self.spot_of(id).filter(|_| is_moved && own_place);
        let made_by = self.made_by(id);
        let shown = match (row, spot) {
            (Some(row), None) => self.order.replace(&row, item).0,
            (row, spot) => {
                if let Some(row) = &row {
                    take_out(&mut self.order, row);
                }
                let placed = spot.and_then(|spot| self.order.insert_at(Rc::clone(&item), &spot));
                match (placed, row) {
                    (Some(placed), _) => {
                        if let Some(touched) = self.overlay.touched.get_mut(id) {
                            touched.place.clone_from(&placed.label);
                        }
                        placed
                    }
                    // There is no room at the spot: it stays where it was.
                    (None, Some(row)) => {
                        if let Some(label) = &row.label {
                            self.order.free(label);
                        }
                        let entry = Entry {
                            label: row.label,
                            ..self.order.entry(item)
                        };
                        self.order.put(&entry);
                        entry
                    }
                    (None, None) => self.order.insert_last(item, made_by),
                }
            }
        };
        if let Some(touched) = self.overlay.touched.get_mut(id) {
            touched.shown = Some(shown);
        }
    }

    /// The first edit of a row: the one that inserts it, if the server does not know it.
    fn made_by(&self, id: &RowId) -> LayerId {
        let first = self.overlay.touched.get(id).and_then(|row| {
            let mut layers = row.stack.iter();
            layers.next().map(|layer| layer.id)
        });
        first.unwrap_or(LayerId {
            mutation: MutationId(0),
            edit: 0,
        })
    }

    /// The edit that says where a row stands, if one does.
    fn moved_by(&self, id: &RowId) -> Option<LayerId> {
        let stack = &self.overlay.touched.get(id)?.stack;
        let places = stack
            .iter()
            .filter(|layer| matches!(layer.change, Change::Place(_)));
        places.map(|layer| layer.id).last()
    }

    /// Where the layers of a row put it, if they do and the neighbour is there.
    fn spot_of(&self, id: &RowId) -> Option<Spot<Entry>> {
        let stack = &self.overlay.touched.get(id)?.stack;
        let spots = stack.iter().filter_map(|layer| match &layer.change {
            Change::Place(spot) => Some(spot),
            _ => None,
        });
        let entry = |neighbour: &RowId| self.shown(neighbour).cloned();
        match spots.last()? {
            Spot::Before(None) => Some(Spot::Before(None)),
            Spot::After(None) => Some(Spot::After(None)),
            Spot::Before(Some(next)) => Some(Spot::Before(Some(entry(next)?))),
            Spot::After(Some(previous)) => Some(Spot::After(Some(entry(previous)?))),
        }
    }

    /// Drops the confirmed layers of a row whose synced state has what they wait for.
    fn drop_arrived(&mut self, id: &RowId) {
        let row = self.rows.get(id);
        let item = row.map(|row| Rc::clone(&row.entry.item));
        let recent = self.recent.of(id).last().and_then(|patch| patch.version);
        let newest = row.and_then(|row| row.version().max(recent));
        // What the base of a row of another history counts as says nothing of this one's versions.
        let counts = |row: &&Row| row.era() == self.era;
        let has = |version| {
            row.filter(counts)
                .is_some_and(|row| row.version() >= Some(version))
                || self.recent.contains(id, version)
        };
        let stack = self.overlay.touched.get(id).map(|row| &row.stack);
        let made_by = stack.into_iter().flat_map(|stack| stack.iter());
        let sure: Vec<MutationId> = made_by
            .map(|layer| layer.id.mutation)
            .filter(|mutation| self.is_sure(*mutation, id))
            .collect();
        let became = |layer: &Layer<dyn AnyItem, Spot>| match (layer.phase, &layer.change) {
            (Phase::Pending, _) => None,
            (Phase::Confirmed { .. }, Change::Delete) => item.is_none().then_some(Became::AsMeant),
            // Over a row that is there, what makes it makes nothing.
            (Phase::Confirmed { version: None, .. }, Change::Insert(_)) => {
                let is_there = item.is_some() && sure.contains(&layer.id.mutation);
                is_there.then_some(Became::AsMeant)
            }
            (Phase::Confirmed { version, .. }, _) => {
                version.filter(|version| has(*version))?;
                // Of a newer one nobody knows whose doing it is.
                let exactly = item.as_deref().filter(|_| newest == version);
                Some(exactly.map_or(Became::AsMeant, Became::Item))
            }
        };
        self.overlay.take_layers(id, became);
    }

    /// The entry that shows the row `id`, or the one that had this temporary id.
    pub(in crate::list) fn shown(&self, id: &RowId) -> Option<&Entry> {
        let id = self.overlay.aliases.resolve(id);
        match self.overlay.touched.get(id) {
            Some(Touched { shown, .. }) => shown.as_ref(),
            None => self.rows.get(id).map(|row| &row.entry),
        }
    }
}

/// Takes a row out of the order, but keeps its place there.
fn take_out(order: &mut Sequence, row: &Entry) {
    order.remove(row);
    if let Some(label) = &row.label {
        order.hold(label);
    }
}
