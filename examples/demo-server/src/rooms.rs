//! The messages of every room that has any.

use crate::limits;
use realtime_demo_types::Message;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// The messages, by room, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Rooms {
    messages: HashMap<String, VecDeque<Message>>,
}

impl Rooms {
    pub(crate) fn messages(&self, room: &str) -> Vec<Message> {
        self.messages
            .get(room)
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// How many rooms have messages.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn has(&self, room: &str) -> bool {
        self.messages.contains_key(room)
    }

    /// Keeps a message; the room's oldest goes when there are too many.
    pub(crate) fn push(&mut self, message: Message) {
        let log = self.messages.entry(message.room.clone()).or_default();
        log.push_back(message);
        if log.len() > limits::MESSAGES {
            log.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_keeps_its_newest_messages() {
        let mut rooms = Rooms::default();
        for n in 0..=limits::MESSAGES {
            rooms.push(Message {
                id: n.to_string(),
                room: "lobby".into(),
                user_id: "u".into(),
                name: "Ada".into(),
                text: "hi".into(),
                sent_at: 0,
            });
        }
        let kept = rooms.messages("lobby");
        assert_eq!(kept.len(), limits::MESSAGES);
        assert_eq!(kept[0].id, "1");
        assert!(rooms.messages("elsewhere").is_empty());
        assert_eq!((rooms.len(), rooms.has("lobby")), (1, true));
    }
}
