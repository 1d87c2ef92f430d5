//! Every packet that the Socket.IO codec writes, and how it reads every kind of packet, as files.

use realtime_core::{
    Codec, Frame, FrameRef, Position,
    wire::{
        CodecOutput, Inbound, Outbound,
        socketio::{ChannelMapping, JoinPayload, PayloadShape, SocketIoCodec, SocketIoOptions},
    },
};
use std::fmt::Write;

const OPEN: &str =
    r#"0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

fn show(log: &mut String, frame: &Frame) {
    match frame {
        Frame::Text(text) => writeln!(log, "    {text}"),
        Frame::Binary(bytes) => writeln!(log, "    {bytes:02x?}"),
    }
    .expect("a string takes everything");
}

fn drain(log: &mut String, codec: &mut SocketIoCodec) {
    while let Some(output) = codec.poll_output() {
        match output {
            CodecOutput::Transmit(frame) => show(log, &frame),
            CodecOutput::Inbound(inbound) => {
                writeln!(log, "    says {inbound:?}").expect("a string takes everything");
            }
        }
    }
}

/// Opens and connects, with everything that a server may want to know.
fn connected(log: &mut String, options: SocketIoOptions) -> SocketIoCodec {
    let namespace = options.namespace.clone();
    let namespace = namespace.map_or(String::new(), |name| format!("{name},"));
    let mut codec = SocketIoCodec::new(options.with_auth("tenant", "acme"));
    codec.reset();
    let auth = Outbound::Auth {
        id: &"q7f-1".into(),
        token: "ey\"J",
    };
    codec
        .encode(&auth, &mut Vec::new())
        .expect("it can be said");
    codec.decode(FrameRef::Text(OPEN)).expect("it opens");
    drain(log, &mut codec);
    let welcome = format!(r#"40{namespace}{{"sid":"s1","pid":"p1"}}"#);
    assert_eq!(codec.decode(FrameRef::Text(&welcome)), Ok(Inbound::Ready));
    drain(log, &mut codec);
    codec
}

fn write_all(log: &mut String, options: SocketIoOptions) {
    let mut codec = connected(log, options);
    let (id, channel) = ("q7f-2".into(), "room:lobby".into());
    let position = Position {
        epoch: "b1".into(),
        seq: u64::MAX,
    };
    let (event, plain) = ("message:send".into(), "typing:start".into());
    let say = |data, id| Outbound::Event {
        event: &event,
        channel: Some(&channel),
        data,
        id,
    };
    let messages = [
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
        say(r#"{"text":"h\u00e9llo \"you\" é","n":1e400}"#, Some(&id)),
        say(r#"{"channel":"mine","messageId":"mine"}"#, Some(&id)),
        say("[1,2]", Some(&id)),
        say("null", None),
        say(r#"{"a":{"$bytes":"AAH/"},"b":[{"$bytes":""}]}"#, Some(&id)),
        Outbound::Event {
            event: &plain,
            channel: None,
            data: r#"{"id":"u1"}"#,
            id: None,
        },
        Outbound::Unsubscribe { channel: &channel },
        Outbound::Ping,
        Outbound::Pong { re: None },
        Outbound::Pong { re: Some("probe") },
        Outbound::Goodbye,
    ];
    for message in &messages {
        writeln!(log, "{message:?}").expect("a string takes everything");
        let mut frames = Vec::new();
        match codec.encode(message, &mut frames) {
            Ok(()) => frames.iter().for_each(|frame| show(log, frame)),
            Err(error) => writeln!(log, "    error: {error}").expect("a string takes everything"),
        }
        drain(log, &mut codec);
        if let (Outbound::Subscribe { .. }, [Frame::Text(text)]) = (message, &*frames)
            && let Some(namespace) = text.strip_prefix("40/")
        {
            let name = namespace.split(',').next().unwrap_or_default();
            let welcome = format!(r#"40/{name},{{"sid":"n1"}}"#);
            codec
                .decode(FrameRef::Text(&welcome))
                .expect("it lets us in");
        }
    }
}

#[test]
fn every_message_the_client_writes() {
    let mut log = String::new();
    write_all(&mut log, SocketIoOptions::new());
    insta::assert_snapshot!("flat", log);

    let mut log = String::new();
    let options = SocketIoOptions::new()
        .with_shape(PayloadShape::Envelope)
        .with_join("subscribe", "unsubscribe")
        .with_join_payload(JoinPayload::Name)
        .with_auth_field("jwt")
        .with_namespace("/admin");
    write_all(&mut log, options);
    insta::assert_snapshot!("envelope", log);

    let mut log = String::new();
    let options = SocketIoOptions::new().with_mapping(ChannelMapping::Namespace);
    write_all(&mut log, options);
    insta::assert_snapshot!("namespaces", log);
}

#[test]
fn every_kind_of_packet_the_client_reads() {
    let frames: [&[&str]; 40] = [
        &["2"],
        &["2probe"],
        &["3"],
        &["6"],
        &["1"],
        &["41"],
        &[r#"42["stock:update",{"channel":"stocks:ACME","seq":12,"epoch":"b1","price":101.5}]"#],
        &[r#"42["list:update",{"channel":"tasks","id":"q7f-1","data":{"action":"delete"}}]"#],
        &[r#"42["echo",{"channel":"tasks","messageId":"q7f-1","title":"Read"}]"#],
        &[r#"42["with offset",{"channel":"tasks"},"o1"]"#],
        &[r#"42["bare"]"#],
        &[r#"42["text","one","two"]"#],
        &[r#"42[7,[1e400]]"#],
        &[r#"42["\u0065scaped",{"channel":"\u00e9\"","messageId":7}]"#],
        &[r#" 42["e"]"#],
        &[r#"42 [ "spaces" , { "channel" : "c" } ] "#],
        &[r#"4212["ack me",{}]"#],
        &[r#"42/admin,["elsewhere",{}]"#],
        &[r#"430[]"#],
        &[r#"431[{"seq":57,"epoch":"b1","recovered":true}]"#],
        &[r#"432[null,{"id":"m9"}]"#],
        &[r#"433[{"error":{"code":"invalid_data","message":"no","retryAfter":1000}}]"#],
        &[r#"434["no",null]"#],
        &[r#"4399[1]"#],
        &[
            r#"451-["photo",{"channel":"c","jpeg":{"_placeholder":true,"num":0}}]"#,
            "bin",
        ],
        &[r#"450-["none",{"channel":"c"}]"#],
        &[r#"461-0[{"_placeholder":true,"num":0}]"#, "bin"],
        &[r#"44{"message":"Invalid namespace"}"#],
        &[r#"44{"message":"no","data":{"code":"forbidden","retryAfter":5}}"#],
        &[r#"44"old style""#],
        &[r#"40{"sid":"s2"}"#],
        &[r#"42["e"]trailing"#],
        &[r#"42["disconnect"]"#],
        &[r#"42{"not":"a list"}"#],
        &["43"],
        &["47[]"],
        &["5"],
        &["9"],
        &[r#"451-["e",{"_placeholder":true,"num":3}]"#, "bin"],
        &["bin"],
    ];
    let mut log = String::new();
    for frames in frames {
        let mut unseen = String::new();
        let mut codec = connected(&mut unseen, SocketIoOptions::new());
        for number in 0..5 {
            let channel = "tasks".into();
            let message = Outbound::Subscribe {
                id: &format!("q7f-s{number}").into(),
                channel: &channel,
                since: None,
                options: &realtime_core::SubscribeOptions::default(),
            };
            codec
                .encode(&message, &mut Vec::new())
                .expect("it can be said");
        }
        for frame in frames {
            writeln!(log, "{frame}").expect("a string takes everything");
            let frame = match *frame {
                "bin" => FrameRef::Binary(&[0, 1, 0xff]),
                text => FrameRef::Text(text),
            };
            match codec.decode(frame) {
                Ok(inbound) => writeln!(log, "    {inbound:?}"),
                Err(error) => writeln!(log, "    error: {error}"),
            }
            .expect("a string takes everything");
            drain(&mut log, &mut codec);
        }
    }
    insta::assert_snapshot!(log);
}
