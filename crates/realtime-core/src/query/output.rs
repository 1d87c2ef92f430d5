//! Outputs: what the cache asks its owner to do.

use super::fetching::FetchId;
use crate::{id::EntryId, key::QueryKey};

/// What the cache asks its owner to do; drained after every call that takes `&mut self`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryOutput {
    /// Run the fetcher of `key`, and report with
    /// [`fetch_finished`](super::QueryCache::fetch_finished).
    StartFetch {
        /// What to report with.
        fetch: FetchId,
        /// The entry to be filled.
        entry: EntryId,
        /// Its key.
        key: QueryKey,
    },
    /// Nobody waits for this fetch any more: stop it if it can be stopped.
    CancelFetch {
        /// Which one.
        fetch: FetchId,
    },
    /// The data or the meta of an observed entry changed. Comes once, however much changed, until
    /// it is drained.
    Changed {
        /// Which entry.
        entry: EntryId,
        /// Its key.
        key: QueryKey,
    },
    /// The entry is gone, and its observers with it.
    Removed {
        /// Which entry.
        entry: EntryId,
        /// Its key.
        key: QueryKey,
    },
}
