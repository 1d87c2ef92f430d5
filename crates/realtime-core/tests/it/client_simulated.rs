//! Findings of random worlds: each test is the smallest world that showed one.

use crate::task::Task;
use realtime_core::{
    Edit, FetchError, Fetched, Input, ListEdit, ListSpec, Mutation, Position, QueryOptions, key,
    testing::{PeerId, World},
};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// The server's rows, which each test changes by itself.
type Rows = Rc<RefCell<Vec<Task>>>;

fn task(id: &str, version: u64) -> Task {
    Task {
        id: id.to_owned(),
        version,
        title: id.to_owned(),
    }
}

/// Lets fetches read these rows, at the position that `channel` has.
fn serve(world: &mut World, channel: &'static str) -> Rows {
    let rows = Rows::default();
    let read = Rc::clone(&rows);
    world.on_positioned_fetch(move |_, server| {
        let (epoch, seq) = server.position(channel);
        let fetched = Fetched::new(read.borrow().clone());
        Ok(fetched.with_position(Position {
            epoch: epoch.into(),
            seq,
        }))
    });
    rows
}

fn watch(world: &mut World, peer: PeerId, channel: Option<&str>) {
    let spec = ListSpec::<Task>::new(channel.map(Into::into));
    world
        .act(peer, |client, now| {
            client.observe_list(now, &key!["list"], spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

fn ids(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&key!["list"]);
    let ids = list.iter().flat_map(|list| list.ids().collect::<Vec<_>>());
    ids.map(|id| id.to_string()).collect()
}

fn publish(world: &mut World, channel: &str, action: &str, item: &Value) {
    let data = json!({"action": action, "item": item}).to_string();
    world.server.publish(channel, "list:update", &data);
}

fn create(world: &mut World, channel: &str, id: &str) {
    publish(world, channel, "create", &json!(task(id, 1)));
}

#[test]
fn a_list_that_listens_anywhere_fetches_when_every_channel_is_subscribed() {
    let mut world = World::new(1);
    world.server.abilities.positions = false;
    world.fetch_reads_early = true;
    world.fetch_latency = 5..=5;
    let rows = serve(&mut world, "shard");
    let peer = world.connect();
    world.link_mut(peer).latency = 500..=500;
    let shard = "shard".into();
    world
        .act(peer, |client, now| client.subscribe(now, &shard))
        .unwrap();
    watch(&mut world, peer, None);
    // The link is up after half a second; the server has the subscription after a whole one.
    world.run(Duration::from_millis(750));
    rows.borrow_mut().push(task("t1", 1));
    create(&mut world, "shard", "t1");
    world.run(5 * SECOND);
    assert_eq!(ids(&world, peer), ["t1"]);
}

#[test]
fn a_list_that_listens_anywhere_fetches_after_what_one_of_its_channels_repeats() {
    let mut world = World::new(2);
    world.server.abilities.history = 1;
    let rows = serve(&mut world, "a");
    let peer = world.connect();
    for channel in ["a", "b"] {
        let channel = channel.into();
        world
            .act(peer, |client, now| client.subscribe(now, &channel))
            .unwrap();
    }
    watch(&mut world, peer, None);
    world.run(2 * SECOND);
    world.take_down(peer);
    // The create is repeated; the delete is one event too many for its channel's history.
    create(&mut world, "b", "t1");
    publish(
        &mut world,
        "a",
        "delete",
        &json!({"id": "t1", "version": 2}),
    );
    create(&mut world, "a", "t2");
    rows.borrow_mut().push(task("t2", 1));
    world.run(5 * SECOND);
    world.heal(peer);
    world.run(30 * SECOND);
    assert_eq!(ids(&world, peer), ["t2"]);
}

#[test]
fn a_result_that_does_not_reach_the_hole_is_outdated() {
    let mut world = World::new(3);
    let rows = serve(&mut world, "tasks");
    let peer = world.connect();
    watch(&mut world, peer, Some("tasks"));
    world.run(2 * SECOND);
    // A copy that lags behind answers the fetch which the hole asks for.
    let stale = (world.server.position("tasks"), rows.borrow().clone());
    let answers = Rc::new(RefCell::new(vec![stale]));
    let (queue, read) = (Rc::clone(&answers), Rc::clone(&rows));
    world.on_positioned_fetch(move |_, server| {
        let now = || (server.position("tasks"), read.borrow().clone());
        let ((epoch, seq), rows) = queue.borrow_mut().pop().unwrap_or_else(now);
        Ok(Fetched::new(rows).with_position(Position {
            epoch: epoch.into(),
            seq,
        }))
    });
    world.server.lose_next("tasks", 1);
    for id in ["lost", "seen"] {
        create(&mut world, "tasks", id);
        rows.borrow_mut().push(task(id, 1));
    }
    world.run(10 * SECOND);
    assert!(answers.borrow().is_empty());
    assert_eq!(ids(&world, peer), ["lost", "seen"]);
}

#[test]
fn a_list_that_joins_a_recovered_channel_knows_how_far_that_had_come() {
    let mut world = World::new(4);
    let rows = serve(&mut world, "tasks");
    let peer = world.connect();
    let channel = "tasks".into();
    world
        .act(peer, |client, now| client.subscribe(now, &channel))
        .unwrap();
    world.run(SECOND);
    let stale = (world.server.position("tasks"), rows.borrow().clone());
    create(&mut world, "tasks", "t1");
    rows.borrow_mut().push(task("t1", 1));
    world.run(SECOND);
    let (answers, read) = (RefCell::new(vec![stale]), Rc::clone(&rows));
    world.on_positioned_fetch(move |_, server| {
        let now = || (server.position("tasks"), read.borrow().clone());
        let ((epoch, seq), rows) = answers.borrow_mut().pop().unwrap_or_else(now);
        Ok(Fetched::new(rows).with_position(Position {
            epoch: epoch.into(),
            seq,
        }))
    });
    world.server.restart(true);
    world.run(Duration::from_millis(30));
    watch(&mut world, peer, Some("tasks"));
    world.run(30 * SECOND);
    assert_eq!(ids(&world, peer), ["t1"]);
}

#[test]
fn a_move_during_a_fetch_that_was_read_before_is_made_again() {
    let mut world = World::new(5);
    world.server.abilities.positions = false;
    let rows = Rows::default();
    let read = Rc::clone(&rows);
    world.on_fetch(move |_, _| Ok(read.borrow().clone()));
    rows.borrow_mut().push(task("t1", 1));
    let peer = world.connect();
    watch(&mut world, peer, Some("tasks"));
    world.run(SECOND);
    world.fetch_reads_early = true;
    world.fetch_latency = 2_000..=2_000;
    world.act(peer, |client, now| client.refetch(now, &key!["list"]));
    create(&mut world, "tasks", "t2");
    let moved = json!({"action": "move", "item": {"id": "t1", "version": 2}, "before": null});
    world
        .server
        .publish("tasks", "list:update", &moved.to_string());
    world.run(10 * SECOND);
    assert_eq!(ids(&world, peer), ["t2", "t1"]);
}

#[test]
fn an_answer_that_overtakes_the_channel_gives_a_row_no_place_in_arrival_order() {
    let mut world = World::new(6);
    let rows = serve(&mut world, "tasks");
    let peer = world.connect();
    watch(&mut world, peer, Some("tasks"));
    world.run(2 * SECOND);
    world.take_down(peer);
    create(&mut world, "tasks", "theirs");
    // Past the socket, the app's function is quicker than the channel.
    let mutation = Mutation::external("null")
        .with_edit(Edit::list(key!["list"], ListEdit::Insert(task("ours", 0))));
    world.act(peer, |client, now| client.mutate(now, mutation));
    let started = world.take_started(peer).pop().expect("it begins at once");
    create(&mut world, "tasks", "ours");
    rows.borrow_mut()
        .extend([task("theirs", 1), task("ours", 1)]);
    let (mutation, answer) = (started.mutation, json!({"item": task("ours", 1)}));
    let result = Ok(answer.to_string().into());
    world.input(peer, Input::MutationFinished { mutation, result });
    assert_eq!(ids(&world, peer), ["ours"]);
    world.heal(peer);
    world.run(30 * SECOND);
    assert_eq!(ids(&world, peer), ["theirs", "ours"]);
    assert_eq!(world.client(peer).overlay_len(&key!["list"]), 0);
}

#[test]
fn a_function_that_lost_its_answer_is_retried_under_the_key_it_had() {
    let mut world = World::new(7);
    let peer = world.connect();
    world.run(SECOND);
    let failing = Mutation::external("null").with_keep_failed(true);
    let mutation = world.act(peer, |client, now| client.mutate(now, failing));
    let retried = |world: &mut World, error: FetchError| {
        let result = Err(error);
        world.input(peer, Input::MutationFinished { mutation, result });
        world.act(peer, |client, now| client.retry_mutation(now, mutation));
        world
            .take_started(peer)
            .pop()
            .expect("it begins at once")
            .id
    };
    let first = world.take_started(peer).pop().expect("it begins").id;
    let reset = FetchError::new("the connection was reset");
    assert_eq!(retried(&mut world, reset), first);
    // What was refused was not done, so what is tried after it is another request.
    let refused = FetchError::permanent("the title is too long");
    assert_ne!(retried(&mut world, refused), first);
}
