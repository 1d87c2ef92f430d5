//! The official parsers, and codecs to hold against them.

use realtime_core::{
    Codec, Frame, FrameRef,
    wire::{
        CodecOutput, Inbound, Outbound,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use realtime_interop::{Failure, Peer, Verdict, parser};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::future::Future;

/// A frame as the parser's process writes it: text, or bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum OracleFrame {
    Text(String),
    Binary { bytes: String },
}

/// A Socket.IO packet as the official parser has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OraclePacket {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default = "root")]
    pub(crate) nsp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) data: Value,
}

fn root() -> String {
    "/".to_owned()
}

impl OraclePacket {
    pub(crate) fn new(kind: &str, data: Value) -> Self {
        Self {
            kind: kind.to_owned(),
            nsp: root(),
            id: None,
            data,
        }
    }

    pub(crate) fn with_id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    pub(crate) fn of(mut self, namespace: &str) -> Self {
        self.nsp = namespace.to_owned();
        self
    }
}

/// The official parsers, in a process of their own.
#[derive(Debug)]
pub(crate) struct Oracle(Peer);

impl Oracle {
    async fn call<T: DeserializeOwned>(&self, name: &str, arguments: Value) -> Verdict<T> {
        self.0.call(name, arguments).await
    }

    /// The frames that the official client would send for a packet.
    pub(crate) async fn encode(&self, packet: &OraclePacket) -> Vec<OracleFrame> {
        let encoded = self.call("encode", json!({ "packet": packet })).await;
        encoded.unwrap_or_else(|error| panic!("{packet:?}: {error}"))
    }

    /// The packets that the official parser finds in frames, or what it has against them.
    pub(crate) async fn decode(&self, frames: &[OracleFrame]) -> Verdict<Vec<OraclePacket>> {
        self.call("decode", json!({ "frames": frames })).await
    }

    pub(crate) async fn engine(&self, kind: &str, data: Value) -> OracleFrame {
        let arguments = json!({ "type": kind, "data": data });
        let encoded = self.call("engineEncode", arguments).await;
        encoded.unwrap_or_else(|error| panic!("{kind}: {error}"))
    }
}

/// Runs a test with the official parsers at hand.
pub(crate) fn ask<F: Future<Output = ()>>(test: impl FnOnce(Oracle) -> F) {
    alone(async {
        let parser = parser().await.unwrap_or_else(|failure: Failure| {
            panic!("{failure}; `cargo xtask interop` gets it ready")
        });
        test(Oracle(parser)).await;
    });
}

/// Runs a test on this thread.
pub(crate) fn alone(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(test));
}

pub(crate) fn to_oracle(frame: &Frame) -> OracleFrame {
    match frame {
        Frame::Text(text) => OracleFrame::Text(text.clone()),
        Frame::Binary(bytes) => OracleFrame::Binary {
            bytes: base64(bytes),
        },
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn from_oracle(frame: &OracleFrame) -> Frame {
    use base64::Engine as _;
    match frame {
        OracleFrame::Text(text) => Frame::Text(text.clone()),
        OracleFrame::Binary { bytes } => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(bytes);
            Frame::Binary(bytes.expect("the oracle writes base64"))
        }
    }
}

/// What a codec sends by itself.
pub(crate) fn sent(codec: &mut SocketIoCodec) -> Vec<OracleFrame> {
    std::iter::from_fn(|| codec.poll_output())
        .filter_map(|output| match output {
            CodecOutput::Transmit(frame) => Some(to_oracle(&frame)),
            CodecOutput::Inbound(_) => None,
        })
        .collect()
}

/// What a codec makes of a message.
pub(crate) fn written(codec: &mut SocketIoCodec, message: &Outbound<'_>) -> Vec<OracleFrame> {
    let mut frames = Vec::new();
    codec.encode(message, &mut frames).expect("it can be said");
    frames.iter().map(to_oracle).collect()
}

/// Has a codec read a frame; `look` sees what it says.
pub(crate) fn read<T>(
    codec: &mut SocketIoCodec,
    frame: &OracleFrame,
    look: impl FnOnce(Inbound<'_>) -> T,
) -> T {
    let frame = from_oracle(frame);
    let inbound = codec.decode(frame.as_frame_ref());
    look(inbound.unwrap_or_else(|error| panic!("{frame:?}: {error}")))
}

/// Has a codec read the server's open packet, as the official parser writes it.
pub(crate) async fn open(oracle: &Oracle, codec: &mut SocketIoCodec) {
    let open = json!({
        "sid": "e1", "upgrades": [], "pingInterval": 25_000, "pingTimeout": 20_000, "maxPayload": 1_000_000,
    });
    let frame = oracle.engine("open", open.to_string().into()).await;
    read(codec, &frame, |inbound| {
        assert!(matches!(inbound, Inbound::ServerPings { silence } if silence.as_secs() == 45));
    });
}

/// A codec on a socket whose server has said that it is one.
pub(crate) async fn opened(oracle: &Oracle, options: SocketIoOptions) -> SocketIoCodec {
    let mut codec = SocketIoCodec::new(options);
    codec.reset();
    open(oracle, &mut codec).await;
    codec
}

/// A codec that a namespace has let in.
pub(crate) async fn connected(oracle: &Oracle, namespace: &str) -> SocketIoCodec {
    let options = SocketIoOptions::new().with_namespace(namespace);
    let mut codec = opened(oracle, options).await;
    let connect = OraclePacket::new("CONNECT", Value::Null).of(namespace);
    assert_eq!(sent(&mut codec), oracle.encode(&connect).await);
    let welcome = OraclePacket::new("CONNECT", json!({ "sid": "s1" })).of(namespace);
    for frame in oracle.encode(&welcome).await {
        read(&mut codec, &frame, |inbound| {
            assert_eq!(inbound, Inbound::Ready)
        });
    }
    codec
}

/// Has a codec read the frames of one packet, of which none but the last says anything; `look` sees what that one says.
pub(crate) fn last<T>(
    codec: &mut SocketIoCodec,
    frames: &[OracleFrame],
    look: impl FnOnce(Inbound<'_>) -> T,
) -> T {
    let (last, first) = frames.split_last().expect("a packet has a frame");
    for frame in first {
        read(codec, frame, |inbound| {
            assert_eq!(inbound, Inbound::Nothing)
        });
    }
    read(codec, last, look)
}

/// Reads the frames of one packet, and gives what the codec says at the last one as a text that can be
/// compared and shown.
pub(crate) fn told(codec: &mut SocketIoCodec, frames: &[OracleFrame]) -> String {
    let mut told = String::new();
    for frame in frames {
        told = read(codec, frame, |inbound| format!("{inbound:?}"));
    }
    told
}

/// A frame of text, for the core.
pub(crate) fn text(frame: &str) -> FrameRef<'_> {
    FrameRef::Text(frame)
}
