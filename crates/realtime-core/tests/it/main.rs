//! Behaviour of the core, by topic, in virtual time.

mod client_events;
mod client_lists;
mod client_queries;
mod client_rooms;
mod client_sends;
mod query_events;
mod query_fetching;
mod query_harness;
mod query_invalidation;
mod query_keeping;
mod query_model;
mod query_source;
mod task;
mod wire_snapshots;
