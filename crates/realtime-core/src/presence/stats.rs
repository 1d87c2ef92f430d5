//! Statistics: what a roster has seen, done and refused.

/// Counters of one [`Roster`](super::Roster), since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresenceStats {
    /// Announcements handed out, heartbeats included.
    pub announced: u64,
    /// Farewells handed out.
    pub farewells: u64,
    /// `presence:update`s read.
    pub updates: u64,
    /// `presence:leave`s read.
    pub leaves: u64,
    /// `presence:sync`s read.
    pub syncs: u64,
    /// Frames, or rows of a sync, that could not be read and changed nothing.
    pub malformed: u64,
    /// Events that are not presence's.
    pub unknown_events: u64,
    /// Frames that came after we left.
    pub after_leave: u64,
    /// Leaves of somebody, or of a connection, that was not here.
    pub unknown_leaves: u64,
    /// Statuses that are none of the three; they counted as online.
    pub unknown_statuses: u64,
    /// Updates whose user object was missing, or it or its name unreadable.
    pub missing_users: u64,
    /// Updates whose `user.id` was not their `userId`; the latter counted.
    pub mismatched_ids: u64,
    /// Avatars dropped because their address is not safe.
    pub rejected_avatars: u64,
    /// Metadata dropped because it is too long.
    pub oversized_metadata: u64,
    /// Updates of somebody new, refused because the roster is full.
    pub refused_members: u64,
    /// Updates that kept neither their metadata nor their picture, as the room's bytes are used up.
    pub stripped: u64,
    /// Updates of a new connection, refused because the room's bytes are used up.
    pub refused_connections: u64,
    /// Connections dropped because a member had too many.
    pub evicted_connections: u64,
    /// Connections dropped because they were silent for too long.
    pub expired_connections: u64,
    /// Changes kept to be applied again over a snapshot.
    pub parked: u64,
    /// Of those, the ones that had to make way for later ones.
    pub parked_dropped: u64,
    /// Events dropped because nobody polled them.
    pub events_dropped: u64,
    /// Times we were said to have left, and announced ourselves again.
    pub healed: u64,
    /// Times we announced ourselves again because somebody new appeared who may not know us.
    pub reannounced: u64,
    /// Calls of `set_user` with somebody else's id, ignored.
    pub refused_users: u64,
}
