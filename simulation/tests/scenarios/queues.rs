//! Queues: what waits to be sent, and for an answer.

use crate::kit::{SECOND, outcomes, said, say};
use realtime_core::{Client, Delivery, Message, ReliableOptions, SendError, testing::World};

/// socketio/socket.io-client #4318
#[test]
fn a_message_that_was_given_up_is_not_sent_later() {
    let mut world = World::new(1);
    let peer = world.connect();
    world.take_down(peer);
    let message = Message::new("say", r#""too late""#).with(Delivery::Reliable(ReliableOptions {
        ttl: 5 * SECOND,
        ..ReliableOptions::default()
    }));
    let send = world.act(peer, |client, now| client.send(now, message));
    world.run(10 * SECOND);
    assert_eq!(
        outcomes(&mut world, peer),
        [(send, Err(SendError::Expired))]
    );
    world.heal(peer);
    world.run(60 * SECOND);
    assert!(said(&world).is_empty());
}

/// socketio/socket.io #3152, #1918, #4964
#[test]
fn an_answer_that_will_never_come_is_an_outcome_too() {
    let mut world = World::new(2);
    let peer = world.connect();
    world.run(SECOND);
    world.server.abilities.answers = false;
    let unanswered = say(&mut world, peer, "into the void");
    world.run(15 * SECOND);
    assert_eq!(
        outcomes(&mut world, peer),
        [(unanswered, Err(SendError::Timeout))]
    );
    let cut_off = say(&mut world, peer, "cut off");
    world.act(peer, Client::disconnect);
    assert_eq!(
        outcomes(&mut world, peer),
        [(cut_off, Err(SendError::Disconnected))]
    );
    assert_eq!(world.client(peer).stats().outbox.held, 0);
}

/// pladaria/reconnecting-websocket #110, share/sharedb #608, phoenixframework/phoenix #6788
#[test]
fn a_queue_without_a_link_is_bounded_and_says_what_it_could_not_take() {
    let mut world = World::new(3);
    let peer = world.connect();
    world.take_down(peer);
    for number in 0..1_500 {
        say(&mut world, peer, &number.to_string());
    }
    let refused = outcomes(&mut world, peer);
    assert_eq!(refused.len(), 500);
    assert!(
        refused
            .iter()
            .all(|(_, result)| *result == Err(SendError::Overflow))
    );
    assert_eq!(world.client(peer).stats().outbox.held, 1_000);
    world.heal(peer);
    world.run(30 * SECOND);
    let expected: Vec<String> = (0..1_000).map(|number: u32| number.to_string()).collect();
    assert_eq!(said(&world), expected);
    assert_eq!(world.client(peer).stats().outbox.held, 0);
}

/// phoenixframework/phoenix #1295, #1241 and socketio/socket.io-client #305
#[test]
fn what_was_said_before_the_first_link_is_sent_after_the_subscriptions_in_order() {
    let mut world = World::new(4);
    let peer = world.add(realtime_core::ClientOptions::new("ws://server.test/ws"));
    crate::kit::listen(&mut world, peer, "news", "feed");
    for text in ["one", "two", "three"] {
        say(&mut world, peer, text);
    }
    world.run(30 * SECOND);
    world.act(peer, Client::connect);
    world.run(2 * SECOND);
    assert_eq!(said(&world), ["one", "two", "three"]);
    let first = |event: &str| {
        let requests = &world.server.requests;
        requests
            .iter()
            .position(|request| request.text("event") == event)
    };
    assert!(first("subscribe") < first("say"));
}
