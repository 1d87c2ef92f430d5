//! Engine.IO packets, against the official parser.

use crate::oracle::{OracleFrame, ask, connected, read, told, written};
use realtime_core::wire::{Inbound, Outbound};
use serde_json::{Value, json};

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn each_engine_packet_that_the_official_parser_writes_is_understood() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/").await;
        for (kind, data, wanted) in [
            ("ping", Value::Null, "Ping { id: None }"),
            ("ping", json!("probe"), "Ping { id: Some(\"probe\") }"),
            ("pong", Value::Null, "Nothing"),
            ("noop", Value::Null, "Nothing"),
            ("upgrade", Value::Null, "Nothing"),
            ("close", Value::Null, "Closing"),
        ] {
            let frame = oracle.engine(kind, data).await;
            assert_eq!(
                told(&mut codec, std::slice::from_ref(&frame)),
                wanted,
                "{kind}"
            );
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn a_pong_is_what_the_official_parser_writes() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/").await;
        for probe in [None, Some("probe")] {
            let ping = oracle.engine("ping", json!(probe)).await;
            let id = read(&mut codec, &ping, |inbound| match inbound {
                Inbound::Ping { id } => id.map(|id| id.into_owned()),
                other => panic!("a ping was expected, not {other:?}"),
            });
            assert_eq!(id.as_deref(), probe);
            let pong = written(&mut codec, &Outbound::Pong { re: id.as_deref() });
            assert_eq!(pong, [oracle.engine("pong", json!(probe)).await]);
        }
    });
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn an_event_goes_into_the_engine_as_the_official_parser_puts_it() {
    ask(async |oracle| {
        let mut codec = connected(&oracle, "/").await;
        let event = "tick".into();
        let message = Outbound::Event {
            event: &event,
            channel: None,
            data: "{}",
            id: None,
        };
        let packet = oracle.engine("message", json!(r#"2["tick",{}]"#)).await;
        assert_eq!(written(&mut codec, &message), std::slice::from_ref(&packet));
        assert_eq!(packet, OracleFrame::Text(r#"42["tick",{}]"#.to_owned()));
    });
}
