//! What the server says about our own edits: echoes, answers, and the ids it gives.

use super::Synced;
use crate::{
    elements,
    id::{MutationId, RowId},
    list::{
        AnyItem, ErasedList,
        alias::Aliases,
        event::{Event, Head},
        item::renamed,
    },
    ordered::{OrderedMap, OrderedSet},
    overlay::{Became, Change, Echo, Phase},
    time::Instant,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What an event says of the rows of a mutation.
struct Told<'a> {
    /// Of each the last that it says, as JSON.
    rows: OrderedMap<RowId, &'a str>,
    /// Whether it says what the whole list holds.
    is_every: bool,
}

/// An answer that says what became of a mutation. Whatever else a server answers is the app's.
#[derive(Debug, Default, Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

impl ErasedList {
    /// An echo of `mutation`: its layers on the rows that the event names go.
    pub(super) fn take_echo(&mut self, mutation: MutationId, event: Echo<'_>) -> bool {
        let changed = match event {
            Echo::Coming(data) => self.settle_echo(mutation, data, Synced::Outdated),
            Echo::Known(data) => self.settle_echo(mutation, data, Synced::Same),
            Echo::Signal => self.confirm_rest(mutation, None),
        };
        let is_complete = self.next_insert(mutation).is_none();
        self.overlay.news.echoed.push((mutation, is_complete));
        changed
    }

    fn settle_echo(&mut self, mutation: MutationId, data: &str, synced: Synced) -> bool {
        let mut told = Told {
            rows: OrderedMap::new(),
            is_every: false,
        };
        let mut changed = self.read_echo(mutation, data, &mut told);
        let mut ids = self.overlay.rows_of(mutation);
        ids.retain(|id| told.is_every || told.rows.contains_key(id));
        changed |= self.remove_edits(&ids, synced, |id, layer| {
            let json = told.rows.get(id);
            let became = json.map_or(Became::AsMeant, |json| Became::Said(json));
            (layer.id.mutation == mutation).then_some(became)
        });
        self.confirm_rest(mutation, None) | changed
    }

    /// Takes down what an event says of the rows of a mutation, and adopts those that it creates. What
    /// cannot be read names nothing.
    fn read_echo<'a>(&mut self, mutation: MutationId, data: &'a str, told: &mut Told<'a>) -> bool {
        let Ok(event) = Event::read(data) else {
            return false;
        };
        let mut changed = false;
        match &*event.action {
            "snapshot" => {
                let items = event.each_item(|item| {
                    self.read_row(mutation, item, false, told);
                    true
                });
                told.is_every = items.is_ok();
            }
            "batch" => {
                let _ = event.each_change(|change| {
                    if let Ok(event) = Event::read(change) {
                        changed |= self.read_change(mutation, &event, told);
                    }
                });
            }
            _ => changed = self.read_change(mutation, &event, told),
        }
        changed
    }

    fn read_change<'a>(
        &mut self,
        mutation: MutationId,
        event: &Event<'a>,
        told: &mut Told<'a>,
    ) -> bool {
        let creates = matches!(&*event.action, "create" | "upsert");
        let item = event.item();
        item.is_ok_and(|item| self.read_row(mutation, item, creates, told))
    }

    fn read_row<'a>(
        &mut self,
        mutation: MutationId,
        json: &'a str,
        creates: bool,
        told: &mut Told<'a>,
    ) -> bool {
        let Some(id) = Head::read(self.of, json).ok().and_then(|head| head.id) else {
            return false;
        };
        let changed = creates && self.adopt_next(mutation, &id);
        if self.overlay.is_on(mutation, &id) {
            told.rows.insert(id, json);
        }
        changed
    }

    /// The server's answer to `mutation`.
    pub(super) fn take_answer(&mut self, now: Instant, mutation: MutationId, answer: &str) -> bool {
        // A list would be read as the fields in their order.
        let object = answer.trim_start().starts_with('{').then_some(answer);
        let parts = object.and_then(|object| serde_json::from_str(object).ok());
        let parts: Answer<'_> = parts.unwrap_or_default();
        let (mut told, mut changed, mut is_list) = (OrderedSet::new(), false, false);
        let mut take = |item: &str| {
            is_list = true;
            if item.starts_with('{') {
                changed |= self.take_answered_item(now, mutation, item, &mut told);
            }
            true
        };
        if let Some(item) = parts.item {
            take(item.get());
        }
        if let Some(items) = parts.items {
            // What is no list of items says nothing.
            let _ = elements::for_each(items, take);
        }
        if !is_list {
            changed |= self.take_answered_item(now, mutation, answer, &mut told);
        }
        self.confirm_rest(mutation, None) | changed
    }

    /// One item of an answer: whole, or just its id or version. Of each row of ours the first counts, so
    /// that no row is rebased anew more than once.
    fn take_answered_item(
        &mut self,
        now: Instant,
        mutation: MutationId,
        json: &str,
        told: &mut OrderedSet<RowId>,
    ) -> bool {
        let Ok(head) = Head::read(self.of, json) else {
            return false;
        };
        let only = || self.overlay.only_row_of(mutation).cloned();
        let Some(id) = head.id.clone().or_else(only) else {
            return false;
        };
        if told.contains(&id) {
            return false;
        }
        let mut changed = head.id.is_some() && self.adopt_next(mutation, &id);
        if self.overlay.is_on(mutation, &id) {
            told.insert(id.clone());
        }
        let layers = self.overlay.touched.get(&id);
        let Some(last) = layers.and_then(|row| row.stack.of(mutation).last()) else {
            return changed;
        };
        let member = self.overlay.mutations.get(&mutation);
        if member.is_none_or(|member| member.era != self.era) {
            // A server remembers its answers longer than the history that this one is of.
            return self.confirm_row(mutation, &id, None) | changed;
        }
        let Some(version) = head.version else {
            let is_new = matches!(last.change, Change::Insert(_));
            return (is_new && self.take_new_item(now, mutation, &id, json)) | changed;
        };
        if matches!(last.change, Change::Delete) {
            changed |= self.delete(now, &id, Some(version)).changed;
            return self.confirm_row(mutation, &id, Some(version)) | changed;
        }
        // Where a new row stands among other people's, only the channel tells, in its order.
        let is_placed = self.order.is_sorted() || self.rows.contains_key(&id);
        let whole = (self.of.decode)(json)
            .ok()
            .filter(|item| is_placed && item.id() == id);
        let Some(item) = whole else {
            return self.confirm_row(mutation, &id, Some(version)) | changed;
        };
        let ids = [id];
        changed |= self.remove_edits(&ids, Synced::Outdated, |_, layer| {
            (layer.id.mutation == mutation).then_some(Became::Said(json))
        });
        self.install(now, item, Some(version)).changed | changed
    }

    /// A whole new item without a version. One that is there already has come by an event, which may be
    /// newer; one that was deleted meanwhile stays away. A snapshot that came meanwhile and lacks it may
    /// be older than the answer or newer: the next one tells.
    fn take_new_item(
        &mut self,
        now: Instant,
        mutation: MutationId,
        id: &RowId,
        json: &str,
    ) -> bool {
        let item = (self.of.decode)(json).ok().filter(|item| item.id() == *id);
        let is_known = self.rows.contains_key(id) || self.tombstones.cover(id, None);
        let member = self.overlay.mutations.get(&mutation);
        let is_new = member.is_some_and(|member| member.snapshots == self.snapshots) && !is_known;
        let Some(item) = item.filter(|_| self.order.is_sorted() && is_new) else {
            return false;
        };
        let ids = [id.clone()];
        let removed = self.remove_edits(&ids, Synced::Outdated, |_, layer| {
            (layer.id.mutation == mutation).then_some(Became::Said(json))
        });
        self.install(now, item, None).changed | removed
    }

    /// Marks the layers that `mutation` has left as confirmed.
    fn confirm_rest(&mut self, mutation: MutationId, version: Option<u64>) -> bool {
        let ids = self.overlay.rows_of(mutation);
        let mut changed = false;
        for id in ids {
            let waits_already = self.overlay.touched.get(&id).is_some_and(|row| {
                let mut layers = row.stack.of(mutation);
                layers.all(|layer| matches!(layer.phase, Phase::Confirmed { .. }))
            });
            if !waits_already {
                changed |= self.confirm_row(mutation, &id, version);
            }
        }
        changed
    }

    /// Marks the layers of `mutation` on a row as confirmed. Those that wait for nothing go.
    fn confirm_row(&mut self, mutation: MutationId, id: &RowId, version: Option<u64>) -> bool {
        if let Some(touched) = self.overlay.touched.get_mut(id) {
            touched.stack.confirm(mutation, version);
            self.pending.item(id);
        }
        let ids = [id.clone()];
        let rebasing = self.begin_rebase(ids.iter());
        self.rebase(rebasing, Synced::Changed);
        true
    }

    /// `id` is a row that the server made for `mutation`: it is the next one of its rows that still
    /// has a temporary id, unless it is known already.
    fn adopt_next(&mut self, mutation: MutationId, id: &RowId) -> bool {
        if self.overlay.is_on(mutation, id) {
            if self.overlay.name(mutation, id)
                && let Some(temporary) = self.overlay.aliases.temporary(id).cloned()
            {
                self.tell_id(mutation, &temporary, id);
            }
            return false;
        }
        match self.next_insert(mutation) {
            Some(temporary) if !self.rows.contains_key(&temporary) => {
                self.adopt(mutation, &temporary, id)
            }
            // What the server has a row of is no temporary id.
            _ => false,
        }
    }

    /// The server's id for a temporary one is known.
    pub(super) fn tell_id(&mut self, mutation: MutationId, temporary: &RowId, id: &RowId) {
        let ids = (mutation, temporary.clone(), id.clone());
        self.overlay.news.ids.push(ids);
    }

    /// The first row that `mutation` inserts and that the server has not named yet.
    pub(super) fn next_insert(&self, mutation: MutationId) -> Option<RowId> {
        let member = self.overlay.mutations.get(&mutation)?;
        self.overlay.layers.get(member.unnamed.first()?).cloned()
    }

    /// Whether the server has said the id of a row that `mutation` inserts.
    fn is_named(&self, mutation: MutationId, row: &RowId) -> bool {
        let member = self.overlay.mutations.get(&mutation);
        member.is_some_and(|member| member.named.contains(row))
    }

    /// Whether a row that `mutation` inserts is known to be the one under this id, and does not only look
    /// like it.
    pub(super) fn is_sure(&self, mutation: MutationId, row: &RowId) -> bool {
        self.overlay.aliases.temporary(row).is_none() || self.is_named(mutation, row)
    }

    /// The row under the temporary id is the server's row `id` from now on, and keeps its key.
    fn adopt(&mut self, mutation: MutationId, temporary: &RowId, id: &RowId) -> bool {
        self.take_over(temporary, id);
        self.overlay.name(mutation, id);
        self.tell_id(mutation, temporary, id);
        true
    }

    /// Moves the layers of the row under the temporary id to the server's row `id`.
    fn take_over(&mut self, temporary: &RowId, id: &RowId) {
        let id_field = self.of.id_field;
        self.outrank_known_alias(id);
        let both = [temporary.clone(), id.clone()];
        self.touch(id);
        let rebasing = self.begin_rebase(both.iter());
        if let Some(mut moved) = self.overlay.touched.remove(temporary) {
            for layer in moved.stack.iter_mut() {
                if let Change::Insert(item) = &mut layer.change
                    && let Some(renamed) = renamed(id_field, &**item, id)
                {
                    *item = renamed;
                }
            }
            for layer in moved.stack.iter() {
                self.overlay.layers.insert(layer.id, id.clone());
                self.overlay.duplicates.settle(layer.id);
                if let Some(member) = self.overlay.mutations.get_mut(&layer.id.mutation) {
                    member.rows.remove(temporary);
                    member.rows.insert(id.clone());
                }
            }
            if let Some(touched) = self.overlay.touched.get_mut(id) {
                touched.duplicate_of = None;
                touched.stack.absorb(moved.stack);
                touched.place = touched.place.take().or(moved.place);
            }
        }
        let dropped = Aliases::insert(&mut self.overlay.aliases, temporary, id);
        self.stats.aliases_dropped += dropped;
        self.pending.item(temporary);
        self.rebase(rebasing, Synced::Same);
        self.pending.order();
    }

    /// The server has a row of this id: if it was an alias, the row that it stood for has its own key
    /// from now on.
    pub(super) fn outrank_known_alias(&mut self, id: &RowId) {
        if let Some(other) = Aliases::outrank(&mut self.overlay.aliases, id) {
            self.overlay.news.outranked.push(id.clone());
            self.pending.item(&other);
            self.pending.order();
        }
    }

    /// Adopts a row that was made optimistically, if the server keeps its temporary id in it.
    ///
    /// Anybody may write any temporary id into a row: one that was there before is not the one that we
    /// are making, and a temporary id that the server has a row of is none.
    pub(super) fn recognise_edited(&mut self, item: &dyn AnyItem) {
        if self.overlay.touched.is_empty() {
            return;
        }
        let Some(temporary) = item.temporary_id() else {
            self.hide_duplicate(item);
            return;
        };
        let id = item.id();
        if self.rows.contains_key(&id) || self.rows.contains_key(&temporary) {
            return;
        }
        let stack = self.overlay.touched.get(&temporary).map(|row| &row.stack);
        let inserted = stack.and_then(|stack| {
            let mut layers = stack.iter();
            layers.find(|layer| matches!(layer.change, Change::Insert(_)))
        });
        if let Some(mutation) = inserted.map(|layer| layer.id.mutation)
            && temporary != id
            && !self.is_named(mutation, &temporary)
        {
            self.adopt(mutation, &temporary, &id);
        }
    }
}
