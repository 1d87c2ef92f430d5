//! Socketio: the codec of Socket.IO.

use crate::{
    act::{Act, acts},
    json::is_json,
};
use realtime_core::{
    ChannelName, Codec, EventName, Frame, FrameRef, MessageId, SubscribeOptions,
    wire::{
        CodecOutput, Inbound, Outbound,
        socketio::{ChannelMapping, PayloadShape, SocketIoCodec, SocketIoOptions},
    },
};

const OPEN: &str = r#"0{"sid":"e1","pingInterval":25000,"pingTimeout":20000,"maxPayload":9000}"#;
const MOST_BYTES: usize = 1 << 16;

/// Reads each line as a frame. `>open` begins with a new socket; `>namespaces` and `>envelope` with
/// another codec; `>join CHANNEL`, `>leave CHANNEL`, `>say DATA` and `>goodbye` are the app's.
///
/// # Panics
///
/// When a payload is passed on or sent that is no JSON, more is kept than may be, or an error's text
/// is long.
pub fn socketio(input: &[u8]) {
    let mut codec = new(SocketIoOptions::new());
    let mut sent = 0;
    for act in acts(input) {
        match act {
            Act::Frame(frame) => read(&mut codec, frame),
            Act::Word("open", _) => open(&mut codec),
            Act::Word("namespaces", _) => {
                let mapping = ChannelMapping::Namespace;
                codec = new(SocketIoOptions::new().with_mapping(mapping));
            }
            Act::Word("envelope", _) => {
                codec = new(SocketIoOptions::new().with_shape(PayloadShape::Envelope));
            }
            Act::Word(word, rest) => {
                sent += 1;
                write(&mut codec, sent, word, rest);
            }
        }
        drain(&mut codec);
    }
}

fn new(options: SocketIoOptions) -> SocketIoCodec {
    let mut codec = SocketIoCodec::new(options.with_max_frame_bytes(MOST_BYTES));
    open(&mut codec);
    for frame in [OPEN, r#"40{"sid":"s1","pid":"p1"}"#] {
        read(&mut codec, FrameRef::Text(frame));
        drain(&mut codec);
    }
    codec
}

fn open(codec: &mut SocketIoCodec) {
    let address = codec.address("https://a.test");
    assert!(address.is_ok(), "{address:?}");
    codec.reset();
}

fn read(codec: &mut SocketIoCodec, frame: FrameRef<'_>) {
    match codec.decode(frame) {
        Ok(inbound) => check(&inbound),
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.len() < 2_000, "a long text: {shown}");
            assert!(
                !shown.contains(char::is_control),
                "a control character: {shown:?}"
            );
            if error.is_fatal() {
                open(codec);
            }
        }
    }
}

fn check(inbound: &Inbound<'_>) {
    match inbound {
        Inbound::Event(event) => is_json(&event.data),
        Inbound::Reply(reply) => reply.result.as_deref().map_or((), is_json),
        _ => {}
    }
}

fn drain(codec: &mut SocketIoCodec) {
    while let Some(output) = codec.poll_output() {
        match output {
            CodecOutput::Inbound(inbound) => check(&inbound),
            CodecOutput::Transmit(frame) => is_packet(&frame),
        }
    }
}

fn is_packet(frame: &Frame) {
    if let Frame::Text(text) = frame {
        assert!(text.starts_with(['3', '4']), "no packet is sent: {text:?}");
        if let Some(array) = text.find('[').filter(|_| text.starts_with("42")) {
            is_json(&text[array..]);
        }
    }
}

fn write(codec: &mut SocketIoCodec, number: usize, word: &str, rest: &str) {
    let (id, channel) = (
        MessageId::from(format!("q-{number}")),
        ChannelName::from(rest),
    );
    let (event, options) = (EventName::from(word), SubscribeOptions::default());
    let message = match word {
        "join" => Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since: None,
            options: &options,
        },
        "leave" => Outbound::Unsubscribe { channel: &channel },
        "goodbye" => Outbound::Goodbye,
        // The outbox lets no other data pass.
        _ if serde_json::from_str::<&serde_json::value::RawValue>(rest).is_err() => return,
        _ => Outbound::Event {
            event: &event,
            channel: Some(&channel),
            data: rest,
            id: Some(&id),
        },
    };
    let mut frames = Vec::new();
    if codec.encode(&message, &mut frames).is_ok() {
        frames.iter().for_each(is_packet);
    } else {
        assert!(frames.is_empty(), "what is refused is not sent");
    }
}
