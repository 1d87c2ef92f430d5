//! One mutation without an outcome, or failed and kept.

use super::{
    super::{Mutation, MutationError, edit::EditKind, request::Sender},
    keeping::Slot,
};
use crate::{
    id::{MessageId, MutationId, RowId},
    key::QueryKey,
    ordered::OrderedSet,
    outbox::SendId,
    time::Instant,
};
use std::rc::Rc;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) mutation: Rc<Mutation>,
    /// The id that its message has, until it is refused.
    pub(super) message: MessageId,
    pub(super) state: State,
    pub(super) attempts: u32,
    /// Failures since it was made, or retried on command.
    pub(super) failures: u32,
    /// How often it got a new message id.
    pub(super) renames: u32,
    /// How often the server had a newer item.
    pub(super) conflicts: u32,
    /// Whether an event that it caused has come.
    pub(super) echoed: bool,
    /// Whether with it all ids are known of the rows it inserts.
    pub(super) named: bool,
    /// The mutations that insert the rows it edits, as far as they have no outcome.
    pub(super) waits_for: OrderedSet<MutationId>,
    /// What is kept of it on the disk.
    pub(super) kept: Slot,
}

#[derive(Debug)]
pub(super) enum State {
    Queued {
        not_before: Instant,
    },
    /// Sent, or given to the app's function.
    Sending(Option<SendId>),
    Failed(MutationError),
}

impl Entry {
    pub(super) fn new(
        mutation: Rc<Mutation>,
        message: MessageId,
        waits_for: OrderedSet<MutationId>,
    ) -> Self {
        Self {
            mutation,
            message,
            state: State::Queued {
                not_before: Instant::ZERO,
            },
            attempts: 0,
            failures: 0,
            renames: 0,
            conflicts: 0,
            echoed: false,
            named: false,
            waits_for,
            kept: Slot::default(),
        }
    }

    pub(super) const fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    pub(super) fn is_message(&self) -> bool {
        matches!(self.mutation.sender, Sender::Message(_))
    }

    /// Whether the server is known not to have carried it out.
    pub(super) fn is_unsent(&self) -> bool {
        match &self.state {
            State::Queued { .. } => self.attempts == 0,
            State::Sending(_) => false,
            State::Failed(error) => !error.is_uncertain(),
        }
    }

    pub(super) fn touches(&self, key: &QueryKey, id: &RowId) -> bool {
        self.mutation.does(key, id, |_| true)
    }

    pub(super) fn inserts(&self, key: &QueryKey, id: &RowId) -> bool {
        self.mutation.inserts(key, id)
    }

    /// The next message id, after one whose message was refused.
    pub(super) fn rename(&mut self) -> MessageId {
        self.renames += 1;
        let base = self.message.split('.').next().unwrap_or_default();
        self.message = MessageId::from(format!("{base}.{}", self.renames));
        self.message.clone()
    }
}

impl Mutation {
    /// Whether it makes the row `id` of the list `key`.
    pub(super) fn inserts(&self, key: &QueryKey, id: &RowId) -> bool {
        self.does(key, id, |kind| matches!(kind, EditKind::Insert { .. }))
    }

    /// Whether it makes any row.
    pub(super) fn is_insert(&self) -> bool {
        let mut targets = self.edits.iter().filter_map(|edit| edit.target.as_ref());
        targets.any(|target| matches!(target.kind, EditKind::Insert { .. }))
    }

    fn does(&self, key: &QueryKey, id: &RowId, kind: impl Fn(&EditKind) -> bool) -> bool {
        self.edits.iter().any(|edit| {
            let target = edit.target.as_ref();
            edit.key == *key && target.is_some_and(|it| it.id == *id && kind(&it.kind))
        })
    }
}
