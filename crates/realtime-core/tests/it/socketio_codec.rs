//! The Socket.IO codec, frame by frame.

use realtime_core::{
    ChannelName, Codec, EncodeError, EventName, Frame, FrameRef, MessageId, Position,
    wire::{
        CodecOutput, Inbound, Outbound, WireError,
        socketio::{JoinPayload, SocketIoCodec, SocketIoError, SocketIoOptions},
    },
};
use std::borrow::Cow;

const OPEN: &str =
    r#"0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100}"#;

pub(crate) fn decode<'a>(codec: &mut SocketIoCodec, frame: &'a str) -> Inbound<'a> {
    codec
        .decode(FrameRef::Text(frame))
        .unwrap_or_else(|error| panic!("{frame}: {error}"))
}

/// The frames that the codec sends by itself.
pub(crate) fn sent(codec: &mut SocketIoCodec) -> Vec<String> {
    std::iter::from_fn(|| codec.poll_output())
        .map(|output| match output {
            CodecOutput::Transmit(Frame::Text(text)) => text,
            other => panic!("a text frame was expected, not {other:?}"),
        })
        .collect()
}

pub(crate) fn encode(codec: &mut SocketIoCodec, message: &Outbound<'_>) -> Vec<String> {
    let mut frames = Vec::new();
    codec.encode(message, &mut frames).expect("it can be said");
    let text = |frame| match frame {
        Frame::Text(text) => text,
        Frame::Binary(bytes) => panic!("{bytes:?}"),
    };
    frames.into_iter().map(text).collect()
}

pub(crate) fn connected(options: SocketIoOptions) -> SocketIoCodec {
    let mut codec = SocketIoCodec::new(options);
    codec.reset();
    decode(&mut codec, OPEN);
    assert_eq!(sent(&mut codec), ["40"]);
    let welcome = r#"40{"sid":"s1"}"#;
    assert_eq!(decode(&mut codec, welcome), Inbound::Ready);
    codec
}

fn message<'a>(event: &'a EventName, data: &'a str, id: Option<&'a MessageId>) -> Outbound<'a> {
    Outbound::Event {
        event,
        channel: None,
        data,
        id,
    }
}

#[test]
fn the_token_is_shown_once_the_server_has_opened() {
    let options = SocketIoOptions::new()
        .with_auth("tenant", "acme")
        .with_auth_field("jwt");
    let mut codec = SocketIoCodec::new(options);
    codec
        .address("https://a.test/admin")
        .expect("it is an address");
    for token in ["first", "second"] {
        codec.reset();
        let auth = Outbound::Auth {
            id: &"q-1".into(),
            token,
        };
        assert!(encode(&mut codec, &auth).is_empty());
        let Inbound::ServerPings { silence } = decode(&mut codec, OPEN) else {
            panic!("the server pings")
        };
        assert_eq!(silence.as_secs(), 45);
        let connect = format!(r#"40/admin,{{"tenant":"acme","jwt":"{token}"}}"#);
        assert_eq!(sent(&mut codec), [connect]);
    }
    let refused = decode(
        &mut codec,
        r#"44/admin,{"message":"expired","data":{"code":"unauthorized","retryAfter":500}}"#,
    );
    let Inbound::Rejected(error) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((&*error.code, &*error.message), ("unauthorized", "expired"));
    assert_eq!(error.retry_after, Some(500));
    assert!(!format!("{codec:?}").contains("second"));
}

#[test]
fn an_event_is_borrowed_from_its_frame() {
    let mut codec = connected(SocketIoOptions::new());
    let frame = r#"42["stock:update",{"channel":"stocks:ACME","price":1e999,"seq":3,"epoch":"b1","messageId":"q-1"}]"#;
    let Inbound::Event(event) = decode(&mut codec, frame) else {
        panic!("an event was expected")
    };
    assert!(matches!(event.event, Cow::Borrowed("stock:update")));
    assert!(matches!(event.channel, Some(Cow::Borrowed("stocks:ACME"))));
    assert!(matches!(event.data, Cow::Borrowed(data) if frame.contains(data)));
    assert_eq!(&*event.data, &frame[18..frame.len() - 1]);
    assert_eq!((event.seq, event.epoch.as_deref()), (Some(3), Some("b1")));
    assert_eq!(event.id.as_deref(), Some("q-1"));
    assert!(sent(&mut codec).is_empty());
}

#[test]
fn an_event_that_asks_for_an_ack_gets_one() {
    let mut codec = connected(SocketIoOptions::new());
    let Inbound::Event(event) = decode(&mut codec, r#"4217["hello","world"]"#) else {
        panic!("an event was expected")
    };
    assert_eq!((&*event.data, event.channel), (r#""world""#, None));
    assert_eq!(sent(&mut codec), ["4317[]"]);
}

#[test]
fn acks_settle_the_message_they_answer_and_no_other() {
    let mut codec = connected(SocketIoOptions::new());
    let (event, id) = (EventName::from("say"), MessageId::from("q-1"));
    for (frame, expected) in [
        ("[]", Ok("null")),
        (r#"[{"id":"m9"}]"#, Ok(r#"{"id":"m9"}"#)),
        (r#"[null,{"id":"m9"}]"#, Ok(r#"{"id":"m9"}"#)),
        (r#"[{"error":null}]"#, Ok(r#"{"error":null}"#)),
        (r#"[{"error":7}]"#, Err(("unknown", "7"))),
        (r#"[{"error":["a"]}]"#, Err(("unknown", r#"["a"]"#))),
        (
            r#"[{"error":{"code":403,"message":"no"}}]"#,
            Err(("403", "no")),
        ),
        (r#"[{"error":{"code":true}}]"#, Err(("true", ""))),
        (
            r#"[{"error":{"code":null,"retryAfter":{}}}]"#,
            Err(("unknown", "")),
        ),
        (r#"[null,{"error":"no"}]"#, Err(("unknown", "no"))),
        (r#"[{"error":"no"}]"#, Err(("unknown", "no"))),
        (
            r#"[{"error":{"code":"c","message":"no"}}]"#,
            Err(("c", "no")),
        ),
        (r#"["no",null]"#, Err(("unknown", "no"))),
        (r#"[{"message":"no"},1]"#, Err(("unknown", "no"))),
        ("[42,1]", Err(("unknown", "42"))),
    ] {
        let sent = encode(&mut codec, &message(&event, r#"{"n":1}"#, Some(&id)));
        let [sent] = &*sent else { panic!("{sent:?}") };
        let digits = &sent[2..sent.find('[').unwrap()];
        assert_eq!(
            *sent,
            format!(r#"42{digits}["say",{{"messageId":"q-1","n":1}}]"#)
        );
        let ack = format!("43{digits}{frame}");
        let Inbound::Reply(reply) = decode(&mut codec, &ack) else {
            panic!("{ack}")
        };
        assert_eq!(reply.re, "q-1");
        let result = reply.result.as_deref();
        let result = result.map_err(|error| (&*error.code, &*error.message));
        assert_eq!(result, expected, "{frame}");
        assert_eq!(decode(&mut codec, &ack), Inbound::Nothing, "answered once");
    }
    assert_eq!(codec.stats().ignored, 15);
    assert_eq!(
        encode(&mut codec, &message(&event, "null", None)),
        [r#"42["say",{}]"#]
    );
}

#[test]
fn a_join_tells_how_far_we_had_come_and_its_answer_where_the_server_is() {
    let channel = ChannelName::from("tasks");
    let position = Position {
        epoch: "b1".into(),
        seq: u64::MAX,
    };
    let mut codec = connected(SocketIoOptions::new());
    let id = MessageId::from("q-s1");
    let mut join = |since| {
        let message = Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since,
            options: &realtime_core::SubscribeOptions::default(),
        };
        encode(&mut codec, &message)
    };
    assert_eq!(join(None), [r#"420["join",{"channel":"tasks"}]"#]);
    assert_eq!(
        join(Some(&position)),
        [r#"421["join",{"channel":"tasks","since":"18446744073709551615","epoch":"b1"}]"#]
    );
    for (ack, expected) in [
        (
            r#"430[{"seq":"57","epoch":"b1","recovered":true}]"#,
            Some(57),
        ),
        (r#"431[{"ok":true}]"#, None),
    ] {
        let Inbound::Reply(reply) = decode(&mut codec, ack) else {
            panic!("{ack}")
        };
        assert_eq!(reply.re, "q-s1");
        assert_eq!(reply.position.map(|position| position.seq), expected);
    }
    let leave = Outbound::Unsubscribe { channel: &channel };
    assert_eq!(
        encode(&mut codec, &leave),
        [r#"422["leave",{"channel":"tasks"}]"#]
    );
    assert_eq!(decode(&mut codec, "432[]"), Inbound::Nothing);

    let options = SocketIoOptions::new()
        .with_join("sub", "unsub")
        .with_join_payload(JoinPayload::Name);
    let mut codec = connected(options);
    let join = Outbound::Subscribe {
        id: &id,
        channel: &channel,
        since: Some(&position),
        options: &realtime_core::SubscribeOptions::default(),
    };
    assert_eq!(encode(&mut codec, &join), [r#"420["sub","tasks"]"#]);
    assert_eq!(encode(&mut codec, &leave), [r#"421["unsub","tasks"]"#]);
}

#[test]
fn pings_are_answered_and_an_end_is_told_from_a_break() {
    let mut codec = connected(SocketIoOptions::new());
    assert_eq!(decode(&mut codec, "2"), Inbound::Ping { id: None });
    assert_eq!(encode(&mut codec, &Outbound::Pong { re: None }), ["3"]);
    assert!(encode(&mut codec, &Outbound::Ping).is_empty());
    assert_eq!(decode(&mut codec, "1"), Inbound::Closing);

    let mut codec = connected(SocketIoOptions::new());
    let reason = "io server disconnect".into();
    assert_eq!(decode(&mut codec, "41"), Inbound::Dismissed { reason });

    let mut codec = connected(SocketIoOptions::new());
    assert_eq!(encode(&mut codec, &Outbound::Goodbye), ["41"]);
    assert_eq!(decode(&mut codec, r#"42["late",{}]"#), Inbound::Nothing);
}

#[test]
fn what_the_server_would_not_take_is_refused_here() {
    let mut codec = connected(SocketIoOptions::new());
    let (event, id) = (EventName::from("say"), MessageId::from("q-1"));
    let data = format!(r#"{{"text":"{}"}}"#, "é".repeat(40));
    let mut frames = Vec::new();
    let result = codec.encode(&message(&event, &data, Some(&id)), &mut frames);
    let (size, limit) = (120, 100);
    assert_eq!(result, Err(EncodeError::TooLarge { size, limit }));
    let reserved = EventName::from("disconnect");
    let result = codec.encode(&message(&reserved, "null", None), &mut frames);
    assert!(matches!(result, Err(EncodeError::ReservedName { .. })));
    assert!(frames.is_empty());
}

#[test]
fn a_server_that_speaks_something_else_is_told_apart() {
    let fails = |frames: &[&str]| {
        let mut codec = SocketIoCodec::new(SocketIoOptions::new());
        let (last, first) = frames.split_last().expect("one frame at least");
        for frame in first {
            decode(&mut codec, frame);
        }
        match codec.decode(FrameRef::Text(last)) {
            Err(error) if error.is_fatal() => match error {
                WireError::SocketIo(error) => error,
                other => panic!("{other}"),
            },
            other => panic!("{other:?}"),
        }
    };
    for first in [r#"{"event":"hello"}"#, "", "40", "0", "2"] {
        let error = fails(&[first]);
        let told = matches!(
            error,
            SocketIoError::NotEngineIo { .. } | SocketIoError::OpenPacket { .. }
        );
        assert!(told, "{first}: {error}");
    }
    assert_eq!(fails(&[OPEN, "40"]), SocketIoError::OldServer);
    let sid = r#"40{"sid":"s1"}"#;
    for garbage in [
        "9",
        "47",
        "42",
        "42{}",
        "42[]",
        r#"42["disconnect"]"#,
        "42[{}]",
        "43",
        "431",
        "43[]",
        "44",
        "40[",
        OPEN,
    ] {
        let error = fails(&[OPEN, sid, garbage]);
        assert!(error.to_string().len() > 20, "{garbage}: {error}");
    }
}
