//! Meta: what a query says about itself, apart from its data.

use super::QueryError;
use crate::{error::DecodeError, liveness::Liveness, time::Instant};

/// Whether there is data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QueryStatus {
    /// None yet.
    #[default]
    Pending,
    /// None, and the fetch has failed for good.
    Error,
    /// There is data; perhaps old, see [`QueryMeta::error`] and [`QueryMeta::is_stale`].
    Success,
}

/// What the fetcher is doing; independent of [`QueryStatus`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FetchStatus {
    /// A fetch runs, or is about to: it waits for the subscription or for its next try.
    Fetching,
    /// A fetch is wanted, but the browser says that it is offline, and our own connection is not open;
    /// or nobody is signed in. See [`NetworkMode`](super::NetworkMode).
    Paused,
    /// Nothing is wanted.
    #[default]
    Idle,
}

/// The state of a query, apart from its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryMeta {
    /// Whether there is data.
    pub status: QueryStatus,
    /// What the fetcher is doing.
    pub fetch_status: FetchStatus,
    /// Why the last fetch failed for good; `None` again after one that worked.
    pub error: Option<QueryError>,
    /// Why the last event could not be read; `None` again after one that could, or a fetch.
    pub event_error: Option<DecodeError>,
    /// When the data last changed or was confirmed by a fetch.
    pub updated_at: Option<Instant>,
    /// Failures of the fetch that runs, or of the last one: zero if it worked at once.
    pub failure_count: u32,
    /// Whether the data is, or may be, out of date. True without data.
    pub is_stale: bool,
    /// Whether events keep the data fresh with nothing missing: the subscription stands, and the
    /// data was fetched under it.
    pub is_live: bool,
    /// How that subscription stands.
    pub liveness: Liveness,
}

impl QueryMeta {
    /// No data yet, but on its way: time for a spinner.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.status == QueryStatus::Pending && self.fetch_status == FetchStatus::Fetching
    }

    /// The same but for when: what tells two states apart that look different.
    pub(crate) fn without_time(self) -> Self {
        Self {
            updated_at: None,
            ..self
        }
    }

    /// There is data, and newer is on its way.
    #[must_use]
    pub fn is_refetching(&self) -> bool {
        self.status == QueryStatus::Success && self.fetch_status == FetchStatus::Fetching
    }
}

/// Counters of a [`QueryCache`](super::QueryCache), for logs and devtools. All but the first two
/// only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryStats {
    /// Entries now.
    pub entries: usize,
    /// Observers now.
    pub observers: usize,
    /// Fetches begun, retries included.
    pub fetches: u64,
    /// Fetches that failed, time-outs included.
    pub failures: u64,
    /// Fetches that took too long.
    pub timeouts: u64,
    /// Results of fetches that nobody waited for any more: timed out, cancelled or removed.
    pub late_results: u64,
    /// Results not taken because what was on screen was newer.
    pub outdated_results: u64,
    /// Extra fetches because a result and the events that came during it could not be put in order.
    pub trailing_refetches: u64,
    /// Events applied, whether or not they changed anything.
    pub events: u64,
    /// Events ignored because a fetch already contained them.
    pub covered_events: u64,
    /// Events that could not be read.
    pub event_errors: u64,
    /// Fetches during which more events came than are remembered.
    pub log_overflows: u64,
    /// Entries marked out of date by an invalidation.
    pub invalidations: u64,
    /// Times the connection may have missed events of an entry.
    pub gaps: u64,
    /// Entries removed because nobody used them for their `gc_time`.
    pub collected: u64,
    /// Entries removed because the cache was full.
    pub evicted: u64,
}
