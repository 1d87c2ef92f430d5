//! Payloads: what clients and servers say of a shared text, with its byte strings in either of two forms.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error},
    ser::{SerializeMap, Serializer},
};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The message that asks for what is missing.
pub const SYNC: &str = "text:sync";
/// The message and the event that bring an update.
pub const UPDATE: &str = "text:update";

/// How a byte string is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As a base64 text.
    #[default]
    Base64,
    /// As `{"$bytes": "<base64>"}`, which goes over Socket.IO as a byte string: a `Buffer` on Node.
    Bytes,
}

/// A byte string in a payload. It is read in both forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByteString {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How they came, or are to be written.
    pub form: Form,
}

/// What [`SYNC`] sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    /// What the client has, as a state vector.
    pub state_vector: ByteString,
}

/// What [`SYNC`] is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAnswer {
    /// What the client lacks.
    pub update: ByteString,
    /// What the server has, as a state vector.
    pub state_vector: ByteString,
    /// The epoch of the channel's position before the document was read, if the server counts positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The number of that position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// What [`UPDATE`] brings, both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePayload {
    /// The update.
    pub update: ByteString,
}

impl ByteString {
    /// Bytes to be written in this form.
    #[must_use]
    pub const fn new(bytes: Vec<u8>, form: Form) -> Self {
        Self { bytes, form }
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = STANDARD.encode(&self.bytes);
        match self.form {
            Form::Base64 => serializer.serialize_str(&text),
            Form::Bytes => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$bytes", &text)?;
                map.end()
            }
        }
    }
}

/// The second form.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow, rename = "$bytes")]
    bytes: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Its first letter tells the forms apart.
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let (text, form) = match json.starts_with('{') {
            true => (
                serde_json::from_str::<Wrapped<'_>>(json).map(|it| it.bytes),
                Form::Bytes,
            ),
            false => (serde_json::from_str(json), Form::Base64),
        };
        let text = text.map_err(Error::custom)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(Error::custom)?;
        Ok(Self { bytes, form })
    }
}
