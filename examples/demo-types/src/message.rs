//! Message of a room.

use serde::{Deserialize, Serialize};

/// A message in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Unique on the server.
    pub id: String,
    /// The room's name, without `room:`.
    pub room: String,
    /// Who wrote it.
    pub user_id: String,
    /// The writer's name when it was written. Untrusted text.
    pub name: String,
    /// Untrusted text.
    pub text: String,
    /// When the server took it.
    pub sent_at: u64,
}

/// The data of `message:send` on the channel `room:{name}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    /// Who writes.
    pub user_id: String,
    /// The writer's name.
    pub name: String,
    /// What they write.
    pub text: String,
}
