//! Errors: why a mutation did not happen, or may not have.

use crate::{
    error::DecodeError, id::MutationId, key::QueryKey, outbox::SendError, query::FetchError,
};
use std::rc::Rc;

/// The code of a refusal that says: the item is newer than the message.
const CONFLICT: &str = "conflict";

/// Why a mutation failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// Its message was refused, or its outcome is unknown.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The app's function failed.
    #[error("the mutation failed: {0}")]
    App(#[from] FetchError),
    /// The app's function took too long.
    #[error("the mutation gave no answer in time; the server may or may not have carried it out")]
    Timeout,
    /// There was no connection, and the mutation was not to wait for one.
    #[error(
        "there is no connection; try again when there is, or let the mutation wait with `OfflinePolicy::Queue`"
    )]
    Offline,
    /// Too many mutations wait already.
    #[error(
        "{limit} mutations are pending, which is the limit; wait for some to end, or raise `MutationLimits::pending`"
    )]
    Overflow {
        /// The limit that was reached.
        limit: usize,
    },
    /// The insert of the row that it edits failed or was cancelled, so it was not sent.
    #[error("the row it edits was not created, so it was not sent")]
    Dropped {
        /// The mutation with the insert.
        by: MutationId,
    },
    /// The app cancelled it; if it was sent, the server may have carried it out.
    #[error("the mutation was cancelled")]
    Cancelled,
    /// It was kept while the page was away, and is not sent again just like that: it is shown as failed,
    /// to be tried again or dismissed.
    #[error("{why}{}; try again, or dismiss it", if *.was_sent { ", and the server may or may not have carried it out" } else { "" })]
    Interrupted {
        /// Why not.
        why: Interruption,
        /// Whether the server may have got it.
        was_sent: bool,
    },
    /// An edit does not fit the value it was made on.
    #[error(transparent)]
    Invalid(#[from] DecodeError),
    /// An edit is of another type than the query it is for.
    #[error("the query {key} holds data of another type than the edit; use one type per key")]
    TypeMismatch {
        /// The query.
        key: QueryKey,
    },
}

/// Why a mutation that was kept while the page was away is not sent just like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Interruption {
    /// It had failed before, and was kept.
    #[error("{0}")]
    Failed(Rc<str>),
    /// It was sent so long ago that the server may not know it again, and would carry it out twice.
    #[error(
        "it was sent before the page was closed, which is longer ago than the server remembers"
    )]
    Old,
    /// Another version of the app has made it.
    #[error("another version of the app has made it")]
    OtherBuild,
}

impl MutationError {
    /// Whether trying the same thing again may end differently.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Send(SendError::Server(error)) => error.retry_after.is_some(),
            Self::Send(SendError::Timeout | SendError::Expired | SendError::Overflow)
            | Self::Timeout => true,
            Self::App(error) => error.retryable,
            _ => false,
        }
    }

    /// Whether the server said no: what was refused was not done.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Send(SendError::Server(_)))
    }

    /// Whether the server said that the item is newer than the message.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Send(SendError::Server(error)) if &*error.code == CONFLICT)
    }

    /// Whether it is not known if the server has carried it out. A function of the app's that failed
    /// for the moment may have lost no more than the answer.
    pub(crate) const fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::App(FetchError {
                retryable: true,
                ..
            }) | Self::Timeout
                | Self::Interrupted { was_sent: true, .. }
                | Self::Send(
                    SendError::Timeout
                        | SendError::Expired
                        | SendError::Disconnected
                        | SendError::Cancelled
                )
        )
    }

    /// How many milliseconds the server asked to be left alone.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Send(SendError::Server(error)) => error.retry_after,
            Self::App(error) => error
                .retry_after
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            _ => None,
        }
    }
}
