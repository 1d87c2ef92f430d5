//! Packets with attachments, in both directions.

use crate::oracle::{OraclePacket, ask, connected, last, written};
use realtime_core::wire::{Inbound, Outbound};
use serde_json::{Value, json};

/// Payloads with bytes in all places, and the same bytes twice.
fn payloads() -> [Value; 4] {
    [
        json!({ "blob": { "$bytes": "" } }),
        json!({ "a": { "$bytes": "AAEC/v8=" }, "b": [{ "$bytes": "AAEC/v8=" }, 1, { "c": { "$bytes": "AA==" } }] }),
        json!({ "text": "{\"$bytes\":\"AA==\"}", "blob": { "$bytes": "AQ==" } }),
        // As many as the official parser takes.
        json!({ "ten": vec![json!({ "$bytes": "Cg==" }); 10] }),
    ]
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_event_with_bytes_is_what_the_official_parser_writes_and_reads() {
    ask(async |oracle| {
        for namespace in ["/", "/admin"] {
            let mut codec = connected(&oracle, namespace).await;
            for payload in payloads() {
                let (event, data) = ("upload".into(), payload.to_string());
                let message = Outbound::Event {
                    event: &event,
                    channel: None,
                    data: &data,
                    id: None,
                };
                let packet = OraclePacket::new("EVENT", json!(["upload", payload])).of(namespace);
                let frames = written(&mut codec, &message);
                assert_eq!(oracle.decode(&frames).await, Ok(vec![packet.clone()]));
                assert_eq!(oracle.encode(&packet).await, frames);
                last(&mut codec, &frames, |inbound| {
                    let Inbound::Event(event) = inbound else {
                        panic!("an event was expected, not {inbound:?}");
                    };
                    let read: Value = serde_json::from_str(&event.data).expect("it is JSON");
                    assert_eq!(read, payload);
                });
            }
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_answer_with_bytes_is_read() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/admin").await;
        for (at, payload) in payloads().into_iter().enumerate() {
            let (event, id) = ("download".into(), format!("m-{at}").into());
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
            let ack = OraclePacket::new("ACK", json!([payload]))
                .of("/admin")
                .with_id(number);
            let frames = oracle.encode(&ack).await;
            assert!(frames.len() > 1, "the official parser attaches bytes");
            last(&mut codec, &frames, |inbound| {
                let Inbound::Reply(reply) = inbound else {
                    panic!("an answer was expected, not {inbound:?}");
                };
                assert_eq!(reply.re, id.as_str());
                let data = reply.result.expect("it is no refusal");
                let read: Value = serde_json::from_str(&data).expect("it is JSON");
                assert_eq!(read, payload);
            });
        }
    });
}
