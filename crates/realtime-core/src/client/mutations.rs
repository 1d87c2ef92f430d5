//! Commands on mutations, and between them, the data they show in, and the outbox.

mod calls;

pub(super) use calls::Calls;

use super::{Client, Output, live_list::LiveList};
use crate::{
    connection::ConnectionStatus,
    id::MutationId,
    key::QueryKey,
    list::ListItem,
    mutation::{
        Begun, CatchUp, Due, ItemState, Mutation, MutationError, MutationInfo, OfflinePolicy,
        Outcome, Sender, Sending,
    },
    notify::Topic,
    outbox::{Delivery, Message, ReliableOptions, SendError},
    overlay::{LayerId, LayerState, Overlay},
    query::{EntryId, QueryStatus, Record},
    rule::{Rule, off},
    time::Instant,
};
use std::{rc::Rc, time::Duration};

/// How long a message that was sent may wait for the next link. Long enough for a laptop that
/// sleeps through the holidays, and short enough for a browser's timers.
const LINK_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Client {
    /// Shows a mutation's edits and sends it, now or when it may be sent. Exactly one
    /// [`Output::Mutation`], other than those that tell of a conflict, says how it ended.
    pub fn mutate(&mut self, now: Instant, mutation: Mutation) -> MutationId {
        self.mutating = Some(&calls::CALLS);
        let (id, begun) = self.mutations.begin(mutation);
        match begun {
            Begun::No => {}
            Begun::Yes(mutation) => {
                if let Err(error) = self.lay_edits(now, id, &mutation, None) {
                    let outcome = self.mutations.give_up(id, error);
                    self.show_outcome(now, id, outcome);
                }
            }
            Begun::Annulled(others) => {
                for other in others {
                    self.revoke_everywhere(now, other);
                }
            }
        }
        self.dirty.mark_urgent();
        self.settle(now);
        id
    }

    /// Gives a mutation up: its edits go, and what the server says shows. One that was not
    /// sent never is; of one that was, the outcome is ignored, whatever it is. It fails as
    /// [`MutationError::Cancelled`], and with an insert those that edit its row are dropped.
    pub fn cancel_mutation(&mut self, now: Instant, id: MutationId) {
        if let Some(send) = self.mutations.abandon_send(id) {
            self.outbox.cancel(send);
        }
        let outcome = self.mutations.give_up(id, MutationError::Cancelled);
        self.show_outcome(now, id, outcome);
        self.dirty.mark_urgent();
        self.settle(now);
    }

    /// Tries a mutation again that failed and was kept. If it is not certain that the server did
    /// not carry it out, it is sent under the id it had.
    pub fn retry_mutation(&mut self, now: Instant, id: MutationId) {
        if let Some(message) = self.mutations.retry(id) {
            self.overlays(now, id, |overlay| {
                overlay.expect(id, &message);
                overlay.set_failed(id, false)
            });
        }
        self.dirty.mark_urgent();
        self.settle(now);
    }

    /// Lets a mutation go that failed and was kept: its edits go, and the mutations that edit a row
    /// which it was to insert are dropped.
    pub fn dismiss_mutation(&mut self, now: Instant, id: MutationId) {
        let outcome = self.mutations.dismiss(id);
        self.show_outcome(now, id, outcome);
        self.dirty.mark_urgent();
        self.settle(now);
    }

    /// How a mutation stands. Of those that ended, the last 256 are remembered.
    #[must_use]
    pub fn mutation(&self, id: MutationId) -> Option<MutationInfo> {
        self.mutations.info(id)
    }

    /// Whether a mutation will end yet: it has no outcome, or it failed and is kept.
    #[must_use]
    pub fn is_mutation_open(&self, id: MutationId) -> bool {
        self.mutations.mutation(id).is_some()
    }

    /// How many mutations have no outcome.
    #[must_use]
    pub fn pending_mutations(&self) -> usize {
        self.mutations.pending()
    }

    /// How a row of the list `key` stands between us and the server; also by its temporary id.
    #[must_use]
    pub fn item_state<T: ListItem>(&self, key: &QueryKey, id: &T::Id) -> ItemState {
        let live = self.cache.resource::<LiveList<T>>(key);
        self.item_state_of(live.and_then(|live| live.list.layer_state(id)))
    }

    /// The rows of the list `key` that are not [`ItemState::Synced`], and how they stand: a few, as
    /// each has a mutation.
    #[must_use]
    pub fn item_states<T: ListItem>(&self, key: &QueryKey) -> Vec<(T::Id, ItemState)> {
        let live = self.cache.resource::<LiveList<T>>(key);
        let states = live.into_iter().flat_map(|live| live.list.layer_states());
        let item = |(id, state): (&T::Id, _)| (id.clone(), self.item_state_of(Some(state)));
        states.map(item).collect()
    }

    /// How the record `key` stands between us and the server.
    #[must_use]
    pub fn query_state<T: PartialEq + 'static>(&self, key: &QueryKey) -> ItemState {
        let record = self.cache.resource::<Record<T>>(key);
        self.item_state_of(record.and_then(Record::layer_state))
    }

    /// The id that a row of the list `key` has now, if `id` was a temporary one; also if the server
    /// named the row before the list was in the cache.
    #[must_use]
    pub fn current_id<T: ListItem>(&self, key: &QueryKey, id: &T::Id) -> T::Id {
        let live = self.cache.resource::<LiveList<T>>(key);
        let id = live.map_or(id, |live| live.list.current_id(id));
        self.mutations.ids.resolve(id)
    }

    /// How many optimistic edits lie over the data of `key`.
    #[must_use]
    pub fn overlay_len(&self, key: &QueryKey) -> usize {
        let entry = self.cache.entry_id(key);
        let overlay = entry.and_then(|entry| self.cache.overlay_of(entry));
        overlay.map_or(0, Overlay::len)
    }

    fn item_state_of(&self, state: Option<LayerState>) -> ItemState {
        match state {
            None => ItemState::Synced,
            Some(LayerState::Pending) => ItemState::Pending,
            Some(LayerState::Failed(mutation)) => match self.mutations.error(mutation) {
                Some(error) => ItemState::Failed {
                    mutation,
                    error: error.clone(),
                },
                None => ItemState::Pending,
            },
        }
    }

    /// Lays a mutation's edits over the queries that are in the cache, or over `only` one.
    fn lay_edits(
        &mut self,
        now: Instant,
        id: MutationId,
        mutation: &Mutation,
        only: Option<&QueryKey>,
    ) -> Result<(), MutationError> {
        let Some(message) = self.mutations.message_id(id).cloned() else {
            return Ok(());
        };
        for (number, edit) in mutation.edits.iter().enumerate() {
            if only.is_some_and(|key| *key != edit.key) {
                continue;
            }
            let Some(entry) = self.cache.entry_id(&edit.key) else {
                continue;
            };
            let layer = LayerId {
                mutation: id,
                edit: number,
            };
            let ids = &self.mutations.ids;
            let laid = (self.cache).lay_edit(now, entry, |layered| edit.lay(layered, layer, ids));
            self.cache.edit_overlay(now, entry, |overlay| {
                overlay.expect(id, &message);
                (false, ())
            });
            match laid {
                Some(laid) => laid?,
                None => {
                    return Err(MutationError::TypeMismatch {
                        key: edit.key.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// A query has come into the cache: what was done to it before shows in it.
    fn lay_pending_now(&mut self, now: Instant, entry: EntryId) {
        let Some(key) = self.cache.key_of(entry).cloned() else {
            return;
        };
        for id in self.mutations.editing(&key) {
            let Some(mutation) = self.mutations.mutation(id).map(Rc::clone) else {
                continue;
            };
            // An edit that does not fit the query's type has no place in it.
            let _ = self.lay_edits(now, id, &mutation, Some(&key));
            let failed = self.mutations.error(id).is_some();
            self.overlays(now, id, |overlay| overlay.set_failed(id, failed));
        }
    }

    /// Hears what the overlay of a query has to tell after something happened to its data.
    fn hear_overlay_now(&mut self, now: Instant, entry: EntryId) {
        let Some(news) = self.cache.overlay_news(entry) else {
            return;
        };
        self.mutations.caught_up();
        for id in news.outranked {
            self.mutations.ids.forget(&id);
        }
        for (_, temporary, id) in news.ids {
            self.mutations.named(temporary, id);
        }
        for (mutation, conflict) in news.conflicts {
            self.mutations.conflict(mutation, conflict);
        }
        for (mutation, is_complete) in news.echoed {
            self.mutations.echoed(mutation, is_complete);
        }
        for (mutation, is_known) in news.fetched {
            if is_known {
                self.mutations.all_named(mutation);
            } else {
                for other in self.mutations.never_named(mutation) {
                    self.revoke_everywhere(now, other);
                }
            }
        }
    }

    fn drain_all_mutations(&mut self, now: Instant) -> bool {
        let mut spoke = false;
        while let Some(id) = self.mutations.take_proven() {
            let outcome = self.mutations.moot(id);
            self.show_outcome(now, id, outcome);
        }
        while let Some(id) = self.next_mutation(now) {
            spoke = true;
            self.start_mutation(now, id);
        }
        while let Some((mutation, event)) = self.mutations.take_event() {
            spoke = true;
            self.outputs.push_back(Output::Mutation { mutation, event });
        }
        if spoke {
            self.dirty.mark(Topic::Mutations);
        }
        spoke
    }

    fn next_mutation(&mut self, now: Instant) -> Option<MutationId> {
        let (cache, entries, channels) = (&self.cache, &self.entries, &self.channels);
        let is_behind = |catch_up: &CatchUp, key: &QueryKey| {
            let entry = cache.entry_id(key)?;
            let merges = cache.overlay_of(entry)?.merges();
            let meta = cache.meta_of(entry)?;
            let mut fed_by = entries.channels_of(entry).peekable();
            let is_fed = fed_by.peek().is_some();
            let misses = fed_by.any(|channel| catch_up.misses(channel, channels.position(channel)));
            let has_data = meta.status == QueryStatus::Success;
            Some(merges && is_fed && has_data && (misses || !meta.is_live))
        };
        self.mutations.next_ready(now, |catch_up, mutation| {
            let mut edits = mutation.edits.iter();
            edits.any(|edit| is_behind(catch_up, &edit.key) == Some(true))
        })
    }

    fn start_mutation(&mut self, now: Instant, id: MutationId) {
        let (Some(mutation), Some(message_id)) = (
            self.mutations.mutation(id).map(Rc::clone),
            self.mutations.message_id(id).cloned(),
        ) else {
            return;
        };
        let outgoing = mutation.edits.iter().enumerate().map(|(number, edit)| {
            let overlay = self.cache.overlay_of(self.cache.entry_id(&edit.key)?)?;
            overlay.outgoing(LayerId {
                mutation: id,
                edit: number,
            })
        });
        let edits: Vec<_> = outgoing.collect();
        let nothing = |edit: &Option<crate::overlay::Outgoing>| {
            edit.as_ref().is_some_and(|edit| edit.is_overruled)
        };
        if !edits.is_empty() && edits.iter().all(nothing) {
            let outcome = self.mutations.overruled(id);
            self.show_outcome(now, id, outcome);
            return;
        }
        let data = mutation.data(&Sending {
            ids: &self.mutations.ids,
            edits: &edits,
        });
        match &mutation.sender {
            Sender::Message(message) => {
                let ttl = match mutation.offline {
                    OfflinePolicy::Queue => LINK_WAIT,
                    OfflinePolicy::Fail => mutation.timeout,
                };
                let delivery = Delivery::Reliable(ReliableOptions {
                    ack: true,
                    timeout: mutation.timeout,
                    ttl,
                });
                let message = Message {
                    event: message.event.clone(),
                    channel: message.channel.clone(),
                    data: data.to_string(),
                    delivery,
                };
                let send = self.push(now, message, Some(message_id));
                self.mutations.sent(now, id, Some(send));
            }
            Sender::App(_) => {
                self.mutations.sent(now, id, None);
                self.outputs.push_back(Output::StartMutation {
                    mutation: id,
                    id: message_id,
                    data,
                });
            }
        }
    }

    /// A mutation that was sent has its outcome.
    fn mutation_is_done(
        &mut self,
        now: Instant,
        id: MutationId,
        result: Result<Rc<str>, MutationError>,
    ) {
        // Afterwards the queries it edits are not known any more.
        let keys = self.mutations.keys(id);
        let outcome = self.mutations.outcome(now, id, result);
        self.show_outcome_in(now, id, outcome, &keys);
    }

    fn show_outcome(&mut self, now: Instant, id: MutationId, outcome: Outcome) {
        let keys: Vec<QueryKey> = self.cache.overlaid_by(id);
        self.show_outcome_in(now, id, outcome, &keys);
    }

    fn show_outcome_in(
        &mut self,
        now: Instant,
        id: MutationId,
        outcome: Outcome,
        keys: &[QueryKey],
    ) {
        match outcome {
            Outcome::None => {}
            Outcome::Confirmed(answer) => {
                self.overlays_of(now, keys, |overlay| overlay.confirm(now, id, &answer));
                let left = self.keys_with(id, keys);
                if !self.is_any(&left, |overlay| overlay.awaits_id(id)) {
                    self.mutations.all_named(id);
                }
                if !left.is_empty()
                    && let Some((oldest, keys)) = self.mutations.wait_to_be_seen(now, id, left)
                {
                    self.never_seen(now, oldest, &keys);
                }
            }
            Outcome::Again(message) => {
                if let Some(message) = message {
                    self.overlays_of(now, keys, |overlay| {
                        overlay.expect(id, &message);
                        false
                    });
                }
            }
            Outcome::Kept => self.overlays_of(now, keys, |overlay| overlay.set_failed(id, true)),
            Outcome::Gone(others) => {
                self.overlays_of(now, keys, |overlay| overlay.revoke(now, id));
                for other in others {
                    self.revoke_everywhere(now, other);
                }
            }
        }
        self.dirty.mark(Topic::Mutations);
    }

    fn revoke_everywhere(&mut self, now: Instant, id: MutationId) {
        let keys = self.cache.overlaid_by(id);
        self.overlays_of(now, &keys, |overlay| overlay.revoke(now, id));
    }

    /// The queries among `keys` that a mutation still has layers in.
    fn keys_with(&self, id: MutationId, keys: &[QueryKey]) -> Vec<QueryKey> {
        let has = |key: &&QueryKey| self.is_any(std::slice::from_ref(*key), |it| it.has(id));
        keys.iter().filter(has).cloned().collect()
    }

    /// Whether the overlay of any of these queries is so.
    fn is_any(&self, keys: &[QueryKey], is_so: impl Fn(&dyn Overlay) -> bool) -> bool {
        keys.iter().any(|key| {
            let entry = self.cache.entry_id(key);
            let overlay = entry.and_then(|entry| self.cache.overlay_of(entry));
            overlay.is_some_and(&is_so)
        })
    }

    /// The layers of a mutation go although nothing has shown it.
    fn never_seen(&mut self, now: Instant, id: MutationId, keys: &[QueryKey]) {
        let dropped = self.mutations.never_seen(id);
        self.overlays_of(now, keys, |overlay| overlay.revoke(now, id));
        for other in dropped {
            self.revoke_everywhere(now, other);
        }
    }

    /// Changes the overlays that a mutation has edits for.
    fn overlays(
        &mut self,
        now: Instant,
        id: MutationId,
        change: impl FnMut(&mut dyn Overlay) -> bool,
    ) {
        let keys = self.mutations.keys(id);
        self.overlays_of(now, &keys, change);
    }

    fn overlays_of(
        &mut self,
        now: Instant,
        keys: &[QueryKey],
        mut change: impl FnMut(&mut dyn Overlay) -> bool,
    ) {
        for key in keys {
            if let Some(entry) = self.cache.entry_id(key) {
                self.cache
                    .edit_overlay(now, entry, |overlay| (change(overlay), ()));
                self.hear_overlay_now(now, entry);
            }
        }
    }

    /// What is known to have been carried out need not be sent again.
    fn drop_carried_out(&mut self, now: Instant, ids: Vec<MutationId>) {
        for id in ids {
            if let Some(send) = self.mutations.abandon_send(id) {
                self.outbox.cancel(send);
                let outcome = self.mutations.moot(id);
                self.show_outcome(now, id, outcome);
            }
        }
    }

    /// What waits for a link that will not come fails, as what was sent does.
    fn give_up_waiting(&mut self, now: Instant, ids: Vec<MutationId>) {
        for id in ids {
            let error = MutationError::Send(SendError::Disconnected);
            let outcome = self.mutations.give_up(id, error);
            self.show_outcome(now, id, outcome);
        }
    }

    /// The user signs out: all mutations fail. Their edits go with the data that they lie over.
    fn fail_mutations(&mut self) {
        for send in self.mutations.sign_out() {
            self.outbox.cancel(send);
        }
        self.dirty.mark(Topic::Mutations);
    }

    fn due_mutations(&mut self, now: Instant) {
        while let Some(due) = self.mutations.next_due(now) {
            match due {
                Due::Late(id) => self.mutation_is_done(now, id, Err(MutationError::Timeout)),
                Due::Overdue {
                    mutation,
                    keys,
                    asked,
                } => self.overdue(now, mutation, &keys, asked),
            }
        }
    }

    /// A confirmed mutation should show in the data by now.
    fn overdue(&mut self, now: Instant, id: MutationId, keys: &[QueryKey], asked: bool) {
        let left = self.keys_with(id, keys);
        let is_sought = matches!(
            self.connection.info().status,
            ConnectionStatus::Connecting | ConnectionStatus::Reconnecting
        );
        if left.is_empty() || off(Rule::UnseenFetch) {
            // With the list in which it would show, what could tell a new row's id is gone.
            for other in self.mutations.seen(id) {
                self.revoke_everywhere(now, other);
            }
        } else if is_sought {
            self.mutations.wait_on(now, id);
        } else if !asked {
            for key in &left {
                self.cache.refetch(now, key);
            }
            self.mutations.asked(now, id);
        } else {
            self.never_seen(now, id, &left);
        }
    }
}
