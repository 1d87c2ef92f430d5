//! The Socket.IO codec against whatever may come, and against itself.

use proptest::{collection::vec, prelude::*};
use realtime_core::{
    ChannelName, Codec, EventName, Frame, FrameRef, MessageId,
    wire::{
        Inbound, Outbound,
        socketio::{ChannelMapping, PayloadShape, SocketIoCodec, SocketIoOptions},
    },
};
use serde_json::{Map, Value, json};

const OPEN: &str = r#"0{"sid":"e1","pingInterval":25000,"pingTimeout":20000}"#;

fn connected(options: SocketIoOptions) -> SocketIoCodec {
    let mut codec = SocketIoCodec::new(options);
    codec.reset();
    for frame in [OPEN, r#"40{"sid":"s1","pid":"p1"}"#] {
        codec.decode(FrameRef::Text(frame)).expect("it is let in");
    }
    while codec.poll_output().is_some() {}
    codec
}

/// Parts of frames, to be put together into such as are nearly right.
fn part() -> impl Strategy<Value = String> {
    let known = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "40",
        "41",
        "42",
        "43",
        "44",
        "451-",
        "462-",
        "/tasks,",
        "/",
        ",",
        "12",
        "9007199254740992",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ":",
        "\"e\"",
        "[\"e\",",
        "{\"channel\":\"c\",",
        "\"data\":",
        "\"seq\":18446744073709551615",
        "1e999",
        "{\"_placeholder\":true,\"num\":0}",
        "{\"_placeholder\":true",
        "\"num\":-1",
        "null",
        "\"\\ud800\"",
        "é",
        " ",
        "{\"sid\":\"s\"}",
        "{\"message\":\"m\"}",
        "]]",
        "true",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        4 => vec(part(), 0..12).prop_map(|parts| Frame::Text(parts.concat())),
        1 => any::<String>().prop_map(Frame::Text),
        1 => vec(any::<u8>(), 0..20).prop_map(Frame::Binary),
    ]
}

/// Any JSON that a message may hold, byte strings among it.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        vec(any::<u8>(), 0..8).prop_map(|bytes| {
            serde_json::to_value(realtime_core::Bytes::from(bytes)).expect("it serialises")
        }),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((any::<String>(), inner), 0..5)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn byte_strings(data: &Value) -> usize {
    match data {
        Value::Array(values) => values.iter().map(byte_strings).sum(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("$bytes") => 1,
        Value::Object(fields) => fields.values().map(byte_strings).sum(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_panic_or_remember_without_end(
        by_namespace in any::<bool>(),
        frames in vec(frame(), 0..60),
    ) {
        let mapping = if by_namespace { ChannelMapping::Namespace } else { ChannelMapping::Payload };
        let options = SocketIoOptions::new().with_mapping(mapping).with_max_frame_bytes(1_000);
        let mut codec = connected(options.clone());
        for frame in frames {
            let result = codec.decode(frame.as_frame_ref()).map(Inbound::into_owned);
            while codec.poll_output().is_some() {}
            match result {
                Err(error) if error.is_fatal() => {
                    // Nothing more is made of this socket.
                    prop_assert_eq!(codec.decode(FrameRef::Text("2")), Ok(Inbound::Nothing));
                    codec.reset();
                    codec.decode(FrameRef::Text(OPEN)).expect("it opens");
                }
                Err(_) | Ok(_) => {}
            }
        }
    }

    #[test]
    fn what_one_side_says_the_other_hears(
        event in "[a-z:\\PC]{1,12}",
        channel in any::<String>(),
        id in any::<String>(),
        data in data(),
        wrapped in any::<bool>(),
    ) {
        prop_assume!(!["connect", "disconnect"].contains(&event.as_str()));
        prop_assume!(byte_strings(&data) <= 10);
        let shape = if wrapped { PayloadShape::Envelope } else { PayloadShape::Flat };
        let options = SocketIoOptions::new().with_shape(shape);
        let (mut one, mut other) = (connected(options.clone()), connected(options));
        let (event, channel) = (EventName::from(event), ChannelName::from(channel));
        let (id, text) = (MessageId::from(id), data.to_string());
        let message = Outbound::Event {
            event: &event,
            channel: Some(&channel),
            data: &text,
            id: Some(&id),
        };
        let mut frames = Vec::new();
        one.encode(&message, &mut frames).expect("it can be said");
        let attachments = byte_strings(&data);
        prop_assert_eq!(frames.len(), 1 + attachments);
        let (last, first) = frames.split_last().expect("there is one");
        for frame in first {
            prop_assert_eq!(other.decode(frame.as_frame_ref()), Ok(Inbound::Nothing));
        }
        let Ok(Inbound::Event(heard)) = other.decode(last.as_frame_ref()) else {
            return Err(TestCaseError::fail("no event"));
        };
        prop_assert_eq!(&*heard.event, &*event);
        let got: Value = serde_json::from_str(&heard.data).expect("it is JSON");
        let own = |name| data.as_object().is_some_and(|data| data.contains_key(name));
        if wrapped {
            prop_assert_eq!((heard.channel.as_deref(), heard.id.as_deref()), (Some(&*channel), Some(&*id)));
            prop_assert_eq!(got, data);
        } else if data.is_object() && !own("channel") && !own("messageId") && !own("data") && !own("$bytes") {
            prop_assert_eq!((heard.channel.as_deref(), heard.id.as_deref()), (Some(&*channel), Some(&*id)));
            let mut expected = data.clone();
            expected["channel"] = json!(&*channel);
            expected["messageId"] = json!(&*id);
            prop_assert_eq!(got, expected);
        } else if !data.is_object() && !data.is_null() {
            prop_assert_eq!((heard.channel.as_deref(), got), (Some(&*channel), data));
        }
    }
}
