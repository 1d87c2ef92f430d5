//! Events that come during a fetch.

use crate::{
    tally::{Tally, count},
    wire::{NOW, Wire},
};
use realtime_core::{Fetched, Input, Patch, Position, QueryKey, QueryOptions, RecordSpec, key};

fn counter() -> QueryKey {
    key!["counter"]
}

/// The work of a fetch with so many events during it, and of these.
fn work(events: u64) -> Tally {
    let mut wire = Wire::new();
    let add = Patch::reduce(|_, total: Option<&u64>| {
        count(|tally| tally.reductions += 1);
        Some(total? + 1)
    });
    let spec = RecordSpec::<u64>::new().on("added", Some("c".into()), add);
    wire.client
        .observe_record(NOW, &counter(), spec, &QueryOptions::default())
        .unwrap();
    wire.pump();
    wire.land(|| 0_u64);
    wire.client.refetch(NOW, &counter());
    wire.pump();
    let frames: Vec<String> = (1..=events)
        .map(|seq| {
            format!(r#"{{"event":"added","channel":"c","seq":{seq},"epoch":"e","data":{{}}}}"#)
        })
        .collect();
    let tally = Tally::of(|| {
        for frame in &frames {
            wire.frame(frame);
        }
        for fetch in std::mem::take(&mut wire.fetches) {
            let before = Position {
                epoch: "e".into(),
                seq: 0,
            };
            let result = Ok(Fetched::new(0_u64).with_position(before));
            wire.client
                .handle(NOW, Input::FetchFinished { fetch, result });
        }
        wire.pump();
    });
    assert_eq!(
        wire.client.record::<u64>(&counter()).as_deref(),
        Some(&events)
    );
    tally
}

#[test]
fn each_event_during_a_fetch_is_reduced_when_it_comes_and_once_more_over_the_result() {
    assert_eq!(work(1_000).reductions, 2_000);
}

#[test]
fn a_hundred_times_the_events_are_about_a_hundred_times_the_work() {
    // A log that doubles its room now and then asks for up to twice what it needs.
    work(10_000).is_at_most(200, work(100), "events during a fetch");
}
