//! Errors: why an edit or an update was not taken.

/// Why an edit or an update was not taken. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// What came is no update of Yjs' first encoding.
    #[error("the update cannot be read ({0}): send what Yjs or yrs give as an update of version 1")]
    Unreadable(&'static str),
    /// The update is of something else than text.
    #[error("the update has {0}: a channel of shared text holds texts and their formats")]
    NotText(&'static str),
    /// The update is longer than [`TextLimits::update_bytes`](crate::TextLimits::update_bytes).
    #[error("the update has {bytes} bytes, and may have {max}: send it in parts")]
    UpdateTooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// The document would be longer than [`TextLimits::document_bytes`](crate::TextLimits::document_bytes).
    #[error("the document would have {bytes} bytes, and may have {max}: begin another one")]
    DocumentTooLarge {
        /// How long it would be.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// The place is beyond the end of the text.
    #[error("there is no place {at} in a text of {length} UTF-16 units: read the text again")]
    OutOfRange {
        /// The place asked for.
        at: u32,
        /// How long the text is.
        length: u32,
    },
    /// The document has not come from the server yet.
    #[error("the text is not there yet: wait until it has loaded")]
    NotLoaded,
}
