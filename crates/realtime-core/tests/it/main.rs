//! Behaviour of the core, by topic, in virtual time.

mod client_events;
mod client_lists;
mod client_queries;
mod client_rooms;
mod client_sends;
mod task;
