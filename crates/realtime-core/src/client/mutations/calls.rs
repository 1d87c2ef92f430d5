//! The way from the client to what is done about mutations. It leads through pointers that the first
//! mutation sets: the linker drops all that code from an app that changes nothing.

use crate::{
    client::Client, id::MutationId, mutation::MutationError, query::EntryId, time::Instant,
};
use std::rc::Rc;

/// What is done about mutations when something happens.
#[derive(Debug)]
pub(in crate::client) struct Calls {
    lay_pending: fn(&mut Client, Instant, EntryId),
    hear_overlay: fn(&mut Client, Instant, EntryId),
    drain: fn(&mut Client, Instant) -> bool,
    done: fn(&mut Client, Instant, MutationId, Result<Rc<str>, MutationError>),
    down: fn(&mut Client, Instant, Vec<MutationId>),
    over: fn(&mut Client, Instant, Vec<MutationId>),
    timeout: fn(&mut Client, Instant),
    sign_out: fn(&mut Client),
}

pub(super) static CALLS: Calls = Calls {
    lay_pending: Client::lay_pending_now,
    hear_overlay: Client::hear_overlay_now,
    drain: Client::drain_all_mutations,
    done: Client::mutation_is_done,
    down: Client::drop_carried_out,
    over: Client::give_up_waiting,
    timeout: Client::due_mutations,
    sign_out: Client::fail_mutations,
};

impl Client {
    /// A query has come into the cache: what was done to it before shows in it.
    pub(in crate::client) fn lay_pending(&mut self, now: Instant, entry: EntryId) {
        if let Some(calls) = self.mutating {
            (calls.lay_pending)(self, now, entry);
        }
    }

    /// Hears what the overlay of a query has to tell after something happened to its data.
    pub(in crate::client) fn hear_overlay(&mut self, now: Instant, entry: EntryId) {
        if let Some(calls) = self.mutating.filter(|_| self.mutations.is_active()) {
            (calls.hear_overlay)(self, now, entry);
        }
    }

    /// Sends the mutations that may be sent, and tells what became of others; whether any did.
    pub(in crate::client) fn drain_mutations(&mut self, now: Instant) -> bool {
        let calls = self.mutating;
        calls.is_some_and(|calls| (calls.drain)(self, now))
    }

    /// A mutation that was sent has its outcome.
    pub(in crate::client) fn mutation_done(
        &mut self,
        now: Instant,
        id: MutationId,
        result: Result<Rc<str>, MutationError>,
    ) {
        if let Some(calls) = self.mutating {
            (calls.done)(self, now, id, result);
        }
    }

    /// The link is down: what is known to have been carried out need not be sent again.
    pub(in crate::client) fn mutations_down(&mut self, now: Instant) {
        // Also before the first mutation: the next one has to know that there is no link.
        let echoed = self.mutations.link_down();
        if let Some(calls) = self.mutating {
            (calls.down)(self, now, echoed);
        }
    }

    /// No link will come: what waits for one fails, as what was sent does.
    pub(in crate::client) fn mutations_over(&mut self, now: Instant) {
        let waiting = self.mutations.link_over();
        if let Some(calls) = self.mutating {
            (calls.over)(self, now, waiting);
        }
    }

    /// The user signs out: no mutation outlives that.
    pub(in crate::client) fn sign_out_mutations(&mut self) {
        if let Some(calls) = self.mutating {
            (calls.sign_out)(self);
        }
    }

    pub(in crate::client) fn mutations_timeout(&mut self, now: Instant) {
        if let Some(calls) = self.mutating {
            (calls.timeout)(self, now);
        }
    }
}
