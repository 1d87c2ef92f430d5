//! Notes: the text that everybody writes in, as all processes of this server have it.

use crate::{channel::NOTES, limits};
use realtime_server::texts::{Base64, TextError, TextLimits, TextSync, Texts};
use serde::{Deserialize, Serialize};

/// The text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Option<Base64>", try_from = "Option<Base64>")]
pub(crate) struct Notes {
    texts: Texts,
}

impl Default for Notes {
    fn default() -> Self {
        let limits = TextLimits {
            document_bytes: limits::NOTES_BYTES,
            documents: 1,
            ..TextLimits::default()
        };
        Self {
            texts: Texts::new(limits),
        }
    }
}

impl Notes {
    /// What somebody lacks who has this state vector.
    pub(crate) fn sync(&mut self, state_vector: &Base64) -> Result<TextSync, TextError> {
        self.texts.sync(NOTES, &state_vector.0)
    }

    /// Refuses what there is no room for and what cannot be read, before it goes to all processes. What it builds on may be
    /// on its way here.
    pub(crate) fn admit(&mut self, update: &Base64) -> Result<(), TextError> {
        match self.texts.admit(NOTES, &update.0) {
            Ok(()) | Err(TextError::Behind) => Ok(()),
            refused => refused,
        }
    }

    /// Makes an update, which all processes do alike; gives what of it was new.
    pub(crate) fn merge(&mut self, update: &Base64) -> Result<Option<Base64>, TextError> {
        let new = self.texts.merge(NOTES, &update.0)?;
        Ok(new.map(Base64))
    }
}

impl From<Notes> for Option<Base64> {
    fn from(mut notes: Notes) -> Self {
        let saved = notes.texts.snapshot(NOTES);
        let saved = saved.inspect_err(|error| tracing::error!(%error, "the notes cannot be kept"));
        saved.unwrap_or_default().map(Base64)
    }
}

impl TryFrom<Option<Base64>> for Notes {
    type Error = TextError;

    fn try_from(saved: Option<Base64>) -> Result<Self, TextError> {
        let mut notes = Self::default();
        if let Some(Base64(saved)) = saved {
            notes.texts.restore(NOTES, &saved)?;
        }
        Ok(notes)
    }
}
