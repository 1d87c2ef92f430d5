//! Every frame the envelope codec writes, and how it reads every kind of frame, as files.

use realtime_core::{
    Codec, EventName, Frame, FrameRef, MessageId, Position,
    wire::{JsonCodec, Outbound},
};
use std::fmt::Write;

#[test]
fn every_message_the_client_writes() {
    let (id, channel) = (MessageId::from("q7f-1"), "room:lobby".into());
    let position = Position {
        epoch: "b1".into(),
        seq: u64::MAX,
    };
    let event = EventName::from("message:send");
    let data = r#"{"text":"h\u00e9llo \"you\"","n":1e400}"#;
    let messages = [
        Outbound::Auth {
            id: &id,
            token: "ey\"J",
        },
        Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since: None,
            options: &realtime_core::SubscribeOptions::default(),
        },
        Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since: Some(&position),
            options: &realtime_core::SubscribeOptions::default(),
        },
        Outbound::Unsubscribe { channel: &channel },
        Outbound::Event {
            event: &event,
            channel: Some(&channel),
            data,
            id: Some(&id),
        },
        Outbound::Event {
            event: &event,
            channel: None,
            data: "null",
            id: None,
        },
        Outbound::Ping,
        Outbound::Pong { re: None },
        Outbound::Pong { re: Some("s1") },
    ];
    let mut codec = JsonCodec::default();
    let mut frames = Vec::new();
    for message in &messages {
        codec
            .encode(message, &mut frames)
            .expect("the envelope can say everything");
    }
    let lines: Vec<&str> = frames
        .iter()
        .map(|frame| match frame {
            Frame::Text(text) => text.as_str(),
            Frame::Binary(_) => panic!("the envelope has no binary frames"),
        })
        .collect();
    assert_eq!(lines.len(), messages.len());
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_kind_of_frame_the_client_reads() {
    let frames = [
        r#"{"event":"stock:update","channel":"stocks:ACME","seq":12,"epoch":"b1","data":{"price":101.5}}"#,
        r#"{"event":"list:update","channel":"tasks","id":"q7f-1","data":{"action":"delete","item":{"id":"t1"}}}"#,
        r#"{"event":"bare"}"#,
        r#"{"event":"nulls","channel":null,"data":null,"id":null,"seq":null,"epoch":null,"error":null}"#,
        r#"{"event":"\u0065scaped","channel":"\"","data":"\u00e9"}"#,
        r#"{"event":"subscribe","channel":"tasks","re":"q7f-2","seq":57,"epoch":"b1","data":{"recovered":true}}"#,
        r#"{"event":"ack","re":7,"data":[1]}"#,
        r#"{"event":"ack","re":"q7f-3","error":{"code":"invalid_data","message":"no","retryAfter":1000}}"#,
        r#"{"event":"ping"}"#,
        r#"{"event":"ping","id":"s1"}"#,
        r#"{"event":"pong","re":"q7f-4"}"#,
        r#"{"event":"error","error":{"code":"too_large","message":"too large"}}"#,
        r#"{"event":"e","data":1}trailing"#,
        r#"{"event":"e","event":"again"}"#,
        r#"{"data":1}"#,
        "[]",
        "",
    ];
    let mut codec = JsonCodec::default();
    let mut read = String::new();
    for frame in frames {
        writeln!(read, "{frame}").expect("a string takes everything");
        match codec.decode(FrameRef::Text(frame)) {
            Ok(inbound) => writeln!(read, "    {inbound:?}"),
            Err(error) => writeln!(read, "    error: {error}"),
        }
        .expect("a string takes everything");
    }
    insta::assert_snapshot!(read);
}
