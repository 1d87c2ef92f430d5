//! The connections (tabs, devices) of one user.

use super::{
    Metadata, PresenceOptions, PresenceStats, PresenceStatus, User,
    budget::{Budget, OVERHEAD},
    message::Update,
};
use crate::{ConnectionId, Instant, ordered::OrderedMap};
use std::{rc::Rc, time::Duration};

/// One connection, as last announced.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) user: User,
    pub(super) metadata: Option<Metadata>,
    status: PresenceStatus,
    /// When it was last heard of, by our own clock.
    heard: Instant,
    /// Grows with each change of content, not with heartbeats: two tabs that take turns in
    /// beating must not take turns in being shown.
    rank: u64,
}

impl Connection {
    fn says_the_same_as(&self, other: &Self) -> bool {
        self.status == other.status && self.user == other.user && self.metadata == other.metadata
    }
}

/// A user's connections by id. `None` is the anonymous one, of a server that tells no ids: it
/// stands for all of the user's connections, so a connection with an id takes its place, and it
/// does not outlive the last of those.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    by_id: OrderedMap<Option<ConnectionId>, Connection>,
    /// How many bytes they take to keep.
    bytes: usize,
}

/// What a connection is added to.
pub(super) struct Space<'a> {
    pub(super) budget: &'a mut Budget,
    pub(super) options: &'a PresenceOptions,
    pub(super) stats: &'a mut PresenceStats,
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upserted {
    /// A connection that was not known.
    New,
    /// One that was.
    Known,
    /// There is no room for it.
    Refused,
}

impl Connections {
    /// Adds or changes a connection. `known` is who this user is if the update does not say. One that
    /// does not fit loses its metadata and its picture; if it is new and does not fit even so, it is
    /// refused, and if it is not, it keeps its name.
    pub(super) fn upsert(
        &mut self,
        update: Update,
        known: Option<&User>,
        rank: u64,
        space: &mut Space<'_>,
    ) -> Upserted {
        let id = update.connection;
        let before = self.by_id.get(&id);
        let replaced = before.map_or(0, |before| before.bytes(&id));
        let user = update
            .user
            .or_else(|| before.map(|connection| connection.user.clone()))
            .or_else(|| known.cloned())
            .unwrap_or_else(|| User::new(&update.user_id, ""));
        let mut connection = Connection {
            user,
            status: update.status,
            metadata: update.metadata,
            heard: update.heard,
            rank,
        };
        if !space.budget.fits(connection.bytes(&id), replaced) {
            let told = connection.metadata.take().is_some();
            let told = connection.user.avatar.take().is_some() || told;
            if !space.budget.fits_bare(connection.bytes(&id), replaced) {
                let Some(before) = before else {
                    space.stats.refused_connections += 1;
                    return Upserted::Refused;
                };
                connection.user.name = Rc::clone(&before.user.name);
            }
            space.stats.stripped += u64::from(told);
        }
        if let Some(before) = before {
            connection.take_rank_of(before);
        }
        let upserted = match before {
            Some(_) => Upserted::Known,
            None => Upserted::New,
        };
        let held = self.bytes;
        if id.is_some() {
            self.take(&None);
        }
        self.bytes = self.bytes - replaced + connection.bytes(&id);
        self.by_id.insert(id.clone(), connection);
        while self.by_id.len() > space.options.max_connections_per_member.max(1) {
            let silent = self
                .by_id
                .iter()
                .filter(|(other, _)| **other != id)
                .min_by_key(|(_, connection)| (connection.heard, connection.rank))
                .map(|(id, _)| id.clone());
            let Some(silent) = silent else { break };
            self.take(&silent);
            space.stats.evicted_connections += 1;
        }
        space.budget.change(held, self.bytes);
        upserted
    }

    fn take(&mut self, id: &Option<ConnectionId>) {
        if let Some(gone) = self.by_id.remove(id) {
            self.bytes -= gone.bytes(id);
        }
    }

    /// Removes one connection, or all; false if it was not there.
    pub(super) fn remove(&mut self, id: Option<&ConnectionId>) -> bool {
        let before = self.by_id.len();
        if let Some(id) = id {
            self.take(&Some(id.clone()));
            if self.by_id.keys().all(Option::is_none) {
                self.clear();
            }
        } else {
            self.clear();
        }
        self.by_id.len() < before
    }

    /// Drops the connections that were silent for `expiry`; says how many.
    pub(super) fn expire(&mut self, now: Instant, expiry: Duration) -> u64 {
        let before = self.by_id.len();
        let bytes = &mut self.bytes;
        self.by_id.retain(|id, connection| {
            let stays = connection.heard + expiry > now;
            if !stays {
                *bytes -= connection.bytes(id);
            }
            stays
        });
        (before - self.by_id.len()) as u64
    }

    /// When the one unheard for longest was heard.
    pub(super) fn oldest_heard(&self) -> Option<Instant> {
        self.by_id.values().map(|connection| connection.heard).min()
    }

    /// The connection that changed last.
    pub(super) fn latest(&self) -> Option<&Connection> {
        self.by_id.values().max_by_key(|connection| connection.rank)
    }

    /// Of all statuses, the one that counts.
    pub(super) fn status(&self) -> PresenceStatus {
        self.by_id
            .values()
            .map(|connection| connection.status)
            .max()
            .unwrap_or_default()
    }

    /// Keeps the ranks of connections that say the same as before a snapshot repeated them.
    pub(super) fn inherit_ranks(&mut self, before: &Self) {
        self.by_id.visit_mut(|id, connection| {
            if let Some(before) = before.by_id.get(id) {
                connection.take_rank_of(before);
            }
        });
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many bytes they take to keep.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

impl Connection {
    fn bytes(&self, id: &Option<ConnectionId>) -> usize {
        let id = id.as_ref().map_or(0, |id| id.len());
        let metadata = self.metadata.as_ref().map_or(0, Metadata::bytes);
        OVERHEAD + id + self.user.bytes() + metadata
    }

    fn take_rank_of(&mut self, before: &Self) {
        if self.says_the_same_as(before) {
            self.rank = before.rank;
        }
    }
}
