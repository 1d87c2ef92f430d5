//! Words: the names of events that the client sends and reads itself, which no message of the app's may have.

use super::Client;
use crate::{
    error::EncodeError,
    id::MessageId,
    outbox::{Message, SendId},
    presence,
    time::Instant,
    typing,
};

const WORDS: [&str; 6] = [
    presence::ANNOUNCE,
    presence::LEAVE,
    presence::SYNC,
    presence::UPDATE,
    typing::START,
    typing::STOP,
];

impl Client {
    /// Takes in a message of the app's. One with a name of presence or typing would be taken for what
    /// the client says of its user, and is refused; the codec refuses those of its protocol.
    pub(super) fn push(&mut self, now: Instant, message: Message, id: Option<MessageId>) -> SendId {
        if WORDS.contains(&message.event.as_str()) {
            let event = message.event.as_str().into();
            return self.outbox.refuse(now, EncodeError::ReservedName { event });
        }
        self.outbox.push_as(now, message, id)
    }
}
