//! A whole room as the server describes it.

use super::{
    PresenceOptions, PresenceStats,
    budget::Budget,
    connections::{Connections, Space, Upserted},
    members::Members,
    message::{Diff, Update},
};
use crate::{UserId, ordered::OrderedMap};

/// The rows of a `presence:sync`, with the parked changes applied over them.
///
/// It is built apart from what is shown and then put in its place in one step, so that somebody the
/// snapshot lacks but a parked change adds neither leaves nor joins on the way.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) own: Connections,
    /// What all connections take.
    pub(super) budget: Budget,
    peers: OrderedMap<UserId, Connections>,
    /// The peers' ids in the order of their first row.
    order: Vec<UserId>,
}

impl Room {
    pub(super) fn new(options: &PresenceOptions) -> Self {
        Self {
            own: Connections::default(),
            budget: Budget::new(options.max_bytes),
            peers: OrderedMap::new(),
            order: Vec::new(),
        }
    }

    pub(super) fn contains(&self, id: &UserId) -> bool {
        self.peers.contains_key(id)
    }

    /// The peers in order.
    pub(super) fn into_peers(mut self) -> impl Iterator<Item = (UserId, Connections)> {
        self.order
            .into_iter()
            .filter_map(move |id| self.peers.remove(&id).map(|connections| (id, connections)))
    }

    pub(super) fn apply(
        &mut self,
        diff: Diff,
        members: &mut Members,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) {
        match diff {
            Diff::Update(update) => self.update(update, members, options, stats),
            Diff::Leave(leave) => {
                let connection = leave.connection.as_ref();
                let connections = if leave.user_id == members.me().user.id {
                    &mut self.own
                } else if let Some(connections) = self.peers.get_mut(&leave.user_id) {
                    connections
                } else {
                    return;
                };
                let held = connections.bytes();
                connections.remove(connection);
                self.budget.change(held, connections.bytes());
                self.forget_if_empty(&leave.user_id);
            }
        }
    }

    /// A row, or a change that came before them.
    pub(super) fn update(
        &mut self,
        update: Update,
        members: &mut Members,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) {
        let id = update.user_id.clone();
        let is_me = id == members.me().user.id;
        let is_new = !is_me && !self.contains(&id);
        if is_new && self.peers.len() >= options.max_peers() {
            stats.refused_members += 1;
            return;
        }
        let connections = if is_me {
            &mut self.own
        } else {
            self.peers.get_or_insert_with(id.clone(), Default::default)
        };
        let rank = members.next_rank();
        let known = members.known_user(&id);
        let mut space = Space {
            budget: &mut self.budget,
            options,
            stats,
        };
        if connections.upsert(update, known, rank, &mut space) == Upserted::Refused {
            self.forget_if_empty(&id);
        } else if is_new {
            self.order.push(id);
        }
    }

    fn forget_if_empty(&mut self, id: &UserId) {
        if self.peers.get(id).is_some_and(Connections::is_empty) {
            self.peers.remove(id);
        }
    }
}
