//! Packets that the official parser writes: the codec reads what was meant.

use crate::oracle::{
    Oracle, OraclePacket, ask, connected, open, opened, read, sent, told, written,
};
use realtime_core::wire::{
    Codec, Inbound, Outbound,
    socketio::{SocketIoCodec, SocketIoOptions},
};
use serde_json::{Value, json};

async fn hear(oracle: &Oracle, codec: &mut SocketIoCodec, packet: OraclePacket) -> String {
    let frames = oracle.encode(&packet).await;
    told(codec, &frames)
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn connect_and_its_refusals() {
    ask(async |oracle| {
        for (data, code, message) in [
            (
                json!({ "message": "not authorized" }),
                "connect_error",
                "not authorized",
            ),
            (
                json!({ "message": "too old", "data": { "code": "unauthorized", "retryAfter": 5 } }),
                "unauthorized",
                "too old",
            ),
            (
                json!("Invalid namespace"),
                "connect_error",
                "Invalid namespace",
            ),
        ] {
            let mut codec = opened(&oracle, SocketIoOptions::new()).await;
            let refusal = OraclePacket::new("CONNECT_ERROR", data);
            for frame in oracle.encode(&refusal).await {
                read(&mut codec, &frame, |inbound| {
                    let Inbound::Rejected(error) = inbound else {
                        panic!("a refusal was expected, not {inbound:?}");
                    };
                    assert_eq!((&*error.code, &*error.message), (code, message));
                });
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn a_session_is_taken_up_where_it_was_left() {
    ask(async |oracle| {
        let mut codec = opened(&oracle, SocketIoOptions::new()).await;
        sent(&mut codec);
        let welcome = json!({ "sid": "s1", "pid": "p\"1" });
        let welcome = oracle.encode(&OraclePacket::new("CONNECT", welcome)).await;
        assert_eq!(told(&mut codec, &welcome), "Ready");
        // Each event of such a session ends with its offset.
        let event = OraclePacket::new("EVENT", json!(["x", { "n": 1 }, "o-7"]));
        hear(&oracle, &mut codec, event).await;
        codec.reset();
        open(&oracle, &mut codec).await;
        let again = json!({ "pid": "p\"1", "offset": "o-7" });
        let again = OraclePacket::new("CONNECT", again);
        // The order of fields is ours to choose.
        assert_eq!(oracle.decode(&sent(&mut codec)).await, Ok(vec![again]));
        assert_eq!(told(&mut codec, &welcome), "Ready");
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_event_with_its_channel_cause_and_position() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            let payload = json!({
                "channel": "stocks:ACME", "messageId": "m-1", "seq": 7, "epoch": "b1",
                "text": "ä\u{2028}🎉\u{0}", "n": 1.5,
            });
            let event = OraclePacket::new("EVENT", json!(["stock:update", payload])).of(namespace);
            for frame in oracle.encode(&event).await {
                read(&mut codec, &frame, |inbound| {
                    let Inbound::Event(event) = inbound else {
                        panic!("an event was expected, not {inbound:?}");
                    };
                    assert_eq!(event.event, "stock:update");
                    assert_eq!(event.channel.as_deref(), Some("stocks:ACME"));
                    assert_eq!(event.id.as_deref(), Some("m-1"));
                    assert_eq!((event.seq, event.epoch.as_deref()), (Some(7), Some("b1")));
                    let data: Value = serde_json::from_str(&event.data).expect("it is JSON");
                    assert_eq!(data, payload);
                });
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_event_of_any_other_shape_reaches_the_app_as_it_is() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/").await;
        for (arguments, wanted) in [
            (json!(["x"]), "null"),
            (json!(["x", null]), "null"),
            (json!(["x", [1, 2]]), "[1,2]"),
            (json!(["x", "text"]), "\"text\""),
            (json!(["x", 1, 2]), "1"),
            (
                json!(["x", { "channel": "c", "id": "i", "data": [3] }]),
                "[3]",
            ),
        ] {
            let event = OraclePacket::new("EVENT", arguments.clone());
            for frame in oracle.encode(&event).await {
                read(&mut codec, &frame, |inbound| {
                    let Inbound::Event(event) = inbound else {
                        panic!("an event was expected, not {inbound:?}");
                    };
                    assert_eq!(event.data, wanted, "{arguments}");
                });
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_ack_answers_the_message_that_asked() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/admin").await;
        for (at, (arguments, wanted)) in [
            (json!([]), Ok("null")),
            (json!([{ "a": 1 }]), Ok("{\"a\":1}")),
            (json!([null, 5]), Ok("5")),
            (
                json!([{ "error": { "code": "full", "message": "no" } }]),
                Err("no"),
            ),
            (json!(["broken", null]), Err("broken")),
        ]
        .into_iter()
        .enumerate()
        {
            let (event, id) = ("ask".into(), format!("m-{at}").into());
            let message = Outbound::Event {
                event: &event,
                channel: None,
                data: "{}",
                id: Some(&id),
            };
            let asked = oracle
                .decode(&written(&mut codec, &message))
                .await
                .expect("it is a packet");
            let number = asked[0].id.expect("an answer is asked for");
            let ack = OraclePacket::new("ACK", arguments)
                .of("/admin")
                .with_id(number);
            for frame in oracle.encode(&ack).await {
                read(&mut codec, &frame, |inbound| {
                    let Inbound::Reply(reply) = inbound else {
                        panic!("an answer was expected, not {inbound:?}");
                    };
                    assert_eq!(reply.re, id.as_str());
                    let result = reply.result.as_deref().map_err(|error| &*error.message);
                    assert_eq!(result, wanted);
                });
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn disconnect_ends_the_session() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            let disconnect = OraclePacket::new("DISCONNECT", Value::Null).of(namespace);
            let told = hear(&oracle, &mut codec, disconnect).await;
            assert!(told.starts_with("Dismissed"), "{told}");
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn what_is_for_another_namespace_is_not_ours() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/admin").await;
        for packet in [
            OraclePacket::new("EVENT", json!(["x", {}])).of("/other"),
            OraclePacket::new("DISCONNECT", Value::Null),
            OraclePacket::new("ACK", json!([])).with_id(0),
        ] {
            assert_eq!(hear(&oracle, &mut codec, packet).await, "Nothing");
        }
    });
}
