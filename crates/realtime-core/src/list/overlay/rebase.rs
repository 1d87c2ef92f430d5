//! Rebase: folding the edits of a row over what the server has of it now.

use super::{Edited, EditedRow, Shown};
use crate::{
    error::DecodeError,
    id::{MutationId, RowId},
    list::{
        AnyItem, Item,
        alias::Aliases,
        event::Head,
        item::{Versioned, renamed},
        sequence::{Entry, Sequence, Spot},
    },
    ordered::{OrderedMap, OrderedSet},
    overlay::{Became, Change, Layer, LayerId, Phase, Stack},
};
use std::{mem, rc::Rc, slice};

/// What has become of the synced state under a row's edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// It may be another one.
    Changed,
    /// It is the same; only its edits are not.
    Same,
    /// It is the same, and known to be old: the next one comes in this very step.
    Outdated,
}

/// An edit of a row.
type Edit = Layer<dyn AnyItem, Spot>;

/// What became of an edit that goes.
type Fate<'a> = Option<Became<'a, dyn AnyItem>>;

/// How a row with edits is shown.
struct Standing {
    id: RowId,
    rank: Option<usize>,
    item: Option<Item>,
}

impl Edited {
    /// The rows in order as they are shown.
    pub(super) fn shown_order(&self) -> &Sequence {
        match self.rows.is_empty() {
            true => &self.synced.order,
            false => self.shown.order(),
        }
    }

    /// The row `id` as the shown order holds it.
    pub(super) fn shown_entry(&self, id: &RowId) -> Option<&Entry> {
        match self.rows.contains_key(id) {
            true => self.shown.edited(id),
            false => self.synced.entry(id),
        }
    }

    /// How these rows are shown, in the order in which they are to be rebased: what is moved next to a row needs
    /// that row to be in its place.
    fn standing(&self, ids: &[RowId]) -> Vec<Standing> {
        let rows = ids.iter().enumerate();
        let order: OrderedSet<_> = rows.map(|(at, id)| (self.moved_by(id), at)).collect();
        let ids = order.into_iter().filter_map(|(_, at)| ids.get(at));
        let standing = ids.map(|id| {
            let (rank, item) = self.stands(id);
            let id = id.clone();
            Standing { id, rank, item }
        });
        standing.collect()
    }

    /// The rows with edits.
    pub(super) fn ids(&self) -> Vec<RowId> {
        self.rows.keys().cloned().collect()
    }

    fn stands(&self, id: &RowId) -> (Option<usize>, Option<Item>) {
        let (entry, order) = (self.shown_entry(id), self.shown_order());
        let rank = entry.and_then(|it| order.rank(it).or_else(|| order.position(it)));
        (rank, entry.map(|entry| Rc::clone(&entry.item)))
    }

    /// The synced row `id`, which was `before`, has changed, perhaps by a move right after `previous`. If it has
    /// edits, whether what people see changed.
    pub(super) fn follow(
        &mut self,
        id: &RowId,
        before: Option<&Entry>,
        previous: Option<Option<RowId>>,
    ) -> Option<bool> {
        let told = mem::take(&mut self.synced.pending);
        if self.aliases.resolve(id) != id && self.synced.has(id) {
            self.outrank(id);
        }
        let has_edits = self.rows.contains_key(id);
        let mut changed = has_edits.then(|| self.rebase(slice::from_ref(id), Base::Changed));
        if !has_edits {
            self.pending.add(told);
        }
        if !self.rows.is_empty() {
            let now = self.synced.entry(id);
            if !has_edits && self.shown.follow(before, now) {
                self.pending.order();
            }
            let previous = previous.map(|id| id.and_then(|id| self.synced.entry(&id)));
            if (self.shown).relabel(before, now, previous, &self.synced.order) {
                changed = changed.map(|_| true);
                self.pending.order();
            }
        }
        changed
    }

    /// Shows all rows anew after a change of the whole synced list; whether what people see of those that have
    /// edits changed.
    pub(super) fn rebase_all(&mut self) -> bool {
        for temporary in self.aliases.temporary_ids() {
            if self.synced.has(&temporary) {
                self.outrank(&temporary);
            }
        }
        self.pending.add(mem::take(&mut self.synced.pending));
        let rows = self.standing(&self.ids());
        self.shown = Shown::new(&self.synced.order);
        for id in self.rows.keys() {
            self.shown.begin(id, self.synced.entry(id));
        }
        self.rebase_rows(rows, Base::Changed)
    }

    /// Shows these rows as their edits make them; whether what people see changed.
    pub(super) fn rebase(&mut self, ids: &[RowId], base: Base) -> bool {
        self.rebase_rows(self.standing(ids), base)
    }

    fn rebase_rows(&mut self, rows: Vec<Standing>, base: Base) -> bool {
        for row in &rows {
            self.rebase_row(&row.id, row.item.as_ref(), base);
        }
        if self.rows.is_empty() {
            self.shown = Shown::new(&Sequence::new(None));
        }
        let (mut items, mut order) = (false, false);
        for before in rows {
            let (rank, item) = self.stands(&before.id);
            order |= rank != before.rank;
            if item.as_ref().map(Rc::as_ptr) != before.item.as_ref().map(Rc::as_ptr) {
                items = true;
                self.pending.item(&before.id);
            }
        }
        if order {
            self.pending.order();
        }
        self.show_revealed() | items | order
    }

    /// Shows a row as its edits make it. `before` is what was shown last.
    fn rebase_row(&mut self, id: &RowId, before: Option<&Item>, base: Base) {
        if base == Base::Changed {
            self.drop_arrived(id);
        }
        let synced = self.synced.entry(id).cloned();
        if synced.is_none() {
            self.forget_duplicate(id);
        }
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        if row.duplicate_of.is_some() {
            self.shown.hide(id);
            return;
        }
        if row.stack.is_empty() {
            self.rows.remove(id);
            // A row that looks as it did keeps its pointer.
            if let Some(before) = before {
                self.synced.share(id, before);
            }
            self.shown.end(id, self.synced.entry(id));
            return;
        }
        let under = synced.as_ref().map(|entry| &entry.item);
        let counts = base != Base::Outdated && !self.is_landing;
        let folded = row.stack.fold(under, &self.rules, counts);
        let item = folded.item.clone();
        let conflicts = folded.conflicts_at(&self.key, Some(id));
        self.news.conflicts.extend(conflicts);
        match (item, before) {
            (None, _) => drop(self.shown.hide(id)),
            (Some(item), Some(before)) if **before == *item => {
                self.show_row(id, synced, Rc::clone(before));
            }
            (Some(item), _) => self.show_row(id, synced, item),
        }
    }

    /// Puts a row where it is to be shown.
    fn show_row(&mut self, id: &RowId, synced: Option<Entry>, item: Item) {
        let order = &self.synced.order;
        if order.is_sorted() {
            self.shown.show(id, order.entry(item));
            return;
        }
        let (spot, moved_by, made_by) = (self.spot_of(id), self.moved_by(id), self.made_by(id));
        let shown = &mut self.shown;
        let old = shown.hide(id);
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        // What an edit has put somewhere stays there.
        let place = old.filter(|entry| entry.number > 0 && row.placed_by == moved_by);
        let place = place.or_else(|| shown.placed(&item, &spot?, order));
        row.placed_by = place.as_ref().and(moved_by);
        let entry = match place.or(synced) {
            Some(place) => Entry { item, ..place },
            None => shown.last(item, made_by),
        };
        shown.show(id, entry);
    }

    /// The first edit of a row: the one that inserts it, if the server does not know it.
    fn made_by(&self, id: &RowId) -> LayerId {
        let stack = self.rows.get(id).map(|row| &row.stack);
        let first = stack.and_then(|stack| stack.iter().next());
        first.map_or(
            LayerId {
                mutation: MutationId(0),
                edit: 0,
            },
            |layer| layer.id,
        )
    }

    /// The edit that says where a row stands, if one does.
    fn moved_by(&self, id: &RowId) -> Option<LayerId> {
        let layers = self.rows.get(id)?.stack.iter();
        let moves = |layer: &&Edit| matches!(layer.change, Change::Place(_));
        layers.filter(moves).map(|layer| layer.id).last()
    }

    /// Where the edits of a row put it, if they do and the neighbour is there.
    fn spot_of(&self, id: &RowId) -> Option<Spot<Entry>> {
        let stack = &self.rows.get(id)?.stack;
        let spots = stack.iter().filter_map(|layer| match &layer.change {
            Change::Place(spot) => Some(spot),
            _ => None,
        });
        spots.last()?.of(|neighbour| {
            let neighbour = self.aliases.resolve(neighbour);
            let entry = self.shown_entry(neighbour).filter(|_| neighbour != id);
            entry.cloned()
        })
    }

    /// Puts an edit of the row `id` over it.
    pub(super) fn push_on(
        &mut self,
        id: &RowId,
        layer: LayerId,
        change: Change<dyn AnyItem, Spot>,
    ) -> Result<bool, DecodeError> {
        if let Change::Patch(patch) = &change {
            self.check_id(id, patch)?;
        }
        let change = match change {
            Change::Insert(item) if item.id() != *id => {
                Change::Insert(renamed(self.synced.of.id_field, &*item, id).unwrap_or(item))
            }
            change => change,
        };
        self.touch(id);
        let made = match &change {
            Change::Insert(item) => Some((self.rules.json.write)(&**item).unwrap_or_default()),
            _ => None,
        };
        let under = self.synced.entry(id).map(|entry| &entry.item);
        let row = self.rows.get_mut(id);
        let result = row.map_or(Ok(()), |row| {
            row.stack.push(layer, change, under, &self.rules)
        });
        if result.is_ok() {
            let made_at = self.synced.moment();
            let is_unnamed = (self.members).add(layer, id, made.is_some(), made_at);
            if let Some(made) = made.filter(|_| is_unnamed) {
                self.duplicates.make(layer, made, self.synced.of);
            }
        }
        let changed = self.rebase(slice::from_ref(id), Base::Same);
        self.pending.item(id);
        result.map(|()| changed)
    }

    /// An edit says what becomes of a row, and not which row it is.
    fn check_id(&self, id: &RowId, patch: &str) -> Result<(), DecodeError> {
        let head = Head::read(self.synced.of, patch).map_err(|error| error.told(""))?;
        match head.id {
            Some(named) if self.aliases.resolve(&named) != id => Err(DecodeError::new(
                "an edit",
                "it changes the id of its row; delete the row and insert another",
            )),
            _ => Ok(()),
        }
    }

    /// Readies a row for edits.
    pub(super) fn touch(&mut self, id: &RowId) {
        if self.rows.is_empty() {
            self.shown = Shown::new(&self.synced.order);
        }
        if !self.rows.contains_key(id) {
            let row = EditedRow {
                stack: Stack::new(),
                placed_by: None,
                duplicate_of: None,
            };
            self.rows.insert(id.clone(), row);
            self.shown.begin(id, self.synced.entry(id));
        }
    }

    /// Takes the edits of these rows off of which `became` says what became of them, and shows the rows
    /// anew.
    pub(super) fn remove_edits<'a>(
        &mut self,
        ids: &[RowId],
        base: Base,
        became: &dyn Fn(&RowId, &Edit) -> Fate<'a>,
    ) -> bool {
        for id in ids {
            self.take_layers(id, &|layer| became(id, layer));
            self.pending.item(id);
        }
        self.rebase(ids, base)
    }

    /// Takes the edits of a row off of which `became` says what became of them, without showing it anew.
    fn take_layers<'a>(&mut self, id: &RowId, became: &dyn Fn(&Edit) -> Fate<'a>) {
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        let removed = row.stack.remove(&self.rules, became);
        for layer in &removed {
            self.members.remove(layer.id);
            self.duplicates.settle(layer.id);
            if row.stack.of(layer.id.mutation).next().is_none() {
                self.members.leave(layer.id.mutation, id);
            }
        }
    }

    /// Drops the edits that were confirmed before the fetch began that has landed with these rows,
    /// which are taken next.
    pub(super) fn drop_fetched(&mut self, items: &[Versioned]) {
        let is_fetched =
            |layer: &Edit| matches!(layer.phase, Phase::Confirmed { fetched: true, .. });
        let rows = self.rows.iter();
        let ids: OrderedSet<RowId> = rows
            .filter(|(_, row)| row.stack.iter().any(is_fetched))
            .map(|(id, _)| id.clone())
            .collect();
        if ids.is_empty() {
            return;
        }
        let fetched = items.iter().map(|(item, _)| (item.id(), &**item));
        let fetched: OrderedMap<RowId, &dyn AnyItem> =
            fetched.filter(|(id, _)| ids.contains(id)).collect();
        let ids: Vec<RowId> = ids.into_iter().collect();
        self.note_fetched_inserts(&ids, |id| fetched.contains_key(id));
        self.remove_edits(&ids, Base::Outdated, &|id, layer| {
            let became = fetched
                .get(id)
                .map_or(Became::AsMeant, |item| Became::Item(*item));
            is_fetched(layer).then_some(became)
        });
    }

    /// Notes down of the new rows among these, of which the server has not said the ids, whether a
    /// fetch has brought them.
    fn note_fetched_inserts(&mut self, ids: &[RowId], is_there: impl Fn(&RowId) -> bool) {
        let mut known: OrderedMap<MutationId, bool> = OrderedMap::new();
        for id in ids {
            let layers = self.rows.get(id).into_iter();
            let layers = layers.flat_map(|row| row.stack.iter());
            for layer in layers.filter(|layer| matches!(layer.change, Change::Insert(_))) {
                let all = known.get_or_insert_with(layer.id.mutation, || true);
                *all &= is_there(id) && self.is_sure(layer.id.mutation, id);
            }
        }
        self.news.fetched.extend(known);
    }

    /// Drops the confirmed edits of a row whose synced state has what they wait for.
    fn drop_arrived(&mut self, id: &RowId) {
        let item = self.synced.entry(id).map(|entry| Rc::clone(&entry.item));
        let newest = self.synced.version(id);
        let layers = (self.rows.get(id).into_iter()).flat_map(|row| row.stack.iter());
        let waiting = layers.filter_map(|layer| match layer.phase {
            Phase::Pending => None,
            Phase::Confirmed { version, .. } => Some((layer, version)),
        });
        let arrived = waiting.filter_map(|(layer, version)| {
            // Of a newer version than it waits for nobody knows whose doing it is.
            let (has_arrived, is_exactly) = match (&layer.change, version) {
                (Change::Delete, _) => (item.is_none(), false),
                // Over a row that is there, what makes it makes nothing.
                (Change::Insert(_), None) => {
                    let is_there = item.is_some() && self.is_sure(layer.id.mutation, id);
                    (is_there, false)
                }
                (_, None) => (false, false),
                (_, Some(it)) => (self.synced.has_version(id, it), newest == version),
            };
            has_arrived.then_some((layer.id, is_exactly))
        });
        let arrived: Vec<(LayerId, bool)> = arrived.collect();
        if arrived.is_empty() {
            return;
        }
        self.take_layers(id, &|layer| {
            let (_, is_exactly) = arrived.iter().find(|(it, _)| *it == layer.id)?;
            let exactly = item.as_deref().filter(|_| *is_exactly);
            Some(exactly.map_or(Became::AsMeant, Became::Item))
        });
    }

    /// Whether a row that `mutation` inserts is known to be the one under this id, and does not only look
    /// like it.
    fn is_sure(&self, mutation: MutationId, row: &RowId) -> bool {
        self.aliases.temporary(row).is_none() || self.members.is_named(mutation, row)
    }

    /// The server has a row of this id: if it was an alias, the row that it stood for has its own key from
    /// now on.
    pub(super) fn outrank(&mut self, id: &RowId) {
        if let Some(other) = Aliases::outrank(&mut self.aliases, id) {
            self.news.outranked.push(id.clone());
            self.pending.item(&other);
            self.pending.order();
        }
    }

    /// Shows the rows again that are duplicates no longer; whether there are any.
    pub(super) fn show_revealed(&mut self) -> bool {
        let ids = self.duplicates.take_revealed();
        if ids.is_empty() {
            return false;
        }
        for id in &ids {
            if let Some(row) = self.rows.get_mut(id) {
                row.duplicate_of = None;
            }
        }
        self.rebase(&ids, Base::Same)
    }

    /// The row went before it could be told whose it was.
    fn forget_duplicate(&mut self, id: &RowId) {
        let row = self.rows.get_mut(id);
        if let Some(layer) = row.and_then(|row| row.duplicate_of.take()) {
            self.duplicates.forget(layer);
        }
    }
}
