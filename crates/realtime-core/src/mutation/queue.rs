//! The mutations of a client: which may be sent, and what their outcomes mean for each other.

mod entry;
mod keeping;
mod limits;
mod outcome;
mod reach;
mod timers;
mod unseen;

pub(crate) use keeping::{in_order, keeping_is_used, use_keeping};
pub use limits::MutationLimits;
pub(crate) use outcome::Outcome;
pub(crate) use unseen::Due;

use super::{
    Mutation, MutationError, MutationEvent, MutationInfo, MutationStats, MutationStatus,
    OfflinePolicy, ServerIds, edit::EditKind,
};
use crate::{
    id::{MessageId, MutationId, RowId},
    key::QueryKey,
    ordered::{OrderedMap, OrderedSet},
    outbox::{SendError, SendId},
    time::Instant,
};
use entry::{Entry, State};
use keeping::Keeping;
use reach::Reach;
use std::{collections::VecDeque, rc::Rc};
use timers::Timers;
use unseen::Unseen;

/// How many outcomes are remembered for those who ask later.
const MAX_ENDED: usize = 256;

/// What became of a new mutation.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is on its way: lay its edits.
    Yes(Rc<Mutation>),
    /// It was refused, and the event says so.
    No,
    /// It and these annul each other: take their layers off, and lay none.
    Annulled(Vec<MutationId>),
}

/// Every mutation without an outcome, and those that have one but are still shown.
#[derive(Debug)]
pub(crate) struct Mutations {
    limits: MutationLimits,
    id_prefix: Rc<str>,
    rng: fastrand::Rng,
    entries: OrderedMap<MutationId, Entry>,
    scopes: OrderedMap<Rc<str>, VecDeque<MutationId>>,
    /// `None` for a send whose mutation was given up.
    sends: OrderedMap<SendId, Option<MutationId>>,
    timers: Timers,
    unseen: OrderedMap<MutationId, Unseen>,
    /// Those that were carried out, of whose new rows the server has not said the ids yet: edits of
    /// these wait on.
    unnamed: OrderedMap<MutationId, Rc<Mutation>>,
    keeping: Keeping,
    ended: OrderedMap<MutationId, MutationInfo>,
    pub(crate) ids: ServerIds,
    events: VecDeque<(MutationId, MutationEvent)>,
    proven: VecDeque<MutationId>,
    /// Whether some may have become ready.
    is_changed: bool,
    /// Whether some wait for other people's changes.
    any_behind: bool,
    in_flight: usize,
    reach: Reach,
    last: u64,
    stats: MutationStats,
}

impl Mutations {
    pub(crate) fn with_limits(limits: MutationLimits, id_prefix: &str, rng: fastrand::Rng) -> Self {
        Self {
            limits,
            id_prefix: id_prefix.into(),
            rng,
            entries: OrderedMap::new(),
            scopes: OrderedMap::new(),
            sends: OrderedMap::new(),
            timers: Timers::default(),
            unseen: OrderedMap::new(),
            unnamed: OrderedMap::new(),
            keeping: Keeping::default(),
            ended: OrderedMap::new(),
            ids: ServerIds::default(),
            events: VecDeque::new(),
            proven: VecDeque::new(),
            is_changed: false,
            any_behind: false,
            in_flight: 0,
            reach: Reach::default(),
            last: 0,
            stats: MutationStats::default(),
        }
    }

    /// Whether any mutation is shown, or was of a row that has got its id, so that what happens to the
    /// data may concern one.
    pub(crate) fn is_active(&self) -> bool {
        !self.entries.is_empty() || !self.unseen.is_empty() || !self.ids.is_empty()
    }

    /// How many have no outcome.
    pub(crate) fn pending(&self) -> usize {
        let kept = self.entries.values().filter(|entry| entry.is_failed());
        self.entries.len() - kept.count()
    }

    pub(crate) fn stats(&self) -> MutationStats {
        let pending = self.pending();
        MutationStats {
            pending,
            failed_kept: self.entries.len() - pending,
            unseen: self.unseen.len(),
            ..self.stats
        }
    }

    pub(crate) fn info(&self, id: MutationId) -> Option<MutationInfo> {
        let live = self.entries.get(&id).map(|entry| MutationInfo {
            status: match &entry.state {
                State::Queued { .. } => MutationStatus::Queued,
                State::Sending(_) => MutationStatus::Sending,
                State::Failed(error) => MutationStatus::Failed(error.clone()),
            },
            attempts: entry.attempts,
            is_durable: entry.kept.is_durable(),
        });
        live.or_else(|| self.ended.get(&id).cloned())
    }

    /// Why a mutation that is kept failed.
    pub(crate) fn error(&self, id: MutationId) -> Option<&MutationError> {
        match &self.entries.get(&id)?.state {
            State::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The id that its message has now.
    pub(crate) fn message_id(&self, id: MutationId) -> Option<&MessageId> {
        self.entries.get(&id).map(|entry| &entry.message)
    }

    pub(crate) fn mutation(&self, id: MutationId) -> Option<&Rc<Mutation>> {
        self.entries.get(&id).map(|entry| &entry.mutation)
    }

    /// The queries that a mutation edits, each once.
    pub(crate) fn keys(&self, id: MutationId) -> Vec<QueryKey> {
        let edits = self.mutation(id).map(|mutation| mutation.edits.iter());
        let keys: OrderedSet<QueryKey> = edits
            .into_iter()
            .flatten()
            .map(|it| it.key.clone())
            .collect();
        keys.into_iter().collect()
    }

    /// The mutations without an outcome, or kept, that edit the query `key`, oldest first.
    pub(crate) fn editing(&self, key: &QueryKey) -> Vec<MutationId> {
        let edits = |entry: &Entry| entry.mutation.edits.iter().any(|edit| edit.key == *key);
        let entries = self.entries.iter().filter(|(_, entry)| edits(entry));
        entries.map(|(id, _)| *id).collect()
    }

    /// What there is to tell the app.
    pub(crate) fn take_event(&mut self) -> Option<(MutationId, MutationEvent)> {
        self.events.pop_front()
    }

    /// Takes a mutation in. One that asks for it is kept on the disk, if there `is_disk`.
    pub(crate) fn begin(&mut self, mutation: Mutation, is_disk: bool) -> (MutationId, Begun) {
        self.last += 1;
        let id = MutationId(self.last);
        self.stats.started += 1;
        if let Some(error) = self.refuses(&mutation) {
            self.end(id, 0, Err(error));
            return (id, Begun::No);
        }
        if let Some(annulled) = self.annulled_by(&mutation) {
            for other in annulled.iter().copied().chain([id]) {
                // One that failed, and was kept, has ended already.
                let has_ended = self.error(other).is_some();
                self.forget(other);
                self.remember(other, MutationStatus::Settled, 0);
                if !has_ended {
                    self.stats.annulled += 1;
                    let event = MutationEvent::Annulled { by: id };
                    self.events.push_back((other, event));
                }
            }
            return (id, Begun::Annulled(annulled));
        }
        let message = MessageId::from(format!("{}m-{}", self.id_prefix, id.as_u64()));
        let mutation = Rc::new(mutation);
        if let Some(scope) = &mutation.scope {
            let scope = self
                .scopes
                .get_or_insert_with(Rc::clone(scope), VecDeque::new);
            scope.push_back(id);
        }
        let waits_for = self.inserts_for(&mutation, true);
        let mut entry = Entry::new(Rc::clone(&mutation), message, waits_for);
        if is_disk && mutation.persist {
            self.keep(id, &mut entry);
        }
        self.entries.insert(id, entry);
        self.is_changed = true;
        (id, Begun::Yes(mutation))
    }

    /// A mutation that may be sent now, if there is one. `is_behind` says whether other people's
    /// changes that it is to be merged with are known to be still on their way.
    pub(crate) fn next_ready(
        &mut self,
        now: Instant,
        is_behind: impl Fn(&Mutation) -> bool,
    ) -> Option<MutationId> {
        if !self.is_changed {
            return None;
        }
        let mut ready = None;
        let (mut behind, mut unkept) = (Vec::new(), Vec::new());
        for (id, entry) in &self.entries {
            if self.in_flight >= self.limits.in_flight {
                break;
            }
            if !self.is_ready(now, *id, entry) {
                continue;
            }
            if !self.may_be_sent(now, entry) {
                unkept.push(*id);
                continue;
            }
            if self.reach.is_patient() && is_behind(&entry.mutation) {
                behind.push(*id);
                continue;
            }
            ready = Some(*id);
            break;
        }
        self.ask_to_send(now, &unkept);
        self.any_behind = !behind.is_empty();
        for id in behind {
            // One that is behind only now has no timer that could be late.
            if !self.timers.has(id) {
                let until = self.reach.patient_until().map(|until| until.max(now));
                self.timers.set(id, until);
            }
        }
        self.is_changed = ready.is_some();
        ready
    }

    /// The data of some query is newer now.
    pub(crate) fn caught_up(&mut self) {
        self.is_changed |= self.any_behind;
    }

    /// A channel brings its events again.
    pub(crate) fn channel_live(&mut self) {
        self.is_changed = true;
    }

    /// It is on its way: as the send `send`, or to the app's function.
    pub(crate) fn sent(&mut self, now: Instant, id: MutationId, send: Option<SendId>) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.state = State::Sending(send);
        entry.attempts += 1;
        self.in_flight += 1;
        match send {
            Some(send) => {
                // The outbox watches over it from here on: it is not late because it waited for the disk.
                self.timers.set(id, None);
                self.sends.insert(send, Some(id));
            }
            None => self.timers.set(id, Some(now + entry.mutation.timeout)),
        }
    }

    /// Whose send this was: `None` if it is none of a mutation, `Some(None)` if the mutation was
    /// given up.
    pub(crate) fn take_send(&mut self, send: SendId) -> Option<Option<MutationId>> {
        self.sends.remove(&send)
    }

    /// An event that the mutation caused has come: the server has carried it out.
    ///
    /// Those that wait for its inserts wait on unless the echo `is_complete`: they need the ids.
    /// One that was given up for lost, and waits to be sent again, need not be. One that failed for
    /// want of an answer, and was kept, has been told of, and goes.
    pub(crate) fn echoed(&mut self, id: MutationId, is_complete: bool) {
        if is_complete {
            self.all_named(id);
        }
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.echoed = true;
        entry.named |= is_complete;
        let attempts = entry.attempts;
        if is_complete {
            // The data shows it from now on: after a reload it must not lie over it again.
            self.unkeep(id);
        }
        let Some(entry) = self.entries.get(&id) else {
            return;
        };
        match entry.state {
            State::Sending(_) if is_complete => self.release(id),
            State::Sending(_) => self.leave_scope(id),
            State::Queued { .. } => self.proven.push_back(id),
            State::Failed(_) => {
                self.forget(id);
                self.remember(id, MutationStatus::Settled, attempts);
            }
        }
    }

    /// A mutation that waits to be sent although the server is known to have carried it out.
    pub(crate) fn take_proven(&mut self) -> Option<MutationId> {
        self.proven.pop_front()
    }

    /// The server has a row under another id than we.
    pub(crate) fn named(&mut self, temporary: RowId, id: RowId) {
        if temporary != id {
            self.stats.ids_dropped += self.ids.insert(temporary, id);
            if keeping_is_used() {
                self.rewrite_all();
            }
        }
    }

    pub(crate) fn conflict(&mut self, id: MutationId, conflict: crate::overlay::Conflict) {
        self.stats.conflicts += 1;
        self.events
            .push_back((id, MutationEvent::Conflict(conflict)));
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        self.reach.set_online(online);
        self.is_changed = true;
    }

    pub(crate) fn link_up(&mut self, now: Instant) {
        self.reach.link_up(now);
        self.is_changed = true;
    }

    /// A connection is sought.
    pub(crate) fn link_wanted(&mut self) {
        self.reach.link_wanted();
    }

    /// The link is down. Gives the mutations that were sent and whose echo has come: the server
    /// has carried them out, so there is nothing to send again.
    pub(crate) fn link_down(&mut self) -> Vec<MutationId> {
        self.reach.link_down(false);
        let echoed = |entry: &Entry| entry.echoed && matches!(entry.state, State::Sending(Some(_)));
        let entries = self.entries.iter().filter(|(_, entry)| echoed(entry));
        entries.map(|(id, _)| *id).collect()
    }

    /// No link will come. Gives the mutations that waited for one.
    pub(crate) fn link_over(&mut self) -> Vec<MutationId> {
        self.reach.link_down(true);
        let waits =
            |entry: &Entry| entry.is_message() && matches!(entry.state, State::Queued { .. });
        let entries = self.entries.iter().filter(|(_, entry)| waits(entry));
        entries.map(|(id, _)| *id).collect()
    }

    /// The user signs out: all that have no outcome fail, those that failed and were kept go, and
    /// nothing is remembered of rows. Gives the sends that nobody waits for any more.
    pub(crate) fn sign_out(&mut self) -> Vec<SendId> {
        let mut sends = Vec::new();
        while let Some((id, entry)) = self.entries.pop_first() {
            if let State::Sending(Some(send)) = entry.state {
                self.sends.insert(send, None);
                sends.push(send);
            }
            if !entry.is_failed() {
                let error = MutationError::Send(SendError::SignedOut);
                self.end(id, entry.attempts, Err(error));
            }
        }
        self.in_flight = 0;
        self.scopes.clear();
        self.timers = Timers::default();
        self.unseen = OrderedMap::new();
        self.unnamed = OrderedMap::new();
        self.keeping = Keeping::default();
        self.proven.clear();
        self.ids = ServerIds::default();
        self.is_changed = false;
        sends
    }

    fn is_ready(&self, now: Instant, id: MutationId, entry: &Entry) -> bool {
        // One whose echo came has left its scope to the next.
        let is_first = || match &entry.mutation.scope {
            Some(scope) => self.scopes.get(scope).and_then(VecDeque::front) == Some(&id),
            None => true,
        };
        matches!(entry.state, State::Queued { not_before } if not_before <= now)
            && self.reach.has(&entry.mutation.sender)
            && entry.waits_for.is_empty()
            && (entry.echoed || is_first())
    }

    fn refuses(&self, mutation: &Mutation) -> Option<MutationError> {
        let limit = self.limits.pending;
        if self.entries.len() >= limit {
            return Some(MutationError::Overflow { limit });
        }
        if mutation.offline == OfflinePolicy::Fail && !self.reach.has(&mutation.sender) {
            return Some(MutationError::Offline);
        }
        let is_over = self.reach.is_over(&mutation.sender);
        is_over.then_some(MutationError::Send(SendError::Disconnected))
    }

    /// The mutations whose insert another has to wait for. One that `is_new`, and deletes a row whose insert
    /// has failed, waits for nothing.
    fn inserts_for(&self, mutation: &Mutation, is_new: bool) -> OrderedSet<MutationId> {
        let waits = |entry: &Entry| {
            let rows = mutation
                .edits
                .iter()
                .filter_map(|edit| Some((&edit.key, edit.target.as_ref()?)));
            rows.into_iter().any(|(key, target)| {
                let gone = is_new && entry.is_failed() && target.kind == EditKind::Delete;
                !gone && !entry.named && entry.inserts(key, &target.id)
            })
        };
        let entries = self.entries.iter().filter(|(_, entry)| waits(entry));
        let unnamed = self.unnamed.iter().filter(|(_, other)| {
            let mut edits = mutation.edits.iter();
            edits.any(|edit| {
                let target = edit.target.as_ref();
                target.is_some_and(|target| other.inserts(&edit.key, &target.id))
            })
        });
        let unnamed = unnamed.map(|(id, _)| *id);
        entries.map(|(id, _)| *id).chain(unnamed).collect()
    }

    /// The mutations that a new one makes pointless, and that make it pointless: it deletes rows,
    /// and does nothing else, that were inserted by mutations which were never sent and do
    /// nothing else either.
    fn annulled_by(&self, mutation: &Mutation) -> Option<Vec<MutationId>> {
        let mut rows: OrderedSet<(&QueryKey, &RowId)> = OrderedSet::new();
        for edit in &mutation.edits {
            let target = edit.target.as_ref()?;
            if target.kind != EditKind::Delete {
                return None;
            }
            rows.insert((&edit.key, &target.id));
        }
        let touches = |entry: &Entry| rows.iter().any(|(key, id)| entry.touches(key, id));
        let related: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| touches(entry))
            .collect();
        let within = |entry: &Entry| {
            entry.mutation.edits.iter().all(|edit| {
                let target = edit.target.as_ref();
                target.is_some_and(|target| rows.contains(&(&edit.key, &target.id)))
            })
        };
        let unsent = related
            .iter()
            .all(|(_, entry)| entry.is_unsent() && within(entry));
        let inserted = |(key, id): &(&QueryKey, &RowId)| {
            related.iter().any(|(_, entry)| entry.inserts(key, id))
        };
        let annuls = unsent && !rows.is_empty() && rows.iter().all(inserted);
        annuls.then(|| related.iter().map(|(id, _)| **id).collect())
    }
}
