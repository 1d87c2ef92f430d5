//! Metadata: what a member tells about itself beside its status; a cursor, a selection, a mood.

use crate::{DecodeError, excerpt::Size};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{fmt, rc::Rc};

/// Any JSON that goes with a member's status, kept as text until somebody wants its shape.
///
/// At most 16 KiB. Cloning copies a pointer; two are equal if their text is.
///
/// ```
/// use realtime_core::Metadata;
///
/// let cursor = Metadata::new(&[3, 4])?;
/// assert_eq!(cursor.as_json(), "[3,4]");
/// assert_eq!(cursor.parse::<(i32, i32)>()?, (3, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Metadata(Rc<RawValue>);

impl Metadata {
    /// The most bytes of JSON text that metadata may have.
    pub const MAX_BYTES: usize = 16 * 1_024;

    /// Metadata that says `value`.
    ///
    /// # Errors
    /// If `value` does not serialise, or its JSON is longer than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, MetadataError> {
        Self::checked(serde_json::value::to_raw_value(value))
    }

    /// Metadata of this JSON text.
    ///
    /// # Errors
    /// If `json` is not JSON, or longer than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn from_json(json: &str) -> Result<Self, MetadataError> {
        Self::checked(serde_json::from_str(json))
    }

    /// Metadata as it came in a frame, unless it is too long.
    pub(super) fn from_raw(raw: &RawValue) -> Option<Self> {
        // It is measured before it is copied.
        (raw.get().len() <= Self::MAX_BYTES).then(|| Self(raw.to_owned().into()))
    }

    fn checked(raw: serde_json::Result<Box<RawValue>>) -> Result<Self, MetadataError> {
        let raw = raw.map_err(|error| MetadataError::Unreadable {
            message: error.to_string().into(),
        })?;
        let bytes = raw.get().len();
        if bytes > Self::MAX_BYTES {
            return Err(MetadataError::TooLarge { bytes });
        }
        Ok(Self(raw.into()))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        self.0.get()
    }

    /// The metadata as a `T`.
    ///
    /// # Errors
    /// If the JSON is not a `T`; somebody else wrote it, so be ready for that.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        serde_json::from_str(self.as_json())
            .map_err(|error| DecodeError::new("presence metadata", error))
    }

    /// How many bytes of text it is.
    pub(super) fn bytes(&self) -> usize {
        self.as_json().len()
    }

    /// Whether it says nothing.
    pub(super) fn is_null(&self) -> bool {
        self.as_json() == "null"
    }
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.as_json() == other.as_json()
    }
}

impl Eq for Metadata {}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metadata")
            .field(&Size(self.bytes()))
            .finish()
    }
}

/// Why a value cannot be metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Its JSON is too long.
    #[error(
        "presence metadata is {bytes} bytes of JSON, more than {max}; \
         send an id here and the rest as a message",
        max = Metadata::MAX_BYTES
    )]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// It is not JSON, or does not turn into JSON.
    #[error("presence metadata is not JSON: {message}; give a value that serde_json can write")]
    Unreadable {
        /// What the serialiser or parser said.
        message: Rc<str>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_exactly_the_limit_is_kept_and_one_byte_more_is_not() {
        let fits = "a".repeat(Metadata::MAX_BYTES - 2);
        assert!(Metadata::new(&fits).is_ok());
        assert_eq!(
            Metadata::new(&format!("{fits}a")),
            Err(MetadataError::TooLarge {
                bytes: Metadata::MAX_BYTES + 1
            })
        );
    }

    #[test]
    fn metadata_of_another_shape_is_an_error_to_its_reader_only() {
        let cursor = Metadata::from_json(r#"{"x":1}"#).unwrap();
        assert!(cursor.parse::<Vec<u8>>().is_err());
        assert!(Metadata::from_json("{").is_err());
    }

    #[test]
    fn equality_is_by_text() {
        let one = Metadata::from_json("[1]").unwrap();
        assert_eq!(one, Metadata::new(&[1]).unwrap());
        assert_ne!(one, Metadata::new(&[2]).unwrap());
    }
}
