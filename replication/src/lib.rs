//! Several processes with one state, by way of Redis: what the demo's servers share theirs with.
//!
//! All changes are entries of one Redis stream, the *log*; the processes carry them out in its order, each on a
//! [`Machine`] of its own, and so have the same state. Now and then one of them writes its state down, as the *snapshot*:
//! whoever starts reads that and the entries after it, and what even the snapshot before it contains is dropped from the
//! log.
//!
//! A [`Replica`] is a machine with its way into the log; one without a log is alone. [`Cluster`] connects it to Redis.
//! [`Bus`] is a driver for Socket.IO's Redis adapter that survives the loss of its connection.

mod bus;
mod cluster;
mod entry;
mod error;
mod limits;
mod link;
mod log;
mod machine;
mod membership;
mod reader;
mod replica;
mod settle;
mod snapshots;
mod tickets;
mod waiter;
mod writer;

pub use bus::{Bus, RedisAdapter};
pub use cluster::{Cluster, Settings};
pub use error::StoreError;
pub use log::{EntryId, Log, LogStats, NotAnEntryId};
pub use machine::{Class, Machine};
pub use membership::Membership;
pub use realtime_server::replica::NodeId;
pub use replica::{Replica, State};
pub use waiter::Waiter;
