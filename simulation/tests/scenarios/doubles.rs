//! Doubles: what was heard, sent or shown more than once.

use crate::kit::{Board, SECOND, heard, listen, member, millis, outcomes, said, say, titles};
use realtime_core::testing::World;
use std::{cell::Cell, rc::Rc};

/// socketio/socket.io #997, #2529, #4919
#[test]
fn a_listener_hears_each_event_once_however_often_the_client_has_reconnected() {
    let mut world = World::new(1);
    let peer = world.connect();
    listen(&mut world, peer, "news", "feed");
    world.run(SECOND);
    for _ in 0..8 {
        world.cut(peer);
        world.run(30 * SECOND);
    }
    world.server.publish("feed", "news", "1");
    world.run(SECOND);
    assert_eq!(heard(&mut world, peer).len(), 1);
}

/// supabase-community/supabase-kt #698
#[test]
fn a_listener_outlives_a_short_break_without_being_asked_for_again() {
    let mut world = World::new(2);
    let peer = world.connect();
    listen(&mut world, peer, "news", "feed");
    world.run(SECOND);
    world.cut(peer);
    world.server.publish("feed", "news", "1");
    world.run(10 * SECOND);
    world.server.publish("feed", "news", "2");
    world.run(SECOND);
    let heard: Vec<String> = heard(&mut world, peer).into_iter().map(|it| it.1).collect();
    assert_eq!(heard, ["1", "2"]);
}

/// socketio/socket.io #5334
#[test]
fn a_message_whose_answer_is_lost_again_and_again_is_handled_once() {
    let mut world = World::new(3);
    let handled = Rc::new(Cell::new(0));
    let count = Rc::clone(&handled);
    world.server.on("say", move |_, _| {
        count.set(count.get() + 1);
        Ok(serde_json::Value::Null)
    });
    let peer = world.connect();
    world.run(SECOND);
    world.link_mut(peer).latency = 100..=100;
    let send = say(&mut world, peer, "once");
    for _ in 0..3 {
        // The message has arrived, and its answer has not.
        world.run(millis(150));
        world.cut(peer);
        world.run(millis(900));
    }
    world.run(10 * SECOND);
    assert_eq!(outcomes(&mut world, peer), [(send, Ok(()))]);
    assert_eq!(handled.get(), 1);
    assert!(said(&world).len() > 1, "it was never repeated");
}

/// phoenixframework/phoenix #4948
#[test]
fn a_message_that_waited_for_the_link_is_sent_once_under_one_id() {
    let mut world = World::new(4);
    let peer = world.connect();
    world.take_down(peer);
    say(&mut world, peer, "waits");
    world.run(20 * SECOND);
    world.heal(peer);
    world.run(40 * SECOND);
    assert_eq!(said(&world), ["waits"]);
}

/// TanStack/db #1070
#[test]
fn two_lists_of_overlapping_rows_do_not_double_them() {
    let mut world = World::new(5);
    let board = Board::serve(&mut world);
    let peer = member(&mut world);
    board.put(&mut world, "t1", "one");
    world.run(SECOND);
    // The same rows once more, as an event that says what the whole list holds.
    let item = serde_json::to_string(&crate::kit::row("t1", 1, "one")).unwrap();
    let data = format!(r#"{{"action":"snapshot","items":[{item},{item}]}}"#);
    world.server.publish("tasks", "list:update", &data);
    world.run(SECOND);
    assert_eq!(titles(&world, peer), ["one"]);
}

/// centrifugal/centrifuge-js #326
#[test]
fn what_a_server_sends_again_is_dropped() {
    let mut world = World::new(6);
    let peer = world.connect();
    listen(&mut world, peer, "news", "feed");
    world.run(SECOND);
    for number in 1..=3 {
        world.server.publish("feed", "news", &number.to_string());
    }
    world.server.repeat("feed", 3);
    world.run(SECOND);
    let heard: Vec<String> = heard(&mut world, peer).into_iter().map(|it| it.1).collect();
    assert_eq!(heard, ["1", "2", "3"]);
    assert_eq!(world.client(peer).stats().channels.duplicates, 3);
}
