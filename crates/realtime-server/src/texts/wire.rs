//! Wire: the data of `text:sync` and `text:update`.

use crate::Position;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, fmt};

/// Bytes that are base64 in JSON: the standard alphabet, padded.
///
/// ```
/// use realtime_server::texts::Base64;
///
/// let json = serde_json::to_string(&Base64(vec![0, 0]))?;
/// assert_eq!(json, r#""AAA=""#);
/// assert_eq!(serde_json::from_str::<Base64>(&json)?.0, [0, 0]);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Base64(pub Vec<u8>);

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&*text);
        bytes
            .map(Self)
            .map_err(|_| D::Error::custom("bytes are to be base64, padded"))
    }
}

/// The data of the message `text:sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    /// What the client has.
    pub state_vector: Base64,
}

/// The data of the answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAnswer {
    /// What the client lacks.
    pub update: Base64,
    /// What the server has.
    pub state_vector: Base64,
    /// The history in which `seq` counts.
    pub epoch: String,
    /// The number of the last event that the update holds.
    pub seq: u64,
}

impl SyncAnswer {
    /// The answer, with the position of the channel *before* the document was read.
    #[must_use]
    pub fn new(sync: super::TextSync, before: Position) -> Self {
        Self {
            update: Base64(sync.update),
            state_vector: Base64(sync.state_vector),
            epoch: before.epoch,
            seq: before.seq,
        }
    }
}

/// The data of the message `text:update`, and of the event of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateData {
    /// What has changed.
    pub update: Base64,
}
