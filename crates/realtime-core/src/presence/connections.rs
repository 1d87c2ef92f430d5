//! The connections (tabs, devices) of one user.

use super::{Metadata, PresenceStats, PresenceStatus, User, message::Update};
use crate::{
    ConnectionId, Instant,
    ordered::OrderedMap,
    rule::{Rule, off},
};
use std::time::Duration;

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
pub(super) struct Connections(OrderedMap<Option<ConnectionId>, Connection>);

impl Connections {
    /// Adds or changes a connection. `known` is who this user is if the update does not say.
    pub(super) fn upsert(
        &mut self,
        update: Update,
        known: Option<&User>,
        rank: u64,
        limit: usize,
        stats: &mut PresenceStats,
    ) {
        let id = update.connection;
        if id.is_some() {
            self.0.remove(&None);
        }
        let before = self.0.get(&id);
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
        if let Some(before) = before {
            connection.take_rank_of(before);
        }
        self.0.insert(id.clone(), connection);
        while self.0.len() > limit.max(1) {
            let silent = self
                .0
                .iter()
                .filter(|(other, _)| **other != id)
                .min_by_key(|(_, connection)| (connection.heard, connection.rank))
                .map(|(id, _)| id.clone());
            let Some(silent) = silent else { break };
            self.0.remove(&silent);
            stats.evicted_connections += 1;
        }
    }

    /// Removes one connection, or all; false if it was not there.
    pub(super) fn remove(&mut self, id: Option<&ConnectionId>) -> bool {
        let before = self.0.len();
        if let Some(id) = id.filter(|_| !off(Rule::ConnectionCount)) {
            self.0.remove(&Some(id.clone()));
            if self.0.keys().all(Option::is_none) {
                self.0.clear();
            }
        } else {
            self.0.clear();
        }
        self.0.len() < before
    }

    /// Drops the connections that were silent for `expiry`; says how many.
    pub(super) fn expire(&mut self, now: Instant, expiry: Duration) -> u64 {
        let before = self.0.len();
        self.0
            .retain(|_, connection| connection.heard + expiry > now);
        (before - self.0.len()) as u64
    }

    /// When the one unheard for longest was heard.
    pub(super) fn oldest_heard(&self) -> Option<Instant> {
        self.0.values().map(|connection| connection.heard).min()
    }

    /// The connection that changed last.
    pub(super) fn latest(&self) -> Option<&Connection> {
        self.0.values().max_by_key(|connection| connection.rank)
    }

    /// Of all statuses, the one that counts.
    pub(super) fn status(&self) -> PresenceStatus {
        self.0
            .values()
            .map(|connection| connection.status)
            .max()
            .unwrap_or_default()
    }

    /// Keeps the ranks of connections that say the same as before a snapshot repeated them.
    pub(super) fn inherit_ranks(&mut self, before: &Self) {
        self.0.visit_mut(|id, connection| {
            if let Some(before) = before.0.get(id) {
                connection.take_rank_of(before);
            }
        });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Connection {
    fn take_rank_of(&mut self, before: &Self) {
        if self.says_the_same_as(before) {
            self.rank = before.rank;
        }
    }
}
