//! Errors of shared texts, and as which refusals clients hear of them.

use crate::Refusal;
use thiserror::Error;

/// Why an update or a state vector is refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// The bytes are not what they should be.
    #[error("{0}: send what a document of yjs encodes (version 1)")]
    Invalid(&'static str),
    /// It holds something else than plain text: formats, embeds, maps, other types.
    #[error("{0} cannot be stored here: a shared text is plain text")]
    Unsupported(&'static str),
    /// It builds on updates that are not here.
    #[error("the update builds on others that are not here: sync first, then send what is missing")]
    Behind,
    /// The update is too large.
    #[error("an update may have {limit} bytes: send it in parts")]
    TooLarge {
        /// Bytes that it may have.
        limit: usize,
    },
    /// The update does too much at once.
    #[error("an update may make {limit} changes: send it in parts")]
    TooManyChanges {
        /// Inserts and ranges of deletes that it may have.
        limit: usize,
    },
    /// The document is full.
    #[error("the text is full: delete something first")]
    DocumentFull,
    /// There is no room for one more document, or for more in those that there are.
    #[error(
        "there is no room for more text: forget documents, or raise TextLimits::documents and TextLimits::bytes"
    )]
    NoRoom,
    /// The document cannot be opened.
    #[error("the document is damaged: restore it from an older state")]
    Damaged,
}

impl From<TextError> for Refusal {
    fn from(error: TextError) -> Self {
        let message = error.to_string();
        match error {
            TextError::Invalid(_) | TextError::Unsupported(_) => Self::invalid(message),
            TextError::Behind => Self::new("text_behind", message),
            TextError::TooLarge { .. } | TextError::TooManyChanges { .. } => {
                Self::new("too_large", message)
            }
            TextError::DocumentFull => Self::new("text_full", message),
            TextError::NoRoom => Self::limit_reached("this server has no room for more text"),
            TextError::Damaged => {
                tracing::error!(%error, "a shared text cannot be read");
                Self::internal()
            }
        }
    }
}
