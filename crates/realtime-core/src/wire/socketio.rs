//! Socket.IO 5 over Engine.IO 4, for servers of socket.io 3 and 4 and those compatible with them, as
//! docs/SOCKETIO.md specifies it.

mod acks;
mod address;
mod arguments;
mod engine;
mod error;
mod options;
mod packet;
mod payload;
mod reading;
mod writing;

pub use error::SocketIoError;
pub use options::{JoinPayload, PayloadShape, SocketIoOptions};

use super::{Codec, CodecOutput, CodecStats, Frame, FrameRef, Inbound, Outbound, WireError};
use crate::error::EncodeError;
use acks::Acks;
use std::collections::VecDeque;

/// Speaks Socket.IO: packets in, packets out, and the convention that maps events to channels.
///
/// ```
/// use realtime_core::wire::{Codec, FrameRef, Inbound};
/// use realtime_core::wire::socketio::{SocketIoCodec, SocketIoOptions};
///
/// let mut codec = SocketIoCodec::new(SocketIoOptions::new());
/// assert_eq!(codec.address("https://a.test").0, "wss://a.test/socket.io/?EIO=4&transport=websocket");
/// codec.decode(FrameRef::Text(r#"0{"sid":"a","pingInterval":25000,"pingTimeout":20000}"#))?;
/// codec.decode(FrameRef::Text(r#"40{"sid":"b"}"#))?;
/// let frame = r#"42["stock:update",{"channel":"stocks:ACME","seq":7,"price":2}]"#;
/// let Inbound::Event(event) = codec.decode(FrameRef::Text(frame))? else { panic!() };
/// assert_eq!((&*event.event, event.channel.as_deref()), ("stock:update", Some("stocks:ACME")));
/// # Ok::<(), realtime_core::wire::WireError>(())
/// ```
#[derive(Debug)]
pub struct SocketIoCodec {
    options: SocketIoOptions,
    namespace: String,
    stage: Stage,
    token: Option<Secret>,
    max_payload: Option<usize>,
    acks: Acks,
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

/// Its `Debug` does not show it.
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl SocketIoCodec {
    /// A codec for a server that is spoken to like this.
    #[must_use]
    pub fn new(options: SocketIoOptions) -> Self {
        let namespace = namespace_name(options.namespace.as_deref().unwrap_or("/"));
        Self {
            namespace,
            options,
            stage: Stage::Opening,
            token: None,
            max_payload: None,
            acks: Acks::default(),
            outputs: VecDeque::new(),
            stats: CodecStats::default(),
        }
    }
}

/// A namespace as it stands in packets: with a slash before it, and without one at its end.
fn namespace_name(name: &str) -> String {
    let name = name.trim_end_matches('/');
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("/{name}")
    }
}

impl Codec for SocketIoCodec {
    fn address(&mut self, url: &str) -> (String, Vec<String>) {
        let (address, namespace) = address::resolve(url, &self.options);
        if let Some(name) = self.options.namespace.as_deref().or(namespace.as_deref()) {
            self.namespace = namespace_name(name);
        }
        (address, Vec::new())
    }

    fn reset(&mut self) {
        self.stage = Stage::Opening;
        self.token = None;
        self.max_payload = None;
        self.acks.clear();
        self.outputs.clear();
    }

    fn announces_ready(&self) -> bool {
        true
    }

    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError> {
        if frame.len() > self.options.max_frame_bytes {
            return Err(WireError::TooLarge {
                bytes: frame.len(),
                limit: self.options.max_frame_bytes,
            });
        }
        let read = match frame {
            FrameRef::Text(text) => self.read(text),
            FrameRef::Binary(bytes) => Err(SocketIoError::UnannouncedBinary { bytes: bytes.len() }),
        };
        read.map_err(|error| {
            self.stage = Stage::Over;
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
        self.outputs.pop_front()
    }

    fn stats(&self) -> CodecStats {
        CodecStats {
            dropped: self.acks.dropped(),
            ..self.stats
        }
    }
}
