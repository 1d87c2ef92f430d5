//! Echoes: what the server says about our own edits, the answers to them, and the ids it gives.

use super::{Edited, rebase::Base};
use crate::{
    elements,
    error::DecodeError,
    id::{MutationId, RowId},
    list::{
        AnyItem, Applied,
        alias::Aliases,
        event::{Event, Head},
        item::{Versioned, renamed},
        sequence::Spot,
        synced::Incoming,
    },
    ordered::{OrderedMap, OrderedSet},
    overlay::{Became, Change, Echo, Phase},
    time::Instant,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::slice;

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

impl Edited {
    /// An echo of `mutation`: its layers on the rows that the event names go.
    pub(super) fn take_echo(&mut self, mutation: MutationId, event: Echo<'_>) -> bool {
        let changed = match event {
            Echo::Coming(data) => self.settle_echo(mutation, data, Base::Outdated),
            Echo::Known(data) => self.settle_echo(mutation, data, Base::Same),
            Echo::Signal => self.confirm_rest(mutation, None),
        };
        let is_complete = self.members.next_insert(mutation).is_none();
        self.news.echoed.push((mutation, is_complete));
        changed
    }

    fn settle_echo(&mut self, mutation: MutationId, data: &str, base: Base) -> bool {
        let mut told = Told {
            rows: OrderedMap::new(),
            is_every: false,
        };
        let mut changed = self.read_echo(mutation, data, &mut told);
        let mut ids = self.members.rows_of(mutation);
        ids.retain(|id| told.is_every || told.rows.contains_key(id));
        changed |= self.remove_edits(&ids, base, &|id, layer| {
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
        let Some(id) = Head::read(self.synced.of, json)
            .ok()
            .and_then(|head| head.id)
        else {
            return false;
        };
        let changed = creates && self.adopt_next(mutation, &id);
        if self.members.is_on(mutation, &id) {
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
        let Ok(head) = Head::read(self.synced.of, json) else {
            return false;
        };
        let only = || self.members.only_row_of(mutation).cloned();
        let Some(id) = head.id.clone().or_else(only) else {
            return false;
        };
        if told.contains(&id) {
            return false;
        }
        let mut changed = head.id.is_some() && self.adopt_next(mutation, &id);
        if self.members.is_on(mutation, &id) {
            told.insert(id.clone());
        }
        let layers = self.rows.get(&id);
        let Some(last) = layers.and_then(|row| row.stack.of(mutation).last()) else {
            return changed;
        };
        let made_at = self.members.made_at(mutation);
        if made_at.is_none_or(|made_at| made_at.era != self.synced.era) {
            // A server remembers its answers longer than the history that this one is of.
            return self.confirm_row(mutation, &id, None) | changed;
        }
        let Some(version) = head.version else {
            let is_new = matches!(last.change, Change::Insert(_));
            return (is_new && self.take_new_item(now, mutation, &id, json)) | changed;
        };
        if matches!(last.change, Change::Delete) {
            changed |= self.changes(now, Incoming::Delete(&id, Some(version)));
            return self.confirm_row(mutation, &id, Some(version)) | changed;
        }
        // Where a new row stands among other people's, only the channel tells, in its order.
        let is_placed = self.synced.order.is_sorted() || self.synced.has(&id);
        let whole = (self.synced.of.decode)(json)
            .ok()
            .filter(|item| is_placed && item.id() == id);
        let Some(item) = whole else {
            return self.confirm_row(mutation, &id, Some(version)) | changed;
        };
        self.land(now, mutation, (item, Some(version)), json) | changed
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
        let item = (self.synced.of.decode)(json)
            .ok()
            .filter(|item| item.id() == *id);
        let is_known = self.synced.has(id) || self.synced.tombstones.cover(id, None);
        let is_new = self.members.made_at(mutation) == Some(self.synced.moment()) && !is_known;
        let item = item.filter(|_| self.synced.order.is_sorted() && is_new);
        item.is_some_and(|item| self.land(now, mutation, (item, None), json))
    }

    /// An item takes the place of the edits that it is the outcome of.
    fn land(&mut self, now: Instant, mutation: MutationId, of: Versioned, json: &str) -> bool {
        let ids = [of.0.id()];
        let removed = self.remove_edits(&ids, Base::Outdated, &|_, layer| {
            (layer.id.mutation == mutation).then_some(Became::Said(json))
        });
        self.changes(now, Incoming::Item(of.0, of.1)) | removed
    }

    /// Marks the layers that `mutation` has left as confirmed.
    fn confirm_rest(&mut self, mutation: MutationId, version: Option<u64>) -> bool {
        let ids = self.members.rows_of(mutation);
        let mut changed = false;
        for id in ids {
            let waits_already = self.rows.get(&id).is_some_and(|row| {
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
        if let Some(row) = self.rows.get_mut(id) {
            row.stack.confirm(mutation, version);
            self.pending.item(id);
        }
        self.rebase(slice::from_ref(id), Base::Changed);
        true
    }

    /// `id` is a row that the server made for `mutation`: it is the next one of its rows that still
    /// has a temporary id, unless it is known already.
    fn adopt_next(&mut self, mutation: MutationId, id: &RowId) -> bool {
        if self.members.is_on(mutation, id) {
            if self.name(mutation, id)
                && let Some(temporary) = self.aliases.temporary(id).cloned()
            {
                self.tell_id(mutation, &temporary, id);
            }
            return false;
        }
        match self.members.next_insert(mutation).cloned() {
            Some(temporary) if !self.synced.has(&temporary) => {
                self.adopt(mutation, &temporary, id);
                true
            }
            // What the server has a row of is no temporary id.
            _ => false,
        }
    }

    /// The server has said the id of a row that `mutation` makes. Whether that is news.
    fn name(&mut self, mutation: MutationId, id: &RowId) -> bool {
        let row = self.rows.get(id);
        for layer in row.into_iter().flat_map(|row| row.stack.of(mutation)) {
            self.members.settle(layer.id);
            self.duplicates.settle(layer.id);
        }
        self.members.name(mutation, id)
    }

    /// The server's id for a temporary one is known.
    fn tell_id(&mut self, mutation: MutationId, temporary: &RowId, id: &RowId) {
        let ids = (mutation, temporary.clone(), id.clone());
        self.news.ids.push(ids);
    }

    /// The row under the temporary id is the server's row `id` from now on, and keeps its key.
    fn adopt(&mut self, mutation: MutationId, temporary: &RowId, id: &RowId) {
        self.take_over(temporary, id);
        self.name(mutation, id);
        self.tell_id(mutation, temporary, id);
    }

    /// Moves the edits of the row under the temporary id to the server's row `id`.
    fn take_over(&mut self, temporary: &RowId, id: &RowId) {
        self.outrank(id);
        self.touch(id);
        self.shown.rename(temporary, id);
        if let Some(mut moved) = self.rows.remove(temporary) {
            for layer in moved.stack.iter_mut() {
                if let Change::Insert(item) = &mut layer.change
                    && let Some(renamed) = renamed(self.synced.of.id_field, &**item, id)
                {
                    *item = renamed;
                }
                self.members.rename(layer.id, temporary, id);
                self.duplicates.settle(layer.id);
            }
            if let Some(row) = self.rows.get_mut(id) {
                row.duplicate_of = None;
                row.placed_by = row.placed_by.or(moved.placed_by);
                row.stack.absorb(moved.stack);
            }
        }
        self.aliases_dropped += Aliases::insert(&mut self.aliases, temporary, id);
        self.pending.item(temporary);
        self.rebase(slice::from_ref(id), Base::Same);
        self.pending.order();
    }

    /// Adopts a row that was made optimistically, if the server keeps its temporary id in it.
    ///
    /// Anybody may write any temporary id into a row: one that was there before is not the one that we
    /// are making, and a temporary id that the server has a row of is none.
    pub(super) fn recognise(&mut self, item: &dyn AnyItem) {
        if self.rows.is_empty() {
            return;
        }
        let Some(temporary) = item.temporary_id() else {
            self.hide_duplicate(item);
            return;
        };
        let id = item.id();
        if self.synced.has(&id) || self.synced.has(&temporary) {
            return;
        }
        let stack = self.rows.get(&temporary).map(|row| &row.stack);
        let inserted = stack.and_then(|stack| {
            let mut layers = stack.iter();
            layers.find(|layer| matches!(layer.change, Change::Insert(_)))
        });
        if let Some(mutation) = inserted.map(|layer| layer.id.mutation)
            && temporary != id
            && !self.members.is_named(mutation, &temporary)
        {
            self.adopt(mutation, &temporary, &id);
        }
    }

    /// Hides a row that the server is about to bring, if it is new here and looks like one that an
    /// edit of ours makes.
    fn hide_duplicate(&mut self, item: &dyn AnyItem) {
        let id = item.id();
        if self.duplicates.is_empty() || self.synced.has(&id) || self.rows.contains_key(&id) {
            return;
        }
        let looks = (self.rules.json.write)(item).ok();
        let layer = looks.and_then(|looks| self.duplicates.hide(&looks, &id));
        if layer.is_some() {
            self.touch(&id);
            if let Some(row) = self.rows.get_mut(&id) {
                row.duplicate_of = layer;
            }
        }
    }

    /// Takes a change that cannot be wrong; whether what people see changed.
    fn changes(&mut self, now: Instant, change: Incoming<'_>) -> bool {
        let taken = self.take_change(now, change);
        taken.is_ok_and(|applied| applied.changed)
    }

    /// Takes a change of the synced rows, and shows what it makes of them.
    pub(super) fn take_change(
        &mut self,
        now: Instant,
        change: Incoming<'_>,
    ) -> Result<Applied, DecodeError> {
        if let Incoming::Fetched(items) = &change {
            self.drop_fetched(items);
        }
        match &change {
            Incoming::Item(item, _) => self.recognise(&**item),
            Incoming::Snapshot(items) | Incoming::Fetched(items) => {
                (items.iter()).for_each(|(item, _)| self.recognise(&**item));
            }
            _ => {}
        }
        let Some(id) = change.row() else {
            let mut applied = self.synced.take(now, change)?;
            applied.changed |= self.rebase_all();
            return Ok(applied);
        };
        let before = self.synced.entry(&id).cloned();
        let previous = match &change {
            Incoming::Move(_, _, Spot::After(previous)) => Some(previous.clone()),
            _ => None,
        };
        let applied = self.synced.take(now, change);
        let changed = self.follow(&id, before.as_ref(), previous);
        applied.map(|applied| Applied {
            changed: changed.unwrap_or(applied.changed),
            ..applied
        })
    }
}
