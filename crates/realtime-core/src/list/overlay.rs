//! Optimistic edits over a list: which rows have layers, and when these come and go.

mod calls;
mod duplicate;
mod echo;
mod rebase;

use super::{
    AnyItem, ErasedList,
    alias::Aliases,
    event::Head,
    item::{Versioned, renamed},
    label::Label,
    sequence::{Entry, Spot},
};
use crate::{
    error::DecodeError,
    id::{MessageId, MutationId, RowId},
    key::QueryKey,
    ordered::{OrderedMap, OrderedSet},
    overlay::{
        Became, Change, ConflictPolicy, Echo, JsonOf, Layer, LayerId, LayerState, Outgoing,
        Overlay, OverlayNews, Phase, Rules, Stack,
    },
    time::Instant,
};
use calls::Calls;
use duplicate::Duplicates;
use rebase::Synced;
use std::{any::Any, rc::Rc};

/// The layers over one list. Bounded by the mutations there may be.
pub(super) struct ListOverlay {
    /// The rows with layers.
    touched: OrderedMap<RowId, Touched>,
    mutations: OrderedMap<MutationId, Member>,
    by_message: OrderedMap<MessageId, MutationId>,
    /// The row that each layer is on.
    layers: OrderedMap<LayerId, RowId>,
    duplicates: Duplicates,
    aliases: Rc<Aliases>,
    policy: ConflictPolicy<dyn AnyItem>,
    news: OverlayNews,
    /// Whether a fetch is landing.
    is_landing: bool,
    /// None as long as there has been no edit.
    home: Option<Home>,
}

/// What the first edit brings along.
struct Home {
    /// The list's own, for reports.
    key: QueryKey,
    json: JsonOf<dyn AnyItem>,
    calls: &'static Calls,
}

/// A row with layers.
struct Touched {
    stack: Stack<dyn AnyItem, Spot>,
    /// What is in the order for it; `None` if the layers hide it, or while it is rebased.
    shown: Option<Entry>,
    /// Its place, if that is not the synced row's.
    place: Option<Label>,
    /// The edit that makes a row which looks like this one of the server's, which is hidden for it.
    duplicate_of: Option<LayerId>,
}

/// A mutation with layers here.
struct Member {
    message: Option<MessageId>,
    rows: OrderedSet<RowId>,
    /// Those that the server has said the id of.
    named: OrderedSet<RowId>,
    /// The layers that insert a row of which it has not.
    unnamed: OrderedSet<LayerId>,
    /// The list's snapshots up to when it was made.
    snapshots: u32,
    /// In which of the server's histories it was made.
    era: u32,
}

impl ListOverlay {
    pub(super) fn new(policy: ConflictPolicy<dyn AnyItem>) -> Self {
        Self {
            touched: OrderedMap::new(),
            mutations: OrderedMap::new(),
            by_message: OrderedMap::new(),
            layers: OrderedMap::new(),
            duplicates: Duplicates::default(),
            aliases: Rc::default(),
            policy,
            news: OverlayNews::default(),
            is_landing: false,
            home: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.touched.values().map(|row| row.stack.len()).sum()
    }

    fn calls(&self) -> Option<&'static Calls> {
        self.home.as_ref().map(|home| home.calls)
    }

    pub(super) fn aliases(&self) -> Rc<Aliases> {
        Rc::clone(&self.aliases)
    }

    /// Names the rows that had a temporary id by that as well.
    pub(super) fn name_aliases(&self, ids: &mut Vec<RowId>) {
        let temporary = |id: &RowId| self.aliases.temporary(id).cloned();
        let more: Vec<RowId> = ids.iter().filter_map(temporary).collect();
        ids.extend(more);
    }

    /// Takes the layers of a row off of which `became` says what became of them, without showing
    /// it anew.
    fn take_layers<'a>(
        &mut self,
        id: &RowId,
        became: impl Fn(&Layer<dyn AnyItem, Spot>) -> Option<Became<'a, dyn AnyItem>>,
    ) {
        let (Some(touched), Some(home)) = (self.touched.get_mut(id), &self.home) else {
            return;
        };
        let rules = Rules {
            policy: &self.policy,
            json: home.json,
        };
        let removed = touched.stack.remove(&rules, became);
        let mut left: Vec<MutationId> = removed.iter().map(|layer| layer.id.mutation).collect();
        left.retain(|mutation| touched.stack.of(*mutation).next().is_none());
        for layer in &removed {
            self.layers.remove(&layer.id);
            self.duplicates.settle(layer.id);
            if let Some(member) = self.mutations.get_mut(&layer.id.mutation) {
                member.unnamed.remove(&layer.id);
            }
        }
        for mutation in left {
            self.leave(mutation, id);
        }
    }

    /// A mutation has no layer on a row any more.
    fn leave(&mut self, mutation: MutationId, id: &RowId) {
        let Some(member) = self.mutations.get_mut(&mutation) else {
            return;
        };
        member.rows.remove(id);
        if member.rows.is_empty()
            && let Some(member) = self.mutations.remove(&mutation)
            && let Some(message) = member.message
        {
            self.by_message.remove(&message);
        }
    }

    /// Whether a mutation has a layer on a row.
    fn is_on(&self, mutation: MutationId, id: &RowId) -> bool {
        let member = self.mutations.get(&mutation);
        member.is_some_and(|member| member.rows.contains(id))
    }

    /// The row of a mutation that has one row only.
    fn only_row_of(&self, mutation: MutationId) -> Option<&RowId> {
        let rows = &self.mutations.get(&mutation)?.rows;
        rows.first().filter(|_| rows.len() == 1)
    }

    /// The server has said the id of a row that `mutation` makes. Whether that is news.
    fn name(&mut self, mutation: MutationId, id: &RowId) -> bool {
        let Some(member) = self.mutations.get_mut(&mutation) else {
            return false;
        };
        let row = self.touched.get(id);
        for layer in row.into_iter().flat_map(|row| row.stack.of(mutation)) {
            member.unnamed.remove(&layer.id);
            self.duplicates.settle(layer.id);
        }
        member.named.insert(id.clone())
    }

    fn rows_of(&self, mutation: MutationId) -> Vec<RowId> {
        let member = self.mutations.get(&mutation);
        member.map_or_else(Vec::new, |member| member.rows.iter().cloned().collect())
    }
}

impl ErasedList {
    /// Puts an edit of the row `id` over it. `key` is the list's own, for reports; `json` is how its
    /// items become JSON and back.
    pub(crate) fn push_layer(
        &mut self,
        key: &QueryKey,
        layer: LayerId,
        id: &RowId,
        change: Change<dyn AnyItem, Spot>,
        json: JsonOf<dyn AnyItem>,
    ) -> Result<bool, DecodeError> {
        let id = self.overlay.aliases.resolve(id).clone();
        if let Change::Patch(patch) = &change {
            self.check_id(&id, patch)?;
        }
        let change = match change {
            Change::Insert(item) if item.id() != id => {
                Change::Insert(renamed(self.of.id_field, &*item, &id).unwrap_or(item))
            }
            change => change,
        };
        self.overlay.home.get_or_insert_with(|| Home {
            key: key.clone(),
            json,
            calls: &Self::CALLS,
        });
        self.touch(&id);
        let rebasing = self.begin_rebase([&id].into_iter());
        let under = self.rows.get(&id).map(|row| Rc::clone(&row.entry.item));
        let overlay = &mut self.overlay;
        let rules = Rules {
            policy: &overlay.policy,
            json,
        };
        let mut result = Ok(());
        let made = match &change {
            Change::Insert(item) => Some((json.write)(&**item).unwrap_or_default()),
            _ => None,
        };
        if let Some(touched) = overlay.touched.get_mut(&id) {
            let moves = matches!(change, Change::Place(_));
            result = touched.stack.push(layer, change, under.as_ref(), &rules);
            if moves
                && result.is_ok()
                && let Some(place) = touched.place.take()
            {
                self.order.free(&place);
            }
        }
        if result.is_ok() {
            let member = Member {
                message: None,
                rows: OrderedSet::new(),
                named: OrderedSet::new(),
                unnamed: OrderedSet::new(),
                snapshots: self.snapshots,
                era: self.era,
            };
            let member = overlay
                .mutations
                .get_or_insert_with(layer.mutation, || member);
            member.rows.insert(id.clone());
            if let Some(made) = made.filter(|_| !member.named.contains(&id)) {
                member.unnamed.insert(layer);
                overlay.duplicates.make(layer, made, self.of);
            }
            overlay.layers.insert(layer, id.clone());
        }
        let rebased = self.rebase(rebasing, Synced::Same);
        self.pending.item(&id);
        result.map(|()| rebased.changed())
    }

    /// An edit says what becomes of a row, and not which row it is.
    fn check_id(&self, id: &RowId, patch: &str) -> Result<(), DecodeError> {
        let head = Head::read(self.of, patch).map_err(|error| error.told(""))?;
        match head.id {
            Some(named) if self.overlay.aliases.resolve(&named) != id => Err(DecodeError::new(
                "an edit",
                "it changes the id of its row; delete the row and insert another",
            )),
            _ => Ok(()),
        }
    }

    /// Readies a row for layers.
    fn touch(&mut self, id: &RowId) {
        if !self.overlay.touched.contains_key(id) {
            let touched = Touched {
                stack: Stack::new(),
                shown: self.rows.get(id).map(|row| row.entry.clone()),
                place: None,
                duplicate_of: None,
            };
            self.overlay.touched.insert(id.clone(), touched);
        }
    }

    /// How the row `id` stands; `None` if nothing of it waits for the server.
    pub(crate) fn layer_state(&self, id: &RowId) -> Option<LayerState> {
        let id = self.overlay.aliases.resolve(id);
        self.overlay.touched.get(id)?.stack.state()
    }

    /// The rows of which something waits for the server, by id.
    pub(crate) fn layer_states(&self) -> impl Iterator<Item = (&RowId, LayerState)> {
        let rows = self.overlay.touched.iter();
        rows.filter_map(|(id, row)| Some((id, row.stack.state()?)))
    }

    /// The id that a row has now, if `id` was a temporary one.
    pub(crate) fn current_id<'a>(&'a self, id: &'a RowId) -> &'a RowId {
        self.overlay.aliases.resolve(id)
    }

    /// Takes the layers of these rows off of which `became` says what became of them, and shows the
    /// rows anew.
    fn remove_edits<'a>(
        &mut self,
        ids: &[RowId],
        synced: Synced,
        became: impl Fn(&RowId, &Layer<dyn AnyItem, Spot>) -> Option<Became<'a, dyn AnyItem>>,
    ) -> bool {
        let rebasing = self.begin_rebase(ids.iter());
        for id in ids {
            if let Some(touched) = self.overlay.touched.get_mut(id) {
                let moved =
                    |layer: &Layer<dyn AnyItem, _>| matches!(layer.change, Change::Place(_));
                if touched
                    .stack
                    .iter()
                    .any(|layer| moved(layer) && became(id, layer).is_some())
                    && let Some(place) = touched.place.take()
                {
                    self.order.free(&place);
                }
            }
            self.overlay.take_layers(id, |layer| became(id, layer));
            self.pending.item(id);
        }
        self.rebase(rebasing, synced).changed()
    }

    /// Drops the layers that were confirmed before the fetch began that has landed with these rows,
    /// which are taken next.
    fn drop_fetched(&mut self, items: &[Versioned]) {
        let is_fetched = |layer: &Layer<dyn AnyItem, _>| {
            matches!(layer.phase, Phase::Confirmed { fetched: true, .. })
        };
        let rows = self.overlay.touched.iter();
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
        self.remove_edits(&ids, Synced::Outdated, |id, layer| {
            let became = fetched
                .get(id)
                .map_or(Became::AsMeant, |item| Became::Item(*item));
            is_fetched(layer).then_some(became)
        });
    }
}

impl ErasedList {
    /// Notes down of the new rows among these, of which the server has not said the ids, whether a
    /// fetch has brought them.
    fn note_fetched_inserts(&mut self, ids: &[RowId], is_there: impl Fn(&RowId) -> bool) {
        let mut known: OrderedMap<MutationId, bool> = OrderedMap::new();
        for id in ids {
            let layers = self.overlay.touched.get(id).into_iter();
            let layers = layers.flat_map(|row| row.stack.iter());
            for layer in layers.filter(|layer| matches!(layer.change, Change::Insert(_))) {
                let all = known.get_or_insert_with(layer.id.mutation, || true);
                *all &= is_there(id) && self.is_sure(layer.id.mutation, id);
            }
        }
        self.overlay.news.fetched.extend(known);
    }
}

impl Overlay for ErasedList {
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.overlay.len()
    }

    fn has(&self, mutation: MutationId) -> bool {
        self.overlay.mutations.contains_key(&mutation)
    }

    fn awaits_id(&self, mutation: MutationId) -> bool {
        self.next_insert(mutation).is_some()
    }

    fn expect(&mut self, mutation: MutationId, message: &MessageId) {
        let overlay = &mut self.overlay;
        if let Some(member) = overlay.mutations.get_mut(&mutation) {
            if let Some(old) = member.message.replace(message.clone()) {
                overlay.by_message.remove(&old);
            }
            overlay.by_message.insert(message.clone(), mutation);
        }
    }

    fn echo(&mut self, _: Instant, message: &MessageId, event: Echo<'_>) -> bool {
        match self.overlay.by_message.get(message).copied() {
            Some(mutation) => self.take_echo(mutation, event),
            _ => false,
        }
    }

    fn confirm(&mut self, now: Instant, mutation: MutationId, answer: &str) -> bool {
        self.has(mutation) && self.take_answer(now, mutation, answer)
    }

    fn revoke(&mut self, _: Instant, mutation: MutationId) -> bool {
        let ids = self.overlay.rows_of(mutation);
        self.remove_edits(&ids, Synced::Same, |_, layer| {
            (layer.id.mutation == mutation).then_some(Became::Nothing)
        })
    }

    fn set_failed(&mut self, mutation: MutationId, failed: bool) -> bool {
        let mut changed = false;
        for id in self.overlay.rows_of(mutation) {
            if let Some(touched) = self.overlay.touched.get_mut(&id)
                && touched.stack.set_failed(mutation, failed)
            {
                for layer in touched.stack.of(mutation).filter(|_| failed) {
                    self.overlay.duplicates.settle(layer.id);
                }
                self.pending.item(&id);
                changed = true;
            }
        }
        self.show_revealed() | changed
    }

    fn fetch_began(&mut self) {
        self.overlay
            .touched
            .visit_mut(|_, touched| touched.stack.fetch_began());
    }

    fn begin_landing(&mut self) {
        self.overlay.is_landing = self.merges();
    }

    fn end_landing(&mut self, is_last: bool) -> bool {
        if !std::mem::take(&mut self.overlay.is_landing) || !is_last {
            return false;
        }
        let ids: Vec<RowId> = self.overlay.touched.keys().cloned().collect();
        let rebasing = self.begin_rebase(ids.iter());
        self.rebase(rebasing, Synced::Same).changed()
    }

    fn merges(&self) -> bool {
        self.overlay.policy.merges()
    }

    fn outgoing(&self, layer: LayerId) -> Option<Outgoing> {
        let overlay = &self.overlay;
        let id = overlay.layers.get(&layer)?;
        let rules = Rules {
            policy: &overlay.policy,
            json: overlay.home.as_ref()?.json,
        };
        let row = self.rows.get(id);
        let newest = self.recent.of(id).last().and_then(|patch| patch.version);
        let version = row.and_then(|row| row.version().max(newest));
        let under = row.map(|row| &row.entry.item);
        (overlay.touched.get(id)?.stack).outgoing(layer, under, version, &rules)
    }

    fn take_news(&mut self) -> OverlayNews {
        std::mem::take(&mut self.overlay.news)
    }
}

#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod tests;
