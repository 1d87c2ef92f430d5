//! Errors: why the shared state cannot be used.

use crate::log::NotAnEntryId;
use redis::RedisError;
use thiserror::Error;

/// Why the state in Redis cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It is not the address of a Redis.
    #[error("that is not the address of a redis: {0}; write it as redis://127.0.0.1:6379")]
    Url(#[source] RedisError),
    /// Redis failed.
    #[error("redis does not do its part: {0}")]
    Redis(#[from] RedisError),
    /// The log is not what it was.
    #[error("the log is gone from redis, or no longer what it was")]
    Gone,
    /// The log has a hole.
    #[error(
        "the log in redis is not complete, and no snapshot makes up for it: start the server that knows the rest, \
         delete the keys, or choose another prefix"
    )]
    Incomplete,
    /// Another version wrote it.
    #[error(
        "{key} in redis is of another version of this server ({format:?}): choose another prefix"
    )]
    Format {
        /// Which key.
        key: String,
        /// Its version.
        format: String,
    },
    /// The snapshot is not one.
    #[error("the snapshot in redis cannot be read: {0}; choose another prefix")]
    Snapshot(#[from] serde_json::Error),
    /// An id is not one.
    #[error("redis gave something that is {0}")]
    Id(#[from] NotAnEntryId),
}
