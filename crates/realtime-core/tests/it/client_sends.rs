//! Messages through the whole client: each settles once, none is handled twice.

use realtime_core::{
    Client, Delivery, Message, SendError, SendId, ServerError,
    testing::{PeerId, World},
};
use serde_json::json;
use std::{cell::Cell, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn send(world: &mut World, peer: PeerId, message: Message) -> SendId {
    world.act(peer, |client, now| client.send(now, message))
}

#[test]
fn an_answer_settles_a_send() {
    let mut world = World::new(1);
    world.server.on("add", |_, request| {
        let terms = request.envelope["data"].as_array().cloned();
        let terms = terms.unwrap_or_default();
        Ok(json!(
            terms.iter().filter_map(|term| term.as_i64()).sum::<i64>()
        ))
    });
    let peer = world.connect();
    let id = send(&mut world, peer, Message::new("add", "[2,3]"));
    world.run(SECOND);
    assert_eq!(world.take_settled(peer), [(id, Ok("5".into()))]);
}

#[test]
fn a_refusal_settles_a_send_with_the_servers_words() {
    let mut world = World::new(2);
    let error = ServerError {
        code: "invalid".into(),
        message: "no".into(),
        retry_after: None,
    };
    let answer = error.clone();
    world.server.on("add", move |_, _| Err(answer.clone()));
    let peer = world.connect();
    let id = send(&mut world, peer, Message::new("add", "1"));
    world.run(SECOND);
    let refused = Err(SendError::Server(error));
    assert_eq!(world.take_settled(peer), [(id, refused)]);
}

#[test]
fn a_message_cut_off_from_its_answer_is_repeated_and_handled_once() {
    let mut world = World::new(3);
    let handled = Rc::new(Cell::new(0));
    let count = Rc::clone(&handled);
    world.server.on("pay", move |_, _| {
        count.set(count.get() + 1);
        Ok(json!(count.get()))
    });
    let peer = world.connect();
    world.run(SECOND);
    let id = send(&mut world, peer, Message::new("pay", "10"));
    world.link_mut(peer).latency = 50..=50;
    while world.server.count("pay") == 0 {
        world.run(Duration::from_millis(5));
    }
    world.cut(peer);
    world.run(10 * SECOND);
    assert_eq!(world.take_settled(peer), [(id, Ok("1".into()))]);
    assert_eq!(handled.get(), 1);
    assert_eq!(world.server.count("pay"), 2);
}

#[test]
fn what_waits_is_sent_after_the_subscriptions() {
    let mut world = World::new(4);
    let peer = world.connect();
    world
        .act(peer, |client, now| client.subscribe(now, &"room".into()))
        .unwrap();
    send(&mut world, peer, Message::new("hello", "1").on("room"));
    world.run(SECOND);
    let requests = world.server.requests.iter();
    let events: Vec<_> = requests
        .map(|request| request.text("event"))
        .filter(|event| *event != "ping")
        .collect();
    assert_eq!(events, ["subscribe", "hello"]);
}

#[test]
fn every_send_settles_whatever_happens() {
    let mut world = World::new(5);
    world.server.abilities.answers = false;
    let peer = world.connect();
    world.run(SECOND);
    let unanswered = send(&mut world, peer, Message::new("a", "1"));
    world.run(20 * SECOND);
    world.take_down(peer);
    let volatile = Message::new("b", "1").with(Delivery::Volatile);
    let volatile = send(&mut world, peer, volatile);
    let waiting = send(&mut world, peer, Message::new("c", "1"));
    world.run(120 * SECOND);
    let ended = send(&mut world, peer, Message::new("d", "1"));
    world.act(peer, Client::disconnect);
    let after = send(&mut world, peer, Message::new("e", "1"));
    world.run(SECOND);
    assert_eq!(
        world.take_settled(peer),
        [
            (unanswered, Err(SendError::Timeout)),
            (volatile, Err(SendError::Disconnected)),
            (waiting, Err(SendError::Expired)),
            (ended, Err(SendError::Disconnected)),
            (after, Err(SendError::Disconnected)),
        ]
    );
}

#[test]
fn data_that_is_not_json_is_refused_before_it_is_sent() {
    let mut world = World::new(6);
    let peer = world.connect();
    let id = send(&mut world, peer, Message::new("hello", "not json"));
    world.run(SECOND);
    let settled = world.take_settled(peer);
    assert!(
        matches!(&settled[..], [(send, Err(SendError::Invalid(_)))] if *send == id),
        "{settled:?}"
    );
    assert_eq!(world.server.count("hello"), 0);
}

#[test]
fn after_the_end_a_reconnect_lets_sends_wait_again() {
    let mut world = World::new(7);
    let peer = world.connect();
    world.run(SECOND);
    world.act(peer, Client::disconnect);
    world.act(peer, Client::reconnect);
    let id = send(&mut world, peer, Message::new("hello", "1"));
    world.run(SECOND);
    assert_eq!(world.take_settled(peer), [(id, Ok("null".into()))]);
}

#[test]
fn an_answer_that_does_not_come_casts_doubt_on_the_link() {
    let mut world = World::new(8);
    let peer = world.connect();
    world.run(SECOND);
    world.stall(peer);
    send(&mut world, peer, Message::new("hello", "1"));
    // 10 s for the answer, 3 s for the probe; a ping alone would take up to 35 s to notice.
    world.run(14 * SECOND);
    world.heal(peer);
    assert_eq!(world.connects(peer).len(), 2);
}
