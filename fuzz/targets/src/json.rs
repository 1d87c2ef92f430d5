//! Json: the codec of the JSON envelope.

use crate::act::{Act, acts};
use realtime_core::{
    Codec, EventName, Frame, FrameRef, MessageId,
    wire::{Inbound, JsonCodec, Outbound, well_formed},
};
use serde_json::{Value, value::RawValue};

/// Reads each line as a frame, and writes each as the data of a message. `>say NAME` sets what that
/// message is called.
///
/// # Panics
///
/// When a payload is passed on that is no JSON, an answer is lost, or a message is not read as it
/// was written.
pub fn json(input: &[u8]) {
    let mut codec = JsonCodec::default().with_max_frame_bytes(1 << 16);
    let mut name = EventName::from("say");
    for act in acts(input) {
        match act {
            Act::Word("say", said) => name = said.into(),
            Act::Word(..) => {}
            Act::Frame(frame) => {
                read(&mut codec, frame);
                if let FrameRef::Text(text) = frame {
                    write(&mut codec, &name, text);
                }
            }
        }
    }
}

fn read(codec: &mut JsonCodec, frame: FrameRef<'_>) {
    let result = codec.decode(frame);
    if let Err(error) = &result {
        let shown = error.to_string();
        assert!(shown.len() < 2_000, "a long text: {shown}");
        assert!(
            !shown.contains(char::is_control),
            "a control character: {shown:?}"
        );
    }
    let FrameRef::Text(text) = frame else {
        return assert!(result.is_err());
    };
    let repaired = well_formed(text);
    if let Ok(Value::Object(envelope)) = serde_json::from_str(&repaired)
        && let Some(re) = envelope.get("re").and_then(Value::as_str)
        && envelope.get("event").and_then(Value::as_str) != Some("pong")
        && text.len() <= 1 << 16
    {
        let Ok(Inbound::Reply(reply)) = &result else {
            panic!("the answer to {re:?} is lost: {result:?}")
        };
        assert_eq!(reply.re, re);
        let is_refused = envelope.get("error").is_some_and(|error| !error.is_null());
        assert_eq!(reply.result.is_err(), is_refused);
    }
    match result {
        Ok(Inbound::Event(event)) => is_json(&event.data),
        Ok(Inbound::Reply(reply)) => reply.result.as_deref().map_or((), is_json),
        _ => {}
    }
}

pub(crate) fn is_json(data: &str) {
    let read = serde_json::from_str::<&RawValue>(data);
    assert!(read.is_ok(), "no JSON is passed on: {data:?}");
}

/// A message is read as it was written, but for halves of surrogate pairs.
fn write(codec: &mut JsonCodec, event: &EventName, data: &str) {
    if serde_json::from_str::<&RawValue>(data).is_err() {
        return;
    }
    let (id, channel) = (MessageId::from(event.as_str()), event.as_str().into());
    let message = Outbound::Event {
        event,
        channel: Some(&channel),
        data,
        id: Some(&id),
    };
    let mut frames = Vec::new();
    if codec.encode(&message, &mut frames).is_err() {
        return;
    }
    let [Frame::Text(text)] = &frames[..] else {
        panic!("one message is one frame")
    };
    if text.len() > 1 << 16 {
        return;
    }
    let read = codec.decode(FrameRef::Text(text));
    let Ok(Inbound::Event(read)) = read else {
        panic!("{text} is read as {read:?}")
    };
    assert_eq!(read.event, event.as_str());
    assert_eq!(read.channel.as_deref(), Some(event.as_str()));
    assert_eq!(read.id.as_deref(), Some(event.as_str()));
    assert_eq!(read.data.trim(), well_formed(data).trim());
}
