//! The seam between the client and a protocol.
//!
//! A [`Codec`] turns frames into [`Inbound`] and [`Outbound`] into frames. It has no clock and does
//! no I/O. What it must remember between frames (attachments to come, an acknowledgement number) it
//! forgets when a new socket opens, but for what the protocol needs to take a session up again.
//! The rest of the client never sees a protocol.

use crate::{
    access::SubscribeOptions,
    error::{AddressError, DecodeError, EncodeError, ServerError},
    excerpt::Size,
    id::{ChannelName, EventName, MessageId, Position},
};
use std::{borrow::Cow, fmt, time::Duration};

mod address;
mod json;
mod refusal;
#[cfg(feature = "socketio")]
pub mod socketio;
mod surrogates;
mod text;

pub use json::JsonCodec;
pub use surrogates::well_formed;
pub(crate) use text::Text;

/// One WebSocket message to be sent. Its `Debug` shows its size and not what it says, which may be a
/// token.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

impl Frame {
    /// The frame, borrowed.
    #[doc(hidden)]
    #[must_use]
    pub fn as_frame_ref(&self) -> FrameRef<'_> {
        match self {
            Self::Text(text) => FrameRef::Text(text),
            Self::Binary(bytes) => FrameRef::Binary(bytes),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_frame_ref(), f)
    }
}

/// One WebSocket message that arrived, borrowed for as long as it is being handled. Its `Debug` shows
/// its size and not what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FrameRef<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

impl FrameRef<'_> {
    /// The frame's size in bytes.
    #[doc(hidden)]
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the frame holds nothing.
    #[doc(hidden)]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for FrameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
        };
        f.debug_tuple(kind).field(&Size(self.len())).finish()
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
    /// The server answers for the link itself: it sends something at least this often, pings if
    /// nothing else, and expects none of ours. Longer silence means that the link is dead.
    ServerPings {
        /// The longest silence of a link that is alive.
        silence: Duration,
    },
    /// The server ends a channel that it had let us have.
    Revoked {
        /// The channel.
        channel: Cow<'a, str>,
        /// Why.
        error: ServerError,
    },
    /// The server is about to close this socket; another may be opened.
    Closing,
    /// The server does not want this client any more, until its app says otherwise.
    Dismissed {
        /// Why, in words.
        reason: Cow<'a, str>,
    },
    /// The server wants a pong.
    Ping {
        /// What the pong has to answer, if anything.
        id: Option<Cow<'a, str>>,
    },
    /// The server answered our ping.
    Pong,
    /// The server wants to see a new token, and keeps the link open meanwhile.
    TokenExpired,
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
    /// The payload as JSON text; `null` if there is none. Owned only where the codec had to put it
    /// together from several frames, or to keep it for a while.
    pub data: Cow<'a, str>,
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
    pub result: Result<Cow<'a, str>, ServerError>,
    /// The channel's position, when this answers a subscribe.
    pub position: Option<Position>,
}

impl Inbound<'_> {
    /// The same, borrowed from nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn into_owned(self) -> Inbound<'static> {
        match self {
            Self::Event(event) => Inbound::Event(event.into_owned()),
            Self::Reply(reply) => Inbound::Reply(reply.into_owned()),
            Self::Ping { id } => Inbound::Ping { id: id.map(owned) },
            Self::Revoked { channel, error } => Inbound::Revoked {
                channel: owned(channel),
                error,
            },
            Self::Dismissed { reason } => Inbound::Dismissed {
                reason: owned(reason),
            },
            Self::Rejected(error) => Inbound::Rejected(error),
            Self::Error(error) => Inbound::Error(error),
            Self::ServerPings { silence } => Inbound::ServerPings { silence },
            Self::TokenExpired => Inbound::TokenExpired,
            Self::Ready => Inbound::Ready,
            Self::Closing => Inbound::Closing,
            Self::Pong => Inbound::Pong,
            Self::Nothing => Inbound::Nothing,
        }
    }
}

impl EventFrame<'_> {
    /// The same, borrowed from nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn into_owned(self) -> EventFrame<'static> {
        EventFrame {
            event: owned(self.event),
            channel: self.channel.map(owned),
            data: owned(self.data),
            seq: self.seq,
            epoch: self.epoch.map(owned),
            id: self.id.map(owned),
        }
    }
}

impl ReplyFrame<'_> {
    /// The same, borrowed from nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn into_owned(self) -> ReplyFrame<'static> {
        ReplyFrame {
            re: owned(self.re),
            result: self.result.map(owned),
            position: self.position,
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// What the client wants to say. Its `Debug` shows neither tokens nor payloads.
#[derive(Clone, Copy, PartialEq)]
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
        /// What it is asked for with.
        options: &'a SubscribeOptions,
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
    /// Give the session up for good, not just the socket: the next one begins afresh.
    Goodbye,
}

impl fmt::Debug for Outbound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { id, .. } => f
                .debug_struct("Auth")
                .field("id", id)
                .finish_non_exhaustive(),
            Self::Subscribe {
                id,
                channel,
                since,
                options,
            } => f
                .debug_struct("Subscribe")
                .field("id", id)
                .field("channel", channel)
                .field("since", since)
                .field("options", options)
                .finish(),
            Self::Unsubscribe { channel } => f
                .debug_struct("Unsubscribe")
                .field("channel", channel)
                .finish(),
            Self::Event {
                event,
                channel,
                data,
                id,
            } => f
                .debug_struct("Event")
                .field("event", event)
                .field("channel", channel)
                .field("data", &Size(data.len()))
                .field("id", id)
                .finish(),
            Self::Ping => f.write_str("Ping"),
            Self::Pong { re } => f.debug_struct("Pong").field("re", re).finish(),
            Self::Goodbye => f.write_str("Goodbye"),
        }
    }
}

/// What a codec wants done beside what it was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum CodecOutput {
    /// Send a frame that the protocol asks for.
    Transmit(Frame),
    /// Take this in, as if a frame had said it.
    Inbound(Inbound<'static>),
}

/// What a codec has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodecStats {
    /// Fields ignored because this version does not know them.
    pub unknown_fields: u64,
    /// Whole messages ignored: of a kind, or about something, that this client has no part in.
    pub ignored: u64,
    /// Messages or answers that were kept for later and dropped because there were too many.
    pub dropped: u64,
}

/// The longest epoch that a codec passes on, in bytes: it is kept for each channel.
const LONGEST_EPOCH: usize = 256;
/// The longest id of a ping that is answered with it, in bytes.
const LONGEST_PING: usize = 125;

/// A protocol: frames in, frames out, nothing else.
///
/// What it passes on is JSON text that serde can read: a codec of your own calls [`well_formed`].
pub trait Codec: fmt::Debug {
    /// The address to open for the one the app gave, and the subprotocols to offer.
    ///
    /// # Errors
    ///
    /// When it is no address of a server: neither a `ws`, `wss`, `http` or `https` one with a valid
    /// host and no user, nor relative to the page. The connection ends then.
    fn address(&mut self, url: &str) -> Result<(String, Vec<String>), AddressError> {
        Ok((address::Address::parse(url)?.whole(), Vec::new()))
    }

    /// A new socket is open: forget what the last one was in the middle of.
    fn reset(&mut self) {}

    /// Whether, without a token, the client is to wait for [`Inbound::Ready`] before it speaks.
    fn announces_ready(&self) -> bool {
        false
    }

    /// Whether a new token can be shown while the link is open, by [`Outbound::Auth`]. Where it cannot,
    /// the client opens another socket for its sake.
    fn renews_tokens(&self) -> bool {
        true
    }

    /// Whether the protocol keeps incoming events of this name for itself, so that none ever reaches
    /// the app. The client refuses to listen to one.
    fn keeps(&self, event: &str) -> bool {
        let _ = event;
        false
    }

    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the frame is not of this protocol. The client counts and reports it and lives on; if
    /// the error [is fatal](WireError::is_fatal), on another socket.
    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError>;

    /// Writes a message, as one frame or several.
    ///
    /// # Errors
    ///
    /// When the message is one that this protocol, or the server at hand, does not take; nothing
    /// is added to `frames` then. Only for [`Outbound::Event`]: of the others the codec says itself,
    /// through [`poll_output`](Self::poll_output), what became of them.
    fn encode(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError>;

    /// The next thing the codec wants done by itself; asked for after each frame and message.
    fn poll_output(&mut self) -> Option<CodecOutput> {
        None
    }

    /// What whoever writes the app or the server is to check when a subscription is not answered: a
    /// sentence in lower case.
    fn silence_hint(&self) -> Cow<'static, str> {
        "the server did not answer the subscription; check that it does".into()
    }

    /// What to say of an error that [is fatal](WireError::is_fatal). Those of this library's codecs say it
    /// themselves, so that a page does not carry the texts of a protocol that it does not speak.
    #[doc(hidden)]
    fn complaint(&self, error: &WireError) -> Cow<'static, str> {
        let _ = error;
        "the server broke the protocol".into()
    }

    /// What has been counted so far.
    fn stats(&self) -> CodecStats {
        CodecStats::default()
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
    /// The server broke the Socket.IO protocol.
    #[cfg(feature = "socketio")]
    #[error(transparent)]
    SocketIo(#[from] socketio::SocketIoError),
}

impl WireError {
    /// Whether nothing that comes on this socket afterwards can be trusted: the client closes it,
    /// and opens another.
    #[doc(hidden)]
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        match self {
            Self::Malformed(_) | Self::Binary { .. } | Self::TooLarge { .. } => false,
            #[cfg(feature = "socketio")]
            Self::SocketIo(_) => true,
        }
    }
}
