//! Commands: what may be done to the state, and what came of it.
//!
//! A command holds all that its effect depends on beside the state itself: no clock, no chance, no sockets. So
//! processes that carry out the same commands in the same order have the same state.

use crate::{permissions::Visitor, stocks::Nudge, tasks::Removed};
use realtime_demo_types::{
    BurstStarted, MoveTask, NewMessage, NewNotification, NewTask, Notification, Task, TaskPatch,
};
use realtime_server::{
    Refusal,
    replica::{Change, Peer},
    texts::{Base64, SyncAnswer},
};
use serde::{Deserialize, Serialize};

/// A change of the state. Texts in it have not been checked yet, unless said otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Command {
    /// A change of the task board.
    Tasks { edit: BoardEdit, once: Option<Once> },
    /// A message for a room; whoever sends it has stopped typing.
    Message {
        peer: Peer,
        channel: String,
        new: NewMessage,
        once: Option<Once>,
    },
    /// A change of the text that everybody writes in.
    Text { update: Base64, once: Option<Once> },
    /// A notification for everybody.
    Notify { new: NewNotification },
    /// A change of who is there.
    Hub(Change),
    /// Prices move by themselves.
    Prices { nudges: Vec<Nudge> },
    /// A burst of price updates will come.
    Reserve {
        symbol: String,
        count: u32,
        length_ms: u64,
    },
    /// One update of a burst.
    Step { symbol: String },
}

/// A change of the task board.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum BoardEdit {
    Create(NewTask),
    Update { id: String, patch: TaskPatch },
    Move { id: String, to: MoveTask },
    Delete { id: String },
}

/// A message that is carried out once, however often it comes: its id, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Once {
    pub(crate) id: String,
    pub(crate) fingerprint: u64,
    /// Whose message it is. Others see its id on the event that it causes, and may not use it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
}

impl Once {
    /// The fingerprint is that of all parts in their order. It is the same in every build of this server, as processes
    /// of two builds may share a state for a while. (FNV-1a; a sender who makes two messages alike fools nobody else.)
    pub(crate) fn new(id: &str, parts: &[&str]) -> Self {
        let mut fingerprint: u64 = 0xcbf2_9ce4_8422_2325;
        for part in parts {
            // A byte that no text has, so that "ab", "c" differs from "a", "bc".
            for byte in part.bytes().chain([0xff]) {
                fingerprint = (fingerprint ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self {
            id: id.to_owned(),
            fingerprint,
            by: None,
        }
    }

    /// The message as one of a user's.
    pub(crate) fn of(self, visitor: &Visitor) -> Self {
        let by = visitor.user().map(|user| user.id.clone());
        Self { by, ..self }
    }
}

impl BoardEdit {
    /// Puts the name of whoever makes the change to it.
    pub(crate) fn sign(&mut self, visitor: &Visitor) {
        match self {
            Self::Create(new) => visitor.sign_change(&mut new.edited_by),
            Self::Update { patch, .. } => visitor.sign_change(&mut patch.edited_by),
            Self::Move { to, .. } => visitor.sign_change(&mut to.edited_by),
            Self::Delete { .. } => {}
        }
    }
}

/// What came of a command.
pub(crate) type Outcome = Result<Done, Refusal>;

/// What a command that was carried out gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Done {
    Nothing,
    Task(Task),
    Removed(Removed),
    Message { id: String },
    Written,
    Notification(Notification),
    Burst(BurstStarted),
}

/// The same as the body of an answer; or what was asked for.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Body {
    Nothing,
    Task(Task),
    Removed(Removed),
    Message { id: String },
    Written {},
    Text(SyncAnswer),
    Notification(Notification),
    Burst(BurstStarted),
}

impl Done {
    pub(crate) fn into_body(self) -> Body {
        match self {
            Self::Nothing => Body::Nothing,
            Self::Task(task) => Body::Task(task),
            Self::Removed(removed) => Body::Removed(removed),
            Self::Message { id } => Body::Message { id },
            Self::Written => Body::Written {},
            Self::Notification(notification) => Body::Notification(notification),
            Self::Burst(burst) => Body::Burst(burst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_what_a_message_says() {
        let of = |parts: &[&str]| Once::new("a", parts).fingerprint;
        assert_eq!(of(&["x", "y"]), of(&["x", "y"]));
        assert_ne!(of(&["x", "y"]), of(&["xy", ""]));
        assert_ne!(of(&["x", "y"]), of(&["y", "x"]));
    }

    #[test]
    fn a_command_is_the_same_after_a_journey_as_text() {
        let text = r#"{"hub":{"announce":{"peer":"c1-a","channel":"room:a","announcement":{"user":{"id":"u","name":"Ada"},"status":"away","metadata":{"cursor":[3, 4]}}}}}"#;
        let command: Command = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&command).unwrap(), text);
        let text = r#"{"tasks":{"edit":{"update":{"id":"t1","patch":{"done":true,"assignee":null}}},"once":{"id":"m","fingerprint":18446744073709551615}}}"#;
        let command: Command = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&command).unwrap(), text);
    }
}
