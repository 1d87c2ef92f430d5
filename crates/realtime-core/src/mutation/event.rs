//! Events of a mutation: its outcome and status, and what is counted.

use super::MutationError;
use crate::{id::MutationId, overlay::Conflict};
use std::rc::Rc;

/// What became of a mutation. Each ends with exactly one event other than a conflict; one that is
/// retried after it failed begins anew, and ends once more.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MutationEvent {
    /// The server has carried it out.
    Confirmed {
        /// Its answer, as JSON; `null` if there was none.
        answer: Rc<str>,
    },
    /// It failed, or was cancelled.
    Failed {
        /// Why.
        error: MutationError,
        /// Those that edit a row which it was to insert: they fail with it, and each says so
        /// itself.
        dropped: Vec<MutationId>,
    },
    /// An insert, what was done to the row, and its delete met before any of it was sent: nothing
    /// was.
    Annulled {
        /// The mutation with the delete.
        by: MutationId,
    },
    /// A field it edits was changed by someone else at once. It goes on.
    Conflict(Conflict),
}

/// Where a mutation is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MutationStatus {
    /// It waits: for its turn, for a connection, or for its next try.
    Queued,
    /// It has been sent, and the outcome is not known.
    Sending,
    /// It has been carried out, or annulled.
    Settled,
    /// It failed.
    Failed(MutationError),
}

/// One mutation, as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct MutationInfo {
    /// Where it is.
    pub status: MutationStatus,
    /// How often it has been sent, repeats on a new connection not counted.
    pub attempts: u32,
    /// Whether it is on the disk as it is now, and so outlives the page. Only what asks for it ever is:
    /// [`Mutation::with_persist`](crate::Mutation::with_persist).
    pub is_durable: bool,
}

/// Counters of a client's mutations since it was made, but for the ones that say "now".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MutationStats {
    /// Without an outcome now.
    pub pending: usize,
    /// Failed and kept now.
    pub failed_kept: usize,
    /// Confirmed, but waiting to be seen in the data now.
    pub unseen: usize,
    /// Given to the client.
    pub started: u64,
    /// Confirmed.
    pub confirmed: u64,
    /// Failed, those that were dropped, cancelled or too many included.
    pub failed: u64,
    /// Of those, how many because the insert of their row failed.
    pub dropped: u64,
    /// Of those, how many were cancelled.
    pub cancelled: u64,
    /// Of those, how many were refused because too many were pending.
    pub overflowed: u64,
    /// Annulled.
    pub annulled: u64,
    /// Tried again, automatically or on command.
    pub retried: u64,
    /// Fields that two sides changed at once.
    pub conflicts: u64,
    /// Outcomes of the app's functions that nobody waited for any more.
    pub late_results: u64,
    /// Confirmed ones whose queries were fetched again to see them in the data.
    pub refetched: u64,
    /// Confirmed ones that were never seen in the data, and are shown no longer.
    pub never_seen: u64,
    /// Those that were to be kept on the disk and cannot be: a function carries them out, or makes an edit.
    pub not_kept: u64,
    /// Temporary ids forgotten because there were too many.
    pub ids_dropped: u64,
}
