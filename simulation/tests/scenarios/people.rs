//! People: who is there, and who is typing.

use crate::kit::{SECOND, millis};
use realtime_core::{
    ChannelName, Metadata, PresenceEvent, PresenceStatus, RosterLease, User, UserId,
    testing::{PeerId, World},
};
use std::collections::BTreeMap;

fn room() -> ChannelName {
    ChannelName::from("room")
}

fn join(world: &mut World, peer: PeerId, id: &str) -> RosterLease {
    let user = User::new(id, id);
    let joined = world.act(peer, |client, now| {
        client.join(now, &room(), user, Default::default())
    });
    joined.expect("there is room")
}

fn open_typing(world: &mut World, peer: PeerId, id: &str) {
    let (user, options) = (UserId::from(id), Default::default());
    let _lease = world
        .act(peer, |client, now| {
            client.open_typing(now, &room(), user, id, options)
        })
        .expect("there is room");
}

fn press(world: &mut World, peer: PeerId, id: &str) {
    world.act(peer, |client, now| {
        client.start_typing(now, &room(), &id.into())
    });
}

fn typists(world: &World, peer: PeerId, me: &str) -> Vec<String> {
    let typists = world
        .client(peer)
        .typing(&room(), &me.into())
        .unwrap_or_default();
    typists.iter().map(|typist| typist.id.to_string()).collect()
}

/// The others, and how they are.
fn others(world: &World, peer: PeerId) -> BTreeMap<String, (PresenceStatus, bool)> {
    let presence = world
        .client(peer)
        .presence(&room())
        .expect("we are in the room");
    let others = presence.members.iter().filter(|member| !member.is_me);
    others
        .map(|it| (it.user.id.to_string(), (it.status, it.stale)))
        .collect()
}

/// supabase/realtime #1167, #1030, supabase/realtime-js #244
#[test]
fn a_changed_cursor_is_an_update_and_nobody_leaves_for_it() {
    let mut world = World::new(1);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    world.take_presence(lin);
    for at in 0..20 {
        let cursor = Metadata::new(&at).ok();
        world.act(ada, |client, now| client.set_metadata(now, &room(), cursor));
        world.run(millis(100));
    }
    let events = world.take_presence(lin);
    assert!(!events.is_empty());
    for (_, event) in events {
        assert!(matches!(event, PresenceEvent::Updated { .. }), "{event:?}");
    }
}

/// phoenixframework/phoenix #2255
#[test]
fn who_leaves_while_the_room_is_being_told_is_no_ghost() {
    let mut world = World::new(2);
    world.server.abilities.sync_delay = millis(800);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    world.run(5 * SECOND);
    let _lease = join(&mut world, ada, "ada");
    world.run(millis(300));
    world.take_down(lin);
    world.run(2 * SECOND);
    assert!(others(&world, ada).is_empty());
}

/// liveblocks #679
#[test]
fn who_left_during_our_sleep_is_gone_when_we_wake() {
    let mut world = World::new(3);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    world.freeze(ada);
    world.run(60 * SECOND);
    world.cut(ada);
    world.take_down(lin);
    world.run(3_600 * SECOND);
    world.thaw(ada);
    world.run(5 * SECOND);
    assert!(others(&world, ada).is_empty());
}

/// knowledgefutures/pubpub #1997
#[test]
fn our_own_earlier_connection_is_no_ghost_of_us() {
    let mut world = World::new(4);
    world.server_notices_after = 40 * SECOND;
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    world.swallow(ada);
    world.run(60 * SECOND);
    for (peer, expected) in [(ada, vec!["lin"]), (lin, vec!["ada"])] {
        let others = others(&world, peer);
        assert_eq!(others.keys().collect::<Vec<_>>(), expected);
    }
    world.run(60 * SECOND);
    assert_eq!(world.server.present("room").len(), 2);
}

/// yjs/y-websocket #122
#[test]
fn who_reconnects_is_seen_again_at_once() {
    let mut world = World::new(5);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    for _ in 0..5 {
        world.cut(ada);
        world.run(2 * SECOND);
        assert_eq!(others(&world, lin)["ada"], (PresenceStatus::Online, false));
        world.run(30 * SECOND);
    }
}

/// RocketChat/Rocket.Chat #41585
#[test]
fn a_status_that_was_chosen_outlives_a_reconnect() {
    let mut world = World::new(6);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    world.act(ada, |client, now| {
        client.set_status(now, &room(), PresenceStatus::Busy)
    });
    world.run(SECOND);
    world.server.restart(false);
    world.run(20 * SECOND);
    assert_eq!(others(&world, lin)["ada"], (PresenceStatus::Busy, false));
}

/// instantdb #207: a browser that keeps its socket while it is offline
#[test]
fn who_has_fallen_silent_is_gone_although_the_socket_seems_open() {
    let mut world = World::new(7);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(2 * SECOND);
    world.stall(ada);
    world.freeze(ada);
    world.run(80 * SECOND);
    assert!(others(&world, lin).is_empty());
}

/// open-chat-labs/open-chat #947
#[test]
fn a_lost_stop_leaves_nobody_typing() {
    let mut world = World::new(8);
    let (ada, lin) = (world.connect(), world.connect());
    open_typing(&mut world, ada, "ada");
    open_typing(&mut world, lin, "lin");
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(millis(100));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    world.swallow(ada);
    world.act(ada, |client, now| {
        client.stop_typing(now, &room(), &"ada".into())
    });
    world.run(4 * SECOND);
    assert!(typists(&world, lin, "lin").is_empty());
}

/// gomuks #683, RocketChat/Rocket.Chat.iOS #723
#[test]
fn a_viewer_who_was_cut_off_from_a_typist_does_not_see_them_type_for_ever() {
    let mut world = World::new(9);
    let (ada, lin) = (world.connect(), world.connect());
    open_typing(&mut world, ada, "ada");
    open_typing(&mut world, lin, "lin");
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(millis(100));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    world.cut(lin);
    assert!(typists(&world, lin, "lin").is_empty());
    world.act(ada, |client, now| {
        client.stop_typing(now, &room(), &"ada".into())
    });
    world.run(10 * SECOND);
    assert!(typists(&world, lin, "lin").is_empty());
}

/// okTurtles/group-income #2859
#[test]
fn who_types_in_one_room_does_not_type_in_the_next() {
    let mut world = World::new(10);
    let (ada, lin) = (world.connect(), world.connect());
    open_typing(&mut world, ada, "ada");
    open_typing(&mut world, lin, "lin");
    let next = ChannelName::from("next");
    let user = UserId::from("lin");
    let _lease = world
        .act(lin, |client, now| {
            client.open_typing(now, &next, user, "lin", Default::default())
        })
        .unwrap();
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(millis(100));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    let elsewhere = world.client(lin).typing(&next, &"lin".into());
    assert!(elsewhere.is_some_and(|typists| typists.is_empty()));
}
