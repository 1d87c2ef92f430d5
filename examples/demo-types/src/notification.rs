//! Notification for everybody.

use serde::{Deserialize, Serialize};

/// How loud a notification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something to know.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something needs a look.
    Warning,
    /// Something went wrong.
    Error,
}

/// A notification for everyone: the event `notification` on the channel `notifications`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Unique on the server.
    pub id: String,
    /// How loud it is.
    pub level: Level,
    /// One line. Untrusted text.
    pub title: String,
    /// More lines, if any. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// When the server sent it.
    pub at: u64,
}

/// The body of `POST /api/notifications`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewNotification {
    /// How loud it is; `info` unless told.
    #[serde(default)]
    pub level: Level,
    /// One line.
    pub title: String,
    /// More lines, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}
