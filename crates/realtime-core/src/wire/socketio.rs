//! Socket.IO 5 over Engine.IO 4, for servers of socket.io 3 and 4 and those compatible with them, as
//! docs/SOCKETIO.md specifies it.

mod acks;
mod address;
mod answers;
mod arguments;
mod attachments;
mod engine;
mod error;
mod events;
mod handshake;
mod namespaces;
mod options;
mod packet;
mod payload;
mod placeholder;
mod reading;
mod recovery;
mod rooms;
mod writing;

pub use error::SocketIoError;
pub use options::{ChannelMapping, JoinPayload, PayloadShape, SocketIoOptions};

use super::{
    Codec, CodecOutput, CodecStats, Frame, FrameRef, Inbound, Outbound, WireError, well_formed,
};
use crate::error::{AddressError, EncodeError};
use acks::Acks;
use attachments::Pending;
use namespaces::Namespaces;
use recovery::{EarlyEvents, Session};
use rooms::Rooms;
use std::{borrow::Cow, collections::VecDeque, fmt};

/// Speaks Socket.IO: packets in, packets out, and the convention that maps events to channels.
///
/// ```
/// use realtime_core::wire::{Codec, FrameRef, Inbound};
/// use realtime_core::wire::socketio::{SocketIoCodec, SocketIoOptions};
///
/// let mut codec = SocketIoCodec::new(SocketIoOptions::new());
/// assert_eq!(codec.address("https://a.test").unwrap().0, "wss://a.test/socket.io/?EIO=4&transport=websocket");
/// codec.decode(FrameRef::Text(r#"0{"sid":"a","pingInterval":25000,"pingTimeout":20000}"#))?;
/// codec.decode(FrameRef::Text(r#"40{"sid":"b"}"#))?;
/// let frame = r#"42["stock:update",{"channel":"stocks:ACME","seq":7,"price":2}]"#;
/// let Inbound::Event(event) = codec.decode(FrameRef::Text(frame))? else { panic!() };
/// assert_eq!((&*event.event, event.channel.as_deref()), ("stock:update", Some("stocks:ACME")));
/// # Ok::<(), realtime_core::wire::WireError>(())
/// ```
pub struct SocketIoCodec {
    options: SocketIoOptions,
    /// The namespace that the socket is opened for; events of no channel are its.
    main: String,
    stage: Stage,
    token: Option<String>,
    max_payload: Option<usize>,
    acks: Acks,
    /// A packet that waits for its binary frames.
    pending: Option<Pending>,
    /// The main namespace's session.
    session: Session,
    /// The channels that are joined in it.
    rooms: Rooms,
    /// Whether the session has been taken up again just now, and the client has yet to say which
    /// channels it wants.
    resumed: bool,
    /// Whether what came before the answer to CONNECT has been delivered since.
    settled: bool,
    early: EarlyEvents,
    namespaces: Namespaces,
    outputs: VecDeque<CodecOutput>,
    stats: CodecStats,
}

/// How far the handshake on the current socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Engine.IO's open packet is to come.
    Opening,
    /// CONNECT is sent, and not answered.
    Connecting,
    /// The namespace has let us in.
    Connected,
    /// This socket is done with.
    Over,
}

/// Says no more than its name: a page carries this for each codec that it may have.
impl fmt::Debug for SocketIoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketIoCodec")
    }
}

impl SocketIoCodec {
    /// A codec for a server that is spoken to like this.
    #[must_use]
    pub fn new(options: SocketIoOptions) -> Self {
        Self {
            main: namespaces::normalised(options.namespace.as_deref().unwrap_or("/")),
            options,
            stage: Stage::Opening,
            token: None,
            max_payload: None,
            acks: Acks::default(),
            pending: None,
            session: Session::default(),
            rooms: Rooms::default(),
            resumed: false,
            settled: true,
            early: EarlyEvents::default(),
            namespaces: Namespaces::default(),
            outputs: VecDeque::new(),
            stats: CodecStats::default(),
        }
    }
}

impl Codec for SocketIoCodec {
    fn address(&mut self, url: &str) -> Result<(String, Vec<String>), AddressError> {
        let (address, namespace) = address::resolve(url, &self.options)?;
        if let Some(name) = self.options.namespace.as_deref().or(namespace.as_deref()) {
            self.main = namespaces::normalised(name);
        }
        Ok((address, Vec::new()))
    }

    fn reset(&mut self) {
        self.stage = Stage::Opening;
        self.token = None;
        self.max_payload = None;
        self.acks.clear();
        self.pending = None;
        self.resumed = false;
        self.rooms.break_off();
        self.settled = true;
        self.early.clear();
        self.namespaces.leave_all();
        self.outputs.clear();
    }

    /// A token goes with CONNECT, and nowhere else.
    fn renews_tokens(&self) -> bool {
        false
    }

    fn announces_ready(&self) -> bool {
        true
    }

    fn keeps(&self, event: &str) -> bool {
        events::is_reserved(event)
    }

    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError> {
        let read = match frame {
            // In the middle of a packet it is one frame too many, whatever its size.
            FrameRef::Text(text)
                if text.len() > self.options.max_frame_bytes && self.pending.is_none() =>
            {
                return Err(WireError::TooLarge {
                    bytes: text.len(),
                    limit: self.options.max_frame_bytes,
                });
            }
            FrameRef::Text(text) => match well_formed(text) {
                Cow::Borrowed(text) => self.read_text(text),
                Cow::Owned(text) => self.read_text(&text).map(Inbound::into_owned),
            },
            FrameRef::Binary(bytes) => self.read_binary(bytes),
        };
        read.map_err(|error| {
            self.stage = Stage::Over;
            self.pending = None;
            self.outputs.clear();
            error.into()
        })
    }

    fn encode(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        self.write(message, frames)
    }

    fn poll_output(&mut self) -> Option<CodecOutput> {
        if self.outputs.is_empty() && !self.settled {
            self.settle_session();
        }
        self.outputs.pop_front()
    }

    fn silence_hint(&self) -> Cow<'static, str> {
        if self.options.mapping == ChannelMapping::Namespace {
            return "the server did not answer CONNECT; check that it has this namespace".into();
        }
        let join = &self.options.join;
        format!(
            "the server did not acknowledge `{join}`; check that it has a handler for an event of \
             this name (`with_join` sets another) and that this calls the acknowledgement; if it \
             never does, say so with `with_join_ack(false)`"
        )
        .into()
    }

    fn complaint(&self, error: &WireError) -> Cow<'static, str> {
        error.to_string().into()
    }

    fn stats(&self) -> CodecStats {
        CodecStats {
            dropped: self.acks.dropped() + self.early.dropped(),
            ..self.stats
        }
    }
}
