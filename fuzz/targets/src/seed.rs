//! Seed: what was kept over page loads, or comes from another tab, and says anything.

use crate::{
    act::{Act, acts},
    row::{Row, check, options},
};
use realtime_core::{
    Client, ClientOptions, Fit, FrameRef, Input, Instant, ListSpec, Patch, PersistOptions,
    QueryKey, QueryOptions, RecordSpec, Seed, StoreEvent, Stored, StoredValue, key,
    wire::JsonCodec,
};
use serde_json::Value;
use std::time::Duration;

/// Takes each line as what stands in a seed, under a sum that fits, and imports it; `>text TEXT` is a whole seed,
/// and `>kept TEXT` a mutation that was kept. Then the list and the record that they may be of are
/// observed, taken along, and begun with again.
///
/// # Panics
///
/// When two rows have one key, an empty list is shown as one before the server has said so, or what was
/// taken along is not shown again.
pub fn seed(input: &[u8]) {
    let now = Instant::from_millis(1_000);
    let mut client = new();
    client.persist_mutations(now, PersistOptions::new("app"));
    drain(&mut client);
    let (mut seeds, mut outbox) = (Vec::new(), Vec::new());
    for act in acts(input) {
        match act {
            Act::Frame(FrameRef::Text(inner)) => seeds.extend(Seed::from_text(signed(inner)).ok()),
            Act::Word("text", text) => seeds.extend(Seed::from_text(text).ok()),
            Act::Word("kept", text) => outbox.push(StoredValue {
                key: format!("m-{}", outbox.len()),
                value: text.into(),
                age: Duration::from_secs(1),
            }),
            _ => {}
        }
    }
    let stored = Stored {
        seeds: Vec::new(),
        outbox,
    };
    client.handle(now, Input::Store(StoreEvent::Loaded(Ok(stored))));
    drain(&mut client);
    client.import(now, seeds.clone(), Fit::Full);
    observe(&mut client, now);
    client.import(now, seeds, Fit::RowsOnly);
    drain(&mut client);

    let list = client.list::<Row>(&tasks());
    if let Some(list) = &list {
        check(list);
        let edits = client.overlay_len(&tasks());
        assert!(
            !list.is_empty() || edits > 0,
            "nobody has said that it is empty"
        );
    }
    let again = client.export(now, &key![]);
    let mut next = new();
    next.import(now, again, Fit::Full);
    observe(&mut next, now);
    if client.overlay_len(&tasks()) == 0 {
        let rows = |client: &Client| {
            let list = client.list::<Row>(&tasks());
            list.map(|list| list.iter().collect::<Vec<_>>())
        };
        assert_eq!(
            rows(&client),
            rows(&next),
            "what was taken along is not shown again"
        );
    }
}

fn new() -> Client {
    let options = ClientOptions::new("wss://a.test/ws");
    Client::new(options, Box::new(JsonCodec::default()))
}

fn tasks() -> QueryKey {
    key!["tasks"]
}

fn observe(client: &mut Client, now: Instant) {
    let query = QueryOptions::default();
    let list = ListSpec::new(Some("c".into()))
        .with_options(options(false))
        .with_persist();
    let observed = client.observe_list::<Row>(now, &tasks(), list, &query);
    assert!(observed.is_ok());
    let record = RecordSpec::<Value>::new()
        .on("record", Some("c".into()), Patch::replace())
        .on("other", Some("d".into()), Patch::replace())
        .with_persist();
    let observed = client.observe_record(now, &key!["record"], record, &query);
    assert!(observed.is_ok());
}

fn drain(client: &mut Client) {
    while client.poll_output().is_some() {}
}

/// The text of a seed with this in it.
fn signed(inner: &str) -> String {
    let sum = inner.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!(r#"{{"format":1,"sum":"{sum:016x}","seed":{inner}}}"#)
}
