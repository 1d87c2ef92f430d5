//! Errors: why a seed was not taken.

use crate::{error::DecodeError, key::QueryKey};

/// Why a seed was not taken. Its query is fetched as if there had been none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Its format is another version's.
    #[error(
        "the seed is of another version of the format: it was dropped, and its query is fetched"
    )]
    OtherFormat,
    /// It is not as it was written.
    #[error("the seed is damaged: it was dropped, and its query is fetched")]
    Damaged,
    /// It stands under a key that is not its own.
    #[error("the seed is not of the query {key}: it was dropped, and the query is fetched")]
    OtherKey {
        /// The key it stood under.
        key: QueryKey,
    },
    /// Its data is not what the query holds now, as after a change of the app.
    #[error("the seed was dropped, and its query is fetched: {0}")]
    Data(#[from] DecodeError),
}

impl SeedError {
    /// What JSON's reader says of a text that was cut off or is none at all adds nothing.
    pub(super) fn unreadable(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}
