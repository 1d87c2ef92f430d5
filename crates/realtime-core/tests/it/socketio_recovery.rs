//! Connection state recovery: a session that the server takes up again.

use crate::{
    socketio_kit::{SECOND, Wired, connect, world},
    task::{Table, Task},
};
use realtime_core::{
    ChannelName, Client, ClientOptions, Continuity, GapReason, Instant, ListSpec, PresenceOptions,
    QueryOptions, User, key,
    testing::{PeerId, World},
    wire::socketio::{ChannelMapping, SocketIoCodec, SocketIoOptions},
};

fn watch(client: &mut Client, now: Instant) {
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    client
        .observe_list(now, &key!["tasks"], spec, &QueryOptions::default())
        .expect("the key is free");
}

fn titles(world: &World, peer: PeerId) -> Vec<String> {
    let list = world.client(peer).list::<Task>(&key!["tasks"]);
    let list = list.expect("it is fetched");
    list.iter().map(|task| task.title.clone()).collect()
}

fn how(world: &World, peer: PeerId) -> Option<Continuity> {
    world.client(peer).recovery(&key!["tasks"])
}

/// A client that has a list of two tasks, on a server that resumes sessions.
fn stage(positions: bool) -> (World, Table, PeerId) {
    let mut world = world(1);
    world.server.abilities.positions = positions;
    let socketio = world.server.socketio().expect("it does");
    socketio.recovers = true;
    let table = Table::serve(&mut world);
    let peer = connect(&mut world);
    world.act(peer, watch);
    world.run(SECOND);
    table.put(&mut world, "t1", "one");
    world.run(SECOND);
    (world, table, peer)
}

fn break_link(world: &mut World, peer: PeerId, meanwhile: impl FnOnce(&mut World)) {
    world.take_down(peer);
    meanwhile(world);
    world.run(SECOND);
    world.heal(peer);
    world.run(10 * SECOND);
}

#[test]
fn missed_events_come_with_the_session_and_nothing_is_fetched_or_joined_again() {
    for positions in [true, false] {
        let (mut world, table, peer) = stage(positions);
        break_link(&mut world, peer, |world| {
            table.put(world, "t2", "two");
            table.put(world, "t1", "one again");
        });
        assert_eq!(titles(&world, peer), ["one again", "two"]);
        assert_eq!(world.fetched(peer).len(), 1);
        assert_eq!(world.server.count("subscribe"), 1);
        let missed = if positions { 2 } else { 0 };
        assert_eq!(how(&world, peer), Some(Continuity::Recovered { missed }));
        // And it works a second time, and without anything missed.
        break_link(&mut world, peer, |_| {});
        table.put(&mut world, "t3", "three");
        world.run(SECOND);
        assert_eq!(titles(&world, peer), ["one again", "two", "three"]);
        assert_eq!(world.fetched(peer).len(), 1);
        assert_eq!(how(&world, peer), Some(Continuity::Recovered { missed: 0 }));
        assert_eq!(world.client(peer).stats().channels.gaps, 0);
    }
}

#[test]
fn whoever_does_not_know_where_a_channel_of_the_session_stands_asks_for_it() {
    let mut world = world(7);
    world.server.socketio().expect("it does").recovers = true;
    let table = Table::serve(&mut world);
    let peer = connect(&mut world);
    let first = world.act(peer, |client, now| {
        let spec = ListSpec::<Task>::new(Some("tasks".into()));
        client.observe_list(now, &key!["first"], spec, &QueryOptions::default())
    });
    world.run(SECOND);
    world.server.publish("tasks", "noted", "{}");
    world.run(SECOND);
    world.take_down(peer);
    let first = first.expect("the key is free");
    world.act(peer, |client, now| client.unobserve(now, first));
    // What is not wanted any more is forgotten, and wanted again by somebody else.
    world.run(5 * SECOND);
    world.act(peer, watch);
    world.heal(peer);
    world.run(10 * SECOND);
    world.server.lose_next("tasks", 1);
    table.put(&mut world, "t1", "lost");
    table.put(&mut world, "t2", "seen");
    world.run(10 * SECOND);
    assert_eq!(titles(&world, peer), ["lost", "seen"]);
    assert_eq!(world.client(peer).stats().channels.gaps, 1);
}

#[test]
fn a_session_without_any_event_is_resumed_where_the_server_permits_it() {
    for permits in [false, true] {
        let mut world = world(2);
        let socketio = world.server.socketio().expect("it does");
        (socketio.recovers, socketio.recovers_from_the_beginning) = (true, permits);
        world.server.abilities.positions = false;
        let table = Table::serve(&mut world);
        let peer = connect(&mut world);
        world.act(peer, watch);
        world.run(SECOND);
        break_link(&mut world, peer, |world| table.put(world, "t1", "missed"));
        assert_eq!(titles(&world, peer), ["missed"]);
        let fetches = if permits { 1 } else { 2 };
        assert_eq!(world.fetched(peer).len(), fetches);
    }
}

#[test]
fn the_room_that_a_session_brings_again_is_not_taken_for_the_one_asked_for_now() {
    let mut world = world(6);
    world.server.socketio().expect("it does").recovers = true;
    world.server.abilities.positions = false;
    world.server.abilities.sync_delay = 2 * SECOND;
    let room = ChannelName::from("room");
    let join = |world: &mut World, peer, id: &str| {
        let user = User::new(id, id);
        let joined = world.act(peer, |client, now| {
            client.join(now, &room, user, PresenceOptions::default())
        });
        drop(joined.expect("there is room for a channel"));
    };
    let (ada, lin) = (connect(&mut world), connect(&mut world));
    join(&mut world, ada, "ada");
    world.run(SECOND / 2);
    world.server.publish("room", "noted", "{}");
    world.run(SECOND / 2);
    // The server's answer goes into a socket that is dead, and comes again with the session.
    world.swallow(ada);
    world.run(2 * SECOND);
    world.take_down(ada);
    world.run(SECOND);
    world.heal(ada);
    while !world.client(ada).presence(&room).is_some_and(|it| it.live) {
        world.run(SECOND / 100);
    }
    join(&mut world, lin, "lin");
    for _ in 0..50 {
        world.run(SECOND / 10);
        let shown = world.client(ada).presence(&room).expect("joined");
        let ids: Vec<&str> = shown.members.iter().map(|it| &*it.user.id).collect();
        if world.client(lin).presence(&room).is_some_and(|it| it.live) {
            assert_eq!(ids, ["ada", "lin"]);
        }
    }
    let stats = world.client(ada).presence_stats(&room).expect("joined");
    assert_eq!(stats.syncs, 2, "of the link before, and of this one");
}

#[test]
fn positions_resume_a_list_even_if_the_session_is_gone() {
    let mut world = world(3);
    let table = Table::serve(&mut world);
    let peer = connect(&mut world);
    world.act(peer, watch);
    world.run(SECOND);
    break_link(&mut world, peer, |world| table.put(world, "t1", "missed"));
    assert_eq!(titles(&world, peer), ["missed"]);
    assert_eq!(world.fetched(peer).len(), 1);
    assert_eq!(how(&world, peer), Some(Continuity::Recovered { missed: 1 }));
}

#[test]
fn a_session_that_is_lost_is_told_from_one_that_goes_on() {
    let (mut world, table, peer) = stage(true);
    world.server.abilities.history = 1;
    let socketio = world.server.socketio().expect("it does");
    socketio.forget_sessions();
    break_link(&mut world, peer, |world| {
        table.put(world, "t2", "two");
        table.put(world, "t3", "three");
    });
    assert_eq!(titles(&world, peer), ["one", "two", "three"]);
    assert_eq!(world.fetched(peer).len(), 2);
    let gap = Continuity::Gap(GapReason::NotRecovered);
    assert_eq!(how(&world, peer), Some(gap));
}

#[test]
fn a_channel_that_is_wanted_no_more_is_left_when_the_session_goes_on() {
    let (mut world, _, peer) = stage(true);
    let lease = world
        .act(peer, |client, now| client.subscribe(now, &"news".into()))
        .expect("there is room");
    world.run(SECOND);
    assert_eq!(world.server.subscribers("news"), 1);
    world.take_down(peer);
    world.act(peer, |client, now| client.release(now, lease));
    world.run(5 * SECOND);
    world.heal(peer);
    world.run(10 * SECOND);
    assert_eq!(world.server.subscribers("news"), 0);
    assert_eq!(world.server.subscribers("tasks"), 1);
    assert_eq!(world.server.count("unsubscribe"), 1);
}

#[test]
fn whoever_says_goodbye_begins_afresh() {
    for end in [Client::reconnect, Client::disconnect] {
        let (mut world, _, peer) = stage(true);
        world.act(peer, end);
        world.act(peer, Client::connect);
        world.run(SECOND);
        let socketio = world.server.socketio().expect("it does");
        let frames = format!("{:?}", socketio.received);
        assert!(!frames.contains("pid"), "{frames}");
        assert_eq!(world.server.count("subscribe"), 2);
        assert_eq!(world.server.subscribers("tasks"), 1);

        let mut wired = Wired::new(SocketIoOptions::new());
        wired.open();
        wired.feed(r#"40{"sid":"s1","pid":"p1"}"#);
        wired.act(end);
        wired.act(Client::connect);
        wired.open();
        assert_eq!(wired.sent(), ["40", "41", "40"]);
    }
}

#[test]
fn an_offset_counts_only_once_its_event_was_delivered() {
    let mut wired = Wired::new(SocketIoOptions::new());
    wired
        .act(|client, now| client.listen(now, &"e".into(), None).map(drop))
        .expect("there is room");
    wired.open();
    wired.feed(r#"40{"sid":"s1","pid":"p1"}"#);
    wired.feed(r#"42["e",{"n":1},"o1"]"#);
    wired.feed(r#"42["e",{"n":2},7]"#);
    wired.feed(r#"42["e","text","o2"]"#);
    assert_eq!(wired.events.len(), 3);
    wired.sent();
    // What came before the answer to CONNECT is delivered after it, or comes again.
    for goes_on in [false, true] {
        wired.reopen();
        assert_eq!(wired.sent(), [r#"40{"pid":"p1","offset":"o2"}"#]);
        wired.feed(r#"42["e",{"n":3},"o3"]"#);
        assert_eq!(wired.events.len(), 3);
        if goes_on {
            wired.feed(r#"40{"sid":"s1","pid":"p1"}"#);
        }
    }
    assert_eq!(&*wired.events[3].data, r#"{"n":3}"#);
    wired.reopen();
    assert_eq!(wired.sent(), [r#"40{"pid":"p1","offset":"o3"}"#]);
    // Another session: its offsets are others.
    wired.feed(r#"40{"sid":"s2","pid":"p2"}"#);
    wired.reopen();
    assert_eq!(wired.sent(), [r#"40{"pid":"p2","offset":""}"#]);
}

#[test]
fn what_a_hostile_server_makes_us_keep_is_bounded() {
    let mut wired = Wired::new(SocketIoOptions::new().with_max_frame_bytes(10_000));
    wired.open();
    let long = "x".repeat(5_000);
    wired.feed(&format!(r#"40{{"sid":"s","pid":"{long}"}}"#));
    wired.reopen();
    assert_eq!(wired.sent(), ["40", "40"]);
    wired.feed(r#"40{"sid":"s","pid":"p"}"#);
    wired.feed(&format!(r#"42["e",{{}},"{long}"]"#));
    wired.reopen();
    assert_eq!(wired.sent(), [r#"40{"pid":"p","offset":""}"#]);
    // More events than are kept, before we are let in: the session does not count as resumed.
    for _ in 0..4 {
        wired.feed(&format!(r#"42["e",{{"x":"{long}"}},"o"]"#));
    }
    assert_eq!(wired.client.stats().codec.dropped, 3);
    wired.feed(r#"40{"sid":"s","pid":"p"}"#);
    wired.reopen();
    assert_eq!(wired.sent(), [r#"40{"pid":"p","offset":"o"}"#]);
}

#[test]
fn a_namespace_has_a_session_of_its_own() {
    let options = SocketIoOptions::new().with_mapping(ChannelMapping::Namespace);
    let mut wired = Wired::connected(options);
    wired
        .act(|client, now| {
            client
                .listen(now, &"e".into(), Some(&"tasks".into()))
                .map(drop)
        })
        .expect("there is room");
    assert_eq!(wired.sent(), ["40/tasks,"]);
    wired.feed(r#"40/tasks,{"sid":"t1","pid":"p1"}"#);
    wired.feed(r#"42/tasks,["e",{"n":1},"o1"]"#);
    wired.reopen();
    wired.feed(r#"40{"sid":"s1"}"#);
    assert_eq!(
        wired.sent(),
        ["40", r#"40/tasks,{"pid":"p1","offset":"o1"}"#]
    );
    wired.feed(r#"42/tasks,["e",{"n":2},"o2"]"#);
    assert_eq!(wired.events.len(), 1);
    wired.feed(r#"40/tasks,{"sid":"t1","pid":"p1"}"#);
    assert_eq!(wired.events.len(), 2);
    assert_eq!(wired.client.stats().channels.recovered, 1);
}

#[test]
fn a_session_goes_on_as_well_where_joins_are_not_acknowledged() {
    let mut world = world(9);
    world.server.abilities.positions = false;
    world.server.socketio().expect("it does").recovers = true;
    let table = Table::serve(&mut world);
    let codec = SocketIoCodec::new(SocketIoOptions::new().with_join_ack(false));
    let options = ClientOptions::new("http://server.test");
    let peer = world.add_with_codec(options, Box::new(codec));
    world.act(peer, Client::connect);
    world.act(peer, watch);
    let lease = world
        .act(peer, |client, now| client.subscribe(now, &"news".into()))
        .expect("there is room");
    world.run(SECOND);
    table.put(&mut world, "t1", "one");
    world.act(peer, |client, now| client.release(now, lease));
    world.run(5 * SECOND);
    let said = |world: &World| ["subscribe", "unsubscribe"].map(|it| world.server.count(it));
    assert_eq!(said(&world), [2, 1]);
    for text in ["two", "three"] {
        break_link(&mut world, peer, |world| table.put(world, text, text));
    }
    assert_eq!(titles(&world, peer), ["one", "two", "three"]);
    assert_eq!(world.fetched(peer).len(), 1);
    assert_eq!(said(&world), [2, 1], "nothing is joined or left again");
    assert_eq!(how(&world, peer), Some(Continuity::Recovered { missed: 0 }));
}
