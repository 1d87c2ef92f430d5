//! Keeping: mutations that outlive the page, between the queue they are in and the store.

use super::{Fault, doing::Doing};
use crate::{
    id::{MessageId, MutationId},
    mutation::{Absence, Restored, Sending, Standing, in_order, use_keeping},
    notify::Topic,
    storage::{PersistOptions, StoredValue},
};
use std::{rc::Rc, time::Duration};

/// How mutations are kept. By pointers, so that the linker drops it from an app that keeps none.
#[derive(Clone, Debug)]
pub(super) struct KeepMutations {
    pub(super) write: fn(&mut Doing<'_, '_>) -> bool,
    pub(super) restore: fn(&mut Doing<'_, '_>, &Self),
    build: Rc<str>,
    remembered: Duration,
}

impl KeepMutations {
    pub(super) fn new(options: &PersistOptions) -> Self {
        use_keeping();
        Self {
            write: |doing| doing.write_kept(),
            restore: |doing, keep| doing.restore_kept(keep),
            build: Rc::clone(&options.build),
            remembered: options.remembered_ids,
        }
    }
}

impl Doing<'_, '_> {
    /// Writes what is to be kept as it is now; whether there was any.
    fn write_kept(&mut self) -> bool {
        let (unwritten, gone) = (self.queue.take_unwritten(), self.queue.take_gone());
        let any = !unwritten.is_empty() || !gone.is_empty();
        for key in gone {
            self.context.turn.kept.set(&key, None);
        }
        for id in unwritten {
            if self.queue.waits_for_unkept(id) {
                continue;
            }
            match self.kept_text(id) {
                Some((key, text)) => {
                    self.context.turn.kept.set(&key, Some(text.into()));
                    self.queue.written(id);
                }
                None => self.queue.cannot_be_kept(id),
            }
        }
        any
    }

    fn build(&self) -> &str {
        let keep = self.context.turn.keep_mutations.as_ref();
        keep.map_or("", |keep| &keep.build)
    }

    /// A mutation as it is to be kept, and under which key; `None` if it cannot be.
    fn kept_text(&self, id: MutationId) -> Option<(MessageId, String)> {
        let mutation = self.queue.mutation(id)?;
        let unwritten = self.queue.unwritten(id)?;
        let ids = &self.queue.ids;
        let edits = self.outgoing(id, mutation);
        let data = mutation.data(&Sending { ids, edits: &edits });
        let standing = Standing {
            message: unwritten.message,
            place: unwritten.place,
            build: self.build(),
            data: &data,
            sent: unwritten.sent,
            error: unwritten.error,
        };
        let text = standing.write(mutation, |id| ids.resolve(id))?;
        Some((unwritten.key.clone(), text))
    }

    /// Takes in mutations that were kept while the page was away: shows their edits, and sends them when
    /// they may be.
    fn restore_kept(&mut self, keep: &KeepMutations) {
        let kept = std::mem::take(&mut self.context.turn.kept.outbox);
        let mut restored = Vec::new();
        for StoredValue { key, value, age } in kept {
            let absence = Absence {
                age,
                remembered: keep.remembered,
                build: &keep.build,
            };
            match Restored::read(&value, absence) {
                Some(found) => restored.push((MessageId::from(key), found)),
                // It stays where it is: a later version of the app may know what it is.
                None => self.context.turn.fault(Fault::UnknownMutation),
            }
        }
        for (key, restored) in in_order(restored) {
            let Some(id) = self.queue.restore(key, restored) else {
                continue;
            };
            let Some(mutation) = self.queue.mutation(id).map(Rc::clone) else {
                continue;
            };
            // An edit that does not fit the query's type any more has no place in it.
            let _ = self.apply_edits(id, &mutation, None);
            let failed = self.queue.error(id).is_some();
            self.overlays(id, |overlay| overlay.set_failed(id, failed));
        }
        self.context.turn.dirty.mark(Topic::Mutations);
        self.context.turn.dirty.mark_urgent();
    }
}
