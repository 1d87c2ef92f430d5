//! Our own seat in a room, through the whole client: late timers, remounts, full sockets.

use realtime_core::{
    ChannelName, ConnectionStatus, Input, PresenceOptions, PresenceStatus, RosterLease,
    TypingOptions, User,
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

fn leave(world: &mut World, peer: PeerId, lease: RosterLease) {
    world.act(peer, |client, now| client.leave(now, lease));
}

/// Who is there, and whether that is what is rather than what was.
fn ids(world: &World, peer: PeerId) -> Vec<String> {
    let snapshot = world.client(peer).presence(&room()).expect("joined");
    let mut ids: Vec<_> = snapshot
        .members
        .iter()
        .map(|member| member.user.id.to_string())
        .collect();
    ids.sort();
    ids
}

fn is_fresh(world: &World, peer: PeerId) -> bool {
    let snapshot = world.client(peer).presence(&room()).expect("joined");
    snapshot.live && snapshot.members.iter().all(|member| !member.stale)
}

#[test]
fn a_goodbye_is_said_although_another_event_comes_before_the_late_timer() {
    let mut world = World::new(1);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let lease = join(&mut world, ada, "ada");
    world.run(SECOND);
    leave(&mut world, ada, lease);
    // The timers of a hidden tab are late; what the socket brings is not.
    world.freeze(ada);
    world.run(30 * SECOND);
    world.server.publish("room:lobby", "message", "null");
    world.run(SECOND);
    world.input(ada, Input::Activity);
    world.thaw(ada);
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
}

#[test]
fn a_remount_keeps_the_room_as_fresh_as_it_was() {
    let mut world = World::new(2);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let first = join(&mut world, ada, "ada");
    world.run(SECOND);
    assert!(is_fresh(&world, ada));
    leave(&mut world, ada, first);
    world.run(Duration::from_millis(300));
    let _second = join(&mut world, ada, "ada");
    assert!(is_fresh(&world, ada));
    assert_eq!(world.server.count("presence:announce"), 2);
}

#[test]
fn a_link_that_comes_back_while_nobody_holds_the_seat_serves_whoever_takes_it() {
    let mut world = World::new(3);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let first = join(&mut world, ada, "ada");
    world.run(SECOND);
    leave(&mut world, ada, first);
    world.input(ada, Input::PageHide);
    world.input(ada, Input::PageShow);
    world.run(Duration::from_millis(400));
    let _second = join(&mut world, ada, "ada");
    world.run(SECOND);
    assert!(is_fresh(&world, ada));
    assert_eq!(ids(&world, lin), ["ada", "lin"]);
}

#[test]
fn a_late_answer_to_the_subscription_is_not_another_arrival() {
    let mut world = World::new(4);
    world.server.abilities.answers = false;
    let (ada, lin) = (world.connect(), world.connect());
    let _leases = (join(&mut world, lin, "lin"), join(&mut world, ada, "ada"));
    world.run(3 * SECOND);
    assert!(is_fresh(&world, ada));
    let requests: Vec<_> = world.server.requests.clone();
    for request in requests {
        if request.text("event") == "subscribe" {
            let id = request.text("id");
            world
                .server
                .send_raw(&format!(r#"{{"event":"subscribe","re":"{id}"}}"#));
        }
    }
    world.run(Duration::from_millis(100));
    assert!(is_fresh(&world, ada));
    assert_eq!(world.server.count("presence:announce"), 2);
}

#[test]
fn a_goodbye_waits_for_a_full_socket_and_comes_after_what_waited_before_it() {
    let mut world = World::new(5);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let lease = join(&mut world, ada, "ada");
    world.run(SECOND);
    world.input(ada, Input::Blocked(true));
    let status = PresenceStatus::Busy;
    world.act(ada, |client, now| client.set_status(now, &room(), status));
    leave(&mut world, ada, lease);
    world.run(2 * SECOND);
    world.input(ada, Input::Blocked(false));
    world.run(SECOND);
    assert_eq!(ids(&world, lin), ["lin"]);
}

#[test]
fn what_a_full_socket_held_back_is_not_said_on_the_next_one() {
    let mut world = World::new(6);
    let (ada, lin) = (world.connect(), world.connect());
    let _lease = join(&mut world, lin, "lin");
    let lease = join(&mut world, ada, "ada");
    world.run(SECOND);
    world.input(ada, Input::Blocked(true));
    let status = PresenceStatus::Busy;
    world.act(ada, |client, now| client.set_status(now, &room(), status));
    world.run(Duration::from_millis(100));
    world.take_down(ada);
    leave(&mut world, ada, lease);
    world.run(2 * SECOND);
    let announced = world.server.count("presence:announce");
    world.heal(ada);
    world.run(20 * SECOND);
    let status = world.client(ada).connection().status;
    assert_eq!(status, ConnectionStatus::Connected);
    assert_eq!(world.server.count("presence:announce"), announced);
    assert_eq!(ids(&world, lin), ["lin"]);
    assert!(world.take_settled(ada).is_empty());
}

#[test]
fn what_a_room_refuses_is_counted_where_the_app_can_see_it() {
    let mut world = World::new(7);
    let ada = world.connect();
    let _lease = join(&mut world, ada, "ada");
    let _desk = world
        .act(ada, |client, now| {
            client.open_typing(now, &room(), "ada".into(), "Ada", TypingOptions::default())
        })
        .unwrap();
    world.run(SECOND);
    for event in ["presence:update", "typing:start"] {
        world.server.send_raw(&format!(
            r#"{{"event":"{event}","channel":"room:lobby","data":7}}"#
        ));
    }
    world.run(SECOND);
    let client = world.client(ada);
    assert_eq!(client.presence_stats(&room()).unwrap().malformed, 1);
    let typing = client.typing_stats(&room(), &"ada".into()).unwrap();
    assert_eq!(typing.malformed, 1);
    assert_eq!(world.take_faults(ada).len(), 2);
}
