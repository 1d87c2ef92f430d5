//! Tests of the JSON envelope: what is read of frames that are odd, and what is kept of them.

use super::*;

fn decode(frame: &str) -> Result<Inbound<'_>, WireError> {
    JsonCodec::default().decode(FrameRef::Text(frame))
}

#[test]
fn a_payload_stays_unparsed_and_borrowed() {
    let frame = String::from(r#"{"channel":"c","event":"e","data": {"n" : 1e999}}"#);
    let Ok(Inbound::Event(event)) = decode(&frame) else {
        panic!("an event was expected")
    };
    assert!(matches!(event.event, Cow::Borrowed("e")));
    assert!(
        frame
            .as_bytes()
            .as_ptr_range()
            .contains(&event.data.as_ptr())
    );
}

#[test]
fn a_sequence_number_keeps_all_64_bits_as_number_and_as_text() {
    for seq in ["18446744073709551615", "\"18446744073709551615\""] {
        let frame = format!(r#"{{"event":"e","seq":{seq}}}"#);
        let Ok(Inbound::Event(event)) = decode(&frame) else {
            panic!("an event was expected")
        };
        assert_eq!(event.seq, Some(u64::MAX));
    }
    assert!(decode(r#"{"event":"e","seq":-1}"#).is_err());
    assert!(decode(r#"{"event":"e","seq":1.5}"#).is_err());
}

#[test]
fn an_answer_is_never_lost_whatever_its_other_fields_are() {
    for (fields, code, message) in [
        (r#""error":{"code":403,"message":"no"}"#, "403", "no"),
        (r#""error":"no""#, "unknown", "no"),
        (r#""error":["no"]"#, "unknown", r#"["no"]"#),
        (r#""error":{"code":"a","retryAfter":"soon"}"#, "a", ""),
        (r#""error":false"#, "unknown", "false"),
        (
            r#""seq":-1,"epoch":{},"event":[],"error":1e999"#,
            "unknown",
            "1e999",
        ),
    ] {
        let frame = format!(r#"{{"id":{{}},"re":"q-1","channel":[1],{fields}}}"#);
        let Ok(Inbound::Reply(reply)) = decode(&frame) else {
            panic!("an answer was expected from {frame}")
        };
        let error = reply.result.unwrap_err();
        assert_eq!(reply.re, "q-1");
        assert_eq!((&*error.code, &*error.message), (code, message), "{frame}");
    }
    let odd = r#"{"event":7.5,"re":1,"seq":1.5,"epoch":"b","error":null,"data":[1]}"#;
    let Ok(Inbound::Reply(reply)) = decode(odd) else {
        panic!("an answer was expected")
    };
    assert_eq!(
        (&*reply.re, reply.result, reply.position),
        ("1", Ok("[1]".into()), None)
    );
}

#[test]
fn an_answer_that_is_no_json_is_a_refusal_that_shows_it() {
    for frame in [
        r#"{"event":"ack","re":"q-1","data":{"price":NaN}}"#,
        r#"{"re":"q-1","data":[1,2"#,
        r#"{"re":"q-1"} trailing"#,
    ] {
        let Ok(Inbound::Reply(reply)) = decode(frame) else {
            panic!("an answer was expected from {frame}")
        };
        let error = reply.result.unwrap_err();
        assert_eq!((&*reply.re, &*error.code), ("q-1", "unreadable"));
        assert!(error.message.contains(frame), "{error}");
    }
}

#[test]
fn half_a_surrogate_pair_becomes_the_replacement_character() {
    let frame = r#"{"event":"e\ud83d","channel":"c\ude00","id":"\ud83d\ude00","epoch":"\ud83dx","seq":1,"data":{"\ud83d":"a\udbff"}}"#;
    let Ok(Inbound::Event(event)) = decode(frame) else {
        panic!("an event was expected")
    };
    assert_eq!(
        (&*event.event, event.channel.as_deref()),
        ("e\u{fffd}", Some("c\u{fffd}"))
    );
    assert_eq!(
        (event.id.as_deref(), event.epoch.as_deref()),
        (Some("😀"), Some("\u{fffd}x"))
    );
    let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
    assert_eq!(data, serde_json::json!({"\u{fffd}": "a\u{fffd}"}));
    let frame = r#"{"re":"\ud83d","error":{"code":"\ud83d","message":"\ud83d!"}}"#;
    let Ok(Inbound::Reply(reply)) = decode(frame) else {
        panic!("an answer was expected")
    };
    assert_eq!(&*reply.result.unwrap_err().message, "\u{fffd}!");
}

#[test]
fn names_of_the_protocol_are_not_the_apps_to_use() {
    let mut frames = Vec::new();
    for name in JsonCodec::RESERVED {
        let event = name.into();
        let message = Outbound::Event {
            event: &event,
            channel: None,
            data: "1",
            id: None,
        };
        let result = JsonCodec::default().encode(&message, &mut frames);
        assert!(
            matches!(result, Err(EncodeError::ReservedName { .. })),
            "{name}"
        );
    }
    assert!(frames.is_empty());
}

#[test]
fn what_is_kept_or_sent_back_has_a_limit() {
    let long = "x".repeat(300);
    let ping = format!(r#"{{"event":"ping","id":"{long}"}}"#);
    assert_eq!(decode(&ping), Ok(Inbound::Ping { id: None }));
    assert!(decode(&format!(r#"{{"event":"e","epoch":"{long}"}}"#)).is_err());
    let answer = format!(r#"{{"re":"1","seq":1,"epoch":"{long}"}}"#);
    let Ok(Inbound::Reply(reply)) = decode(&answer) else {
        panic!("an answer was expected")
    };
    assert_eq!(reply.position, None);
}

#[test]
fn unknown_fields_are_ignored_and_counted() {
    let mut codec = JsonCodec::default();
    let frame = FrameRef::Text(r#"{"event":"e","trace":{"a":[1]},"v":2}"#);
    assert!(matches!(codec.decode(frame), Ok(Inbound::Event(_))));
    assert_eq!(codec.stats().unknown_fields, 2);
}

#[test]
fn errors_read_in_every_shape_a_server_may_choose() {
    for frame in [
        r#"{"event":"error","error":{"code":"unknown","message":"no"}}"#,
        r#"{"event":"error","error":"no"}"#,
        r#"{"event":"error","data":{"message":"no"}}"#,
        r#"{"error":"no"}"#,
    ] {
        let Ok(Inbound::Error(error)) = decode(frame) else {
            panic!("an error was expected from {frame}")
        };
        assert_eq!(&*error.message, "no", "{frame}");
    }
}

#[test]
fn what_is_no_envelope_is_a_typed_error_that_names_it() {
    for frame in [
        "",
        "null",
        "[]",
        "{}",
        "{",
        r#"{"event":{}}"#,
        r#"{"data":1}"#,
    ] {
        let error = decode(frame).unwrap_err();
        assert!(error.to_string().contains("envelope"), "{frame}: {error}");
    }
    assert_eq!(
        JsonCodec::default().decode(FrameRef::Binary(&[1, 2])),
        Err(WireError::Binary { bytes: 2 })
    );
}

#[test]
fn a_frame_over_the_limit_is_not_parsed() {
    let mut codec = JsonCodec::default().with_max_frame_bytes(8);
    let result = codec.decode(FrameRef::Text(r#"{"event":"e"}"#));
    assert_eq!(
        result,
        Err(WireError::TooLarge {
            bytes: 13,
            limit: 8
        })
    );
}

#[test]
fn deep_nesting_is_stepped_over_and_refused_by_whoever_parses_the_payload() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let frame = format!(r#"{{"event":"e","x":{deep},"data":{deep}}}"#);
    let Ok(Inbound::Event(event)) = decode(&frame) else {
        panic!("an event was expected")
    };
    assert!(serde_json::from_str::<serde_json::Value>(&event.data).is_err());
}
