//! A room: messages, who is there, who is typing, where their pointers are.

use super::{Visitor, by_id};
use crate::{Http, Key, KitError, eventually};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

const ROOM: &str = r#"
    const all = id => Array.from(document.querySelectorAll(`[data-testid="${id}"]`));
    return {
        messages: all('message').map(message => [message.dataset.id, message.textContent.trim()]),
        online: all('online-user').map(user => [user.dataset.user, user.dataset.status]),
        typing: all('typing').map(typing => typing.textContent.trim()).join(' ').trim(),
        cursors: all('cursor').map(cursor => cursor.dataset.user),
    };
"#;

/// What a room shows at one moment, read in one go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Room {
    /// The messages' ids and texts (with whatever else stands in a message), oldest first.
    pub messages: Vec<(String, String)>,
    /// The avatars' users and statuses.
    pub online: Vec<(String, String)>,
    /// What is said of those who are typing; empty if nothing.
    pub typing: String,
    /// Whose pointers are shown.
    pub cursors: Vec<String>,
}

impl Room {
    /// The status of a user, if the room shows them.
    pub fn status_of(&self, user: &str) -> Option<&str> {
        let found = self.online.iter().find(|(id, _)| id == user);
        found.map(|(_, status)| status.as_str())
    }

    /// Whether some user has more than one avatar, or some message is there twice.
    pub fn has_doubles(&self) -> bool {
        let has_doubles = |pairs: &[(String, String)]| {
            let ids: BTreeMap<_, _> = pairs.iter().map(|(id, text)| (id, text)).collect();
            ids.len() != pairs.len()
        };
        has_doubles(&self.online) || has_doubles(&self.messages)
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Message {
    id: String,
    text: String,
}

impl Visitor {
    /// What the room shows now.
    pub fn room(&self) -> Result<Room, KitError> {
        self.eval(ROOM, json!([]))
    }

    /// Waits until the room is as `wanted`.
    pub fn await_room(
        &self,
        what: &str,
        within: Duration,
        mut wanted: impl FnMut(&Room) -> bool,
    ) -> Result<Room, KitError> {
        let what = format!("{} sees that {what}", self.name());
        eventually(&what, within, || self.room(), |room| wanted(room))
    }

    /// Types a message without sending it.
    pub fn type_message(&self, text: &str) -> Result<(), KitError> {
        self.type_into(&by_id("message-input"), text)
    }

    /// Types a message and sends it with the button.
    pub fn say(&self, text: &str) -> Result<(), KitError> {
        self.retype(&by_id("message-input"), text)?;
        self.click(&by_id("send"))
    }

    /// Types a message and sends it with Enter.
    pub fn say_with_enter(&self, text: &str) -> Result<(), KitError> {
        self.retype(&by_id("message-input"), text)?;
        self.press(&by_id("message-input"), Key::Enter)
    }

    /// Chooses a status: `online`, `away` or `busy`.
    pub fn choose_status(&self, status: &str) -> Result<(), KitError> {
        self.click(&format!(
            "{} option[value=\"{status}\"]",
            by_id("status-picker")
        ))
    }

    /// Moves the pointer over the shared area, by so many pixels from its middle.
    pub fn move_pointer(&self, x: i32, y: i32) -> Result<(), KitError> {
        self.point_at(&by_id("cursor-area"), x, y)
    }

    /// Waits until the messages are exactly the server's, in the server's order.
    pub fn await_server_messages(
        &self,
        http: &Http,
        room: &str,
        within: Duration,
    ) -> Result<(), KitError> {
        let what = format!("{} sees exactly the server's messages", self.name());
        let path = format!("/api/rooms/{room}/messages");
        let read = || Ok((self.room()?.messages, http.fetch::<Vec<Message>>(&path)?));
        eventually(&what, within, read, |(seen, held)| {
            seen.len() == held.len()
                && seen
                    .iter()
                    .zip(held)
                    .all(|((id, text), message)| *id == message.id && text.contains(&message.text))
        })
        .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(online: &[(&str, &str)]) -> Room {
        Room {
            messages: Vec::new(),
            online: online
                .iter()
                .map(|(user, status)| ((*user).into(), (*status).into()))
                .collect(),
            typing: String::new(),
            cursors: Vec::new(),
        }
    }

    #[test]
    fn a_user_with_two_avatars_is_a_double() {
        assert!(room(&[("u-ada", "online"), ("u-ada", "away")]).has_doubles());
        assert!(!room(&[("u-ada", "online"), ("u-lin", "online")]).has_doubles());
    }

    #[test]
    fn a_status_is_that_of_the_right_user() {
        let room = room(&[("u-ada", "online"), ("u-lin", "busy")]);
        assert_eq!(room.status_of("u-lin"), Some("busy"));
        assert_eq!(room.status_of("u-sam"), None);
    }
}
