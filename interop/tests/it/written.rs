//! Packets that the codec writes: the official parser reads what was meant, and would have written the
//! same bytes.

use crate::oracle::{
    Oracle, OracleFrame, OraclePacket, ask, connected, open, opened, sent, written,
};
use realtime_core::{
    Position,
    wire::{
        Codec, Outbound,
        socketio::{JoinPayload, SocketIoCodec, SocketIoOptions},
    },
};
use serde_json::{Value, json};

/// Both directions at once.
async fn check(oracle: &Oracle, frames: &[OracleFrame], wanted: OraclePacket) {
    let read = oracle.decode(frames).await;
    assert_eq!(read.as_deref(), Ok(&[wanted.clone()][..]), "{frames:?}");
    assert_eq!(oracle.encode(&wanted).await, frames);
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn connect_says_what_the_official_client_would() {
    ask(async |oracle| {
        for namespace in ["/", "/admin", "/a/b"] {
            let options = SocketIoOptions::new().with_namespace(namespace).with_auth(
                "tenant",
                json!({ "name": "ä\u{2028}\"", "n": [1, null, true] }),
            );
            let mut codec = SocketIoCodec::new(options);
            codec.reset();
            let (id, token) = ("a-1".into(), "eyJ\"0");
            assert_eq!(written(&mut codec, &Outbound::Auth { id: &id, token }), []);
            open(&oracle, &mut codec).await;
            let auth = json!({ "tenant": { "n": [1, null, true], "name": "ä\u{2028}\"" }, "token": token });
            let connect = OraclePacket::new("CONNECT", auth).of(namespace);
            check(&oracle, &sent(&mut codec), connect).await;
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn connect_without_anything_to_say_says_nothing() {
    ask(async |oracle| {
        let mut codec = opened(&oracle, SocketIoOptions::new()).await;
        let connect = OraclePacket::new("CONNECT", Value::Null);
        check(&oracle, &sent(&mut codec), connect).await;
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn join_and_leave_are_events_with_an_answer() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/admin").await;
        let (id, channel) = ("s-1".into(), "tasks".into());
        let position = Position {
            epoch: "b\"1".into(),
            seq: 57,
        };
        let subscribe = Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since: Some(&position),
            options: &realtime_core::SubscribeOptions::default(),
        };
        let payload = json!({ "channel": "tasks", "epoch": "b\"1", "since": 57 });
        let join = OraclePacket::new("EVENT", json!(["join", payload]))
            .of("/admin")
            .with_id(0);
        let frames = written(&mut codec, &subscribe);
        // The order of fields is ours to choose.
        assert_eq!(oracle.decode(&frames).await, Ok(vec![join]));
        let unsubscribe = Outbound::Unsubscribe { channel: &channel };
        let leave = OraclePacket::new("EVENT", json!(["leave", { "channel": "tasks" }]))
            .of("/admin")
            .with_id(1);
        check(&oracle, &written(&mut codec, &unsubscribe), leave).await;
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn join_with_a_bare_name() {
    ask(async |oracle| {
        let options = SocketIoOptions::new()
            .with_join("subscribe", "unsubscribe")
            .with_join_payload(JoinPayload::Name);
        let mut codec = opened(&oracle, options).await;
        let (id, channel) = ("s-1".into(), "ro\"om".into());
        let subscribe = Outbound::Subscribe {
            id: &id,
            channel: &channel,
            since: None,
            options: &realtime_core::SubscribeOptions::default(),
        };
        let join = OraclePacket::new("EVENT", json!(["subscribe", "ro\"om"])).with_id(0);
        check(&oracle, &written(&mut codec, &subscribe), join).await;
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn events_with_and_without_an_answer() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            let mut asked = 0;
            for data in [
                json!({}),
                json!({ "text": "ä\u{0}\u{1f}\u{2028}🎉\\\"", "n": -1.5e-7, "deep": [[[{}]]] }),
                json!({ "largest": 9_007_199_254_740_991_i64, "empty": "", "null": null }),
            ] {
                let (event, id) = ("say \"it\"".into(), "m-1".into());
                let text = data.to_string();
                for id in [None, Some(&id)] {
                    let message = Outbound::Event {
                        event: &event,
                        channel: None,
                        data: &text,
                        id,
                    };
                    let mut payload = json!({});
                    if let Some(id) = id {
                        payload["messageId"] = json!(id.as_str());
                    }
                    payload
                        .as_object_mut()
                        .unwrap()
                        .extend(data.as_object().unwrap().clone());
                    let mut wanted =
                        OraclePacket::new("EVENT", json!(["say \"it\"", payload])).of(namespace);
                    wanted.id = id.map(|_| asked);
                    asked += u64::from(id.is_some());
                    let frames = written(&mut codec, &message);
                    assert_eq!(oracle.decode(&frames).await, Ok(vec![wanted]), "{frames:?}");
                }
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn disconnect_names_its_namespace() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            let goodbye = written(&mut codec, &Outbound::Goodbye);
            let disconnect = OraclePacket::new("DISCONNECT", Value::Null).of(namespace);
            check(&oracle, &goodbye, disconnect).await;
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn the_answer_to_a_server_is_an_ack() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            for id in [0, 12, 9_007_199_254_740_991] {
                let asked = OraclePacket::new("EVENT", json!(["news", {}]))
                    .of(namespace)
                    .with_id(id);
                let frames = oracle.encode(&asked).await;
                crate::oracle::told(&mut codec, &frames);
                let ack = OraclePacket::new("ACK", json!([]))
                    .of(namespace)
                    .with_id(id);
                check(&oracle, &sent(&mut codec), ack).await;
            }
        }
    });
}
