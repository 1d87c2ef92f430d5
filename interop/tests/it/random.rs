//! Random packets, in both directions.

use crate::oracle::{OraclePacket, ask, connected, read, written};
use realtime_core::wire::{Inbound, Outbound};
use serde_json::{Map, Value, json};

const ROUNDS: u64 = 300;

/// Any JSON that JavaScript keeps as it is.
fn value(rng: &mut fastrand::Rng, depth: u32) -> Value {
    match rng.u8(..if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => rng
            .i64(-9_007_199_254_740_991..=9_007_199_254_740_991)
            .into(),
        // A number with a fraction is written alike by both.
        3 => (f64::from(rng.i32(..)) + 0.5).into(),
        4 => text(rng).into(),
        5 => (0..rng.usize(..4)).map(|_| value(rng, depth - 1)).collect(),
        _ => object(rng, depth - 1).into(),
    }
}

fn object(rng: &mut fastrand::Rng, depth: u32) -> Map<String, Value> {
    // A letter before the name: JavaScript would put those that look like numbers first.
    (0..rng.usize(..4))
        .map(|_| (format!("k{}", text(rng)), value(rng, depth)))
        .collect()
}

fn text(rng: &mut fastrand::Rng) -> String {
    let length = rng.usize(..8);
    let any = |rng: &mut fastrand::Rng| match rng.u8(..4) {
        0 => char::from(rng.u8(..128)),
        1 => rng.char('\u{80}'..='\u{7ff}'),
        2 => rng.char('\u{2000}'..='\u{ffff}'),
        _ => rng.char('\u{10000}'..='\u{10ffff}'),
    };
    (0..length).map(|_| any(rng)).collect()
}

#[test]
#[ignore = "needs node and its packages; cargo xtask test runs it"]
fn random_events_arrive_as_they_were_sent() {
    ask(async |oracle| {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut codec = connected(&oracle, "/").await;
        for _ in 0..ROUNDS {
            let data = Value::from(object(&mut rng, 4));
            let name = format!("e{}", text(&mut rng));
            // From us to the official parser …
            let (event, json) = (name.as_str().into(), data.to_string());
            let message = Outbound::Event {
                event: &event,
                channel: None,
                data: &json,
                id: None,
            };
            let packet = OraclePacket::new("EVENT", json!([name, data]));
            let frames = written(&mut codec, &message);
            assert_eq!(
                oracle.decode(&frames).await,
                Ok(vec![packet.clone()]),
                "{frames:?}"
            );
            // … and from it to us.
            for frame in oracle.encode(&packet).await {
                read(&mut codec, &frame, |inbound| {
                    let Inbound::Event(read) = inbound else {
                        panic!("an event was expected, not {inbound:?}");
                    };
                    assert_eq!(read.event, name);
                    let read: Value = serde_json::from_str(&read.data).expect("it is JSON");
                    assert_eq!(read, data);
                });
            }
        }
    });
}
