//! Settlements: how sends end, what the outbox gives out, and what it counts.

use super::SendId;
use crate::{
    error::{DecodeError, EncodeError, ServerError},
    excerpt::Size,
    id::{ChannelName, EventName, MessageId},
};
use std::{fmt, rc::Rc};

/// Why a message was not delivered, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server got the message and refused it.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The message was sent, but no answer came in time.
    #[error("no answer came in time; the server may or may not have handled the message")]
    Timeout,
    /// The message was never sent, for the link was down all its time to live.
    #[error(
        "the message was not sent, as there was no connection in time; send it again if it still matters"
    )]
    Expired,
    /// The connection ended, or was down and the message volatile.
    #[error("there is no connection; reconnect, then send again")]
    Disconnected,
    /// The outbox is full, or the socket is and the message volatile.
    #[error("too much is waiting to be sent; send less, or again later")]
    Overflow,
    /// The data is not JSON.
    #[error(transparent)]
    Invalid(DecodeError),
    /// The message alone is larger than allowed.
    #[error("the message has {size} bytes, more than the limit of {limit}; split it")]
    TooLarge {
        /// How large it is, in bytes.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The message cannot go over the wire that the client speaks.
    #[error(transparent)]
    Unsendable(#[from] EncodeError),
    /// A newer message with the same key took its place.
    #[error("a newer message with the same key took its place")]
    Superseded,
    /// The app cancelled the send.
    #[error("the send was cancelled")]
    Cancelled,
    /// The user signed out before the message was answered.
    #[error(
        "the user signed out before the message was answered; if it was sent, the server may have handled it"
    )]
    SignedOut,
}

/// What the outbox wants done.
#[derive(Clone, PartialEq, Eq)]
pub enum OutboxOutput {
    /// Encode the message and give it to the socket, now.
    Transmit {
        /// Which send it is.
        send: SendId,
        /// The id to send with it, if an answer is wanted; the same each time it is sent.
        id: Option<MessageId>,
        /// The event's name.
        event: EventName,
        /// The channel it concerns, if any.
        channel: Option<ChannelName>,
        /// The payload, as JSON text.
        data: Rc<str>,
    },
    /// A send is over. Each send settles exactly once.
    Settled {
        /// Which.
        send: SendId,
        /// The answer's data as JSON text (`null` if no answer was wanted), or why not.
        result: Result<Rc<str>, SendError>,
    },
}

impl fmt::Debug for OutboxOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit {
                send,
                id,
                event,
                channel,
                data,
            } => f
                .debug_struct("Transmit")
                .field("send", send)
                .field("id", id)
                .field("event", event)
                .field("channel", channel)
                .field("data", &Size(data.len()))
                .finish(),
            Self::Settled { send, result } => f
                .debug_struct("Settled")
                .field("send", send)
                .field("result", &result.as_ref().map(|data| Size(data.len())))
                .finish(),
        }
    }
}

/// Counters of one outbox, since it was made, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// Messages held now: waiting to be sent, or for an answer.
    pub held: usize,
    /// Their bytes.
    pub held_bytes: usize,
    /// Messages given to a socket, repeats included.
    pub transmitted: u64,
    /// How many of those were repeats.
    pub repeated: u64,
    /// Sends that succeeded.
    pub delivered: u64,
    /// Sends that the server refused.
    pub refused: u64,
    /// Sends that got no answer in time.
    pub timed_out: u64,
    /// Sends that found no link in time.
    pub expired: u64,
    /// Sends that failed for want of a link, volatile ones included.
    pub disconnected: u64,
    /// Sends refused because too much was waiting, volatile ones on a full socket included.
    pub overflowed: u64,
    /// Sends refused because their data is not JSON.
    pub invalid: u64,
    /// Sends refused for their size.
    pub too_large: u64,
    /// Sends that the protocol had no way to say.
    pub unsendable: u64,
    /// Sends replaced by a newer one.
    pub superseded: u64,
    /// Sends that the app cancelled, or that the user's signing out ended.
    pub cancelled: u64,
    /// Answers to nothing that waits for one.
    pub unknown_answers: u64,
}

impl OutboxStats {
    pub(super) fn count(&mut self, result: &Result<Rc<str>, SendError>) {
        *self.counter(result) += 1;
    }

    /// A send that counted as delivered was not.
    pub(super) fn recount(&mut self, result: &Result<Rc<str>, SendError>) {
        self.delivered -= 1;
        self.count(result);
    }

    fn counter(&mut self, result: &Result<Rc<str>, SendError>) -> &mut u64 {
        match result {
            Ok(_) => &mut self.delivered,
            Err(SendError::Server(_)) => &mut self.refused,
            Err(SendError::Timeout) => &mut self.timed_out,
            Err(SendError::Expired) => &mut self.expired,
            Err(SendError::Disconnected) => &mut self.disconnected,
            Err(SendError::Overflow) => &mut self.overflowed,
            Err(SendError::Invalid(_)) => &mut self.invalid,
            Err(SendError::TooLarge { .. }) => &mut self.too_large,
            Err(SendError::Unsendable(_)) => &mut self.unsendable,
            Err(SendError::Superseded) => &mut self.superseded,
            Err(SendError::Cancelled | SendError::SignedOut) => &mut self.cancelled,
        }
    }
}
