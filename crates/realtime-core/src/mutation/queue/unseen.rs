//! Mutations that the server has carried out, but whose effect the data does not show yet.

use super::{Mutations, State};
use crate::{id::MutationId, key::QueryKey, time::Instant};
use std::time::Duration;

/// How long the echo, or a fetch, may take before the queries are fetched again for its sake.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long that fetch may take.
const FETCH_PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Unseen {
    keys: Vec<QueryKey>,
    asked: bool,
}

/// What is to be done because time has passed.
#[derive(Debug)]
pub(crate) enum Due {
    /// The app's function took too long.
    Late(MutationId),
    /// The data should show the mutation by now. If any of its layers is left in these queries,
    /// they are to be fetched again ([`Mutations::asked`]); if they have been, its layers go.
    Overdue {
        mutation: MutationId,
        keys: Vec<QueryKey>,
        asked: bool,
    },
}

impl Mutations {
    /// A confirmed mutation has layers left in these queries. Gives one that has to go for it,
    /// as there are too many, and its queries.
    pub(crate) fn wait_to_be_seen(
        &mut self,
        now: Instant,
        id: MutationId,
        keys: Vec<QueryKey>,
    ) -> Option<(MutationId, Vec<QueryKey>)> {
        self.timers.set(id, Some(now + PATIENCE));
        self.unseen.insert(id, Unseen { keys, asked: false });
        if self.unseen.len() <= self.limits.pending {
            return None;
        }
        let (oldest, unseen) = self.unseen.first()?;
        Some((*oldest, unseen.keys.clone()))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub(crate) fn next_due(&mut self, now: Instant) -> Option<Due> {
        self.reach.end_patience(now);
        while let Some(id) = self.timers.pop(now) {
            if let Some(unseen) = self.unseen.get(&id) {
                return Some(Due::Overdue {
                    mutation: id,
                    keys: unseen.keys.clone(),
                    asked: unseen.asked,
                });
            }
            match self.entries.get(&id).map(|entry| &entry.state) {
                Some(State::Sending(_)) => return Some(Due::Late(id)),
                _ => self.is_changed = true,
            }
        }
        None
    }

    /// The data shows it, or is not there to show it: there is nothing to wait for any more. An id
    /// that is not known by now never will be: gives the others whose layers are to go for it.
    pub(crate) fn seen(&mut self, id: MutationId) -> Vec<MutationId> {
        self.unseen.remove(&id);
        self.timers.set(id, None);
        self.never_named(id)
    }

    /// Its queries are fetched again.
    pub(crate) fn asked(&mut self, now: Instant, id: MutationId) {
        if let Some(unseen) = self.unseen.get_mut(&id) {
            unseen.asked = true;
            self.stats.refetched += 1;
            self.timers.set(id, Some(now + FETCH_PATIENCE));
        }
    }

    /// There is no connection that could bring the echo: waits on.
    pub(crate) fn wait_on(&mut self, now: Instant, id: MutationId) {
        self.timers.set(id, Some(now + PATIENCE));
    }

    /// Its layers go although nothing has shown it. Gives the others whose layers are to go.
    pub(crate) fn never_seen(&mut self, id: MutationId) -> Vec<MutationId> {
        self.stats.never_seen += 1;
        self.seen(id)
    }
}
