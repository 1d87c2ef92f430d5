//! Events that do not name their channel, where no rule tells it: they go to the one channel that
//! listens, or to none.

use crate::{
    addressing_kit::{
        SECOND, Stock, Wire, card, join, list, listen, open_typing, others, price, serve_prices,
        tick, titles, typists,
    },
    task::Task,
};
use realtime_core::{
    ChannelName, ClientOptions, Fault, ListenerId, Patch, QueryOptions, RecordSpec, key,
    testing::World,
};
use std::time::Duration;

#[test]
fn an_event_for_nobody_in_particular_changes_no_price_card() {
    let mut world = World::new(1);
    serve_prices(&mut world);
    let peer = world.connect();
    card(&mut world, peer, "AAPL");
    card(&mut world, peer, "MSFT");
    world.run(5 * SECOND);
    tick(&mut world, "MSFT", 2.0);
    world.run(SECOND);
    assert_eq!(price(&world, peer, "AAPL"), Some(0.0));
    assert_eq!(price(&world, peer, "MSFT"), Some(0.0));
}

#[test]
fn an_event_that_names_no_room_makes_nobody_present_in_either_of_two() {
    let mut world = World::new(2);
    let peer = world.connect();
    join(&mut world, peer, "room:a");
    join(&mut world, peer, "room:b");
    world.run(5 * SECOND);
    world
        .server
        .send_raw(r#"{"event":"presence:update","data":{"userId":"bob"}}"#);
    world.run(SECOND);
    assert!(others(&world, peer, "room:a").is_empty());
    assert!(others(&world, peer, "room:b").is_empty());
}

#[test]
fn two_lists_do_not_mix() {
    let mut world = World::new(3);
    world.on_fetch(|_, _| Ok(Vec::<Task>::new()));
    let peer = world.connect();
    list(&mut world, peer, "one");
    list(&mut world, peer, "two");
    world.run(5 * SECOND);
    world.server.send_raw(
        r#"{"event":"list:update","data":{"action":"create","item":{"id":"t1","version":1,"title":"x"}}}"#,
    );
    world.run(SECOND);
    assert!(titles(&world, peer, "one").is_empty());
    assert!(titles(&world, peer, "two").is_empty());
}

#[test]
fn nobody_types_in_two_rooms_at_once() {
    let mut world = World::new(4);
    let peer = world.connect();
    open_typing(&mut world, peer, "room:a");
    open_typing(&mut world, peer, "room:b");
    world.run(5 * SECOND);
    world
        .server
        .send_raw(r#"{"event":"typing:start","data":{"id":"bob","name":"Bob"}}"#);
    world.run(Duration::from_millis(100));
    assert!(typists(&world, peer, "room:a").is_empty());
    assert!(typists(&world, peer, "room:b").is_empty());
}

#[test]
fn what_was_said_in_one_of_two_rooms_stops_nobodys_typing_in_the_other() {
    let mut world = World::new(5);
    let peer = world.connect();
    open_typing(&mut world, peer, "room:a");
    open_typing(&mut world, peer, "room:b");
    world.run(5 * SECOND);
    world.server.send_raw(
        r#"{"event":"typing:start","channel":"room:a","data":{"id":"bob","name":"Bob"}}"#,
    );
    world
        .server
        .send_raw(r#"{"event":"presence:leave","data":{"userId":"bob"}}"#);
    world.run(Duration::from_millis(100));
    assert_eq!(typists(&world, peer, "room:a"), ["Bob"]);
}

#[test]
fn what_nobody_could_be_given_is_fetched() {
    let mut world = World::new(6);
    let prices = serve_prices(&mut world);
    let peer = world.connect();
    card(&mut world, peer, "AAPL");
    card(&mut world, peer, "MSFT");
    world.run(5 * SECOND);
    prices.borrow_mut().insert("MSFT".to_owned(), 2.0);
    tick(&mut world, "MSFT", 2.0);
    world.run(5 * SECOND);
    assert_eq!(price(&world, peer, "AAPL"), Some(0.0));
    assert_eq!(price(&world, peer, "MSFT"), Some(2.0));
}

#[test]
fn a_stream_of_what_nobody_can_be_given_is_no_stream_of_fetches() {
    let mut world = World::new(18);
    serve_prices(&mut world);
    let peer = world.connect();
    card(&mut world, peer, "AAPL");
    card(&mut world, peer, "MSFT");
    world.run(5 * SECOND);
    for price in 0..600 {
        tick(&mut world, "AAPL", f64::from(price));
        world.run(Duration::from_millis(100));
    }
    let fetches = world.fetched(peer).len();
    assert!(fetches <= 30, "{fetches} fetches in a minute");
    assert_eq!(world.client(peer).stats().unaddressed_events, 600);
}

#[test]
fn a_card_that_has_just_gone_still_counts_until_its_channel_is_left() {
    let mut world = World::new(7);
    serve_prices(&mut world);
    let peer = world.connect();
    let spec = || {
        let channel: ChannelName = "stocks:AAPL".into();
        RecordSpec::<Stock>::new().on("stock:update", Some(channel), Patch::replace())
    };
    let observer = world
        .act(peer, |client, now| {
            let key = key!["stock", "AAPL"];
            client.observe_record(now, &key, spec(), &QueryOptions::default())
        })
        .unwrap();
    world.run(5 * SECOND);
    world.act(peer, |client, now| client.unobserve(now, observer));
    card(&mut world, peer, "MSFT");
    world.run(Duration::from_millis(500));
    tick(&mut world, "AAPL", 1.0);
    world.run(Duration::from_millis(200));
    assert_eq!(price(&world, peer, "MSFT"), Some(0.0));
    // Left: what comes now can only be for the one that is there, though the other is kept.
    world.run(5 * SECOND);
    assert_eq!(world.server.subscribers("stocks:AAPL"), 0);
    tick(&mut world, "MSFT", 2.0);
    world.run(Duration::from_millis(200));
    assert_eq!(price(&world, peer, "MSFT"), Some(2.0));
    assert_eq!(price(&world, peer, "AAPL"), Some(0.0));
}

#[test]
fn who_listens_on_no_channel_hears_what_names_none_and_who_listens_on_one_of_two_does_not() {
    let mut world = World::new(8);
    let peer = world.connect();
    let any = listen(&mut world, peer, "notice", None);
    listen(&mut world, peer, "notice", Some("room:a"));
    let other = listen(&mut world, peer, "notice", Some("room:b"));
    world.run(SECOND);
    world.server.send_raw(r#"{"event":"notice","data":1}"#);
    world.run(SECOND);
    let heard = |world: &mut World| -> Vec<ListenerId> {
        let events = world.take_events(peer).into_iter();
        events.map(|(listener, _)| listener).collect()
    };
    assert_eq!(heard(&mut world), [any]);
    // One is left: it can only be for that one.
    world.act(peer, |client, now| client.unlisten(now, other));
    world.run(5 * SECOND);
    world.server.send_raw(r#"{"event":"notice","data":2}"#);
    world.run(SECOND);
    assert_eq!(heard(&mut world).len(), 2);
}

#[test]
fn what_nobody_can_be_given_is_counted_each_time_and_told_once_for_each_name() {
    for wire in Wire::BOTH {
        let mut world = World::new(15);
        serve_prices(&mut world);
        let options = ClientOptions::new("ws://server.test").with_channel_of(|_, _| None::<&str>);
        let peer = wire.connect(&mut world, options);
        for symbol in ["AAPL", "MSFT", "GOOG"] {
            card(&mut world, peer, symbol);
        }
        listen(&mut world, peer, "notice", Some("stocks:AAPL"));
        listen(&mut world, peer, "notice", Some("stocks:MSFT"));
        world.run(5 * SECOND);
        for price in 1..=10 {
            let data = format!(r#"{{"symbol":"AAPL","price":{price}}}"#);
            wire.emit(&mut world, "stock:update", &data);
        }
        wire.emit(&mut world, "notice", "{}");
        assert_eq!(price(&world, peer, "AAPL"), Some(0.0), "{wire:?}");
        let faults = world.take_faults(peer);
        let told = |event: &str, channels| Fault::Unaddressed {
            event: event.into(),
            channels,
        };
        assert_eq!(faults, [told("stock:update", 3), told("notice", 2)]);
        let stats = world.client(peer).stats();
        assert_eq!(stats.unaddressed_events, 11, "{wire:?}");
        assert_eq!((stats.events, stats.unknown_events), (0, 0), "{wire:?}");
        let said = faults[0].to_string();
        let advice = "event `stock:update` names no channel and 3 channels listen to it";
        assert!(said.starts_with(advice), "{said}");
    }
}

#[test]
fn the_only_channel_that_listens_gets_what_names_none() {
    for wire in Wire::BOTH {
        let mut world = World::new(16);
        serve_prices(&mut world);
        let peer = wire.connect(&mut world, ClientOptions::new("ws://server.test"));
        card(&mut world, peer, "AAPL");
        join(&mut world, peer, "room:a");
        open_typing(&mut world, peer, "room:b");
        world.run(5 * SECOND);
        wire.emit(
            &mut world,
            "stock:update",
            r#"{"symbol":"AAPL","price":1.0}"#,
        );
        wire.emit(&mut world, "presence:update", r#"{"userId":"bob"}"#);
        wire.emit(&mut world, "typing:start", r#"{"id":"eve","name":"Eve"}"#);
        assert_eq!(price(&world, peer, "AAPL"), Some(1.0), "{wire:?}");
        assert_eq!(others(&world, peer, "room:a"), ["bob"], "{wire:?}");
        assert_eq!(typists(&world, peer, "room:b"), ["Eve"], "{wire:?}");
        // A listener that is bound to another channel counts as one as well.
        listen(&mut world, peer, "presence:update", Some("room:c"));
        wire.emit(&mut world, "presence:update", r#"{"userId":"eve"}"#);
        assert_eq!(others(&world, peer, "room:a"), ["bob"], "{wire:?}");
        assert!(world.take_events(peer).is_empty(), "{wire:?}");
        assert_eq!(world.client(peer).stats().unaddressed_events, 1);
    }
}

#[test]
fn a_channel_that_the_server_refuses_does_not_count() {
    let mut world = World::new(17);
    world.server.abilities.answers = false;
    let peer = world.connect();
    world.run(SECOND);
    listen(&mut world, peer, "tick", Some("one"));
    listen(&mut world, peer, "tick", Some("two"));
    world.run(Duration::from_millis(100));
    let last = world.server.requests.last().expect("it has subscribed");
    assert_eq!(last.text("channel"), "two");
    let answer = format!(
        r#"{{"event":"subscribe","re":"{}","error":{{"code":"forbidden","message":"no"}}}}"#,
        last.text("id")
    );
    world.server.send_raw(&answer);
    world.server.send_raw(r#"{"event":"tick","data":1}"#);
    world.run(Duration::from_millis(100));
    assert_eq!(world.client(peer).stats().channels.refused, 1);
    assert_eq!(world.take_events(peer).len(), 1);
}
