//! From a frame to whom it concerns.

use crate::{
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{Patch, QueryOptions, RecordSpec, key};

/// A client with so many records, each on a channel of its own.
fn records(size: u32) -> Wire {
    let mut wire = Wire::new();
    for number in 0..size {
        let channel = format!("stocks:{number}").into();
        let spec = RecordSpec::<u32>::new().on("price", Some(channel), Patch::replace());
        let key = key!["stock", number];
        wire.client
            .observe_record(NOW, &key, spec, &QueryOptions::default())
            .unwrap();
    }
    wire.pump();
    wire.land(|| 0_u32);
    wire.client.take_changes();
    wire
}

/// The work of a frame, once everything has its room.
fn work(size: u32, event: &str) -> Tally {
    let mut wire = records(size);
    let frame =
        |price: u32| format!(r#"{{"event":"{event}","channel":"stocks:7","data":{price}}}"#);
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
fn an_event_that_nobody_listens_to_costs_no_allocation() {
    for size in [10, 5_000] {
        let tally = work(size, "volume");
        assert_eq!(tally.allocations, 0, "{tally}");
    }
}
