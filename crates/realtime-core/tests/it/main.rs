//! Behaviour of the core, by topic, in virtual time.

mod client_events;
mod client_lists;
mod client_queries;
mod client_rooms;
mod client_sends;
mod presence_announce;
mod presence_idle;
mod presence_kit;
mod presence_limits;
mod presence_members;
mod presence_model;
mod presence_silence;
mod query_events;
mod query_fetching;
mod query_harness;
mod query_invalidation;
mod query_keeping;
mod query_model;
mod query_source;
mod task;
mod typing_local;
mod typing_model;
mod typing_peers;
mod wire_snapshots;
