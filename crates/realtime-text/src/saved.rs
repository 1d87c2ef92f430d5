//! Saved document: what is kept of one over page loads, or handed to another tab.

use crate::{
    document::Document,
    error::TextError,
    limits::TextLimits,
    payload::{ByteString, Form},
};
use serde::{Deserialize, Serialize};

/// A document as it is kept: its content, and what of it the server has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedDocument {
    /// All of it as one update.
    document: ByteString,
    /// What was not confirmed, as one update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsaved: Option<ByteString>,
}

impl From<&Document> for SavedDocument {
    fn from(document: &Document) -> Self {
        let written = |bytes| ByteString::new(bytes, Form::Base64);
        Self {
            document: written(document.to_update()),
            unsaved: document.unsaved().map(written),
        }
    }
}

impl SavedDocument {
    /// The document again. Its edits are of another client from here on, as two pages may have begun with one copy.
    ///
    /// # Errors
    /// As [`Document::receive`], when what was kept is damaged.
    pub fn restore(&self, limits: TextLimits) -> Result<Document, TextError> {
        let mut document = Document::new(limits);
        document.integrate(&self.document.bytes)?;
        if let Some(unsaved) = &self.unsaved {
            document.integrate(&unsaved.bytes)?;
            document.send_again(unsaved.bytes.clone());
        }
        Ok(document)
    }
}
