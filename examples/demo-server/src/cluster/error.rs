//! Errors: why the shared state cannot be used.

use crate::log::NotAnEntryId;
use redis::RedisError;
use thiserror::Error;

/// Why the state in Redis cannot be used.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("that is not the address of a redis: {0}; write it as redis://127.0.0.1:6379")]
    Url(#[source] RedisError),
    #[error("redis does not do its part: {0}")]
    Redis(#[from] RedisError),
    #[error("the log is gone from redis, or no longer what it was")]
    Gone,
    #[error(
        "the log in redis is not complete, and no snapshot makes up for it: start the server that knows the rest, \
         delete the keys, or choose another --redis-prefix"
    )]
    Incomplete,
    #[error(
        "{key} in redis is of another version of this server ({format:?}): choose another --redis-prefix"
    )]
    Format { key: String, format: String },
    #[error("the snapshot in redis cannot be read: {0}; choose another --redis-prefix")]
    Snapshot(#[from] serde_json::Error),
    #[error("redis gave something that is {0}")]
    Id(#[from] NotAnEntryId),
}
