//! A whole room as the server describes it.

use super::{
    PresenceOptions, PresenceStats,
    connections::Connections,
    members::Members,
    message::{Diff, Update},
};
use crate::{UserId, ordered::OrderedMap};

/// The rows of a `presence:sync`, with the parked changes applied over them.
///
/// It is built apart from what is shown and then put in its place in one step, so that somebody the
/// snapshot lacks but a parked change adds neither leaves nor joins on the way.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) own: Connections,
    peers: OrderedMap<UserId, Connections>,
    /// The peers' ids in the order of their first row.
    order: Vec<UserId>,
}

impl Room {
    pub(super) fn new(
        rows: Vec<Update>,
        parked: impl IntoIterator<Item = Diff>,
        members: &mut Members,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) -> Self {
        let mut room = Self::default();
        for diff in rows.into_iter().map(Diff::Update).chain(parked) {
            room.apply(diff, members, options, stats);
        }
        room
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

    fn apply(
        &mut self,
        diff: Diff,
        members: &mut Members,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) {
        let my_id = members.me().user.id.clone();
        match diff {
            Diff::Update(update) => {
                let connections = if update.user_id == my_id {
                    &mut self.own
                } else {
                    if !self.contains(&update.user_id) {
                        if self.peers.len() >= options.max_peers() {
                            stats.refused_members += 1;
                            return;
                        }
                        self.order.push(update.user_id.clone());
                    }
                    self.peers
                        .get_or_insert_with(update.user_id.clone(), Default::default)
                };
                let rank = members.next_rank();
                let known = members.known_user(&update.user_id);
                let limit = options.max_connections_per_member;
                connections.upsert(update, known, rank, limit, stats);
            }
            Diff::Leave(leave) => {
                let connection = leave.connection.as_ref();
                if leave.user_id == my_id {
                    self.own.remove(connection);
                } else if let Some(connections) = self.peers.get_mut(&leave.user_id) {
                    connections.remove(connection);
                    if connections.is_empty() {
                        self.peers.remove(&leave.user_id);
                    }
                }
            }
        }
    }
}
