//! Outcomes: how a mutation ends or is tried again, and what that means for those that depend on it.

use super::{
    super::{MutationError, MutationEvent, MutationInfo, MutationStatus, edit::EditKind},
    Entry, MAX_ENDED, Mutations, State,
};
use crate::{
    id::{MessageId, MutationId, RowId},
    ordered::OrderedSet,
    outbox::SendId,
    time::{Instant, scaled},
};
use serde_json::Value;
use std::{rc::Rc, time::Duration};

/// How often a message is made anew because the server has a newer item.
const MAX_CONFLICTS: u32 = 5;

/// What an outcome asks of those who show the mutation.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was none of ours.
    None,
    /// The server has carried it out and answered this.
    Confirmed(Rc<str>),
    /// It will be tried again, under a new message id if there is one.
    Again(Option<MessageId>),
    /// It failed, and is to be shown as failed.
    Kept,
    /// Its layers, and those of these others, are to go.
    Gone(Vec<MutationId>),
}

impl Mutations {
    /// Takes in what became of a mutation that was sent.
    pub(crate) fn outcome(
        &mut self,
        now: Instant,
        id: MutationId,
        result: Result<Rc<str>, MutationError>,
    ) -> Outcome {
        let Some(entry) = self.entries.get_mut(&id) else {
            self.stats.late_results += 1;
            return Outcome::None;
        };
        let State::Sending(_) = entry.state else {
            self.stats.late_results += 1;
            return Outcome::None;
        };
        self.in_flight -= 1;
        self.is_changed = true;
        self.timers.set(id, None);
        match result {
            Ok(answer) => self.confirm(id, answer),
            // An event that it caused proves that the server has carried it out.
            Err(error) if entry.echoed && !error.is_refusal() => self.confirm(id, "null".into()),
            Err(error) => self.fail_or_retry(now, id, error),
        }
    }

    /// There is nothing left to send, for others' changes have won every field. It counts as carried
    /// out, but the server never hears of it: nothing will come that it could wait for on the screen.
    pub(crate) fn overruled(&mut self, id: MutationId) -> Outcome {
        match self.carried_out(id) {
            Outcome::Confirmed(_) => Outcome::Gone(Vec::new()),
            outcome => outcome,
        }
    }

    /// There is nothing left to send, for the server is known to have carried it out.
    pub(crate) fn carried_out(&mut self, id: MutationId) -> Outcome {
        if self.entries.contains_key(&id) {
            self.confirm(id, "null".into())
        } else {
            Outcome::None
        }
    }

    /// It fails, wherever it is, and is not kept.
    pub(crate) fn give_up(&mut self, id: MutationId, error: MutationError) -> Outcome {
        match self.entries.get(&id) {
            Some(entry) if !entry.is_failed() => self.drop_with_dependents(id, error),
            _ => Outcome::None,
        }
    }

    /// Stops caring for its send, which is to be cancelled.
    pub(crate) fn abandon_send(&mut self, id: MutationId) -> Option<SendId> {
        let State::Sending(send) = self.entries.get(&id)?.state else {
            return None;
        };
        self.in_flight -= 1;
        self.timers.set(id, None);
        self.is_changed = true;
        let send = send?;
        self.sends.insert(send, None);
        Some(send)
    }

    /// A kept one is tried again; `None` if it is not one of those.
    pub(crate) fn retry(&mut self, id: MutationId) -> Option<MessageId> {
        let entry = self.entries.get_mut(&id)?;
        let State::Failed(error) = &entry.state else {
            return None;
        };
        // What is uncertain may have been carried out, so the server must know it again.
        let is_renamed = !error.is_uncertain();
        if is_renamed {
            entry.rename();
        }
        entry.state = State::Queued {
            not_before: Instant::ZERO,
        };
        (entry.failures, entry.conflicts) = (0, 0);
        let message = entry.message.clone();
        if let Some(scope) = entry.mutation.scope.clone() {
            // Before those made later, as they may wait for it, but not before one under way.
            let queue = self.scopes.get_or_insert_with(scope, Default::default);
            let is_busy = queue.front().is_some_and(|first| {
                let first = self.entries.get(first);
                first.is_some_and(|first| matches!(first.state, State::Sending(_)))
            });
            let at = queue
                .partition_point(|other| *other < id)
                .max(usize::from(is_busy));
            queue.insert(at, id);
        }
        self.rewrite(id, is_renamed);
        self.stats.retried += 1;
        self.is_changed = true;
        Some(message)
    }

    /// A kept one goes, and with it those that wait for its insert.
    pub(crate) fn dismiss(&mut self, id: MutationId) -> Outcome {
        if self.error(id).is_none() {
            return Outcome::None;
        }
        let dropped = self.drop_dependents(id);
        self.forget(id);
        Outcome::Gone(dropped)
    }

    fn confirm(&mut self, id: MutationId, answer: Rc<str>) -> Outcome {
        let is_learnt = self.learn_id(id, &answer);
        let entry = self.entries.get(&id);
        let attempts = entry.map_or(0, |entry| entry.attempts);
        let is_unnamed = |entry: &&Entry| !entry.named && !is_learnt && entry.mutation.is_insert();
        if let Some(entry) = entry.filter(is_unnamed) {
            self.unnamed.insert(id, Rc::clone(&entry.mutation));
            self.leave_scope(id);
            self.keep_unnamed(id);
        } else {
            self.release(id);
        }
        self.timers.set(id, None);
        self.unkeep(id);
        self.entries.remove(&id);
        self.end(id, attempts, Ok(Rc::clone(&answer)));
        Outcome::Confirmed(answer)
    }

    /// The ids of all rows that a mutation inserts are known: what edits these may go on.
    pub(crate) fn all_named(&mut self, id: MutationId) {
        if self.unnamed.remove(&id).is_some() {
            self.release(id);
            self.unkeep_unnamed(id);
        }
    }

    /// The server has carried a mutation out, and will not say the ids of the rows that it inserts:
    /// what edits these fails as it does when the insert fails. Gives those whose layers are to go.
    pub(crate) fn never_named(&mut self, id: MutationId) -> Vec<MutationId> {
        self.unkeep_unnamed(id);
        match self.unnamed.remove(&id) {
            Some(_) => self.drop_dependents(id),
            None => Vec::new(),
        }
    }

    fn fail_or_retry(&mut self, now: Instant, id: MutationId, error: MutationError) -> Outcome {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Outcome::None;
        };
        // What was kept cannot be made anew.
        let is_made_anew = entry.conflicts < MAX_CONFLICTS && !entry.mutation.is_restored;
        if error.is_conflict() && is_made_anew {
            entry.conflicts += 1;
            entry.state = State::Queued { not_before: now };
            let renamed = entry.rename();
            self.rewrite(id, true);
            return Outcome::Again(Some(renamed));
        }
        if error.is_retryable() && entry.failures < entry.mutation.retries {
            let backoff =
                Duration::from_secs(1 << entry.failures.min(5)).min(Duration::from_secs(30));
            let jittered = scaled(backoff, 0.5 + self.rng.f64() / 2.0);
            let asked = Duration::from_millis(error.retry_after().unwrap_or(0).min(300_000));
            let not_before = now + jittered.max(asked);
            entry.failures += 1;
            entry.state = State::Queued { not_before };
            let renamed = error.is_refusal().then(|| entry.rename());
            self.timers.set(id, Some(not_before));
            self.rewrite(id, renamed.is_some());
            self.stats.retried += 1;
            return Outcome::Again(renamed);
        }
        if entry.mutation.keep_failed {
            entry.state = State::Failed(error.clone());
            self.leave_scope(id);
            self.rewrite(id, false);
            self.stats.failed += 1;
            let event = MutationEvent::Failed {
                error,
                dropped: Vec::new(),
            };
            self.events.push_back((id, event));
            return Outcome::Kept;
        }
        self.drop_with_dependents(id, error)
    }

    fn drop_with_dependents(&mut self, id: MutationId, error: MutationError) -> Outcome {
        let attempts = self.entries.get(&id).map_or(0, |entry| entry.attempts);
        let at = self.events.len();
        let dropped = self.drop_dependents(id);
        self.forget(id);
        self.count_failure(&error);
        self.remember(id, MutationStatus::Failed(error.clone()), attempts);
        let event = MutationEvent::Failed {
            error,
            dropped: dropped.clone(),
        };
        self.events.insert(at, (id, event));
        Outcome::Gone(dropped)
    }

    /// Drops all that wait, however indirectly, for an insert of `id`. None of them was sent.
    fn drop_dependents(&mut self, id: MutationId) -> Vec<MutationId> {
        let mut dropped: Vec<MutationId> = Vec::new();
        let waits = |by: &[MutationId], waits_for: &OrderedSet<MutationId>| {
            waits_for.contains(&id) || by.iter().any(|other| waits_for.contains(other))
        };
        // In the order they were made, so that one which waits for another comes after it.
        for (other, entry) in &self.entries {
            if waits(&dropped, &entry.waits_for) {
                dropped.push(*other);
            }
        }
        for other in &dropped {
            self.forget(*other);
            self.end(*other, 0, Err(MutationError::Dropped { by: id }));
        }
        dropped
    }

    /// It is done with: nobody waits for it, and it waits for nothing.
    pub(super) fn forget(&mut self, id: MutationId) {
        self.release(id);
        self.timers.set(id, None);
        self.unkeep(id);
        self.entries.remove(&id);
    }

    /// Those that wait for its turn or its insert to be over may go on.
    pub(super) fn release(&mut self, id: MutationId) {
        self.leave_scope(id);
        self.entries.visit_mut(|_, entry| {
            entry.waits_for.remove(&id);
        });
    }

    pub(super) fn leave_scope(&mut self, id: MutationId) {
        self.is_changed = true;
        let scope = (self.entries.get(&id)).and_then(|entry| entry.mutation.scope.as_ref());
        if let Some(scope) = scope
            && let Some(queue) = self.scopes.get_mut(scope)
        {
            queue.retain(|other| *other != id);
            if queue.is_empty() {
                self.scopes.remove(scope);
            }
        }
    }

    /// Tells how it ended, when there is nothing else to tell.
    pub(super) fn end(
        &mut self,
        id: MutationId,
        attempts: u32,
        result: Result<Rc<str>, MutationError>,
    ) {
        let (event, status) = match result {
            Ok(answer) => {
                self.stats.confirmed += 1;
                (MutationEvent::Confirmed { answer }, MutationStatus::Settled)
            }
            Err(error) => {
                self.count_failure(&error);
                let status = MutationStatus::Failed(error.clone());
                let dropped = Vec::new();
                (MutationEvent::Failed { error, dropped }, status)
            }
        };
        self.events.push_back((id, event));
        self.remember(id, status, attempts);
    }

    pub(super) fn remember(&mut self, id: MutationId, status: MutationStatus, attempts: u32) {
        let info = MutationInfo {
            status,
            attempts,
            is_durable: false,
        };
        self.ended.insert(id, info);
        while self.ended.len() > MAX_ENDED {
            self.ended.pop_first();
        }
    }

    fn count_failure(&mut self, error: &MutationError) {
        self.stats.failed += 1;
        match error {
            MutationError::Dropped { .. } => self.stats.dropped += 1,
            MutationError::Cancelled => self.stats.cancelled += 1,
            MutationError::Overflow { .. } => self.stats.overflowed += 1,
            _ => {}
        }
    }

    /// The id that an answer gives the one row that a mutation inserts; for lists that are not in
    /// the cache, and so learn nothing from it themselves. Whether there was one.
    fn learn_id(&mut self, id: MutationId, answer: &str) -> bool {
        let Some(mutation) = self.mutation(id).cloned() else {
            return false;
        };
        let mut inserted = mutation.edits.iter().filter_map(|edit| {
            let target = edit.target.as_ref()?;
            match &target.kind {
                EditKind::Insert { id_field } => Some((target.id.clone(), Rc::clone(id_field))),
                EditKind::Change | EditKind::Delete => None,
            }
        });
        let Some((temporary, id_field)) = inserted.next() else {
            return false;
        };
        if inserted.any(|(other, _)| other != temporary) {
            return false;
        }
        let Ok(answer) = serde_json::from_str::<Value>(answer) else {
            return false;
        };
        let item = answer.get("item").unwrap_or(&answer);
        let id = item
            .get(&*id_field)
            .and_then(|id| RowId::from_json(&id.to_string()).ok());
        let is_known = id.is_some();
        if let Some(id) = id {
            self.named(temporary, id);
        }
        is_known
    }
}
