//! Routing: from a frame to whom it concerns.

use crate::{
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{Patch, QueryOptions, RecordSpec, key};
use serde_json::Value;

/// A client with so many records, each on a channel of its own.
fn records(size: u32) -> Wire {
    let mut wire = Wire::with(|options| options.with_channel_field("price", "at", "stocks:{}"));
    for number in 0..size {
        let channel = format!("stocks:{number}").into();
        let spec = RecordSpec::<Value>::new().on("price", Some(channel), Patch::replace());
        let key = key!["stock", number];
        wire.client
            .observe_record(NOW, &key, spec, &QueryOptions::default())
            .unwrap();
    }
    wire.pump();
    wire.land(|| Value::Null);
    wire.client.take_changes();
    wire
}

/// The work of a frame that names its channel, once everything has its room.
fn work(size: u32, event: &str) -> Tally {
    work_of(size, |price| {
        format!(r#"{{"event":"{event}","channel":"stocks:7","data":{price}}}"#)
    })
}

fn work_of(size: u32, frame: impl Fn(u32) -> String) -> Tally {
    let mut wire = records(size);
    for price in 1..10 {
        wire.frame(&frame(price));
        wire.client.take_changes();
    }
    let last = frame(10);
    let mut changes = 0;
    let tally = Tally::of(|| {
        wire.frame(&last);
        changes = wire.client.take_changes().len();
    });
    assert!(changes <= 2, "{changes} topics");
    tally
}

#[test]
fn an_event_for_one_record_costs_the_same_beside_many() {
    let (few, many) = (work(10, "price"), work(5_000, "price"));
    assert_eq!(
        few.allocations, many.allocations,
        "\nfew: {few}\nmany: {many}"
    );
    assert_eq!(few.bytes, many.bytes);
}

#[test]
fn a_rule_that_finds_the_record_costs_the_same_beside_many() {
    let by_rule = |size| {
        work_of(size, |price| {
            format!(r#"{{"event":"price","data":{{"at":7,"price":{price}}}}}"#)
        })
    };
    let (few, many) = (by_rule(10), by_rule(5_000));
    assert_eq!(
        few.allocations, many.allocations,
        "\nfew: {few}\nmany: {many}"
    );
    assert_eq!(few.bytes, many.bytes);
}

#[test]
fn an_event_that_nobody_listens_to_costs_no_allocation() {
    for size in [10, 5_000] {
        let tally = work(size, "volume");
        assert_eq!(tally.allocations, 0, "{tally}");
    }
}
