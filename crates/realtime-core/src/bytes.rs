//! Byte strings in JSON payloads.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error, MapAccess, Visitor},
    ser::{SerializeMap, Serializer},
};
use std::{borrow::Cow, fmt, ops::Deref};

/// The one field of a byte string's JSON form.
pub(crate) const FIELD: &str = "$bytes";

/// A byte string in a payload.
///
/// In JSON text it is `{"$bytes": "<base64>"}`. Over Socket.IO it goes as a binary attachment: a
/// JavaScript server gets and sends a `Buffer`, and no base64. Feature `socketio`.
///
/// ```
/// use realtime_core::Bytes;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Photo { name: String, jpeg: Bytes }
///
/// let photo = Photo { name: "cat".into(), jpeg: Bytes::from(vec![0xff, 0xd8]) };
/// let json = serde_json::to_string(&photo)?;
/// assert_eq!(json, r#"{"name":"cat","jpeg":{"$bytes":"/9g="}}"#);
/// assert_eq!(&serde_json::from_str::<Photo>(&json)?.jpeg[..], [0xff, 0xd8]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// The bytes themselves.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

/// Writes the JSON form of `bytes`.
pub(crate) fn write(json: &mut String, bytes: &[u8]) {
    json.push_str("{\"$bytes\":\"");
    STANDARD.encode_string(bytes, json);
    json.push_str("\"}");
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_owned())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(FIELD, &STANDARD.encode(&self.0))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string, {\"$bytes\": \"<base64>\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let field = map.next_key::<Cow<'_, str>>()?;
                if field.as_deref() != Some(FIELD) {
                    return Err(Error::missing_field(FIELD));
                }
                let base64: Cow<'_, str> = map.next_value()?;
                let bytes = STANDARD.decode(base64.as_bytes()).map_err(Error::custom)?;
                match map.next_key::<Cow<'_, str>>()? {
                    None => Ok(Bytes(bytes)),
                    Some(_) => Err(Error::custom("a byte string has no other field")),
                }
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_byte_string_is_refused() {
        for json in [
            "{}",
            "null",
            "[1]",
            "\"/9g=\"",
            r#"{"$bytes":1}"#,
            r#"{"$bytes":"%"}"#,
            r#"{"bytes":"/9g="}"#,
            r#"{"$bytes":"/9g=","x":1}"#,
        ] {
            assert!(serde_json::from_str::<Bytes>(json).is_err(), "{json}");
        }
        let empty: Bytes = serde_json::from_str(r#" { "\u0024bytes" : "" } "#).unwrap();
        assert!(empty.is_empty());
    }

    #[test]
    fn both_ways_of_writing_agree() {
        let bytes = Bytes::from(vec![0, 1, 0xfe]);
        let mut json = String::new();
        write(&mut json, &bytes);
        assert_eq!(serde_json::to_string(&bytes).unwrap(), json);
        assert_eq!(format!("{bytes:?}"), "Bytes(3 bytes)");
    }
}
