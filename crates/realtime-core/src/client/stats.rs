//! Statistics: what a client has counted.

use crate::{
    channel::ChannelStats, connection::ConnectionStats, mutation::MutationStats,
    outbox::OutboxStats, query::QueryStats, storage::StoreStats, wire::CodecStats,
};

/// Everything counted since the client was made. What belongs to one list or one room is counted
/// there: see [`Client::list_stats`](super::Client::list_stats), [`Client::presence_stats`](super::Client::presence_stats) and
/// [`Client::typing_stats`](super::Client::typing_stats).
/// Nothing is dropped, ignored or refused without a number here or there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientStats {
    /// Frames that arrived on the current socket.
    pub frames_received: u64,
    /// Their size in bytes.
    pub bytes_received: u64,
    /// Frames handed to the socket.
    pub frames_sent: u64,
    /// Frames that could not be read.
    pub malformed_frames: u64,
    /// Events that reached someone.
    pub events: u64,
    /// Events nobody asked for.
    pub unknown_events: u64,
    /// Events that name no channel though several listen to them, and that no rule gave one: they
    /// reached at most those who listen to no channel in particular.
    pub unaddressed_events: u64,
    /// What the protocol's codec has ignored or dropped.
    pub codec: CodecStats,
    /// Answers to nothing that waits for one.
    pub unknown_replies: u64,
    /// Faults reported to the app.
    pub faults: u64,
    /// The connection's counters.
    pub connection: ConnectionStats,
    /// The subscriptions' counters.
    pub channels: ChannelStats,
    /// The outbox's counters.
    pub outbox: OutboxStats,
    /// The query cache's counters.
    pub queries: QueryStats,
    /// The mutations' counters.
    pub mutations: MutationStats,
    /// What became of seeds.
    pub seeds: SeedStats,
    /// What was read from the store and written to it.
    pub store: StoreStats,
}

/// What became of the seeds that a client was given. All but the first only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeedStats {
    /// Seeds that wait for somebody to observe their query.
    pub waiting: usize,
    /// Queries that began with a seed.
    pub restored: u64,
    /// Seeds that came when their query had newer data, or a younger seed.
    pub outdated: u64,
    /// Seeds that could not be read.
    pub refused: u64,
    /// Seeds for which there was no room.
    pub dropped: u64,
}
