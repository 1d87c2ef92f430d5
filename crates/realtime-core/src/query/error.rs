//! Errors: what can go wrong with a query.

use crate::{error::DecodeError, id::EventName, key::QueryKey, time::Seconds};
use std::{rc::Rc, time::Duration};

/// Why a fetcher came back without data; the fetcher's author says so.
///
/// ```
/// use realtime_core::FetchError;
/// use std::time::Duration;
///
/// let busy = FetchError::new("the server answered 503").with_retry_after(Duration::from_secs(5));
/// assert!(busy.retryable);
/// let gone = FetchError::permanent("the server answered 404").with_status(404);
/// assert!(!gone.retryable && gone.status == Some(404));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// A sentence for people.
    pub message: Rc<str>,
    /// Whether trying again may help.
    pub retryable: bool,
    /// How long the server asked to be left alone.
    pub retry_after: Option<Duration>,
    /// The HTTP status of the answer, if there was one: 401 is not 404.
    pub status: Option<u16>,
}

impl FetchError {
    /// A failure that may pass, such as a lost connection or a 503.
    pub fn new(message: impl AsRef<str>) -> Self {
        Self {
            message: message.as_ref().into(),
            retryable: true,
            retry_after: None,
            status: None,
        }
    }

    /// A failure that will not pass by itself, such as a 404: it is not retried.
    pub fn permanent(message: impl AsRef<str>) -> Self {
        Self {
            retryable: false,
            ..Self::new(message)
        }
    }

    /// Waits at least this long before the next try. At most five minutes count.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Notes the HTTP status of the answer.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

/// A failure that may pass.
impl From<String> for FetchError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// A failure that may pass.
impl From<&str> for FetchError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

/// Why a query has no data, or has old data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The fetcher failed, and its retries with it.
    #[error("the fetch failed: {0}")]
    Fetch(#[from] FetchError),
    /// The fetcher did not answer in time, nor did its retries.
    #[error(
        "the fetch gave no answer within {}s; check the server, or raise `fetch_timeout`",
        Seconds(*.0)
    )]
    Timeout(Duration),
    /// The result could not be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Two users of one key disagree about what it holds.
    #[error(
        "the query key {key} already holds data of another type; \
         use one type per key, or put the type's name into the key"
    )]
    TypeMismatch {
        /// The key both used.
        key: QueryKey,
    },
    /// The query is to follow an event whose name the protocol keeps for itself.
    #[error(
        "event `{event}` never reaches the app, as the protocol keeps the name for itself; give the event another name"
    )]
    ReservedName {
        /// The event.
        event: EventName,
    },
    /// The cache is full of entries that are all in use.
    #[error(
        "{limit} queries are in use at once, which is the limit; \
         show fewer at a time, or raise `QueryLimits::max_entries`"
    )]
    TooManyEntries {
        /// The limit that was reached.
        limit: usize,
    },
    /// It was asked for from inside a function of the app's that the client calls.
    #[error("called from inside a reducer or comparator; call it after that has returned")]
    Busy,
}
