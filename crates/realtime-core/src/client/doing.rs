//! Doing: what is done about mutations, and by what means: the queue they are in, the data they show in, and the
//! outbox.

use super::{Output, part::Context};
use crate::{
    id::{EntryId, MutationId},
    key::QueryKey,
    mutation::{
        Begun, Due, Mutation, MutationError, Mutations, OfflinePolicy, Outcome, Sender, Sending,
        keeping_is_used,
    },
    notify::Topic,
    outbox::{Delivery, Message, ReliableOptions, SendError},
    overlay::{LayerId, Outgoing, Overlay},
    query::QueryStatus,
    time::Instant,
};
use std::{rc::Rc, time::Duration};

/// How long a message that was sent may wait for the next link. Long enough for a laptop that
/// sleeps through the holidays, and short enough for a browser's timers.
const LINK_WAIT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is being done about mutations, and by what means.
pub(super) struct Doing<'a, 'c> {
    pub(super) queue: &'a mut Mutations,
    pub(super) context: &'a mut Context<'c>,
}

impl<'a, 'c> Doing<'a, 'c> {
    pub(super) const fn new(queue: &'a mut Mutations, context: &'a mut Context<'c>) -> Self {
        Self { queue, context }
    }

    const fn now(&self) -> Instant {
        self.context.turn.now
    }

    /// Shows a mutation's edits and sends it, now or when it may be sent. Exactly one
    /// [`Output::Mutation`], other than those that tell of a conflict, says how it ended.
    pub(super) fn begin(&mut self, mutation: Mutation) -> MutationId {
        let turn = &*self.context.turn;
        let is_disk = keeping_is_used() && turn.keep_mutations.is_some() && turn.kept.is_open;
        let (id, begun) = self.queue.begin(mutation, is_disk);
        match begun {
            Begun::No => {}
            Begun::Yes(mutation) => {
                if let Err(error) = self.apply_edits(id, &mutation, None) {
                    let outcome = self.queue.give_up(id, error);
                    self.show_outcome(id, outcome);
                }
            }
            Begun::Annulled(others) => {
                for other in others {
                    self.revoke_everywhere(other);
                }
            }
        }
        self.context.turn.dirty.mark_urgent();
        id
    }

    /// Gives a mutation up: its edits go, and what the server says shows. One that was not
    /// sent never is; of one that was, the outcome is ignored, whatever it is. It fails as
    /// [`MutationError::Cancelled`], and with an insert those that edit its row are dropped.
    pub(super) fn cancel(&mut self, id: MutationId) {
        if let Some(send) = self.queue.abandon_send(id) {
            self.context.link.outbox.cancel(send);
        }
        let outcome = self.queue.give_up(id, MutationError::Cancelled);
        self.show_outcome(id, outcome);
        self.context.turn.dirty.mark_urgent();
    }

    /// Tries a mutation again that failed and was kept. If it is not certain that the server did
    /// not carry it out, it is sent under the id it had.
    pub(super) fn retry(&mut self, id: MutationId) {
        if let Some(message) = self.queue.retry(id) {
            self.overlays(id, |overlay| {
                overlay.expect(id, &message);
                overlay.set_failed(id, false)
            });
        }
        self.context.turn.dirty.mark_urgent();
    }

    /// Lets a mutation go that failed and was kept: its edits go, and the mutations that edit a row
    /// which it was to insert are dropped.
    pub(super) fn dismiss(&mut self, id: MutationId) {
        let outcome = self.queue.dismiss(id);
        self.show_outcome(id, outcome);
        self.context.turn.dirty.mark_urgent();
    }

    /// Lays a mutation's edits over the queries that are in the cache, or over `only` one.
    pub(super) fn apply_edits(
        &mut self,
        id: MutationId,
        mutation: &Mutation,
        only: Option<&QueryKey>,
    ) -> Result<(), MutationError> {
        let Some(message) = self.queue.message_id(id).cloned() else {
            return Ok(());
        };
        for (number, edit) in mutation.edits.iter().enumerate() {
            if only.is_some_and(|key| *key != edit.key) {
                continue;
            }
            let Some(entry) = self.context.store.cache.entry_id(&edit.key) else {
                continue;
            };
            let layer = LayerId {
                mutation: id,
                edit: number,
            };
            let ids = &self.queue.ids;
            let laid =
                self.context
                    .store
                    .cache
                    .apply_edit(self.now(), entry, |layered, seeding| {
                        edit.apply(layered, seeding, layer, ids)
                    });
            self.context
                .store
                .cache
                .edit_overlay(self.now(), entry, |overlay| {
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
    pub(super) fn apply_pending(&mut self, entry: EntryId) {
        let Some(key) = self.context.store.cache.key_of(entry).cloned() else {
            return;
        };
        for id in self.queue.editing(&key) {
            let Some(mutation) = self.queue.mutation(id).map(Rc::clone) else {
                continue;
            };
            // An edit that does not fit the query's type has no place in it.
            let _ = self.apply_edits(id, &mutation, Some(&key));
            let failed = self.queue.error(id).is_some();
            self.overlays(id, |overlay| overlay.set_failed(id, failed));
        }
    }

    /// Hears what the overlay of a query has to tell after something happened to its data.
    pub(super) fn take_overlay_news(&mut self, entry: EntryId) {
        let Some(news) = self.context.store.cache.overlay_news(entry) else {
            return;
        };
        self.queue.caught_up();
        for id in news.outranked {
            self.queue.ids.forget(&id);
        }
        for (_, temporary, id) in news.ids {
            self.queue.named(temporary, id);
        }
        for (mutation, conflict) in news.conflicts {
            self.queue.conflict(mutation, conflict);
        }
        for (mutation, is_complete) in news.echoed {
            self.queue.echoed(mutation, is_complete);
        }
        for (mutation, is_known) in news.fetched {
            if is_known {
                self.queue.all_named(mutation);
            } else {
                for other in self.queue.never_named(mutation) {
                    self.revoke_everywhere(other);
                }
            }
        }
    }

    pub(super) fn poll(&mut self) -> bool {
        let mut changed = false;
        while let Some(id) = self.queue.take_proven() {
            let outcome = self.queue.carried_out(id);
            self.show_outcome(id, outcome);
        }
        while let Some(id) = self.next_ready() {
            changed = true;
            self.start(id);
        }
        if keeping_is_used()
            && let Some(keep) = &self.context.turn.keep_mutations
        {
            let write = keep.write;
            changed |= write(self);
        }
        while let Some((mutation, event)) = self.queue.take_event() {
            changed = true;
            self.context.turn.push(Output::Mutation { mutation, event });
        }
        if changed {
            self.context.turn.dirty.mark(Topic::Mutations);
        }
        changed
    }

    /// What the edits of a mutation amount to just now.
    pub(super) fn outgoing(&self, id: MutationId, mutation: &Mutation) -> Vec<Option<Outgoing>> {
        let cache = &self.context.store.cache;
        let outgoing = mutation.edits.iter().enumerate().map(|(number, edit)| {
            let overlay = cache.overlay_of(cache.entry_id(&edit.key)?)?;
            overlay.outgoing(LayerId {
                mutation: id,
                edit: number,
            })
        });
        outgoing.collect()
    }

    fn next_ready(&mut self) -> Option<MutationId> {
        let (store, channels) = (&*self.context.store, &self.context.link.channels);
        let is_behind = |key: &QueryKey| {
            let entry = store.cache.entry_id(key)?;
            let merges = store.cache.overlay_of(entry)?.merges();
            let meta = store.cache.meta_of(entry)?;
            let mut fed_by = store.channels_of(entry).peekable();
            let is_fed = fed_by.peek().is_some();
            let misses = fed_by.any(|channel| channels.is_coming_back(channel));
            let has_data = meta.status == QueryStatus::Success;
            Some(merges && is_fed && has_data && (misses || !meta.is_live))
        };
        self.queue.next_ready(self.now(), |mutation| {
            let mut edits = mutation.edits.iter();
            edits.any(|edit| is_behind(&edit.key) == Some(true))
        })
    }

    fn start(&mut self, id: MutationId) {
        let (Some(mutation), Some(message_id)) = (
            self.queue.mutation(id).map(Rc::clone),
            self.queue.message_id(id).cloned(),
        ) else {
            return;
        };
        let edits = self.outgoing(id, &mutation);
        let nothing = |edit: &Option<Outgoing>| edit.as_ref().is_some_and(|edit| edit.is_overruled);
        if !edits.is_empty() && edits.iter().all(nothing) {
            let outcome = self.queue.overruled(id);
            self.show_outcome(id, outcome);
            return;
        }
        let data = mutation.data(&Sending {
            ids: &self.queue.ids,
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
                let send = self
                    .context
                    .link
                    .send(self.now(), message, Some(message_id));
                self.queue.sent(self.now(), id, Some(send));
            }
            Sender::App(_) => {
                self.queue.sent(self.now(), id, None);
                self.context.turn.push(Output::StartMutation {
                    mutation: id,
                    id: message_id,
                    data,
                });
            }
        }
    }

    /// A mutation that was sent has its outcome.
    pub(super) fn done(&mut self, id: MutationId, result: Result<Rc<str>, MutationError>) {
        // Afterwards the queries it edits are not known any more.
        let keys = self.queue.keys(id);
        let outcome = self.queue.outcome(self.now(), id, result);
        self.show_outcome_in(id, outcome, &keys);
    }

    fn show_outcome(&mut self, id: MutationId, outcome: Outcome) {
        let keys: Vec<QueryKey> = self.context.store.cache.overlaid_by(id);
        self.show_outcome_in(id, outcome, &keys);
    }

    fn show_outcome_in(&mut self, id: MutationId, outcome: Outcome, keys: &[QueryKey]) {
        match outcome {
            Outcome::None => {}
            Outcome::Confirmed(answer) => {
                let now = self.now();
                self.overlays_of(keys, |overlay| overlay.confirm(now, id, &answer));
                let left = self.keys_with(id, keys);
                if !self.is_any(&left, |overlay| overlay.awaits_id(id)) {
                    self.queue.all_named(id);
                }
                if !left.is_empty()
                    && let Some((oldest, keys)) = self.queue.wait_to_be_seen(self.now(), id, left)
                {
                    self.never_seen(oldest, &keys);
                }
            }
            Outcome::Again(message) => {
                if let Some(message) = message {
                    self.overlays_of(keys, |overlay| {
                        overlay.expect(id, &message);
                        false
                    });
                }
            }
            Outcome::Kept => self.overlays_of(keys, |overlay| overlay.set_failed(id, true)),
            Outcome::Gone(others) => {
                self.revoke(keys, id);
                for other in others {
                    self.revoke_everywhere(other);
                }
            }
        }
        self.context.turn.dirty.mark(Topic::Mutations);
    }

    fn revoke_everywhere(&mut self, id: MutationId) {
        let keys = self.context.store.cache.overlaid_by(id);
        self.revoke(&keys, id);
    }

    fn revoke(&mut self, keys: &[QueryKey], id: MutationId) {
        let now = self.now();
        self.overlays_of(keys, |overlay| overlay.revoke(now, id));
    }

    /// The queries among `keys` that a mutation still has layers in.
    fn keys_with(&self, id: MutationId, keys: &[QueryKey]) -> Vec<QueryKey> {
        let has = |key: &&QueryKey| self.is_any(std::slice::from_ref(*key), |it| it.has(id));
        keys.iter().filter(has).cloned().collect()
    }

    /// Whether the overlay of any of these queries is so.
    fn is_any(&self, keys: &[QueryKey], is_so: impl Fn(&dyn Overlay) -> bool) -> bool {
        keys.iter().any(|key| {
            let entry = self.context.store.cache.entry_id(key);
            let overlay = entry.and_then(|entry| self.context.store.cache.overlay_of(entry));
            overlay.is_some_and(&is_so)
        })
    }

    /// The layers of a mutation go although nothing has shown it.
    fn never_seen(&mut self, id: MutationId, keys: &[QueryKey]) {
        let dropped = self.queue.never_seen(id);
        self.revoke(keys, id);
        for other in dropped {
            self.revoke_everywhere(other);
        }
    }

    /// Changes the overlays that a mutation has edits for.
    pub(super) fn overlays(
        &mut self,
        id: MutationId,
        change: impl FnMut(&mut dyn Overlay) -> bool,
    ) {
        let keys = self.queue.keys(id);
        self.overlays_of(&keys, change);
    }

    fn overlays_of(&mut self, keys: &[QueryKey], mut change: impl FnMut(&mut dyn Overlay) -> bool) {
        for key in keys {
            if let Some(entry) = self.context.store.cache.entry_id(key) {
                self.context
                    .store
                    .cache
                    .edit_overlay(self.now(), entry, |overlay| (change(overlay), ()));
                self.take_overlay_news(entry);
            }
        }
    }

    /// What is known to have been carried out need not be sent again.
    pub(super) fn drop_carried_out(&mut self) {
        for id in self.queue.link_down() {
            if let Some(send) = self.queue.abandon_send(id) {
                self.context.link.outbox.cancel(send);
                let outcome = self.queue.carried_out(id);
                self.show_outcome(id, outcome);
            }
        }
    }

    /// What waits for a link that will not come fails, as what was sent does.
    pub(super) fn give_up_waiting(&mut self) {
        for id in self.queue.link_over() {
            let error = MutationError::Send(SendError::Disconnected);
            let outcome = self.queue.give_up(id, error);
            self.show_outcome(id, outcome);
        }
    }

    /// The user signs out: all mutations fail. Their edits go with the data that they lie over.
    pub(super) fn fail_all(&mut self) {
        for send in self.queue.sign_out() {
            self.context.link.outbox.cancel(send);
        }
        self.context.turn.dirty.mark(Topic::Mutations);
    }

    pub(super) fn due(&mut self) {
        while let Some(due) = self.queue.next_due(self.now()) {
            match due {
                Due::Late(id) => self.done(id, Err(MutationError::Timeout)),
                Due::Overdue {
                    mutation,
                    keys,
                    asked,
                } => self.overdue(mutation, &keys, asked),
            }
        }
    }

    /// A confirmed mutation should show in the data by now.
    fn overdue(&mut self, id: MutationId, keys: &[QueryKey], asked: bool) {
        let left = self.keys_with(id, keys);
        let is_sought = self.context.link.is_sought();
        if left.is_empty() {
            // With the list in which it would show, what could tell a new row's id is gone.
            for other in self.queue.seen(id) {
                self.revoke_everywhere(other);
            }
        } else if is_sought {
            self.queue.wait_on(self.now(), id);
        } else if !asked {
            for key in &left {
                self.context.store.cache.refetch(self.now(), key);
            }
            self.queue.asked(self.now(), id);
        } else {
            self.never_seen(id, &left);
        }
    }
}
