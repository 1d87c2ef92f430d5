//! A machine that sleeps while something is under way: what waited is read before anything is given up.

use crate::{
    mutation_board::{self, Answers, create, edit, member, mutate, outcomes},
    task::{Table, Task},
};
use realtime_core::{
    ConflictPolicy, Delivery, Input, ListSpec, Message, Mutation, QueryOptions, ReliableOptions,
    SendError, Side, key,
    testing::{PeerId, World},
};
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The client sleeps for so long, while the answer to what it has just done arrives at its socket.
fn sleep(world: &mut World, peer: PeerId, duration: Duration) {
    world.run(Duration::from_millis(20));
    world.freeze(peer);
    world.run(duration);
    world.thaw(peer);
}

fn impatient(event: &str) -> Message {
    let delivery = Delivery::Reliable(ReliableOptions {
        timeout: 10 * SECOND,
        ..ReliableOptions::default()
    });
    Message {
        delivery,
        ..Message::new(event, "1")
    }
}

#[test]
fn a_send_whose_answer_waits_in_the_socket_is_delivered_however_long_the_machine_slept() {
    for seconds in [12, 120, 7_200] {
        let mut world = World::new(1);
        let peer = world.connect();
        world.run(SECOND);
        world.link_mut(peer).latency = 100..=100;
        world.act(peer, |client, now| client.send(now, impatient("say")));
        sleep(&mut world, peer, Duration::from_secs(seconds));
        world.run(5 * SECOND);
        assert_eq!(world.connects(peer).len(), 1);
        let outcome = world.take_settled(peer).remove(0).1;
        assert_eq!(outcome, Ok("null".into()), "{seconds} s");
    }
}

#[test]
fn who_wakes_just_after_the_deadline_reads_first_too() {
    let mut world = World::new(12);
    let peer = world.connect();
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    world.act(peer, |client, now| client.send(now, impatient("say")));
    sleep(&mut world, peer, Duration::from_millis(9_990));
    world.run(5 * SECOND);
    assert_eq!(world.take_settled(peer).remove(0).1, Ok("null".into()));
}

#[test]
fn a_send_whose_answer_is_lost_fails_soon_after_waking() {
    let mut world = World::new(2);
    let peer = world.connect();
    world.run(SECOND);
    world.act(peer, |client, now| client.send(now, impatient("say")));
    world.link_mut(peer).drop_pending();
    sleep(&mut world, peer, 120 * SECOND);
    world.run(SECOND);
    assert!(world.take_settled(peer).is_empty());
    world.run(4 * SECOND);
    let settled = world.take_settled(peer);
    assert_eq!(settled[0].1, Err(SendError::Timeout));
}

#[test]
fn what_is_done_first_on_waking_gives_nothing_up_either() {
    let mut world = World::new(3);
    let peer = world.connect();
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    let first = world.act(peer, |client, now| client.send(now, impatient("say")));
    world.run(Duration::from_millis(20));
    world.freeze(peer);
    world.run(120 * SECOND);
    // Before any timer: the page becomes visible, and the user sends something else.
    world.input(peer, Input::Visible(true));
    world.input(peer, Input::Online(true));
    world.act(peer, |client, now| client.send(now, impatient("more")));
    world.thaw(peer);
    world.run(5 * SECOND);
    let settled = world.take_settled(peer);
    assert_eq!(settled.len(), 2);
    assert_eq!(settled[0], (first, Ok("null".into())));
}

#[test]
fn a_mutation_whose_answer_waits_is_confirmed() {
    let mut world = World::new(4);
    let board = mutation_board::serve(&mut world);
    board.borrow_mut().answers = Answers::Whole;
    let peer = member(&mut world, ConflictPolicy::LastWriterWins);
    world.link_mut(peer).latency = 100..=100;
    let made = mutate(&mut world, peer, create("temp-1", "made"));
    sleep(&mut world, peer, 120 * SECOND);
    world.run(5 * SECOND);
    assert_eq!(outcomes(&mut world, peer), [(made, "confirmed")]);
}

#[test]
fn a_function_whose_result_waits_is_not_too_late() {
    let mut world = World::new(5);
    let peer = world.connect();
    world.run(SECOND);
    let mutation = Mutation::external("null").with_timeout(10 * SECOND);
    let id = mutate(&mut world, peer, mutation);
    sleep(&mut world, peer, 120 * SECOND);
    let result = Ok("null".into());
    world.input(
        peer,
        Input::MutationFinished {
            mutation: id,
            result,
        },
    );
    assert_eq!(outcomes(&mut world, peer), [(id, "confirmed")]);
}

#[test]
fn a_fetch_whose_result_waits_is_not_fetched_again() {
    let mut world = World::new(6);
    let table = Table::serve(&mut world);
    table.put(&mut world, "a", "one");
    world.fetch_latency = 2_000..=2_000;
    let peer = world.connect();
    world.act(peer, |client, now| {
        let spec = ListSpec::<Task>::new(Some("tasks".into()));
        let options = QueryOptions::default();
        client
            .observe_list(now, &key!["tasks"], spec, &options)
            .unwrap();
    });
    world.run(SECOND);
    sleep(&mut world, peer, 120 * SECOND);
    world.run(5 * SECOND);
    assert_eq!(world.fetched(peer).len(), 1);
    assert_eq!(world.client(peer).stats().queries.timeouts, 0);
    assert!(world.client(peer).list::<Task>(&key!["tasks"]).is_some());
}

#[test]
fn a_subscription_whose_answer_waits_is_not_taken_for_unanswered() {
    let mut world = World::new(7);
    Table::serve(&mut world);
    let peer = world.connect();
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    world.act(peer, |client, now| {
        client.subscribe(now, &"tasks".into()).unwrap()
    });
    sleep(&mut world, peer, 120 * SECOND);
    world.run(5 * SECOND);
    assert_eq!(world.client(peer).stats().channels.unanswered, 0);
}

#[test]
fn an_edit_waits_for_the_missed_events_that_wait_in_the_socket() {
    let mut world = World::new(8);
    let board = mutation_board::serve(&mut world);
    mutation_board::put(&mut world, &board, "c1", |card| card.title = "old".into());
    let same_field = Side::Theirs;
    let peer = member(&mut world, ConflictPolicy::MergeFields { same_field });
    world.take_down(peer);
    world.run(SECOND);
    mutate(&mut world, peer, edit("c1", json!({ "title": "mine" })));
    mutation_board::put(&mut world, &board, "c1", |card| {
        card.title = "theirs".into()
    });
    world.link_mut(peer).latency = 400..=400;
    world.heal(peer);
    // The link is up, and the missed event is on its way.
    while world.server.count("subscribe") < 2 {
        world.run(Duration::from_millis(10));
    }
    world.freeze(peer);
    world.run(120 * SECOND);
    world.thaw(peer);
    world.run(5 * SECOND);
    assert_eq!(
        world.server.count("card:edit"),
        0,
        "it had lost, and was not sent"
    );
    assert_eq!(mutation_board::titles(&world, peer), ["theirs"]);
}

#[test]
fn a_late_patch_that_waits_in_the_socket_is_slotted_in_under_the_newer_one() {
    let mut world = World::new(9);
    let board = mutation_board::serve(&mut world);
    mutation_board::put(&mut world, &board, "c1", |card| card.title = "old".into());
    let peer = member(&mut world, ConflictPolicy::LastWriterWins);
    let patch = |fields: &str| format!(r#"{{"action":"update","item":{{"id":"c1",{fields}}}}}"#);
    let newer = patch(r#""version":3,"note":"newer""#);
    world.server.publish("cards", "list:update", &newer);
    world.run(SECOND / 2);
    let older = patch(r#""version":2,"title":"older""#);
    world.server.publish("cards", "list:update", &older);
    world.freeze(peer);
    // Longer than patches are remembered.
    world.run(90 * SECOND);
    world.thaw(peer);
    world.run(5 * SECOND);
    let card = mutation_board::shown(&world, peer).remove(0);
    assert_eq!((&*card.title, &*card.note), ("older", "newer"));
}
