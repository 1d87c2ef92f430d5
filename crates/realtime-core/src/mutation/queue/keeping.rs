//! Keeping: which mutations outlive the page, and how far what is on the disk says so.
//!
//! What may have been sent must be known after a crash: a mutation that is kept is sent only when the disk
//! says that it is.

use super::{
    super::{MutationError, MutationEvent, Restored},
    Entry, Mutations, State,
};
use crate::{
    id::{MessageId, MutationId},
    ordered::{OrderedMap, OrderedSet},
    time::Instant,
};
use std::{cell::Cell, rc::Rc, time::Duration};

/// How long a mutation waits to be sent for the disk to say so.
const PATIENCE: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether any client of this thread ever kept mutations. An app that keeps none never sets it, so the
    /// compiler knows what it is and leaves out all that follows from it.
    static IS_USED: Cell<bool> = const { Cell::new(false) };
}

/// Mutations are kept from now on.
pub(crate) fn use_keeping() {
    IS_USED.set(true);
}

/// Whether any are kept.
#[inline(always)]
pub(crate) fn keeping_is_used() -> bool {
    IS_USED.get()
}

/// What is kept of all mutations.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// Of what is kept of these another is to be written.
    unwritten: OrderedSet<MutationId>,
    /// What is to be kept no longer.
    gone: Vec<MessageId>,
    /// Those that were carried out, and of whose new rows the ids are not known: edits of these that are kept
    /// name them by their temporary ids.
    unnamed: OrderedMap<MutationId, MessageId>,
    /// The greatest place that was read back.
    last_place: u64,
}

/// What is kept of one mutation, if it is kept.
#[derive(Debug, Default)]
pub(super) struct Slot(Option<Kept>);

impl Slot {
    #[inline(always)]
    fn get(&self) -> Option<&Kept> {
        if keeping_is_used() {
            self.0.as_ref()
        } else {
            None
        }
    }

    #[inline(always)]
    fn get_mut(&mut self) -> Option<&mut Kept> {
        if keeping_is_used() {
            self.0.as_mut()
        } else {
            None
        }
    }

    /// Whether the disk has it as it is now.
    pub(super) fn is_durable(&self) -> bool {
        self.get().is_some_and(|kept| kept.is_durable)
    }
}

/// What is kept of one mutation.
#[derive(Debug)]
struct Kept {
    /// Under which key: the first id of its message.
    key: MessageId,
    /// Whether the disk has it as it is now.
    is_durable: bool,
    /// Whether what was written last, or is to be written next, says that it may have been sent.
    says_sent: bool,
    /// Whether the disk says so.
    may_be_sent: bool,
    /// How long it waits for the disk, once it is its turn.
    waits_until: Option<Instant>,
    /// Its place among all that are kept, in the order they were made.
    place: u64,
}

/// One mutation of which another text is to be written.
#[derive(Debug)]
pub(crate) struct Unwritten<'a> {
    pub(crate) key: &'a MessageId,
    pub(crate) message: &'a MessageId,
    pub(crate) place: u64,
    pub(crate) sent: bool,
    pub(crate) error: Option<&'a MutationError>,
}

impl Mutations {
    /// Keeps a mutation from now on.
    pub(super) fn keep(&mut self, id: MutationId, entry: &mut Entry) {
        entry.kept.0 = Some(Kept {
            key: entry.message.clone(),
            is_durable: false,
            says_sent: self.reach.is_up(),
            may_be_sent: false,
            waits_until: None,
            place: self.keeping.last_place.saturating_add(id.as_u64()),
        });
        self.keeping.unwritten.insert(id);
    }

    /// Something about it is another now: what is kept of it as well.
    pub(super) fn rewrite(&mut self, id: MutationId, is_renamed: bool) {
        if let Some(kept) = self.kept_mut(id) {
            if is_renamed {
                kept.says_sent = false;
                kept.may_be_sent = false;
                kept.waits_until = None;
            }
            self.keeping.unwritten.insert(id);
        }
    }

    /// Rows have got their ids: what is kept may name them by others.
    pub(super) fn rewrite_all(&mut self) {
        let kept = self.entries.iter();
        let kept = kept.filter(|(_, entry)| entry.kept.get().is_some());
        let kept: Vec<_> = kept.map(|(id, _)| *id).collect();
        for id in kept {
            self.keeping.unwritten.insert(id);
        }
    }

    /// It has its outcome: it is kept no longer.
    pub(super) fn unkeep(&mut self, id: MutationId) {
        if let Some(key) = self.take_kept(id) {
            self.keeping.gone.push(key);
        }
    }

    /// It has its outcome, but not the ids of its rows: it is kept on, for who edits them.
    pub(super) fn keep_unnamed(&mut self, id: MutationId) {
        if let Some(key) = self.take_kept(id) {
            self.keeping.unnamed.insert(id, key);
        }
    }

    /// The ids are known, or never will be.
    pub(super) fn unkeep_unnamed(&mut self, id: MutationId) {
        if keeping_is_used() {
            self.keeping.gone.extend(self.keeping.unnamed.remove(&id));
        }
    }

    #[inline(always)]
    fn kept_mut(&mut self, id: MutationId) -> Option<&mut Kept> {
        if !keeping_is_used() {
            return None;
        }
        self.entries.get_mut(&id)?.kept.get_mut()
    }

    /// It is kept no longer under the key that this gives.
    #[inline(always)]
    fn take_kept(&mut self, id: MutationId) -> Option<MessageId> {
        self.kept_mut(id)?;
        self.keeping.unwritten.remove(&id);
        Some(self.entries.get_mut(&id)?.kept.0.take()?.key)
    }

    /// Those whose turn it is, and that are sent once the disk says so: has it say so.
    pub(super) fn ask_to_send(&mut self, now: Instant, ids: &[MutationId]) {
        for id in ids {
            let Some(kept) = self.kept_mut(*id) else {
                continue;
            };
            let until = *kept.waits_until.get_or_insert(now + PATIENCE);
            if !std::mem::replace(&mut kept.says_sent, true) {
                self.keeping.unwritten.insert(*id);
            }
            if !self.timers.has(*id) {
                self.timers.set(*id, Some(until));
            }
        }
    }

    /// Whether a mutation may be sent, as far as the disk matters.
    pub(super) fn may_be_sent(&self, now: Instant, entry: &Entry) -> bool {
        let kept = entry.kept.get();
        kept.is_none_or(|kept| {
            kept.may_be_sent || kept.waits_until.is_some_and(|until| until <= now)
        })
    }

    /// Those of which another text is to be written.
    pub(crate) fn take_unwritten(&mut self) -> Vec<MutationId> {
        std::mem::take(&mut self.keeping.unwritten)
            .into_iter()
            .collect()
    }

    /// Whether it waits for a row of one that is not kept: after a reload nobody would know which row is
    /// meant. It is written when it may be sent.
    pub(crate) fn waits_for_unkept(&mut self, id: MutationId) -> bool {
        let is_unkept = |other: &MutationId| match self.entries.get(other) {
            Some(other) => other.kept.get().is_none(),
            // It was carried out, and the row has no id yet.
            None => !self.keeping.unnamed.contains_key(other),
        };
        let entry = self.entries.get(&id);
        let waits = entry.is_some_and(|entry| entry.waits_for.iter().any(is_unkept));
        if let Some(kept) = self.kept_mut(id).filter(|_| waits) {
            kept.says_sent = false;
        }
        waits
    }

    pub(crate) fn unwritten(&self, id: MutationId) -> Option<Unwritten<'_>> {
        let entry = self.entries.get(&id)?;
        let kept = entry.kept.get()?;
        Some(Unwritten {
            key: &kept.key,
            message: &entry.message,
            place: kept.place,
            sent: kept.says_sent,
            error: self.error(id),
        })
    }

    /// Its text is on its way to the disk.
    pub(crate) fn written(&mut self, id: MutationId) {
        if let Some(kept) = self.kept_mut(id) {
            kept.is_durable = false;
        }
    }

    /// It cannot be kept, and does without.
    pub(crate) fn cannot_be_kept(&mut self, id: MutationId) {
        self.stats.not_kept += 1;
        self.unkeep(id);
        self.is_changed = true;
    }

    /// The keys of those that are to be kept no longer.
    pub(crate) fn take_gone(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.keeping.gone)
    }

    /// What was written last under this key is on the disk.
    pub(crate) fn durable(&mut self, key: &str) {
        let (mut is_changed, unwritten) = (false, &self.keeping.unwritten);
        self.entries.visit_mut(|id, entry| {
            if let Some(kept) = entry.kept.get_mut().filter(|kept| *kept.key == *key)
                && !unwritten.contains(id)
            {
                kept.is_durable = true;
                kept.may_be_sent |= kept.says_sent;
                is_changed = true;
            }
        });
        self.is_changed |= is_changed;
    }

    /// Takes in a mutation that was kept while the page was away; `None` if there are too many.
    pub(crate) fn restore(&mut self, key: MessageId, restored: Restored) -> Option<MutationId> {
        if self.entries.len() >= self.limits.pending {
            self.stats.overflowed += 1;
            return None;
        }
        self.last += 1;
        let id = MutationId(self.last);
        self.stats.started += 1;
        let mutation = Rc::new(restored.mutation);
        let waits_for = self.inserts_for(&mutation, false);
        let mut entry = Entry::new(Rc::clone(&mutation), restored.message, waits_for);
        entry.attempts = u32::from(restored.sent);
        entry.kept.0 = Some(Kept {
            key,
            is_durable: true,
            says_sent: restored.sent,
            may_be_sent: restored.sent,
            waits_until: None,
            place: restored.place,
        });
        self.keeping.last_place = self.keeping.last_place.max(restored.place);
        match restored.interrupted {
            Some(why) => {
                let was_sent = restored.sent;
                let error = MutationError::Interrupted { why, was_sent };
                entry.state = State::Failed(error.clone());
                self.stats.failed += 1;
                let dropped = Vec::new();
                let event = MutationEvent::Failed { error, dropped };
                self.events.push_back((id, event));
            }
            None => {
                if let Some(scope) = &mutation.scope {
                    let scope = self
                        .scopes
                        .get_or_insert_with(Rc::clone(scope), Default::default);
                    scope.push_back(id);
                }
            }
        }
        self.entries.insert(id, entry);
        self.is_changed = true;
        Some(id)
    }
}

/// In the order in which they were made.
pub(crate) fn in_order(
    restored: Vec<(MessageId, Restored)>,
) -> impl Iterator<Item = (MessageId, Restored)> {
    let mut by_place: OrderedMap<(u64, MessageId), Restored> = OrderedMap::new();
    for (key, restored) in restored {
        by_place.insert((restored.place, key), restored);
    }
    by_place.into_iter().map(|((_, key), it)| (key, it))
}
