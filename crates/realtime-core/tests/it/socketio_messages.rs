//! Messages that an app sends and gets over Socket.IO: acknowledgements, byte strings, limits.

use crate::socketio_kit::{SECOND, Wired};
use realtime_core::{
    Bytes, Delivery, EncodeError, Fault, FrameRef, Message, SendError,
    wire::{
        WireError,
        socketio::{PayloadShape, SocketIoError, SocketIoOptions},
    },
};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Photo {
    name: String,
    jpeg: Bytes,
}

fn photo(bytes: &[u8]) -> Photo {
    Photo {
        name: "cat".into(),
        jpeg: bytes.into(),
    }
}

fn listening(options: SocketIoOptions) -> Wired {
    let mut wired = Wired::connected(options);
    wired
        .act(|client, now| client.listen(now, &"photo".into(), None).map(drop))
        .expect("there is room");
    wired
}

fn last_fault(wired: &Wired) -> &SocketIoError {
    match wired.faults.last() {
        Some(Fault::Frame(WireError::SocketIo(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_ack_settles_whether_it_comes_or_not() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    let send = |wired: &mut Wired, data: &str| {
        let message = Message::new("say", data).on("room");
        wired.act(|client, now| client.send(now, message))
    };
    let (heard, unheard, late) = (
        send(&mut wired, r#"{"n":1}"#),
        send(&mut wired, r#"{"n":2}"#),
        send(&mut wired, r#"{"n":3}"#),
    );
    let sent = wired.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent[0].starts_with(r#"420["say",{"channel":"room","messageId":""#));
    wired.feed(r#"430[{"id":"m1"}]"#);
    wired.run(10 * SECOND);
    assert_eq!(wired.settled[0], (heard, Ok(r#"{"id":"m1"}"#.into())));
    assert_eq!(wired.settled[1], (unheard, Err(SendError::Timeout)));
    assert_eq!(wired.settled[2], (late, Err(SendError::Timeout)));
    // An answer that comes too late, or again, or to nothing, is counted and that is all.
    for ack in ["432[]", "430[]", "4399[]"] {
        wired.feed(ack);
    }
    let stats = wired.client.stats();
    assert_eq!((stats.codec.ignored, stats.unknown_replies), (2, 1));
    assert_eq!(wired.settled.len(), 3);
}

#[test]
fn a_message_cut_off_from_its_answer_is_sent_again_with_its_id_and_a_new_ack() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    let message = Message::new("say", r#"{"n":1}"#);
    let send = wired.act(|client, now| client.send(now, message));
    let first = wired.sent().remove(0);
    wired.reopen();
    wired.feed(r#"40{"sid":"s2"}"#);
    let sent = wired.sent();
    assert_eq!(sent, ["40", &first.replacen("420", "421", 1)]);
    wired.feed("430[1]"); // The old socket's number is void.
    assert!(wired.settled.is_empty());
    wired.feed("431[2]");
    assert_eq!(wired.settled, [(send, Ok("2".into()))]);
}

#[test]
fn what_is_volatile_is_sent_now_or_never_and_asks_for_no_ack() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    let cursor = || Message::new("cursor", "[3,4]").with(Delivery::Volatile);
    wired.act(|client, now| client.send(now, cursor()));
    assert_eq!(wired.sent(), [r#"42["cursor",{"data":[3,4]}]"#]);
    wired.cut();
    wired.act(|client, now| client.send(now, cursor()));
    wired.reopen_after_cut();
    wired.feed(r#"40{"sid":"s2"}"#);
    assert_eq!(wired.sent(), ["40"]);
    assert_eq!(wired.settled[1].1, Err(SendError::Disconnected));
}

#[test]
fn the_servers_wish_for_an_ack_is_granted_even_if_nobody_listens() {
    let mut wired = listening(SocketIoOptions::new());
    wired.feed(r#"421["photo",{}]"#);
    wired.feed(r#"422["nobody",{}]"#);
    wired.feed(r#"451-3["photo",{"_placeholder":true,"num":0}]"#);
    assert_eq!(wired.sent(), ["431[]", "432[]"]);
    wired.feed_frame(FrameRef::Binary(&[1]));
    assert_eq!(wired.sent(), ["433[]"]);
}

#[test]
fn byte_strings_go_as_attachments_and_come_back_as_they_were() {
    let mut wired = listening(SocketIoOptions::new());
    let data = serde_json::to_string(&photo(&[0xff, 0xd8, 0])).expect("it serialises");
    let send = wired.act(|client, now| client.send(now, Message::new("photo", data)));
    let sent = wired.sent();
    let [text, bytes] = &*sent else {
        panic!("{sent:?}")
    };
    assert!(text.starts_with(r#"451-0["photo",{"messageId":"#), "{text}");
    assert!(text.ends_with(r#""name":"cat","jpeg":{"_placeholder":true,"num":0}}]"#));
    assert_eq!(bytes, "[255, 216, 0]");

    wired.feed(r#"461-0[{"name":"dog","jpeg":{"_placeholder":true,"num":0}}]"#);
    assert!(wired.settled.is_empty());
    wired.feed_frame(FrameRef::Binary(&[7; 100]));
    let (settled, answer) = wired.settled.pop().expect("it is answered");
    let answer: Photo = serde_json::from_str(&answer.expect("it is accepted")).expect("a photo");
    assert_eq!((settled, answer.jpeg.len()), (send, 100));

    wired.feed(r#"452-["photo",{"channel":"c","name":"cat","jpeg":{"num":1,"_placeholder":true},"x":{"_placeholder":true,"num":0}}]"#);
    wired.feed_frame(FrameRef::Binary(&[]));
    wired.feed("2"); // A ping may come between.
    wired.feed_frame(FrameRef::Binary(&[0xff]));
    assert_eq!(wired.sent(), ["3"]);
    let event = wired.events.pop().expect("it is whole");
    assert_eq!(event.parse::<Photo>().expect("a photo"), photo(&[0xff]));
    assert_eq!(event.channel.as_deref(), Some("c"));
    assert_eq!(wired.faults, []);
}

#[test]
fn attachments_that_are_missing_unasked_for_or_too_many_end_the_link_and_not_the_app() {
    let announced = r#"451-["photo",{"_placeholder":true,"num":0}]"#;
    let text = |text: &'static str| FrameRef::Text(text);
    let cases: [(&[FrameRef<'_>], &str); 7] = [
        (&[FrameRef::Binary(&[1])], "no packet had announced"),
        (&[text(announced), text(r#"42["e"]"#)], "only 0 had come"),
        (&[text(announced), text("2"), text("2")], "only 0 had come"),
        (&[text("4511-[]")], "11 attachments"),
        (
            &[text(announced), FrameRef::Binary(&[0; 3_000])],
            "3000 bytes",
        ),
        (
            &[
                text(r#"451-["photo",{"_placeholder":true,"num":1}]"#),
                FrameRef::Binary(&[]),
            ],
            "does not have",
        ),
        (
            &[text("451-[oops"), FrameRef::Binary(&[])],
            "could not be read",
        ),
    ];
    for (frames, said) in cases {
        let mut wired = listening(SocketIoOptions::new().with_max_frame_bytes(2_000));
        for frame in frames {
            wired.feed_frame(*frame);
        }
        let error = last_fault(&wired).to_string();
        assert!(error.contains(said), "{said}: {error}");
        assert!(wired.error().contains(said), "{}", wired.error());
        assert!(wired.events.is_empty());
        wired.reopen_after_cut();
        wired.feed(r#"40{"sid":"s2"}"#);
        wired.feed(r#"42["photo",{"channel":"c"}]"#);
        assert_eq!(wired.events.len(), 1, "{said}");
    }
}

#[test]
fn a_frame_that_is_too_large_is_skipped_and_reported() {
    let mut wired = listening(SocketIoOptions::new().with_max_frame_bytes(500));
    wired.feed(&format!(r#"42["photo","{}"]"#, "x".repeat(500)));
    wired.feed(r#"42["photo",1]"#);
    assert!(matches!(
        wired.faults[..],
        [Fault::Frame(WireError::TooLarge { .. })]
    ));
    assert_eq!(wired.events.len(), 1);
    assert!(wired.closes.is_empty());
}

#[test]
fn what_the_server_would_close_the_socket_for_is_never_sent() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    let large = serde_json::to_string(&"x".repeat(1_000)).expect("it serialises");
    let bytes = serde_json::to_string(&photo(&[0; 1_001])).expect("it serialises");
    let many = serde_json::to_string(&vec![Bytes::default(); 11]).expect("it serialises");
    let messages = [
        Message::new("say", large.clone()),
        Message::new("say", large).with(Delivery::Volatile),
        Message::new("say", bytes),
        Message::new("say", many),
        Message::new("disconnect", "null"),
    ];
    for message in messages {
        wired.act(|client, now| client.send(now, message));
    }
    assert!(wired.sent().is_empty());
    let errors: Vec<EncodeError> = wired
        .settled
        .drain(..)
        .map(|(_, result)| match result {
            Err(SendError::Unsendable(error)) => error,
            other => panic!("{other:?}"),
        })
        .collect();
    let too_large =
        |error: &EncodeError| matches!(error, EncodeError::TooLarge { limit: 1000, .. });
    assert!(errors[..3].iter().all(too_large), "{errors:?}");
    let (count, limit) = (11, 10);
    assert_eq!(errors[3], EncodeError::TooManyAttachments { count, limit });
    assert!(matches!(errors[4], EncodeError::ReservedName { .. }));
    let stats = wired.client.stats().outbox;
    assert_eq!((stats.unsendable, stats.delivered, stats.held), (5, 0, 0));
    // What fits still goes, and the numbers of what did not are not waited for.
    wired.act(|client, now| client.send(now, Message::new("say", "1")));
    assert_eq!(wired.sent().len(), 1);
}

#[test]
fn deep_json_is_stepped_over_unless_somebody_reads_it() {
    let mut wired = listening(SocketIoOptions::new());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    wired.feed(&format!(r#"42["nobody",{{"x":{deep}}}]"#));
    wired.feed(&format!(r#"42["photo",{{"name":"cat","jpeg":{deep}}}]"#));
    wired.feed(&format!(r#"43999[{deep}]"#));
    assert_eq!(wired.faults, []);
    let error = wired.events[0]
        .parse::<Photo>()
        .expect_err("it is no photo");
    assert!(error.to_string().contains("photo"), "{error}");
    // A refusal is one whatever it says, and an excerpt of that is shown.
    wired.feed(&format!(r#"44{{"message":{deep}}}"#));
    assert_eq!(wired.faults, []);
    wired.cut();
    wired.reopen_after_cut();
    wired.feed(&format!(r#"44{{"message":{deep}}}"#));
    let error = wired.error();
    assert!(error.contains("[[[[") && error.len() < 1_000, "{error}");
}

#[test]
fn an_envelope_around_the_data_is_read_and_written() {
    let mut wired = listening(SocketIoOptions::new().with_shape(PayloadShape::Envelope));
    wired.act(|client, now| client.send(now, Message::new("say", r#"{"channel":1}"#).on("room")));
    let sent = wired.sent().remove(0);
    assert!(sent.contains(r#"{"channel":"room","id":""#), "{sent}");
    assert!(sent.ends_with(r#","data":{"channel":1}}]"#), "{sent}");
    wired.feed(r#"42["photo",{"channel":"room","id":"q-1","seq":"4","epoch":"b","data":[1]}]"#);
    let event = wired.events.pop().expect("somebody listens");
    assert_eq!((&*event.data, event.id.as_deref()), ("[1]", Some("q-1")));
    assert_eq!(
        event.position.as_ref().map(|position| position.seq),
        Some(4)
    );
    assert_eq!(event.channel.as_deref(), Some("room"));
}

#[test]
fn a_thousand_acks_that_never_come_leave_nothing_behind() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    for _ in 0..200 {
        for _ in 0..100 {
            wired.act(|client, now| client.send(now, Message::new("say", "1")));
        }
        wired.run(10 * SECOND);
        wired.feed("2");
    }
    assert_eq!(wired.settled.len(), 20_000);
    let stats = wired.client.stats();
    assert_eq!((stats.outbox.held, stats.outbox.timed_out), (0, 20_000));
    // The numbers are forgotten, too, from the oldest on.
    assert_eq!(stats.codec.dropped, 20_000 - 16_384);
}
