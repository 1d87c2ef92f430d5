//! Handshake with a Socket.IO server: tokens, refusals, servers that are none.

use crate::socketio_kit::{OPEN, SECOND, Wire, Wired, connect_with, world};
use realtime_core::{
    Client, ClientOptions, CloseReason, ConnectionError, ConnectionOptions, ConnectionStatus,
    Fault, Input,
    wire::{WireError, socketio::SocketIoOptions},
};
use std::time::Duration;

#[test]
fn connect_follows_the_open_packet_and_nothing_else_goes_out_before_its_answer() {
    let mut wired = Wired::new(SocketIoOptions::new());
    assert_eq!(
        wired.urls,
        ["wss://a.test/socket.io/?EIO=4&transport=websocket"]
    );
    wired
        .act(|client, now| client.subscribe(now, &"tasks".into()).map(drop))
        .expect("there is room");
    wired.input_opened();
    assert!(wired.sent().is_empty());
    wired.feed(OPEN);
    assert_eq!(wired.sent(), ["40"]);
    assert_eq!(wired.info().status, ConnectionStatus::Connecting);
    wired.feed(r#"40{"sid":"s1"}"#);
    assert_eq!(wired.info().status, ConnectionStatus::Connected);
    assert_eq!(wired.sent(), [r#"420["join",{"channel":"tasks"}]"#]);
}

#[test]
fn each_attempt_shows_a_fresh_token_and_an_expired_one_heals_by_itself() {
    let mut world = world(1);
    world.server.token = Some("second".into());
    let options = ConnectionOptions {
        has_token: true,
        ..ConnectionOptions::default()
    };
    let client = ClientOptions::new("http://server.test").with_connection(options);
    let peer = Wire::SocketIo.add(&mut world, client);
    world.set_token(peer, Ok(Some("first".into())));
    world.act(peer, Client::connect);
    world.run(Duration::from_millis(400));
    let info = world.client(peer).connection();
    let Some(ConnectionError::Refused(error)) = &info.last_error else {
        panic!("{info:?}")
    };
    assert_eq!(
        (&*error.code, &*error.message),
        ("unauthorized", "token expired")
    );
    world.set_token(peer, Ok(Some("second".into())));
    world.run(10 * SECOND);
    let info = world.client(peer).connection();
    assert_eq!(
        (info.status, &info.last_error),
        (ConnectionStatus::Connected, &None)
    );
}

#[test]
fn a_namespace_that_refuses_is_shown_and_not_hammered() {
    let mut wired = Wired::new(SocketIoOptions::new());
    wired.open();
    wired.feed(r#"44{"message":"Invalid namespace"}"#);
    assert!(
        wired.error().contains("Invalid namespace"),
        "{}",
        wired.error()
    );
    assert!(wired.error().contains("connect_error"));
    assert_eq!(wired.info().status, ConnectionStatus::Connecting);
    // Without another token to show there is no hope in asking soon.
    let wait = wired.info().retry_at.expect("it tries again") - wired.now;
    assert!(wait >= 10 * SECOND, "{wait:?}");
    wired.run(wait);
    assert_eq!(wired.urls.len(), 2);

    let mut wired = Wired::new(SocketIoOptions::new());
    wired.open();
    wired.feed(r#"44{"message":"later","data":{"retryAfter":60000}}"#);
    wired.run(59 * SECOND);
    assert_eq!(wired.urls.len(), 1);
}

#[test]
fn a_server_that_sends_us_off_is_left_alone_until_the_app_says_otherwise() {
    let mut world = world(2);
    let peer = connect_with(&mut world, ConnectionOptions::default());
    world.run(SECOND);
    world.server.dismiss_all();
    world.run(600 * SECOND);
    let info = world.client(peer).connection().clone();
    assert_eq!(info.status, ConnectionStatus::Disconnected);
    let reason = "io server disconnect".into();
    assert_eq!(info.close_reason, Some(CloseReason::Dismissed { reason }));
    let error = info.last_error.expect("it is said why").to_string();
    assert!(error.contains("io server disconnect"), "{error}");
    assert_eq!(world.connects(peer).len(), 1);

    world.act(peer, Client::reconnect);
    world.run(SECOND);
    let info = world.client(peer).connection();
    assert_eq!(info.status, ConnectionStatus::Connected);
}

#[test]
fn a_server_that_closes_politely_or_breaks_the_protocol_is_connected_to_again() {
    for (frame, code) in [("1", 1000), ("42garbage", 4002), ("451-[]", 4002)] {
        let mut wired = Wired::connected(SocketIoOptions::new());
        wired.feed(frame);
        if frame == "451-[]" {
            // Something else than the attachment.
            wired.feed(r#"42["e"]"#);
        }
        assert_eq!(wired.closes, [code], "{frame}");
        assert_eq!(wired.info().status, ConnectionStatus::Reconnecting);
        assert!(!wired.error().is_empty());
        let told = wired.faults.iter().all(|fault| {
            matches!(fault, Fault::Frame(WireError::SocketIo(error)) if error.to_string().len() > 30)
        });
        assert!(told && wired.faults.len() == usize::from(code != 1000));
        wired.run(SECOND);
        assert_eq!(wired.urls.len(), 2, "{frame}");
        wired.open();
        wired.feed(r#"40{"sid":"s2"}"#);
        assert_eq!(wired.info().status, ConnectionStatus::Connected);
    }
}

#[test]
fn servers_of_another_kind_are_told_apart_by_their_first_words() {
    let cases: [(&[&str], &str); 4] = [
        (&[r#"{"event":"hello"}"#], "no Socket.IO server"),
        (&[r#"0{"sid":"a"}"#], "open packet"),
        (&[OPEN, "40"], "Socket.IO 2"),
        (&[OPEN, r#"40{"no":"sid"}"#], "Socket.IO 2"),
    ];
    for (frames, said) in cases {
        let mut wired = Wired::new(SocketIoOptions::new());
        wired.input_opened();
        for frame in frames {
            wired.feed(frame);
        }
        assert!(wired.error().contains(said), "{said}: {}", wired.error());
        // Every attempt fails, and they become rare.
        wired.run(SECOND);
        for _ in 0..10 {
            wired.input_opened();
            for frame in frames {
                wired.feed(frame);
            }
            wired.run(20 * SECOND);
        }
        let attempts = wired.urls.len();
        wired.input_opened();
        wired.feed(frames[0]);
        wired.run(Duration::from_millis(400));
        assert_eq!(wired.urls.len(), attempts);
    }
}

#[test]
fn a_server_that_says_nothing_or_does_not_open_is_an_error_with_advice() {
    let mut wired = Wired::new(SocketIoOptions::new());
    wired.input_opened();
    wired.run(10 * SECOND);
    assert!(
        wired.error().contains("handshake within 10 s"),
        "{}",
        wired.error()
    );

    let mut wired = Wired::new(SocketIoOptions::new());
    wired.cut();
    let error = wired.error();
    for word in ["1006", "browser", "path", "origin", "token"] {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn a_token_that_the_server_could_not_take_is_refused_here() {
    let long = "x".repeat(1_000);
    let mut wired = Wired::with_token(SocketIoOptions::new(), Some(&long));
    wired.open();
    assert!(wired.sent().is_empty());
    assert!(wired.error().contains("1000 at most"), "{}", wired.error());
}

#[test]
fn a_server_that_falls_silent_is_given_up_after_what_it_promised() {
    let mut world = world(3);
    let peer = connect_with(&mut world, ConnectionOptions::default());
    world.run(120 * SECOND);
    assert_eq!(world.connects(peer).len(), 1);
    assert_eq!(world.client(peer).stats().connection.pings, 0);
    world.server.socketio().expect("it does").frozen = true;
    // The last ping is at most 25 s old, and 45 s are allowed.
    world.run(19 * SECOND);
    assert_eq!(world.connects(peer).len(), 1);
    world.run(27 * SECOND);
    assert_eq!(world.connects(peer).len(), 2);
    let info = world.client(peer).connection();
    assert_eq!(info.status, ConnectionStatus::Connected);
    assert_eq!(world.client(peer).stats().connection.unresponsive, 1);
}

#[test]
fn any_frame_is_a_sign_of_life() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    for _ in 0..5 {
        wired.run(40 * SECOND);
        wired.feed(r#"42["news",{}]"#);
    }
    assert_eq!(wired.info().status, ConnectionStatus::Connected);
    wired.run(46 * SECOND);
    let info = wired.info();
    assert_eq!(info.last_error, Some(ConnectionError::Unresponsive));
}

#[test]
fn a_timer_that_was_held_back_is_noticed_when_the_page_is_seen_again() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    // An hour in which no timer fires.
    wired.now = wired.now + 3_600 * SECOND;
    wired.act(|client, now| client.handle(now, Input::Visible(true)));
    assert_eq!(wired.info().status, ConnectionStatus::Connected);
    // Frames that waited come first; a link without any is dead.
    let mut heard = Wired::connected(SocketIoOptions::new());
    heard.now = heard.now + 3_600 * SECOND;
    heard.act(|client, now| client.handle(now, Input::Visible(true)));
    heard.feed("2");
    heard.run(10 * SECOND);
    assert_eq!(heard.info().status, ConnectionStatus::Connected);
    wired.run(3 * SECOND);
    assert_eq!(wired.info().status, ConnectionStatus::Reconnecting);
}

#[test]
fn a_new_network_replaces_a_link_that_cannot_be_asked() {
    let mut wired = Wired::connected(SocketIoOptions::new());
    wired.run(10 * SECOND);
    wired.act(|client, now| client.handle(now, Input::Online(false)));
    assert_eq!(wired.urls.len(), 1);
    wired.act(|client, now| client.handle(now, Input::Online(true)));
    assert_eq!(wired.urls.len(), 2);
    wired.open();
    wired.feed(r#"40{"sid":"s2"}"#);
    // This one has just spoken.
    wired.act(|client, now| client.handle(now, Input::Online(true)));
    assert_eq!(wired.urls.len(), 2);
}
