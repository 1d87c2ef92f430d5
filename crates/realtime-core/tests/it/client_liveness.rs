//! Liveness, through the whole client: servers that do not answer a subscription, or not this time.

use crate::{
    socketio_kit::SECOND,
    task::{Table, Task},
};
use realtime_core::{
    ChannelName, Client, ClientOptions, Codec, Fault, ListSpec, Liveness, ObserverId,
    PresenceOptions, QueryKey, QueryMeta, QueryOptions, ServerError, Topic, User, key,
    testing::{PeerId, World},
    wire::{
        JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use std::time::Duration;

/// Both protocols, with or without answers to subscriptions.
fn codec(socketio: bool, answers: bool) -> Box<dyn Codec> {
    if socketio {
        let options = SocketIoOptions::new().with_join_ack(answers);
        Box::new(SocketIoCodec::new(options))
    } else {
        Box::new(JsonCodec::default().with_subscribe_ack(answers))
    }
}

/// A world whose server speaks one of the protocols, and a client that expects answers or not.
fn world(socketio: bool, answers: bool) -> (World, PeerId) {
    let mut world = World::new(1);
    if socketio {
        world.server.speak_socketio();
    }
    let options = ClientOptions::new("ws://server.test/");
    let peer = world.add_with_codec(options, codec(socketio, answers));
    world.act(peer, Client::connect);
    (world, peer)
}

pub(crate) fn tasks() -> QueryKey {
    key!["tasks"]
}

pub(crate) fn watch(world: &mut World, peer: PeerId) -> ObserverId {
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    world
        .act(peer, |client, now| {
            client.observe_list(now, &tasks(), spec, &QueryOptions::default())
        })
        .expect("the key is free")
}

pub(crate) fn meta(world: &World, peer: PeerId) -> QueryMeta {
    let meta = world.client(peer).query_meta(&tasks());
    meta.expect("it is observed").clone()
}

pub(crate) fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&tasks());
    let list = list.expect("there is data");
    let mut titles: Vec<_> = list.iter().map(|task| task.title.clone()).collect();
    titles.sort();
    titles
}

fn server_error(retry_after: Option<u64>) -> ServerError {
    ServerError {
        code: "rate_limited".into(),
        message: "too many".into(),
        retry_after,
    }
}

#[test]
fn a_server_that_does_not_know_the_subscription_is_no_live_page() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        let table = Table::serve(&mut world);
        table.put(&mut world, "t1", "write");
        world.server.lose_subscribes("tasks", usize::MAX);
        watch(&mut world, peer);
        world.run(10 * SECOND);
        // The data is there, and nobody claims that it is kept fresh.
        assert_eq!(titles(&world, peer), ["write"]);
        let meta = meta(&world, peer);
        assert_eq!((meta.is_live, meta.liveness), (false, Liveness::Unknown));
        assert!(meta.is_stale);
        assert_eq!(world.client(peer).unknown_channels(), 1);
        assert_eq!(world.fetched(peer).len(), 1);
        // The app's author is told once what to check.
        world.run(600 * SECOND);
        let faults = world.take_faults(peer);
        let [fault @ Fault::Unanswered { channel, .. }] = &faults[..] else {
            panic!("{faults:?}");
        };
        assert_eq!(channel.as_str(), "tasks");
        let text = fault.to_string();
        let words = if socketio {
            ["`join`", "acknowledge", "with_join_ack(false)"]
        } else {
            ["`subscribe`", "`re`", "with_subscribe_ack(false)"]
        };
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn an_event_of_an_unknown_channel_is_applied_and_shows_that_it_is_live() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        world.server.abilities.answers = false;
        let table = Table::serve(&mut world);
        watch(&mut world, peer);
        world.run(5 * SECOND);
        assert_eq!(meta(&world, peer).liveness, Liveness::Unknown);
        world.take_changes(peer);
        table.put(&mut world, "t1", "write");
        world.run(5 * SECOND);
        assert_eq!(titles(&world, peer), ["write"]);
        assert!(meta(&world, peer).is_live);
        // What was fetched before the event may lack others: once more, and no more.
        assert_eq!(world.fetched(peer).len(), 2);
        assert_eq!(world.client(peer).unknown_channels(), 0);
        assert!(world.take_changes(peer).contains(&Topic::Connection));
        world.run(600 * SECOND);
        assert_eq!(world.fetched(peer).len(), 2);
    }
}

#[test]
fn an_event_that_names_no_channel_shows_that_the_only_one_it_can_be_of_is_live() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        world.server.lose_subscribes("tasks", usize::MAX);
        Table::serve(&mut world);
        watch(&mut world, peer);
        world.run(5 * SECOND);
        let send = |world: &mut World, event: &str| {
            let data = r#"{"action":"delete","item":{"id":"t1","version":1}}"#;
            world.server.send_raw(&if socketio {
                format!(r#"42["{event}",{data}]"#)
            } else {
                format!(r#"{{"event":"{event}","data":{data}}}"#)
            });
            world.run(5 * SECOND);
        };
        send(&mut world, "notice");
        assert_eq!(meta(&world, peer).liveness, Liveness::Unknown);
        send(&mut world, "list:update");
        assert!(meta(&world, peer).is_live);
    }
}

#[test]
fn by_the_apps_own_word_one_fetch_at_once_is_enough_and_one_per_mount() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, false);
        world.server.abilities.answers = false;
        let table = Table::serve(&mut world);
        table.put(&mut world, "t1", "write");
        world.run(SECOND);
        for mount in 1..=3 {
            let observer = watch(&mut world, peer);
            world.run(Duration::from_millis(100));
            assert_eq!(world.fetched(peer).len(), mount);
            assert!(meta(&world, peer).is_live);
            world.run(20 * SECOND);
            assert_eq!(world.fetched(peer).len(), mount);
            world.act(peer, |client, now| client.unobserve(now, observer));
            world.run(20 * SECOND);
            assert_eq!(world.server.subscribers("tasks"), 0);
        }
        assert_eq!(world.take_faults(peer), []);
        assert_eq!(world.client(peer).stats().codec.dropped, 0);
    }
}

#[test]
fn by_the_apps_own_word_the_first_fetch_waits_for_the_link_and_not_for_an_answer() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, false);
        world.server.abilities.answers = false;
        Table::serve(&mut world);
        // Mounted before the link is open, as on a page that has just loaded.
        watch(&mut world, peer);
        world.run(20 * SECOND);
        assert_eq!(world.fetched(peer).len(), 1);
        assert!(meta(&world, peer).is_live);
        // A reconnect to a server that tells nothing costs one more.
        world.cut(peer);
        world.run(20 * SECOND);
        assert_eq!(world.fetched(peer).len(), 2);
        assert!(meta(&world, peer).is_live);
    }
}

#[test]
fn a_server_that_is_not_waited_for_any_more_costs_one_fetch_per_mount() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        world.server.abilities.answers = false;
        Table::serve(&mut world);
        for mount in 1..=3 {
            let observer = watch(&mut world, peer);
            world.run(20 * SECOND);
            assert_eq!(world.fetched(peer).len(), mount);
            assert_eq!(meta(&world, peer).liveness, Liveness::Unknown);
            world.act(peer, |client, now| client.unobserve(now, observer));
            world.run(20 * SECOND);
        }
    }
}

#[test]
fn a_subscription_that_the_server_lost_is_asked_for_again_until_it_stands() {
    for lost in 1..=3 {
        let mut world = World::new(2);
        let table = Table::serve(&mut world);
        let peer = world.connect();
        watch(&mut world, peer);
        world.run(5 * SECOND);
        assert!(meta(&world, peer).is_live);
        world.server.lose_subscribes("tasks", lost);
        world.cut(peer);
        world.run(12 * SECOND);
        let before = meta(&world, peer);
        assert_eq!(
            (before.is_live, before.liveness),
            (false, Liveness::Unknown)
        );
        table.put(&mut world, "t1", "missed");
        world.run(60 * SECOND);
        assert_eq!(titles(&world, peer), ["missed"], "{lost} lost");
        assert!(meta(&world, peer).is_live);
        table.put(&mut world, "t2", "seen");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["missed", "seen"]);
        let faults = world.take_faults(peer);
        assert!(
            matches!(faults[..], [Fault::Unanswered { .. }]),
            "{faults:?}"
        );
    }
}

#[test]
fn a_recovery_that_is_shorter_than_promised_is_healed_by_a_fetch() {
    let mut world = World::new(3);
    let table = Table::serve(&mut world);
    let peer = world.connect();
    watch(&mut world, peer);
    world.run(5 * SECOND);
    world.server.shorten_recoveries("tasks", 1);
    world.cut(peer);
    table.put(&mut world, "t1", "first");
    table.put(&mut world, "t2", "second");
    world.run(2 * SECOND);
    assert_eq!(titles(&world, peer), ["first"]);
    assert_eq!(world.fetched(peer).len(), 1);
    world.run(15 * SECOND);
    assert_eq!(titles(&world, peer), ["first", "second"]);
    assert!(meta(&world, peer).is_live);
    assert_eq!(world.fetched(peer).len(), 2);
    assert_eq!(world.client(peer).stats().channels.gaps, 1);
    world.run(600 * SECOND);
    assert_eq!(world.fetched(peer).len(), 2);
}

#[test]
fn a_channel_that_is_refused_for_a_while_comes_to_life_after_it() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        let table = Table::serve(&mut world);
        for _ in 0..2 {
            let error = server_error(Some(3_000));
            world.server.refuse_subscribe("tasks", error);
        }
        watch(&mut world, peer);
        world.run(2 * SECOND);
        assert_eq!(meta(&world, peer).liveness, Liveness::Refused);
        assert_eq!(titles(&world, peer), [""; 0]);
        world.run(30 * SECOND);
        assert!(meta(&world, peer).is_live);
        table.put(&mut world, "t1", "write");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["write"]);
    }
}

#[test]
fn a_channel_that_is_refused_for_good_is_left_alone() {
    let (mut world, peer) = world(false, true);
    Table::serve(&mut world);
    world.server.refuse_subscribe("tasks", server_error(None));
    watch(&mut world, peer);
    world.run(600 * SECOND);
    assert_eq!(meta(&world, peer).liveness, Liveness::Refused);
    assert_eq!(world.server.count("subscribe"), 1);
}

#[test]
fn a_list_of_no_channel_has_nothing_to_be_unknown() {
    let (mut world, peer) = world(false, true);
    Table::serve(&mut world);
    let spec = ListSpec::<Task>::new(None);
    world
        .act(peer, |client, now| {
            client.observe_list(now, &tasks(), spec, &QueryOptions::default())
        })
        .unwrap();
    world.run(5 * SECOND);
    assert_eq!(meta(&world, peer).liveness, Liveness::Live);
}

#[test]
fn who_is_in_a_room_is_unknown_where_nothing_tells_whether_its_events_arrive() {
    let (mut world, peer) = world(false, true);
    let room = ChannelName::from("lobby");
    // The room's snapshot answers our announcement, and is no sign that changes will come.
    world.server.lose_subscribes("lobby", usize::MAX);
    let user = User::new("ada", "Ada");
    let _lease = world
        .act(peer, |client, now| {
            client.join(now, &room, user, PresenceOptions::default())
        })
        .unwrap();
    world.take_changes(peer);
    world.run(10 * SECOND);
    assert_eq!(
        world.client(peer).channel_liveness("lobby"),
        Liveness::Unknown
    );
    let told = world.take_changes(peer);
    assert!(told.contains(&Topic::Presence(room.clone())));
    // We announce ourselves all the same, and whoever is heard is shown.
    assert_eq!(world.server.count("presence:announce"), 1);
    let lin = r#"{"event":"presence:update","channel":"lobby","data":{"user":{"id":"lin","name":"Lin"},"userId":"lin","connectionId":"c2","status":"online"}}"#;
    world.server.send_raw(lin);
    world.run(SECOND);
    assert_eq!(world.client(peer).channel_liveness("lobby"), Liveness::Live);
    let snapshot = world.client(peer).presence(&room).unwrap();
    assert_eq!(snapshot.members.len(), 2);
}

#[test]
fn a_repeated_subscription_that_is_refused_leaves_the_data_as_it_is_until_an_event_comes() {
    for socketio in [false, true] {
        let (mut world, peer) = world(socketio, true);
        let table = Table::serve(&mut world);
        table.put(&mut world, "t1", "write");
        world.server.lose_subscribes("tasks", 1);
        let error = ServerError::new("duplicate", "already joined");
        world.server.refuse_subscribe("tasks", error);
        watch(&mut world, peer);
        world.run(300 * SECOND);
        assert_eq!(meta(&world, peer).liveness, Liveness::Unknown);
        assert_eq!(world.server.count("subscribe"), 2);
        let faults = world.take_faults(peer);
        let last = faults.last().expect("it is told").to_string();
        assert!(last.contains("already joined"), "{last}");
        let event = if socketio {
            r#"42["list:update",{"channel":"tasks","action":"delete","item":{"id":"t1","version":9}}]"#
        } else {
            r#"{"event":"list:update","channel":"tasks","data":{"action":"delete","item":{"id":"t1","version":9}}}"#
        };
        world.server.send_raw(event);
        world.run(SECOND);
        assert!(meta(&world, peer).is_live);
    }
}

#[test]
fn what_answers_a_message_of_ours_shows_nothing_of_a_subscription() {
    let (mut world, peer) = world(false, true);
    Table::serve(&mut world);
    world.server.lose_subscribes("tasks", usize::MAX);
    world.server.on("say", |server, request| {
        let id = request.text("id");
        server.send_raw(&format!(
            r#"{{"event":"said","channel":"tasks","id":"{id}"}}"#
        ));
        Ok(serde_json::Value::Null)
    });
    watch(&mut world, peer);
    world.run(10 * SECOND);
    world.act(peer, |client, now| {
        client.send(now, realtime_core::Message::new("say", "1").on("tasks"))
    });
    world.run(SECOND);
    assert_eq!(meta(&world, peer).liveness, Liveness::Unknown);
    // The id of somebody else's message says that we hear of others.
    world
        .server
        .send_raw(r#"{"event":"said","channel":"tasks","id":"other-1"}"#);
    world.run(SECOND);
    assert!(meta(&world, peer).is_live);
}
