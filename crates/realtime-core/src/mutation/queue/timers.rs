//! One timer for each mutation that waits for a moment.

use crate::{
    id::MutationId,
    ordered::{OrderedMap, OrderedSet},
    time::Instant,
};

#[derive(Debug, Default)]
pub(super) struct Timers {
    by_time: OrderedSet<(Instant, MutationId)>,
    by_id: OrderedMap<MutationId, Instant>,
}

impl Timers {
    pub(super) fn set(&mut self, id: MutationId, at: Option<Instant>) {
        if let Some(old) = self.by_id.remove(&id) {
            self.by_time.remove(&(old, id));
        }
        if let Some(at) = at {
            self.by_id.insert(id, at);
            self.by_time.insert((at, id));
        }
    }

    pub(super) fn has(&self, id: MutationId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    pub(super) fn pop(&mut self, now: Instant) -> Option<MutationId> {
        let (_, id) = self.by_time.first().filter(|(at, _)| *at <= now).copied()?;
        self.set(id, None);
        Some(id)
    }
}
