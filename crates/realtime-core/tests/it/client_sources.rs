//! Queries and the channels that feed them, through the whole client: refusals, gaps, positions.

use crate::task::{Table, Task};
use realtime_core::{
    Fault, Fetched, ListSpec, Liveness, Patch, Position, QueryKey, QueryOptions, RecordSpec, Topic,
    key,
    testing::{PeerId, World},
};
use std::{cell::Cell, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn count() -> QueryKey {
    key!["count"]
}

/// A record that every event `add` adds to.
fn sum(channel: Option<&str>) -> RecordSpec<i64> {
    let add = Patch::reduce_as(|term: i64, sum: Option<&i64>| Some(sum? + term));
    RecordSpec::new().on("add", channel.map(Into::into), add)
}

fn watch(world: &mut World, peer: PeerId, spec: RecordSpec<i64>, options: QueryOptions) {
    world
        .act(peer, |client, now| {
            client.observe_record(now, &count(), spec, &options)
        })
        .expect("the key is free");
}

fn value(world: &World, peer: PeerId) -> Option<i64> {
    world
        .client(peer)
        .record::<i64>(&count())
        .as_deref()
        .copied()
}

/// Fetches read a number that the test sets.
fn serve(world: &mut World) -> Rc<Cell<i64>> {
    let truth = Rc::new(Cell::new(0));
    let read = Rc::clone(&truth);
    world.on_fetch(move |_, _| Ok(read.get()));
    truth
}

/// Answers the last `subscribe` with a refusal.
fn refuse(world: &mut World) {
    let requests = world.server.requests.iter().rev();
    let mut subscribes = requests.filter(|request| request.text("event") == "subscribe");
    let id = subscribes
        .next()
        .expect("one was sent")
        .text("id")
        .to_owned();
    let error = r#"{"code":"forbidden","message":"not yours"}"#;
    world.server.send_raw(&format!(
        r#"{{"event":"subscribe","re":"{id}","error":{error}}}"#
    ));
}

#[test]
fn a_refusal_that_comes_late_ends_what_an_event_had_shown_to_be_live() {
    let mut world = World::new(2);
    world.server.abilities.answers = false;
    serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer, sum(Some("sums")), QueryOptions::default());
    world.run(5 * SECOND);
    assert!(!world.client(peer).query_meta(&count()).unwrap().is_live);
    world.server.publish("sums", "add", "1");
    world.run(5 * SECOND);
    assert!(world.client(peer).query_meta(&count()).unwrap().is_live);
    refuse(&mut world);
    world.run(SECOND);
    let meta = world.client(peer).query_meta(&count()).unwrap();
    assert!(!meta.is_live);
    assert_eq!(meta.liveness, Liveness::Refused);
    assert!(matches!(
        world.take_faults(peer)[..],
        [Fault::Unanswered { .. }, Fault::Refused { .. }]
    ));
}

#[test]
fn a_refused_subscription_lets_the_fetch_go_ahead_at_once() {
    let mut world = World::new(2);
    world.server.abilities.answers = false;
    serve(&mut world).set(3);
    let peer = world.connect();
    world.run(SECOND);
    watch(&mut world, peer, sum(Some("sums")), QueryOptions::default());
    world.run(Duration::from_millis(100));
    refuse(&mut world);
    world.run(Duration::from_millis(200));
    assert_eq!(value(&world, peer), Some(3));
}

#[test]
fn an_event_with_a_seq_and_no_epoch_is_in_the_epoch_of_its_channel() {
    let mut world = World::new(3);
    world.fetch_latency = 500..=500;
    world.on_positioned_fetch(|_, server| {
        let (epoch, seq) = server.position("sums");
        let epoch = epoch.into();
        Ok(Fetched::new(seq.cast_signed()).with_position(Position { epoch, seq }))
    });
    let peer = world.connect();
    watch(&mut world, peer, sum(Some("sums")), QueryOptions::default());
    world.run(Duration::from_millis(200));
    // The fetch that is under way will contain this event, and says so.
    world.server.publish("other", "add", "1");
    world.stall(peer);
    world.server.publish("sums", "add", "1");
    world.run(Duration::from_millis(1));
    world.link_mut(peer).drop_pending();
    world.heal(peer);
    world
        .server
        .send_raw(r#"{"event":"add","channel":"sums","seq":1,"data":1}"#);
    world.run(10 * SECOND);
    assert_eq!(value(&world, peer), Some(1));
    assert_eq!(world.fetched(peer).len(), 1);
    assert_eq!(world.client(peer).stats().queries.outdated_results, 0);
}

#[test]
fn a_payload_that_is_a_list_names_no_channel() {
    let mut world = World::new(4);
    let peer = world.connect();
    world
        .act(peer, |client, now| {
            client.listen(now, &"names".into(), Some(&"people".into()))
        })
        .unwrap();
    world.run(SECOND);
    world.server.send_raw(r#"{"event":"names","data":["Ada"]}"#);
    world.run(SECOND);
    assert_eq!(world.take_events(peer).len(), 1);
}

#[test]
fn a_hole_on_any_channel_is_a_gap_for_a_query_that_listens_to_all() {
    let mut world = World::new(5);
    let truth = serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer, sum(None), QueryOptions::default());
    world
        .act(peer, |client, now| client.subscribe(now, &"sums".into()))
        .unwrap();
    world.run(5 * SECOND);
    world.stall(peer);
    truth.set(1);
    world.server.publish("sums", "add", "1");
    world.run(Duration::from_millis(1));
    world.link_mut(peer).drop_pending();
    world.heal(peer);
    world.server.publish("sums", "other", "null");
    world.run(5 * SECOND);
    assert_eq!(value(&world, peer), Some(1));
}

#[test]
fn the_first_observer_decides_what_feeds_an_entry() {
    let mut world = World::new(6);
    serve(&mut world);
    let peer = world.connect();
    let fresh = QueryOptions::default().with_stale_time(Duration::MAX);
    watch(&mut world, peer, RecordSpec::new(), fresh);
    world.run(SECOND);
    watch(&mut world, peer, sum(Some("sums")), fresh);
    world.run(5 * SECOND);
    let meta = world.client(peer).query_meta(&count()).unwrap();
    assert!(!meta.is_stale, "{meta:?}");
    assert_eq!(world.fetched(peer).len(), 1);
}

#[test]
fn a_row_that_changes_together_with_the_status_marks_the_order_too() {
    let mut world = World::new(7);
    world.fetch_latency = 200..=200;
    let table = Table::serve(&mut world);
    table.put(&mut world, "t1", "one");
    let peer = world.connect();
    let tasks = key!["tasks"];
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    world
        .act(peer, |client, now| {
            client.observe_list(now, &tasks, spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    world.act(peer, |client, now| client.refetch(now, &tasks));
    world.run(Duration::from_millis(100));
    world.take_changes(peer);
    // The event is lost, so the fetch brings the new title and ends the loading at once.
    world.stall(peer);
    table.put(&mut world, "t1", "won");
    world.run(Duration::from_millis(1));
    world.link_mut(peer).drop_pending();
    world.run(Duration::from_millis(200));
    let meta = world.client(peer).query_meta(&tasks).unwrap();
    assert!(!meta.is_refetching());
    let entry = world.client(peer).entry(&tasks).unwrap();
    let changes = world.take_changes(peer);
    assert!(changes.contains(&Topic::Order(entry)), "{changes:?}");
}

#[test]
fn what_was_missed_while_nobody_was_enabled_is_fetched_even_without_refetch_on_mount() {
    let mut world = World::new(8);
    let truth = serve(&mut world);
    let peer = world.connect();
    let options = QueryOptions::default()
        .with_refetch_on_mount(false)
        .with_stale_time(Duration::MAX);
    let spec = sum(Some("sums"));
    let first = world
        .act(peer, |client, now| {
            client.observe_record(now, &count(), spec, &options)
        })
        .unwrap();
    world.run(SECOND);
    world.act(peer, |client, now| client.unobserve(now, first));
    world.run(5 * SECOND);
    truth.set(7);
    world.server.publish("sums", "add", "7");
    // Somebody else subscribes to the channel, so it is live again when the query comes back.
    world
        .act(peer, |client, now| client.subscribe(now, &"sums".into()))
        .unwrap();
    world.run(SECOND);
    watch(&mut world, peer, sum(Some("sums")), options);
    world.run(5 * SECOND);
    assert_eq!(value(&world, peer), Some(7));
}
