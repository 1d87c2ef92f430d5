//! A row of the tasks and of the board.

use crate::plan::Policy;
use realtime_core::{ConflictPolicy, ListItem, ListOptions, RowId, Side};
use serde::{Deserialize, Serialize};

/// A row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `t0`, `t1`, …
    pub id: String,
    /// Grows by one with each change, if the server has versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Names the edit that gave it.
    pub title: String,
    /// Whether it is done.
    pub done: bool,
    /// What the list is sorted by, if it is.
    pub rank: u32,
    /// Names the edit that gave it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        self.version
    }
}

impl Task {
    /// How a client keeps a list of them.
    #[must_use]
    pub fn options(sorted: bool, policy: Policy) -> ListOptions<Self> {
        let options = ListOptions::default().with_conflicts(policy.conflicts());
        if sorted {
            options.with_sort(|a: &Self, b: &Self| a.rank.cmp(&b.rank))
        } else {
            options
        }
    }
}

impl Policy {
    /// The same in the client's words.
    #[must_use]
    pub const fn conflicts<T>(self) -> ConflictPolicy<T> {
        match self {
            Self::LastWriterWins => ConflictPolicy::LastWriterWins,
            Self::Ours => ConflictPolicy::MergeFields {
                same_field: Side::Ours,
            },
            Self::Theirs => ConflictPolicy::MergeFields {
                same_field: Side::Theirs,
            },
        }
    }
}
