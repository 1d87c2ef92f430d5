//! Publishing: events from anywhere in the app.

use crate::{
    Hub, Position,
    channel::Channel,
    channels::{TooMany, new_epoch},
    limits::NAME_BYTES,
};
use serde::Serialize;
use serde_json::value::to_raw_value;
use thiserror::Error;

/// Why an event was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A name is empty or too long, or one of those that belong to the protocol.
    #[error(
        "{0:?} cannot be the name of a channel or an event: use 1 to 128 bytes, and no word of the protocol"
    )]
    Name(String),
    /// The data cannot be written as JSON.
    #[error("the data cannot be written as json: {0}")]
    Data(#[from] serde_json::Error),
    /// The event is too large to be kept.
    #[error(
        "an event of {bytes} bytes is too large: at most {limit} are kept, see Limits::history_bytes"
    )]
    TooLarge {
        /// What it has.
        bytes: usize,
        /// What it may have.
        limit: usize,
    },
    /// All channels that there may be are in use.
    #[error("there are {limit} channels already, and all are in use: raise Limits::channels")]
    TooManyChannels {
        /// How many there may be.
        limit: usize,
    },
}

/// Events that belong to the protocol, which no client would take for the app's.
const RESERVED: [&str; 8] = [
    "ack",
    "auth",
    "auth:refresh",
    "error",
    "ping",
    "pong",
    "subscribe",
    "unsubscribe",
];

impl Hub {
    /// Gives an event the next number of its channel, keeps it for those who resume, and sends it to all who follow. It
    /// returns at once, so it can be called from anywhere: a handler, a task, right after a transaction's commit.
    ///
    /// Clients see the events of a channel in the order of these calls. Where the order of the app's changes matters, call it
    /// under the lock under which they are made, or in the order of the commits.
    ///
    /// ```
    /// use realtime_server::{Hub, ListChange};
    /// use serde_json::json;
    ///
    /// let hub = Hub::new();
    /// let change = ListChange::create(json!({"id": "t1", "version": 1, "title": "Write"}));
    /// let position = hub.publish("tasks", "list:update", &change)?;
    /// assert_eq!(position.seq, 1);
    /// # Ok::<_, realtime_server::PublishError>(())
    /// ```
    ///
    /// # Errors
    /// [`PublishError`]; nothing has happened then.
    pub fn publish(
        &self,
        channel: &str,
        event: &str,
        data: &(impl Serialize + ?Sized),
    ) -> Result<Position, PublishError> {
        self.publish_because(None, channel, event, data)
    }

    /// Publishes an event that a client's message has caused, by whose id the client knows its own echo: the id of a
    /// [`Message`](crate::Message), or one that came with a request.
    ///
    /// # Errors
    /// [`PublishError`]; nothing has happened then.
    pub fn publish_because(
        &self,
        cause: Option<&str>,
        channel: &str,
        event: &str,
        data: &(impl Serialize + ?Sized),
    ) -> Result<Position, PublishError> {
        for name in [channel, event] {
            let is_name = (1..=NAME_BYTES).contains(&name.len());
            if !is_name || RESERVED.contains(&event) {
                return Err(PublishError::Name(name.chars().take(NAME_BYTES).collect()));
            }
        }
        // Written before the lock is taken: it takes longest.
        let data = to_raw_value(data)?;
        let (bytes, limit) = (data.get().len(), self.limits().history_bytes);
        if bytes > limit {
            return Err(PublishError::TooLarge { bytes, limit });
        }
        let mut state = self.lock();
        match state.publish(channel, event, data, cause) {
            Ok(()) => Ok(state.channels.position(channel)),
            Err(TooMany) => Err(PublishError::TooManyChannels {
                limit: self.limits().channels,
            }),
        }
    }

    /// Where a channel stands; see [`Position`] for how it goes with what is fetched.
    #[must_use]
    pub fn position(&self, channel: &str) -> Position {
        self.lock().channels.position(channel)
    }

    /// Whether somebody follows a channel here.
    #[must_use]
    pub fn is_followed(&self, channel: &str) -> bool {
        self.lock().connections.is_followed(channel)
    }

    /// The channels that somebody follows here.
    #[must_use]
    pub fn followed(&self) -> Vec<String> {
        let state = self.lock();
        state.connections.followed().map(str::to_owned).collect()
    }

    /// Whether every socket that follows a channel can take that many events at once without falling behind; for those who
    /// publish as fast as is taken.
    #[must_use]
    pub fn has_room_for(&self, channel: &str, events: usize, bytes: usize) -> bool {
        self.lock()
            .connections
            .have_room_for(channel, events, bytes)
    }

    /// Begins a channel anew, in a history of its own: whoever followed it before fetches. Where several processes share
    /// the hub, this is for a channel that belongs to this process alone.
    ///
    /// # Errors
    /// [`PublishError::TooManyChannels`].
    pub fn restart(&self, channel: &str) -> Result<(), PublishError> {
        let mut state = self.lock();
        let limit = self.limits().channels;
        let anew = state.open(channel);
        let anew = anew.map_err(|TooMany| PublishError::TooManyChannels { limit })?;
        *anew = Channel::new(Some(new_epoch()));
        Ok(())
    }

    /// Forgets a channel, its history and its numbers: when it comes into being again, whoever followed it before fetches.
    pub fn forget(&self, channel: &str) {
        self.lock().channels.remove(channel);
    }
}
