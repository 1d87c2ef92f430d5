//! Reply: to whom one goes, and as which frame.

use crate::{
    ConnectionId, Refusal,
    answers::Outcome,
    envelope::{Inbound, Outbound, refusal_frame},
    state::State,
};
use axum::extract::ws::Utf8Bytes;

/// What of a socket's message is needed to answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    connection: ConnectionId,
    event: String,
    channel: Option<String>,
    id: Option<String>,
}

impl ReplyTo {
    pub(crate) fn new(connection: ConnectionId, frame: &Inbound<'_>) -> Self {
        Self {
            connection,
            event: frame.event.clone(),
            channel: frame.channel.clone(),
            id: frame.id.clone(),
        }
    }

    /// A frame that could not be read.
    pub(crate) fn unreadable(connection: ConnectionId) -> Self {
        Self {
            connection,
            event: "error".to_owned(),
            channel: None,
            id: None,
        }
    }

    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self::unreadable(ConnectionId(0))
    }

    /// Whether an answer is wanted also where nothing is wrong.
    pub(crate) fn wants_answer(&self) -> bool {
        self.id.is_some()
    }

    /// The frame that tells of an outcome, if it is to be told of.
    fn answer(&self, outcome: &Outcome) -> Option<Utf8Bytes> {
        let id = self.id.as_deref();
        match outcome {
            Ok(data) => id.map(|re| {
                Outbound {
                    re: Some(re),
                    data: Some(data),
                    ..Outbound::new("ack")
                }
                .encode()
            }),
            Err(refusal) => {
                let channel = self.channel.as_deref();
                Some(refusal_frame(&self.event, channel, id, refusal))
            }
        }
    }
}

impl State {
    /// Tells who asked what came of it.
    pub(crate) fn answer(&mut self, reply_to: &ReplyTo, outcome: &Outcome) {
        if let Err(refusal) = outcome {
            self.metrics.refused += 1;
            self.metrics.rate_limited += u64::from(refusal.code() == "rate_limited");
        }
        if let Some(frame) = reply_to.answer(outcome) {
            self.connections.send(reply_to.connection, frame);
        }
    }

    /// Tells who asked that it is not done.
    pub(crate) fn refuse(&mut self, reply_to: &ReplyTo, refusal: Refusal) {
        self.answer(reply_to, &Err(refusal));
    }
}
