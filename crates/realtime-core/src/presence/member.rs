//! Members, one by one and all together, as the application sees them.

use super::{Metadata, PresenceStatus, User, budget::OVERHEAD, connections::Connections};
use crate::UserId;
use std::rc::Rc;

/// Somebody who is here: one user, with all of their connections taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Who it is.
    pub user: User,
    /// Whether they are available: of several connections' statuses, the greatest
    /// (see [`PresenceStatus`]). For ourselves, what this connection says.
    pub status: PresenceStatus,
    /// What they tell about themselves; of several connections, the one that last changed. For
    /// ourselves, what this connection says.
    pub metadata: Option<Metadata>,
    /// How many connections (tabs, devices) of theirs are known, at least 1. A server that does
    /// not tell us about ourselves leaves this connection out of our own number.
    pub connections: usize,
    /// Not confirmed since the link was lost; the room's next snapshot confirms or removes them.
    /// Never true of ourselves.
    pub stale: bool,
    /// Whether this is the roster's own user.
    pub is_me: bool,
}

impl Member {
    /// Somebody else with this status, with one connection and no metadata: to show, or test, a
    /// component with.
    #[must_use]
    pub const fn new(user: User, status: PresenceStatus) -> Self {
        Self {
            user,
            status,
            metadata: None,
            connections: 1,
            stale: false,
            is_me: false,
        }
    }

    pub(super) fn me(
        user: User,
        status: PresenceStatus,
        metadata: Option<Metadata>,
        connections: usize,
    ) -> Self {
        Self {
            user,
            status,
            metadata,
            connections: connections.max(1),
            stale: false,
            is_me: true,
        }
    }

    /// A peer with these connections, or nobody if there are none.
    pub(super) fn peer(connections: &Connections, stale: bool) -> Option<Self> {
        let latest = connections.latest()?;
        Some(Self {
            user: latest.user.clone(),
            status: connections.status(),
            metadata: latest.metadata.clone(),
            connections: connections.len(),
            stale,
            is_me: false,
        })
    }

    /// How many bytes it takes to keep.
    pub(super) fn bytes(&self) -> usize {
        let metadata = self.metadata.as_ref().map_or(0, Metadata::bytes);
        OVERHEAD + self.user.bytes() + metadata
    }

    /// Whether the two differ in more than their staleness.
    pub(super) fn differs_from(&self, other: &Self) -> bool {
        self.user != other.user
            || self.status != other.status
            || self.metadata != other.metadata
            || self.connections != other.connections
    }
}

/// Everybody in a room at one moment.
///
/// A roster hands out the same `Rc` of it until something in it changes, and a member that did not
/// change keeps its pointer from one snapshot to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresenceSnapshot {
    /// Everybody: ourselves first, then the others in the order in which we learnt of them.
    pub members: Rc<[Rc<Member>]>,
    /// Those of them whose status is online, in the same order.
    pub online: Rc<[Rc<Member>]>,
    /// What others see of us: the chosen status, or away if it is online and we are idle.
    pub my_status: PresenceStatus,
    /// The status the user chose.
    pub chosen_status: PresenceStatus,
    /// Whether this is the room as it is, not as it was before the link was lost or the room's
    /// snapshot came. True 5 s after joining even if the server sends no snapshot.
    pub live: bool,
}

impl PresenceSnapshot {
    /// The member with this id.
    #[must_use]
    pub fn member(&self, id: &UserId) -> Option<&Rc<Member>> {
        self.members.iter().find(|member| member.user.id == *id)
    }

    /// Everybody but ourselves.
    pub fn others(&self) -> impl Iterator<Item = &Rc<Member>> {
        self.members.iter().filter(|member| !member.is_me)
    }
}
