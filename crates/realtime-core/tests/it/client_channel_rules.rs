//! Rules that tell the channel of events which do not name it.

use crate::{
    addressing_kit::{
        SECOND, Wire, card, join, list, listen, open_typing, others, price, serve_prices, titles,
        typists, with_rules,
    },
    task::Task,
};
use realtime_core::{ChannelName, ClientOptions, testing::World};

#[test]
fn a_rule_leads_each_price_to_its_card() {
    for wire in Wire::BOTH {
        let mut world = World::new(11);
        serve_prices(&mut world);
        let peer = wire.connect(&mut world, with_rules());
        card(&mut world, peer, "AAPL");
        card(&mut world, peer, "MSFT");
        world.run(5 * SECOND);
        let event = "stock:update";
        wire.emit(&mut world, event, r#"{"symbol":"AAPL","price":1.0}"#);
        wire.emit(&mut world, event, r#"{"symbol":"MSFT","price":2.0}"#);
        wire.emit(&mut world, event, r#"{"symbol":"GOOG","price":3.0}"#);
        assert_eq!(price(&world, peer, "AAPL"), Some(1.0), "{wire:?}");
        assert_eq!(price(&world, peer, "MSFT"), Some(2.0), "{wire:?}");
        let stats = world.client(peer).stats();
        assert_eq!((stats.events, stats.unknown_events), (2, 1), "{wire:?}");
        assert_eq!(
            stats.channels.unsubscribed, 1,
            "of a channel that is not ours"
        );
        assert_eq!(world.take_faults(peer), []);
        assert_eq!(world.fetched(peer).len(), 2);
    }
}

#[test]
fn a_rule_leads_people_to_their_room_and_rows_to_their_list() {
    for wire in Wire::BOTH {
        let mut world = World::new(12);
        world.on_fetch(|_, _| Ok(Vec::<Task>::new()));
        let peer = wire.connect(&mut world, with_rules());
        for room in ["room:a", "room:b"] {
            join(&mut world, peer, room);
            open_typing(&mut world, peer, room);
        }
        list(&mut world, peer, "1");
        list(&mut world, peer, "2");
        world.run(5 * SECOND);
        let bob = r#"{"room":"b","userId":"bob"}"#;
        wire.emit(&mut world, "presence:update", bob);
        wire.emit(
            &mut world,
            "typing:start",
            r#"{"room":"a","id":"eve","name":"Eve"}"#,
        );
        assert_eq!(typists(&world, peer, "room:a"), ["Eve"], "{wire:?}");
        assert!(typists(&world, peer, "room:b").is_empty(), "{wire:?}");
        assert!(others(&world, peer, "room:a").is_empty(), "{wire:?}");
        assert_eq!(others(&world, peer, "room:b"), ["bob"], "{wire:?}");
        let row = r#"{"action":"create","item":{"list":2,"id":"t1","version":1,"title":"x"}}"#;
        wire.emit(&mut world, "list:update", row);
        assert!(titles(&world, peer, "1").is_empty(), "{wire:?}");
        assert_eq!(titles(&world, peer, "2"), ["x"], "{wire:?}");
        wire.emit(&mut world, "presence:leave", bob);
        assert!(others(&world, peer, "room:b").is_empty(), "{wire:?}");
        assert_eq!(world.take_faults(peer), []);
    }
}

#[test]
fn an_event_that_names_its_channel_asks_no_rule() {
    for wire in Wire::BOTH {
        let mut world = World::new(13);
        let options = ClientOptions::new("ws://server.test")
            .with_channel_field("tick", "to", "{}")
            .with_channel_of(|_, _| -> Option<ChannelName> { panic!("asked") });
        let peer = wire.connect(&mut world, options);
        listen(&mut world, peer, "tick", Some("one"));
        listen(&mut world, peer, "tick", Some("two"));
        world.run(5 * SECOND);
        wire.emit(&mut world, "tick", r#"{"to":"two","channel":"one"}"#);
        world.server.publish("one", "tick", r#"{"to":"two"}"#);
        world.run(SECOND);
        let events = world.take_events(peer);
        assert_eq!(events.len(), 2);
        for (_, event) in events {
            assert_eq!(event.channel, Some("one".into()), "{wire:?}");
        }
    }
}

#[test]
fn an_event_with_a_channel_by_rule_is_judged_by_its_position() {
    let mut world = World::new(14);
    serve_prices(&mut world);
    let peer = Wire::Envelope.connect(&mut world, with_rules());
    card(&mut world, peer, "AAPL");
    card(&mut world, peer, "MSFT");
    world.run(5 * SECOND);
    let (epoch, _) = world.server.position("stocks:AAPL");
    let mut numbered = |seq: u64, price: f64| {
        world.server.send_raw(&format!(
            r#"{{"event":"stock:update","seq":{seq},"epoch":"{epoch}","data":{{"symbol":"AAPL","price":{price}}}}}"#
        ));
        world.run(SECOND);
    };
    numbered(1, 1.0);
    numbered(1, 9.0);
    numbered(2, 2.0);
    assert_eq!(price(&world, peer, "AAPL"), Some(2.0));
    let stats = world.client(peer).stats();
    assert_eq!((stats.events, stats.channels.duplicates), (2, 1));
}

#[test]
fn a_field_that_only_happens_to_be_called_channel_does_not_hide_the_rule() {
    for wire in Wire::BOTH {
        let mut world = World::new(15);
        serve_prices(&mut world);
        let peer = wire.connect(&mut world, with_rules());
        card(&mut world, peer, "AAPL");
        card(&mut world, peer, "MSFT");
        world.run(5 * SECOND);
        let data = r#"{"symbol":"AAPL","price":1.0,"channel":"iex"}"#;
        wire.emit(&mut world, "stock:update", data);
        assert_eq!(price(&world, peer, "AAPL"), Some(1.0), "{wire:?}");
        assert_eq!(price(&world, peer, "MSFT"), Some(0.0), "{wire:?}");
        assert_eq!(world.take_faults(peer), []);
    }
}

#[test]
fn a_channel_beside_the_data_is_not_guessed_to_be_another() {
    let mut world = World::new(16);
    serve_prices(&mut world);
    let peer = Wire::Envelope.connect(&mut world, with_rules());
    card(&mut world, peer, "AAPL");
    world.run(5 * SECOND);
    world.server.send_raw(
        r#"{"event":"stock:update","channel":"old","data":{"symbol":"AAPL","price":9.0}}"#,
    );
    world.run(SECOND);
    assert_eq!(price(&world, peer, "AAPL"), Some(0.0));
}

#[test]
fn a_rule_that_never_leads_to_a_channel_in_use_is_told_once() {
    for wire in Wire::BOTH {
        let mut world = World::new(17);
        serve_prices(&mut world);
        let options = ClientOptions::new("ws://server.test").with_channel_field(
            "stock:update",
            "symbol",
            "stock:{}",
        );
        let peer = wire.connect(&mut world, options);
        card(&mut world, peer, "AAPL");
        card(&mut world, peer, "MSFT");
        world.run(5 * SECOND);
        for _ in 0..100 {
            let data = r#"{"symbol":"AAPL","price":1.0}"#;
            wire.emit(&mut world, "stock:update", data);
            wire.emit(&mut world, "nobody:listens", data);
        }
        let faults = world.take_faults(peer);
        let [fault] = &faults[..] else {
            panic!("{wire:?}: {faults:?}")
        };
        let text = fault.to_string();
        for part in ["stock:update", "stock:AAPL", "2 channels"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
