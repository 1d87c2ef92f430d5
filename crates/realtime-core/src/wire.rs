//! The seam between the client and a protocol.
//!
//! A [`Codec`] turns frames into [`Inbound`] and [`Outbound`] into frames. It has no clock and does
//! no I/O; what it must remember between frames (attachments to come, an acknowledgement number) it
//! forgets when a new socket opens. The rest of the client never sees a protocol.

use crate::{
    error::{DecodeError, ServerError},
    id::{ChannelName, EventName, MessageId, Position},
};
use std::{borrow::Cow, fmt};

mod json;
mod text;

pub use json::JsonCodec;
pub(crate) use text::Text;

/// One WebSocket message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

impl Frame {
    /// The frame, borrowed.
    #[must_use]
    pub fn as_frame_ref(&self) -> FrameRef<'_> {
        match self {
            Self::Text(text) => FrameRef::Text(text),
            Self::Binary(bytes) => FrameRef::Binary(bytes),
        }
    }
}

/// One WebSocket message that arrived, borrowed for as long as it is being handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameRef<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

impl FrameRef<'_> {
    /// The frame's size in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the frame holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// What a frame turned out to say. Payloads are borrowed and not yet parsed.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound<'a> {
    /// The server is ready for us; only for protocols that say so.
    Ready,
    /// The server turned the handshake down.
    Rejected(ServerError),
    /// Something happened.
    Event(EventFrame<'a>),
    /// The answer to a message of ours.
    Reply(ReplyFrame<'a>),
    /// The server wants a pong.
    Ping {
        /// What the pong has to answer, if anything.
        id: Option<Cow<'a, str>>,
    },
    /// The server answered our ping.
    Pong,
    /// The server complains about something that has no message to answer.
    Error(ServerError),
    /// Nothing for the client, such as a part of a larger message.
    Nothing,
}

/// An event as it stands in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFrame<'a> {
    /// What happened.
    pub event: Cow<'a, str>,
    /// Where, if the frame says so.
    pub channel: Option<Cow<'a, str>>,
    /// The payload as JSON text; `null` if there is none.
    pub data: &'a str,
    /// The event's number on its channel.
    pub seq: Option<u64>,
    /// The incarnation that `seq` counts in.
    pub epoch: Option<Cow<'a, str>>,
    /// The message that caused it: its sender recognises its own echo by this.
    pub id: Option<Cow<'a, str>>,
}

/// An answer as it stands in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyFrame<'a> {
    /// The id of the message it answers.
    pub re: Cow<'a, str>,
    /// The answer as JSON text (`null` if there is none), or the server's refusal.
    pub result: Result<&'a str, ServerError>,
    /// The channel's position, when this answers a subscribe.
    pub position: Option<Position>,
}

/// What the client wants to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outbound<'a> {
    /// Show the token; the answer must come before anything else is sent.
    Auth {
        /// Which answer to wait for.
        id: &'a MessageId,
        /// What the app's token provider returned.
        token: &'a str,
    },
    /// Start, or take up again, a channel.
    Subscribe {
        /// Which answer to wait for.
        id: &'a MessageId,
        /// The channel.
        channel: &'a ChannelName,
        /// How far we had come, if we were there before.
        since: Option<&'a Position>,
    },
    /// Stop a channel.
    Unsubscribe {
        /// The channel.
        channel: &'a ChannelName,
    },
    /// A message of the app's, or of presence or typing.
    Event {
        /// What it says.
        event: &'a EventName,
        /// Where.
        channel: Option<&'a ChannelName>,
        /// The payload as JSON text.
        data: &'a str,
        /// Which answer to wait for, if any.
        id: Option<&'a MessageId>,
    },
    /// Ask for a sign of life.
    Ping,
    /// Give one.
    Pong {
        /// What was asked.
        re: Option<&'a str>,
    },
}

/// A protocol: frames in, frames out, nothing else.
pub trait Codec: fmt::Debug {
    /// The address to open for the one the app gave, and the subprotocols to offer.
    fn address(&self, url: &str) -> (String, Vec<String>) {
        (url.to_owned(), Vec::new())
    }

    /// A new socket is open: forget what the last one was in the middle of.
    fn reset(&mut self) {}

    /// Whether, without a token, the client is to wait for [`Inbound::Ready`] before it speaks.
    fn announces_ready(&self) -> bool {
        false
    }

    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the frame is not of this protocol. The client counts and reports it and lives on.
    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError>;

    /// Writes a message, as one frame or several.
    fn encode(&mut self, message: &Outbound<'_>, frames: &mut Vec<Frame>);

    /// How many fields were ignored because this version does not know them.
    fn unknown_fields(&self) -> u64 {
        0
    }
}

/// A frame that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The frame is not valid in this protocol.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The frame is of a kind this protocol does not use.
    #[error(
        "the server sent a binary frame of {bytes} bytes, but the JSON envelope uses text frames only; check the url and the codec"
    )]
    Binary {
        /// The frame's size.
        bytes: usize,
    },
    /// The frame is larger than the client accepts.
    #[error(
        "the server sent a frame of {bytes} bytes, more than the {limit} allowed; page the data, or raise the limit"
    )]
    TooLarge {
        /// The frame's size.
        bytes: usize,
        /// The limit it broke.
        limit: usize,
    },
}
