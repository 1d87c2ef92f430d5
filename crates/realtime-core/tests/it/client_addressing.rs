//! Events that do not name their channel: which of the channels they are for, and what happens
//! where nobody can say.

use crate::task::Task;
use realtime_core::{
    ChannelName, Client, ClientOptions, Fault, ListOptions, ListSpec, ListenerId, Patch,
    PresenceOptions, QueryKey, QueryOptions, RecordSpec, TypingOptions, User, UserId, key,
    testing::{PeerId, World},
    wire::{
        Codec, JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stock {
    symbol: String,
    price: f64,
}

/// What the server would answer to a fetch, by the key's last part.
type Prices = Rc<RefCell<BTreeMap<String, f64>>>;

fn serve_prices(world: &mut World) -> Prices {
    let prices = Prices::default();
    let read = Rc::clone(&prices);
    world.on_fetch(move |key, _| {
        let key = key.to_string();
        let symbol = key.split('"').rev().nth(1).unwrap_or_default();
        Ok(Stock {
            symbol: symbol.to_owned(),
            price: read.borrow().get(symbol).copied().unwrap_or_default(),
        })
    });
    prices
}

fn card(world: &mut World, peer: PeerId, symbol: &str) {
    let channel: ChannelName = format!("stocks:{symbol}").into();
    let spec = RecordSpec::<Stock>::new().on("stock:update", Some(channel), Patch::replace());
    world
        .act(peer, |client, now| {
            client.observe_record(now, &key!["stock", symbol], spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

fn price(world: &World, peer: PeerId, symbol: &str) -> Option<f64> {
    let record = world.client(peer).record::<Stock>(&key!["stock", symbol])?;
    Some(record.price)
}

/// Both protocols: whoever speaks Socket.IO puts no channel into the payload either.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wire {
    Envelope,
    SocketIo,
}

impl Wire {
    const BOTH: [Self; 2] = [Self::Envelope, Self::SocketIo];

    fn connect(self, world: &mut World, options: ClientOptions) -> PeerId {
        let codec: Box<dyn Codec> = if self == Self::SocketIo {
            world.server.speak_socketio();
            Box::new(SocketIoCodec::new(SocketIoOptions::new()))
        } else {
            Box::new(JsonCodec::default())
        };
        let peer = world.add_with_codec(options, codec);
        world.act(peer, Client::connect);
        peer
    }

    /// Sends an event that names no channel to everybody.
    fn emit(self, world: &mut World, event: &str, data: &str) {
        let frame = match self {
            Self::Envelope => format!(r#"{{"event":"{event}","data":{data}}}"#),
            Self::SocketIo => format!(r#"42["{event}",{data}]"#),
        };
        world.server.send_raw(&frame);
        world.run(SECOND);
    }
}

/// With a rule for each of the events that the tests use; two by field and two by a function.
fn with_rules() -> ClientOptions {
    ClientOptions::new("ws://server.test")
        .with_channel_field("stock:update", "symbol", "stocks:{}")
        .with_channel_field("list:update", "item.list", "lists:")
        .with_channel_of(|event, data| {
            #[derive(Deserialize)]
            struct Placed {
                room: char,
            }
            let is_about_people = event.starts_with("presence:") || event.starts_with("typing:");
            let placed: Placed = serde_json::from_str(data)
                .ok()
                .filter(|_| is_about_people)?;
            Some(format!("room:{}", placed.room))
        })
}

fn tick(world: &mut World, symbol: &str, price: f64) {
    world.server.send_raw(&format!(
        r#"{{"event":"stock:update","data":{{"symbol":"{symbol}","price":{price}}}}}"#
    ));
}

fn join(world: &mut World, peer: PeerId, room: &str) {
    let lease = world.act(peer, |client, now| {
        client.join(
            now,
            &room.into(),
            User::new("ada", "Ada"),
            PresenceOptions::default(),
        )
    });
    // Held until a command gives it back, which none does here.
    let _held = lease.expect("there is room for a channel");
}

fn others(world: &World, peer: PeerId, room: &str) -> Vec<String> {
    let snapshot = world.client(peer).presence(&room.into()).expect("joined");
    let ids = snapshot.members.iter().map(|it| it.user.id.to_string());
    ids.filter(|id| id != "ada").collect()
}

fn open_typing(world: &mut World, peer: PeerId, room: &str) {
    let lease = world.act(peer, |client, now| {
        client.open_typing(
            now,
            &room.into(),
            "ada".into(),
            "Ada",
            TypingOptions::default(),
        )
    });
    let _held = lease.expect("there is room for a channel");
}

fn typists(world: &World, peer: PeerId, room: &str) -> Vec<String> {
    let typing = world
        .client(peer)
        .typing(&room.into(), &UserId::from("ada"));
    let typing = typing.expect("typing is open");
    typing.iter().map(|it| it.name.to_string()).collect()
}

fn lists(name: &str) -> QueryKey {
    key!["lists", name]
}

fn list(world: &mut World, peer: PeerId, name: &str) {
    let channel: ChannelName = format!("lists:{name}").into();
    let spec = ListSpec::new(Some(channel)).with_options(ListOptions::<Task>::default());
    world
        .act(peer, |client, now| {
            client.observe_list(now, &lists(name), spec, &QueryOptions::default())
        })
        .expect("the key is free");
}

fn titles(world: &World, peer: PeerId, name: &str) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&lists(name));
    let list = list.expect("the list is there");
    list.iter().map(|task| task.title.clone()).collect()
}

fn listen(world: &mut World, peer: PeerId, event: &str, channel: Option<&str>) -> ListenerId {
    let channel = channel.map(ChannelName::from);
    world
        .act(peer, |client, now| {
            client.listen(now, &event.into(), channel.as_ref())
        })
        .expect("there is room for a listener")
}

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
