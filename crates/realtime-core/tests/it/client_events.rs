//! Listeners, bad frames, tokens and broken links, through the whole client.

use realtime_core::{
    Client, ClientOptions, ConnectionOptions, ConnectionStatus, EventName, Fault, Input,
    testing::{PeerId, World},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn status(world: &World, peer: PeerId) -> ConnectionStatus {
    world.client(peer).connection().status
}

fn listen(world: &mut World, peer: PeerId, channel: &str) -> realtime_core::ListenerId {
    let event = EventName::from("tick");
    world
        .act(peer, |client, now| {
            client.listen(now, &event, Some(&channel.into()))
        })
        .expect("there is room for a listener")
}

#[test]
fn every_event_reaches_its_listener_in_order() {
    let mut world = World::new(1);
    let peer = world.connect();
    let listener = listen(&mut world, peer, "feed");
    world.run(SECOND);
    for n in 0..100 {
        world.server.publish("feed", "tick", &n.to_string());
        world.server.publish("feed", "other", "null");
    }
    world.run(SECOND);
    let seen: Vec<u32> = world
        .take_events(peer)
        .iter()
        .map(|(_, event)| event.parse().unwrap())
        .collect();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
    world.act(peer, |client, now| client.unlisten(now, listener));
    world.server.publish("feed", "tick", "100");
    world.run(SECOND);
    assert!(world.take_events(peer).is_empty());
}

#[test]
fn a_channel_named_only_in_the_payload_counts() {
    let mut world = World::new(2);
    let peer = world.connect();
    listen(&mut world, peer, "one");
    world.run(SECOND);
    for channel in ["one", "two"] {
        world.server.send_raw(&format!(
            r#"{{"event":"tick","data":{{"channel":"{channel}"}}}}"#
        ));
    }
    world.run(SECOND);
    assert_eq!(world.take_events(peer).len(), 1);
}

#[test]
fn bad_frames_are_faults_and_the_link_stays_up() {
    let mut world = World::new(3);
    let peer = world.connect();
    world.run(SECOND);
    let frames = [
        "",
        "{",
        "[]",
        "{}",
        "\u{0}",
        r#"{"event":[]}"#,
        r#"{"event":"e","seq":-1}"#,
        r#"{"event":"e","data":}"#,
        "nonsense",
    ];
    for frame in frames {
        world.server.send_raw(frame);
    }
    world
        .server
        .send_raw(r#"{"event":"nobody asked","data":1,"extra":2}"#);
    world.run(SECOND);
    let faults = world.take_faults(peer);
    let stats = world.client(peer).stats();
    assert_eq!(faults.len(), frames.len(), "{faults:#?}");
    assert!(faults.iter().all(|fault| matches!(fault, Fault::Frame(_))));
    assert_eq!(stats.malformed_frames, frames.len() as u64);
    assert_eq!((stats.unknown_events, stats.codec.unknown_fields), (1, 1));
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}

#[test]
fn a_complaint_of_the_server_is_a_fault() {
    let mut world = World::new(4);
    let peer = world.connect();
    world.run(SECOND);
    world
        .server
        .send_raw(r#"{"event":"error","error":{"code":"rate_limited","message":"slow down"}}"#);
    world.run(SECOND);
    let faults = world.take_faults(peer);
    let [Fault::Server(error)] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert_eq!(&*error.code, "rate_limited");
}

#[test]
fn a_refused_token_is_replaced_by_a_fresh_one() {
    let mut world = World::new(5);
    world.server.token = Some("new".to_owned());
    let connection = ConnectionOptions {
        has_token: true,
        ..Default::default()
    };
    let peer = world.add(ClientOptions::new("ws://server.test").with_connection(connection));
    world.set_token(peer, Ok(Some("old".to_owned())));
    world.act(peer, Client::connect);
    world.run(2 * SECOND);
    assert_ne!(status(&world, peer), ConnectionStatus::Connected);
    world.set_token(peer, Ok(Some("new".to_owned())));
    world.run(60 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}

#[test]
fn a_half_open_link_is_noticed_and_replaced_and_nothing_is_missed() {
    let mut world = World::new(6);
    let peer = world.connect();
    listen(&mut world, peer, "feed");
    world.run(SECOND);
    world.stall(peer);
    world.server.publish("feed", "tick", "1");
    world.run(40 * SECOND);
    assert_ne!(status(&world, peer), ConnectionStatus::Connected);
    world.heal(peer);
    world.run(30 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    assert_eq!(world.take_events(peer).len(), 1);
}

#[test]
fn an_hour_of_sleep_ends_with_a_probe_and_not_with_a_new_link() {
    let mut world = World::new(7);
    let peer = world.connect();
    world.run(SECOND);
    world.freeze(peer);
    world.run(3_600 * SECOND);
    world.thaw(peer);
    world.run(10 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    assert_eq!(world.connects(peer).len(), 1);
}

#[test]
fn a_page_that_is_hidden_closes_cleanly_and_comes_back() {
    let mut world = World::new(8);
    let peer = world.connect();
    world.run(SECOND);
    world.input(peer, Input::PageHide);
    world.run(60 * SECOND);
    assert_eq!(world.connects(peer).len(), 1);
    world.input(peer, Input::PageShow);
    world.run(5 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}

#[test]
fn a_server_that_closes_at_once_is_not_hammered() {
    let mut world = World::new(9);
    let peer = world.connect();
    for _ in 0..600 {
        world.run(Duration::from_millis(100));
        world.server.close_all(1011);
    }
    let tries = world.connects(peer).len();
    assert!((4..40).contains(&tries), "{tries} tries in a minute");
}

#[test]
fn a_client_told_to_disconnect_stays_away_until_told_otherwise() {
    let mut world = World::new(10);
    let peer = world.connect();
    world.run(SECOND);
    world.act(peer, Client::disconnect);
    world.run(600 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Disconnected);
    assert_eq!(world.connects(peer).len(), 1);
    world.act(peer, Client::reconnect);
    world.run(SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}

#[test]
fn a_listener_too_many_is_refused_in_words_that_help() {
    let mut world = World::new(11);
    let mut options = ClientOptions::new("ws://server.test");
    options.max_listeners = 1;
    let peer = world.add(options);
    let listener = listen(&mut world, peer, "feed");
    let refused = world.act(peer, |client, now| client.listen(now, &"tick".into(), None));
    assert!(refused.unwrap_err().to_string().contains("`max_listeners`"));
    world.act(peer, |client, now| client.unlisten(now, listener));
    listen(&mut world, peer, "feed");
}
