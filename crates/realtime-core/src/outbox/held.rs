//! One message that the outbox holds.

use super::{Delivery, Message, ReliableOptions};
use crate::{
    excerpt::Size,
    id::{ChannelName, EventName, MessageId},
    time::Instant,
};
use std::{fmt, rc::Rc, time::Duration};

pub(super) struct Held {
    /// Only messages that want an answer have one.
    pub(super) id: Option<MessageId>,
    pub(super) event: EventName,
    pub(super) channel: Option<ChannelName>,
    pub(super) data: Rc<str>,
    pub(super) size: usize,
    pub(super) kind: Kind,
    /// Whether it was ever sent.
    pub(super) sent: bool,
    /// When its time is up, as the outbox has it on its list.
    pub(super) deadline: Option<Instant>,
}

/// Whose message it is: the keys of one are none of the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    App,
    /// Presence, or typing.
    Client,
}

#[derive(Debug)]
pub(super) enum Kind {
    Acked { timeout: Duration, expires: Instant },
    Unacked { expires: Instant },
    Latest((Owner, Rc<str>)),
    Volatile,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("channel", &self.channel)
            .field("data", &Size(self.data.len()))
            .field("kind", &self.kind)
            .field("sent", &self.sent)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Held {
    pub(super) fn new(now: Instant, id: MessageId, message: Message, owner: Owner) -> Self {
        let size = message.size();
        let kind = match message.delivery {
            Delivery::Reliable(ReliableOptions { ack, timeout, ttl }) => {
                let expires = now + ttl;
                if ack {
                    Kind::Acked { timeout, expires }
                } else {
                    Kind::Unacked { expires }
                }
            }
            Delivery::Latest(key) => Kind::Latest((owner, key)),
            Delivery::Volatile => Kind::Volatile,
        };
        Self {
            id: matches!(kind, Kind::Acked { .. }).then_some(id),
            event: message.event,
            channel: message.channel,
            data: message.data.into(),
            size,
            kind,
            sent: false,
            deadline: None,
        }
    }

    /// Until when it may wait to be sent.
    pub(super) fn expires(&self) -> Option<Instant> {
        match self.kind {
            Kind::Acked { expires, .. } | Kind::Unacked { expires } => Some(expires),
            Kind::Latest(_) | Kind::Volatile => None,
        }
    }
}
