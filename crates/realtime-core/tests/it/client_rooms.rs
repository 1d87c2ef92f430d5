//! Presence and typing between clients, through the whole client.

use realtime_core::{
    ChannelName, Input, Metadata, PresenceEvent, PresenceOptions, PresenceStatus, RosterLease,
    TypingLease, TypingOptions, User, UserId,
    testing::{PeerId, World},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn room() -> ChannelName {
    "room:lobby".into()
}

fn join(world: &mut World, peer: PeerId, id: &str) -> RosterLease {
    let user = User::new(id, id.to_uppercase());
    world
        .act(peer, |client, now| {
            client.join(now, &room(), user, PresenceOptions::default())
        })
        .expect("there is room for a channel")
}

fn members(world: &World, peer: PeerId) -> Vec<(String, PresenceStatus)> {
    let snapshot = world.client(peer).presence(&room()).expect("joined");
    let mut members: Vec<_> = snapshot
        .members
        .iter()
        .map(|member| (member.user.id.to_string(), member.status))
        .collect();
    members.sort_by(|a, b| a.0.cmp(&b.0));
    members
}

fn ids(world: &World, peer: PeerId) -> Vec<String> {
    members(world, peer).into_iter().map(|it| it.0).collect()
}

fn typists(world: &World, peer: PeerId, me: &str) -> Vec<String> {
    let typing = world.client(peer).typing(&room(), &UserId::from(me));
    let typing = typing.expect("typing is open");
    typing.iter().map(|it| it.name.to_string()).collect()
}

fn open_typing(world: &mut World, peer: PeerId, id: &str) -> TypingLease {
    world
        .act(peer, |client, now| {
            client.open_typing(now, &room(), id.into(), id, TypingOptions::default())
        })
        .expect("there is room for a channel")
}

fn press(world: &mut World, peer: PeerId, id: &str) {
    world.act(peer, |client, now| {
        client.start_typing(now, &room(), &id.into());
    });
}

#[test]
fn everybody_sees_everybody_with_status_and_metadata() {
    let mut world = World::new(1);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(SECOND);
    assert_eq!(ids(&world, ada), ["ada", "lin"]);
    assert_eq!(members(&world, ada), members(&world, lin));
    world.act(ada, |client, now| {
        client.set_status(now, &room(), PresenceStatus::Busy);
        client.set_metadata(now, &room(), Some(Metadata::new(&[3, 4]).unwrap()));
    });
    world.run(SECOND);
    let seen = world.client(lin).presence(&room()).unwrap();
    let seen = seen.member(&"ada".into()).unwrap();
    assert_eq!(seen.status, PresenceStatus::Busy);
    let cursor = seen.metadata.as_ref().unwrap().parse::<[u32; 2]>();
    assert_eq!(cursor, Ok([3, 4]));
    let events = world.take_presence(lin);
    let is_update = |event: &PresenceEvent| matches!(event, PresenceEvent::Updated { .. });
    let is_left = |event: &PresenceEvent| matches!(event, PresenceEvent::Left(_));
    assert!(events.iter().any(|(_, event)| is_update(event)));
    assert!(!events.iter().any(|(_, event)| is_left(event)));
}

#[test]
fn a_cut_link_makes_nobody_blink_and_a_closed_one_makes_them_leave() {
    let mut world = World::new(2);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    world.run(SECOND);
    world.cut(ada);
    for _ in 0..200 {
        world.run(Duration::from_millis(50));
        assert_eq!(ids(&world, ada), ["ada", "lin"], "at {}", world.now());
    }
    assert_eq!(ids(&world, lin), ["ada", "lin"]);
    world.input(ada, Input::PageHide);
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
    world.input(ada, Input::PageShow);
    world.run(5 * SECOND);
    assert_eq!(ids(&world, lin), ["ada", "lin"]);
}

#[test]
fn two_tabs_of_one_user_are_one_member_until_both_are_gone() {
    let mut world = World::new(3);
    let tabs = [world.connect(), world.connect()];
    let lin = world.connect();
    let _leases = tabs.map(|tab| join(&mut world, tab, "ada"));
    let _lease = join(&mut world, lin, "lin");
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["ada", "lin"]);
    world.take_down(tabs[0]);
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["ada", "lin"]);
    world.take_down(tabs[1]);
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
}

#[test]
fn unmounting_leaves_after_a_grace_and_remounting_does_not_blink() {
    let mut world = World::new(4);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let first = join(&mut world, ada, "ada");
    world.run(SECOND);
    world.take_presence(lin);
    world.act(ada, |client, now| client.leave(now, first));
    world.run(Duration::from_millis(300));
    let second = join(&mut world, ada, "ada");
    world.run(5 * SECOND);
    let seen = world.take_presence(lin);
    assert!(seen.is_empty(), "{seen:?}");
    world.act(ada, |client, now| client.leave(now, second));
    world.run(5 * SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
    assert!(world.client(ada).presence(&room()).is_none());
    assert_eq!(world.server.subscribers("room:lobby"), 1);
}

#[test]
fn presence_stays_through_heartbeats_and_a_silent_peer_expires() {
    let mut world = World::new(5);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    for _ in 0..600 {
        world.run(SECOND);
        for peer in [ada, lin] {
            world.input(peer, Input::Activity);
            assert_eq!(ids(&world, peer), ["ada", "lin"]);
        }
    }
    world.freeze(ada);
    world.run(120 * SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
}

#[test]
fn typing_shows_for_as_long_as_keys_are_pressed_and_no_longer() {
    let mut world = World::new(6);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (
        open_typing(&mut world, ada, "ada"),
        open_typing(&mut world, lin, "lin"),
    );
    world.run(SECOND);
    for key in 0..40 {
        press(&mut world, ada, "ada");
        world.run(Duration::from_millis(250));
        assert_eq!(typists(&world, lin, "lin"), ["ada"], "after key {key}");
    }
    assert!(typists(&world, ada, "ada").is_empty());
    world.run(4 * SECOND);
    assert!(typists(&world, lin, "lin").is_empty());
    let starts = world.server.count("typing:start");
    assert!((7..=10).contains(&starts), "{starts} starts in 10 s");
    assert_eq!(world.server.count("typing:stop"), 1);
}

#[test]
fn a_message_of_theirs_ends_their_typing() {
    let mut world = World::new(7);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (
        open_typing(&mut world, ada, "ada"),
        open_typing(&mut world, lin, "lin"),
    );
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(Duration::from_millis(200));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    let message = r#"{"action":"create","item":{"id":"m1","userId":"ada","text":"hi"}}"#;
    world.server.publish("room:lobby", "list:update", message);
    world.run(Duration::from_millis(200));
    assert!(typists(&world, lin, "lin").is_empty());
}

/// A pointer, a reaction, an edit: they carry the typist's id too.
#[test]
fn only_a_message_of_theirs_ends_their_typing() {
    let mut world = World::new(7);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (
        open_typing(&mut world, ada, "ada"),
        open_typing(&mut world, lin, "lin"),
    );
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(Duration::from_millis(200));
    for (event, data) in [
        ("cursor", r#"{"userId":"ada","x":3,"y":4}"#),
        ("message:reaction", r#"{"user":{"id":"ada"},"emoji":"+1"}"#),
        (
            "list:update",
            r#"{"action":"update","item":{"id":"m1","userId":"ada"}}"#,
        ),
        ("message", r#"{"userId":"lin","text":"hi"}"#),
    ] {
        world.server.publish("room:lobby", event, data);
        world.run(Duration::from_millis(50));
        assert_eq!(typists(&world, lin, "lin"), ["ada"], "{event}");
    }
    let message = r#"{"senderId":"ada","text":"hi"}"#;
    world.server.publish("room:lobby", "chat message", message);
    world.run(Duration::from_millis(50));
    assert!(typists(&world, lin, "lin").is_empty());
}

#[test]
fn an_app_says_which_of_its_events_are_messages() {
    let mut world = World::new(7);
    let (ada, lin) = (world.connect(), world.connect());
    let _ada = open_typing(&mut world, ada, "ada");
    let _lin = world.act(lin, |client, now| {
        let options = TypingOptions::default().with_message_events(["comment:added"]);
        client.open_typing(now, &room(), "lin".into(), "Lin", options)
    });
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(Duration::from_millis(200));
    let comment = r#"{"userId":"ada"}"#;
    world.server.publish("room:lobby", "message", comment);
    world.run(Duration::from_millis(50));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    world.server.publish("room:lobby", "comment:added", comment);
    world.run(Duration::from_millis(50));
    assert!(typists(&world, lin, "lin").is_empty());
}

#[test]
fn who_joins_late_sees_everybody_at_once_on_a_server_that_tells_nobody_who_is_there() {
    let mut world = World::new(12);
    world.server.abilities.syncs_presence = false;
    let (ada, bob, lin) = (world.connect(), world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, bob, "bob"));
    world.run(10 * SECOND);
    assert_eq!(ids(&world, ada), ["ada", "bob"]);
    let _lease = join(&mut world, lin, "lin");
    world.run(3 * SECOND);
    assert_eq!(ids(&world, lin), ["ada", "bob", "lin"]);
    // A link that breaks makes another connection of it: whoever was away is told the same way.
    world.cut(lin);
    world.run(10 * SECOND);
    let seen = world.client(lin).presence(&room()).unwrap();
    assert!(seen.members.iter().all(|member| !member.stale));
    let said = world.server.count("presence:announce");
    assert!(said <= 12, "{said} announcements");
}

#[test]
fn a_typist_whose_tab_closes_is_cleared_at_once() {
    let mut world = World::new(8);
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, ada, "ada"), join(&mut world, lin, "lin"));
    let _typing = (
        open_typing(&mut world, ada, "ada"),
        open_typing(&mut world, lin, "lin"),
    );
    world.run(SECOND);
    press(&mut world, ada, "ada");
    world.run(Duration::from_millis(200));
    assert_eq!(typists(&world, lin, "lin"), ["ada"]);
    world.take_down(ada);
    world.run(Duration::from_millis(200));
    assert!(typists(&world, lin, "lin").is_empty());
}

#[test]
fn typing_is_never_queued_while_the_link_is_down() {
    let mut world = World::new(9);
    let ada = world.connect();
    let _lease = open_typing(&mut world, ada, "ada");
    world.run(SECOND);
    world.take_down(ada);
    press(&mut world, ada, "ada");
    world.run(20 * SECOND);
    world.heal(ada);
    world.run(30 * SECOND);
    assert_eq!(world.server.subscribers("room:lobby"), 1);
    assert_eq!(world.server.count("typing:start"), 0);
}

#[test]
fn without_a_link_we_are_alone_and_not_live() {
    let mut world = World::new(10);
    let ada = world.connect();
    world.take_down(ada);
    let _lease = join(&mut world, ada, "ada");
    world.run(SECOND);
    assert_eq!(ids(&world, ada), ["ada"]);
    assert!(!world.client(ada).presence(&room()).unwrap().live);
}

#[test]
fn a_second_user_takes_the_place_of_the_first() {
    let mut world = World::new(11);
    let (tab, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let _first = join(&mut world, tab, "ada");
    world.run(SECOND);
    let _second = join(&mut world, tab, "bob");
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["bob", "lin"]);
    assert_eq!(ids(&world, tab), ["bob", "lin"]);
}

#[test]
fn the_room_that_was_asked_for_before_is_not_taken_for_the_one_asked_for_now() {
    let mut world = World::new(31);
    world.server.abilities.sync_delay = 2 * SECOND;
    let (ada, lin) = (world.connect(), world.connect());
    world.run(SECOND);
    let _channel = world.act(ada, |client, now| client.subscribe(now, &room()));
    let first = join(&mut world, ada, "ada");
    world.act(ada, |client, now| client.leave(now, first));
    // Whoever leaves is gone a second later.
    world.run(SECOND + SECOND / 10);
    assert!(world.server.present("room:lobby").is_empty());
    let _again = join(&mut world, ada, "ada");
    world.run(SECOND);
    let snapshot = world.client(ada).presence(&room()).expect("joined");
    assert!(snapshot.live, "by the answer to the first announcement");
    let _lin = join(&mut world, lin, "lin");
    world.run(SECOND / 10);
    for _ in 0..30 {
        world.run(SECOND / 10);
        assert_eq!(ids(&world, ada), ["ada", "lin"]);
    }
    let stats = world.client(ada).presence_stats(&room()).expect("joined");
    assert_eq!(stats.syncs, 2);
}
