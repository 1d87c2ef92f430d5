//! Waiters for the outcome of a command, and how they are told.

use crate::{
    command::{Done, Outcome},
    envelope::{Inbound, Outbound, refusal_frame},
    errors::Refusal,
    hub::{ConnectionId, State},
};
use axum::extract::ws::Utf8Bytes;
use tokio::sync::oneshot;

/// Who waits for the outcome of a command.
#[derive(Debug)]
pub(crate) enum Waiter {
    /// It happens by itself.
    Nobody,
    /// A socket of this process, for its message.
    Socket(Asked),
    /// Whoever holds the other end, such as a request.
    Request(oneshot::Sender<Outcome>),
}

impl Waiter {
    /// Whether somebody is to be told of it in any case.
    pub(crate) fn wants_answer(&self) -> bool {
        match self {
            Self::Nobody => false,
            Self::Socket(asked) => asked.id.is_some(),
            Self::Request(_) => true,
        }
    }
}

/// What of a socket's message is needed to answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    connection: ConnectionId,
    event: String,
    channel: Option<String>,
    id: Option<String>,
}

impl Asked {
    pub(crate) fn new(connection: ConnectionId, frame: &Inbound<'_>) -> Self {
        Self {
            connection,
            event: frame.event.clone(),
            channel: frame.channel.clone(),
            id: frame.id.clone(),
        }
    }

    /// The frame that tells of an outcome, if it is to be told of.
    fn answer(&self, outcome: &Outcome) -> Option<Utf8Bytes> {
        let id = self.id.as_deref();
        match outcome {
            Ok(done) => id.map(|id| ack(id, done)),
            Err(refusal) => {
                let channel = self.channel.as_deref();
                Some(refusal_frame(&self.event, channel, id, refusal))
            }
        }
    }
}

impl State {
    /// Tells whoever waits how it turned out.
    pub(crate) fn answer(&mut self, waiter: Waiter, outcome: Outcome) {
        match waiter {
            Waiter::Nobody => {
                if let Err(refusal) = outcome {
                    tracing::debug!(%refusal, "what happens by itself did not");
                }
            }
            Waiter::Socket(asked) => {
                self.stats.refused += u64::from(outcome.is_err());
                if let Some(frame) = asked.answer(&outcome) {
                    self.connections.send(asked.connection, frame);
                }
            }
            // A request that was given up needs no answer.
            Waiter::Request(sender) => drop(sender.send(outcome)),
        }
    }

    /// Refuses a socket's message, or a frame that is none.
    pub(crate) fn refuse(
        &mut self,
        connection: ConnectionId,
        frame: Option<&Inbound<'_>>,
        refusal: Refusal,
    ) {
        let asked = match frame {
            Some(frame) => Asked::new(connection, frame),
            None => Asked {
                connection,
                event: "error".to_owned(),
                channel: None,
                id: None,
            },
        };
        self.answer(Waiter::Socket(asked), Err(refusal));
    }
}

fn ack(id: &str, done: &Done) -> Utf8Bytes {
    Outbound {
        re: Some(id),
        data: Some(done.body()),
        ..Outbound::new("ack")
    }
    .encode()
}
