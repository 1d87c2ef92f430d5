//! Messages: what is sent, and how much it matters that it arrives.

use crate::{
    excerpt::Size,
    id::{ChannelName, EventName},
};
use std::{fmt, rc::Rc, time::Duration};

/// Names one send from push to settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendId(pub(super) u64);

/// A message to the server.
///
/// ```
/// use realtime_core::outbox::{Delivery, Message};
///
/// let typing = Message::new("typing:start", r#"{"id":"u1","name":"Ada"}"#)
///     .on("room:lobby")
///     .with(Delivery::Volatile);
/// assert_eq!(typing.channel.as_deref(), Some("room:lobby"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's name.
    pub event: EventName,
    /// The channel it concerns, if any.
    pub channel: Option<ChannelName>,
    /// The payload, as JSON text.
    pub data: String,
    /// How much it matters that it arrives.
    pub delivery: Delivery,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("event", &self.event)
            .field("channel", &self.channel)
            .field("data", &Size(self.data.len()))
            .field("delivery", &self.delivery)
            .finish()
    }
}

impl Message {
    /// A reliable message that wants an answer, on no channel.
    pub fn new(event: impl Into<EventName>, data: impl Into<String>) -> Self {
        Self {
            event: event.into(),
            channel: None,
            data: data.into(),
            delivery: Delivery::default(),
        }
    }

    /// The same message on `channel`.
    #[must_use]
    pub fn on(mut self, channel: impl Into<ChannelName>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// The same message with another delivery.
    #[must_use]
    pub fn with(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    pub(super) fn size(&self) -> usize {
        self.data.len()
            + self.event.len()
            + self.channel.as_ref().map_or(0, |channel| channel.len())
    }
}

/// How much it matters that a message arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Kept while the link is down, and sent when it is up.
    Reliable(ReliableOptions),
    /// Like a value rather than a message: only the newest with this key waits for the link, and
    /// nothing is sent twice. For presence and cursors.
    Latest(Rc<str>),
    /// Sent now or never. For typing.
    Volatile,
}

impl Default for Delivery {
    fn default() -> Self {
        Self::Reliable(ReliableOptions::default())
    }
}

/// How long a reliable message may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReliableOptions {
    /// Whether to wait for the server's answer. Default `true`.
    ///
    /// With it, the message is sent again, with the same id, on each new link until the answer
    /// comes. Without it, the send settles once the message is handed to an open socket, which does not
    /// prove that it arrived: only an answer does.
    pub ack: bool,
    /// How long the answer may take, counted from when the message really was sent. Default 10 s.
    pub timeout: Duration,
    /// How long after the push the message may wait for a link. Default 60 s.
    pub ttl: Duration,
}

impl Default for ReliableOptions {
    fn default() -> Self {
        Self {
            ack: true,
            timeout: Duration::from_secs(10),
            ttl: Duration::from_secs(60),
        }
    }
}
