//! A record through the whole client.

use realtime_core::{
    FetchError, Input, Patch, QueryKey, QueryOptions, QueryStatus, RecordSpec, key, merge_patch,
    testing::{PeerId, World},
};
use serde::{Deserialize, Serialize};
use std::{cell::Cell, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stock {
    symbol: String,
    price: f64,
}

fn stock() -> QueryKey {
    key!["stock", "ACME"]
}

fn acme(price: f64) -> Stock {
    Stock {
        symbol: "ACME".to_owned(),
        price,
    }
}

fn watch_spec(world: &mut World, peer: PeerId, spec: RecordSpec<Stock>) {
    world
        .act(peer, |client, now| {
            client.observe_record(now, &stock(), spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

fn watch(world: &mut World, peer: PeerId, patch: Patch<Stock>) {
    let channel = Some("stocks:ACME".into());
    watch_spec(
        world,
        peer,
        RecordSpec::new().on("stock:update", channel, patch),
    );
}

fn price(world: &World, peer: PeerId) -> Option<f64> {
    let record = world.client(peer).record::<Stock>(&stock())?;
    Some(record.price)
}

fn publish(world: &mut World, data: &str) {
    world.server.publish("stocks:ACME", "stock:update", data);
}

#[test]
fn an_event_replaces_the_record() {
    let mut world = World::new(1);
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(SECOND);
    assert_eq!(price(&world, peer), Some(1.0));
    publish(&mut world, r#"{"symbol":"ACME","price":2.0}"#);
    world.run(SECOND);
    assert_eq!(price(&world, peer), Some(2.0));
}

#[test]
fn a_fetch_that_lands_late_does_not_overwrite_a_newer_event() {
    let mut world = World::new(2);
    world.fetch_latency = 2_000..=2_000;
    world.fetch_reads_early = true;
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(SECOND);
    publish(&mut world, r#"{"symbol":"ACME","price":42.0}"#);
    world.run(10 * SECOND);
    assert_eq!(price(&world, peer), Some(42.0));
}

#[test]
fn a_merge_patch_changes_only_what_it_names() {
    let mut world = World::new(3);
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::merge(merge_patch));
    world.run(SECOND);
    publish(&mut world, r#"{"price":3.5}"#);
    world.run(SECOND);
    let record = world.client(peer).record::<Stock>(&stock());
    assert_eq!(record.as_deref(), Some(&acme(3.5)));
}

#[test]
fn a_storm_of_invalidations_is_one_fetch_and_one_that_waits() {
    let mut world = World::new(4);
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::invalidate(key!["stock"]));
    world.run(SECOND);
    for _ in 0..100 {
        publish(&mut world, "null");
    }
    world.run(10 * SECOND);
    let fetches = world.fetched(peer).len();
    assert!((2..=3).contains(&fetches), "{fetches} fetches");
}

#[test]
fn a_failing_fetch_is_tried_again_and_then_an_error_on_the_query() {
    let mut world = World::new(5);
    world.on_fetch::<Stock>(|_, _| Err(FetchError::new("the server answered 503")));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(60 * SECOND);
    let meta = world.client(peer).query_meta(&stock()).unwrap();
    assert_eq!(meta.status, QueryStatus::Error);
    assert!(meta.error.as_ref().unwrap().to_string().contains("503"));
    assert_eq!(world.fetched(peer).len(), 4);
}

#[test]
fn a_fetcher_that_returns_another_type_is_an_error_and_not_a_panic() {
    let mut world = World::new(6);
    world.on_fetch(|_, _| Ok("not a stock"));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(60 * SECOND);
    let meta = world.client(peer).query_meta(&stock()).unwrap();
    assert_eq!(meta.status, QueryStatus::Error);
}

#[test]
fn an_event_on_no_channel_reaches_a_query_that_named_none() {
    let mut world = World::new(7);
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    let spec = RecordSpec::new().on("stock:update", None, Patch::replace());
    watch_spec(&mut world, peer, spec);
    world.run(5 * SECOND);
    world
        .server
        .send_raw(r#"{"event":"stock:update","data":{"symbol":"ACME","price":9.0}}"#);
    world.run(SECOND);
    assert_eq!(price(&world, peer), Some(9.0));
}

#[test]
fn a_query_on_no_channel_is_fetched_again_after_a_reconnect() {
    let mut world = World::new(8);
    let truth = Rc::new(Cell::new(1.0));
    let read = Rc::clone(&truth);
    world.on_fetch(move |_, _| Ok(acme(read.get())));
    let peer = world.connect();
    let spec = RecordSpec::new().on("stock:update", None, Patch::replace());
    watch_spec(&mut world, peer, spec);
    world.run(5 * SECOND);
    truth.set(2.0);
    world.cut(peer);
    world.run(10 * SECOND);
    assert_eq!(price(&world, peer), Some(2.0));
}

#[test]
fn two_hundred_events_a_second_end_at_the_last() {
    let mut world = World::new(9);
    world.on_fetch(|_, _| Ok(acme(0.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(SECOND);
    for n in 1..=2_000 {
        publish(&mut world, &format!(r#"{{"symbol":"ACME","price":{n}}}"#));
        world.run(Duration::from_millis(5));
    }
    world.run(SECOND);
    assert_eq!(price(&world, peer), Some(2_000.0));
    let topics = world.take_changes(peer).len();
    assert!(topics <= 4, "{topics} topics to publish");
}

#[test]
fn becoming_visible_fetches_stale_data_again() {
    let mut world = World::new(10);
    world.on_fetch(|_, _| Ok(acme(1.0)));
    let peer = world.connect();
    watch(&mut world, peer, Patch::replace());
    world.run(SECOND);
    world.input(peer, Input::Visible(false));
    world.run(60 * SECOND);
    world.input(peer, Input::Visible(true));
    world.run(SECOND);
    assert_eq!(world.fetched(peer).len(), 2);
}
