//! Refusals in every shape that servers write them: what the server did not do never counts as done, and nobody
//! waits for what was answered.

use crate::socketio_kit::{SECOND, Wired};
use realtime_core::{
    ConnectionError, ConnectionStatus, Fault, Message, Mutation, MutationError, MutationEvent,
    SendError, ServerError, wire::socketio::SocketIoOptions,
};
use serde_json::Value;

/// Errors as servers write them, and code and message as they are read.
const REFUSALS: [(&str, &str, &str); 8] = [
    (r#"{"code":403,"message":"no"}"#, "403", "no"),
    (r#"{"code":"forbidden","message":"no"}"#, "forbidden", "no"),
    (r#"{"code":true,"message":null}"#, "true", ""),
    (
        r#"{"code":"a","message":"no","retryAfter":"soon"}"#,
        "a",
        "no",
    ),
    (r#""no""#, "unknown", "no"),
    ("403", "unknown", "403"),
    (r#"["no"]"#, "unknown", r#"["no"]"#),
    (r#"{"reason":"no"}"#, "unknown", r#"{"reason":"no"}"#),
];

fn refused(error: &ServerError) -> (&str, &str) {
    (&error.code, &error.message)
}

/// The id of the last message that was sent in an envelope.
fn last_id(wired: &mut Wired) -> String {
    let sent = wired.sent();
    let envelope: Value = serde_json::from_str(sent.last().expect("it was sent")).expect("JSON");
    envelope["id"].as_str().expect("it wants an answer").into()
}

/// The number of the acknowledgement that the last packet asks for.
fn last_ack(wired: &mut Wired) -> String {
    let sent = wired.sent();
    let packet = sent.last().expect("it was sent");
    packet[2..packet.find('[').expect("it is an event")].into()
}

/// What becomes of a send, a mutation and a subscription that `answer` answers.
fn outcomes(wired: &mut Wired, answer: impl Fn(&mut Wired)) -> [ServerError; 3] {
    wired.act(|client, now| client.send(now, Message::new("say", "1")));
    answer(wired);
    let Some((_, Err(SendError::Server(send)))) = wired.settled.pop() else {
        panic!("the send was not refused")
    };
    wired.act(|client, now| client.mutate(now, Mutation::new(Message::new("edit", "1"))));
    answer(wired);
    let Some(MutationEvent::Failed { error, .. }) = wired.mutated.pop() else {
        panic!("the mutation did not fail")
    };
    let MutationError::Send(SendError::Server(mutation)) = error else {
        panic!("{error}")
    };
    let channel = "room".into();
    let lease = wired.act(|client, now| client.subscribe(now, &channel));
    answer(wired);
    let Some(Fault::Refused { error, .. }) = wired.faults.pop() else {
        panic!("the subscription was not refused")
    };
    // What was refused does not become live by itself.
    wired.run(5 * SECOND);
    let lease = lease.expect("there is room");
    wired.act(|client, now| client.release(now, lease));
    wired.run(60 * SECOND);
    wired.sent();
    [send, mutation, error]
}

#[test]
fn over_socketio_every_error_refuses_a_send_a_mutation_and_a_join() {
    for (error, code, message) in REFUSALS {
        for arguments in [
            format!(r#"[{{"error":{error}}}]"#),
            format!("[{error},null]"),
        ] {
            let mut wired = Wired::connected(SocketIoOptions::new());
            let errors = outcomes(&mut wired, |wired| {
                let ack = last_ack(wired);
                wired.feed(&format!("43{ack}{arguments}"));
            });
            for refusal in &errors {
                assert_eq!(refused(refusal), (code, message), "{arguments}");
            }
        }
    }
}

#[test]
fn in_an_envelope_every_error_refuses_a_send_a_mutation_and_a_subscription() {
    for (error, code, message) in REFUSALS {
        let mut wired = Wired::with_envelope(None);
        wired.input_opened();
        let errors = outcomes(&mut wired, |wired| {
            let id = last_id(wired);
            wired.feed(&format!(
                r#"{{"event":["ack"],"re":"{id}","seq":"x","epoch":{{}},"error":{error}}}"#
            ));
        });
        for refusal in &errors {
            assert_eq!(refused(refusal), (code, message), "{error}");
        }
        assert_eq!(wired.client.stats().malformed_frames, 0);
    }
}

#[test]
fn a_token_that_is_refused_in_any_shape_is_refused_at_once() {
    for (error, code, message) in REFUSALS {
        let mut wired = Wired::with_envelope(Some("t"));
        wired.input_opened();
        let id = last_id(&mut wired);
        wired.feed(&format!(
            r#"{{"event":"auth","re":"{id}","error":{error}}}"#
        ));
        let info = wired.info();
        // Two of them say that no other token will do.
        let expected = match code {
            "403" | "forbidden" => ConnectionStatus::Disconnected,
            _ => ConnectionStatus::Connecting,
        };
        assert_eq!(info.status, expected, "{error}");
        let Some(ConnectionError::Refused(refusal)) = &info.last_error else {
            panic!("{:?}", info.last_error)
        };
        assert_eq!(refused(refusal), (code, message), "{error}");
    }
    // A server that does not say what it refuses can mean nothing but the token.
    let mut wired = Wired::with_envelope(Some("t"));
    wired.input_opened();
    wired.feed(r#"{"event":"error","error":{"code":401,"message":"no"}}"#);
    let error = wired.info().last_error.clone();
    assert!(
        matches!(error, Some(ConnectionError::Refused(error)) if refused(&error) == ("401", "no"))
    );
    for (json, code, message) in [
        (
            r#"{"message":"no","data":{"code":403,"retryAfter":"x"}}"#,
            "403",
            "no",
        ),
        (r#"{"message":7,"data":"x"}"#, "connect_error", "7"),
        (r#""no""#, "connect_error", "no"),
        (r#"["no"]"#, "connect_error", r#"["no"]"#),
        (r#"{"message":"no","data":null}"#, "connect_error", "no"),
    ] {
        let mut wired = Wired::with_token(SocketIoOptions::new(), Some("t"));
        wired.open();
        wired.feed(&format!("44{json}"));
        let Some(ConnectionError::Refused(refusal)) = &wired.info().last_error else {
            panic!("{:?}", wired.info().last_error)
        };
        assert_eq!(refused(refusal), (code, message), "{json}");
    }
}

#[test]
fn an_answer_that_is_no_json_fails_what_it_answers_and_shows_its_text() {
    let mut wired = Wired::with_envelope(None);
    wired.input_opened();
    wired.act(|client, now| client.send(now, Message::new("say", "1")));
    let id = last_id(&mut wired);
    wired.feed(&format!(r#"{{"re":"{id}","data":{{"price":NaN}}}}"#));
    let Some((_, Err(error))) = wired.settled.pop() else {
        panic!("it was not refused")
    };
    assert!(error.to_string().contains(r#"{"price":NaN}"#), "{error}");
}

#[test]
fn what_a_server_writes_is_shown_in_short_and_without_what_a_terminal_obeys() {
    let long = format!(r"\u001b[31m\u202e{}", "x".repeat(1 << 20));
    let mut wired = Wired::with_envelope(None);
    wired.input_opened();
    let channel = "room".into();
    wired.act(|client, now| {
        client
            .listen(now, &"e".into(), Some(&channel))
            .expect("there is room");
    });
    let id = last_id(&mut wired);
    for frame in [
        format!(r#"{{"re":"{id}","error":{{"code":"{long}","message":"{long}"}}}}"#),
        format!(r#"{{"event":"error","data":["{long}"]}}"#),
        format!(r#"{{"event":"error","error":"{long}"}}"#),
        format!(r#"{{"event":"e","seq":"{long}"}}"#),
        format!(r#"{{"event":"e","epoch":"{long}"}}"#),
        format!(r#"{{"event":"e","channel":["{long}"]}}"#),
        format!("\"\u{1b}{long}"),
    ] {
        wired.feed(&frame);
        let fault = wired.faults.pop().expect("it is reported");
        let shown = fault.to_string();
        assert!(shown.len() < 1_000, "{} bytes: {shown}", shown.len());
        assert!(!shown.chars().any(char::is_control), "{shown}");
        assert!(!shown.contains('\u{202e}'), "{shown}");
    }
    for packet in [
        format!(r#"44{{"message":"{long}"}}"#),
        format!("4299{long}"),
        format!(r#"42["{long}"#),
        format!("42[\"\u{1b}{long}\"]"),
        format!("0{long}"),
        long,
    ] {
        let mut wired = Wired::new(SocketIoOptions::new());
        wired.open();
        wired.feed(&packet);
        let shown = wired.error();
        assert!(
            !shown.is_empty() && shown.len() < 1_000,
            "{} bytes",
            shown.len()
        );
        assert!(!shown.chars().any(char::is_control), "{shown}");
    }
}
