//! Tokens that are renewed on an open link, and tokens that are denied for good.

use crate::socketio_kit::Wired;
use realtime_core::{
    Client, ClientOptions, CloseReason, ConnectionError, ConnectionOptions, ConnectionStatus,
    Fault, FetchError, Frame, FrameRef, Input, Instant, Message, Output, SendError, ServerError,
    testing::{PeerId, World},
    wire::{JsonCodec, socketio::SocketIoOptions},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A client whose app gives this token, and a server that wants it.
fn signed_in(token: &str) -> (World, PeerId) {
    let mut world = World::new(1);
    world.server.token = Some(token.to_owned());
    let connection = ConnectionOptions {
        has_token: true,
        ..ConnectionOptions::default()
    };
    let peer = world.add(ClientOptions::new("ws://server.test").with_connection(connection));
    world.set_token(peer, Ok(Some(token.to_owned())));
    world.act(peer, Client::connect);
    world.run(SECOND);
    (world, peer)
}

/// The tokens that were shown, each with the number of its socket.
fn shown(world: &World) -> Vec<(u64, String)> {
    let requests = world.server.requests.iter();
    let auths = requests.filter(|request| request.text("event") == "auth");
    auths
        .map(|request| {
            let token = request.envelope["data"]["token"].as_str();
            (request.socket.0, token.unwrap_or_default().to_owned())
        })
        .collect()
}

fn status(world: &World, peer: PeerId) -> ConnectionStatus {
    world.client(peer).connection().status
}

fn renew(world: &mut World, peer: PeerId, token: &str) {
    world.set_token(peer, Ok(Some(token.to_owned())));
    world.act(peer, Client::renew_token);
    world.run(SECOND);
}

fn assert_denied(world: &mut World, peer: PeerId, message: &str) {
    let info = world.client(peer).connection();
    let reason = CloseReason::Unauthorized {
        message: message.into(),
    };
    assert_eq!(info.close_reason, Some(reason));
    assert_eq!(info.status, ConnectionStatus::Disconnected);
    let attempts = world.client(peer).stats().connection.attempts;
    world.input(peer, Input::Online(true));
    world.input(peer, Input::Visible(true));
    world.run(3_600 * SECOND);
    assert_eq!(world.client(peer).stats().connection.attempts, attempts);
}

#[test]
fn a_renewed_token_is_shown_on_the_link_that_there_is() {
    let (mut world, peer) = signed_in("one");
    world.server.token = Some("two".to_owned());
    renew(&mut world, peer, "two");
    assert_eq!(shown(&world), [(1, "one".into()), (1, "two".into())]);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    assert_eq!(world.client(peer).stats().connection.links, 1);
    // What is sent meanwhile is not held back.
    let send = world.act(peer, |client, now| {
        client.send(now, Message::new("say", "1"))
    });
    world.run(SECOND);
    assert_eq!(world.take_settled(peer), [(send, Ok("null".into()))]);
}

#[test]
fn the_server_may_ask_for_a_new_token_in_two_ways_but_not_again_and_again() {
    for frame in [
        r#"{"event":"auth:refresh"}"#,
        r#"{"event":"error","error":{"code":"token_expired","message":"show me another"}}"#,
    ] {
        let (mut world, peer) = signed_in("one");
        for _ in 0..1_000 {
            world.server.send_raw(frame);
        }
        world.run(SECOND);
        assert_eq!(shown(&world).len(), 2, "{frame}");
        world.run(10 * SECOND);
        world.server.send_raw(frame);
        world.run(SECOND);
        assert_eq!(shown(&world).len(), 3, "{frame}");
        assert_eq!(status(&world, peer), ConnectionStatus::Connected);
        assert_eq!(world.take_faults(peer), []);
    }
}

#[test]
fn a_server_that_asks_an_app_without_tokens_gets_none() {
    let mut world = World::new(2);
    let peer = world.connect();
    world.run(SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    world.server.send_raw(r#"{"event":"auth:refresh"}"#);
    world.run(SECOND);
    assert_eq!(shown(&world), []);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}

#[test]
fn a_renewed_token_that_is_refused_ends_the_link_and_the_next_one_shows_another() {
    let (mut world, peer) = signed_in("one");
    world.server.token = Some("three".to_owned());
    renew(&mut world, peer, "two");
    world.set_token(peer, Ok(Some("three".to_owned())));
    world.run(10 * SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    let shown = shown(&world);
    assert_eq!(shown[..2], [(1, "one".into()), (1, "two".into())]);
    let (socket, token) = shown.last().expect("it has shown tokens");
    assert!(*socket > 1 && token == "three", "{shown:?}");
}

#[test]
fn an_app_that_has_no_new_token_for_now_keeps_its_link_and_is_told() {
    let (mut world, peer) = signed_in("one");
    let error = FetchError::new("503");
    world.set_token(peer, Err(error.clone()));
    world.act(peer, Client::renew_token);
    world.run(SECOND);
    assert_eq!(world.take_faults(peer), [Fault::Token(error)]);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    assert_eq!(shown(&world).len(), 1);
    renew(&mut world, peer, "one");
    assert_eq!(shown(&world).len(), 2);
}

#[test]
fn a_provider_that_will_never_have_a_token_ends_the_attempts() {
    let (mut world, peer) = signed_in("one");
    world.set_token(peer, Err(FetchError::permanent("signed out elsewhere")));
    let send = world.act(peer, |client, now| {
        client.disconnect(now);
        client.connect(now);
        client.send(now, Message::new("say", "1"))
    });
    world.run(SECOND);
    let ended = (send, Err(SendError::Disconnected));
    assert_eq!(world.take_settled(peer), [ended]);
    assert_denied(&mut world, peer, "signed out elsewhere");

    // Once somebody is signed in again, the app says so.
    world.set_token(peer, Ok(Some("one".to_owned())));
    world.act(peer, Client::reconnect);
    world.run(SECOND);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
    assert_eq!(world.client(peer).connection().close_reason, None);
}

#[test]
fn only_who_is_not_signed_in_is_signed_out_and_not_who_gets_an_answer_of_no_use() {
    for status in [200, 400, 404, 409, 302] {
        let (mut world, peer) = signed_in("one");
        let odd = FetchError::permanent("could not read /api/ticket").with_status(status);
        world.set_token(peer, Err(odd.clone()));
        // On the link that there is, and before the next one.
        world.act(peer, Client::renew_token);
        world.run(SECOND);
        assert_eq!(world.take_faults(peer), [Fault::Token(odd)]);
        assert_eq!(self::status(&world, peer), ConnectionStatus::Connected);
        world.act(peer, Client::reconnect);
        world.run(20 * SECOND);
        assert_eq!(
            world.client(peer).connection().close_reason,
            None,
            "{status}"
        );
        world.set_token(peer, Ok(Some("one".to_owned())));
        world.run(60 * SECOND);
        assert_eq!(self::status(&world, peer), ConnectionStatus::Connected);
    }
    for status in [401, 403] {
        let (mut world, peer) = signed_in("one");
        let denied = FetchError::permanent("signed out").with_status(status);
        world.set_token(peer, Err(denied));
        world.act(peer, Client::reconnect);
        world.run(SECOND);
        assert_denied(&mut world, peer, "signed out");
    }
}

#[test]
fn one_that_is_denied_while_the_link_is_open_ends_it() {
    let (mut world, peer) = signed_in("one");
    world.set_token(peer, Err(FetchError::permanent("blocked")));
    world.server.send_raw(r#"{"event":"auth:refresh"}"#);
    world.run(SECOND);
    assert_denied(&mut world, peer, "blocked");
}

#[test]
fn a_server_that_forbids_the_handshake_is_not_asked_again() {
    let connection = ConnectionOptions {
        has_token: true,
        ..ConnectionOptions::default()
    };
    for code in [r#""forbidden""#, "403"] {
        let options = ClientOptions::new("ws://server.test").with_connection(connection.clone());
        let mut client = Client::new(options, Box::new(JsonCodec::default()));
        let now = Instant::from_millis(1);
        client.connect(now);
        let mut auth = None;
        while let Some(output) = client.poll_output() {
            match output {
                Output::RequestToken { generation } => {
                    let result = Ok(Some("one".to_owned()));
                    client.handle(now, Input::Token { generation, result });
                }
                Output::Connect { generation, .. } => {
                    client.handle(now, Input::Opened { generation });
                }
                Output::Transmit {
                    generation,
                    frame: Frame::Text(text),
                } => auth = Some((generation, text)),
                other => panic!("{other:?}"),
            }
        }
        let (generation, auth) = auth.expect("the token is shown");
        let auth: serde_json::Value = serde_json::from_str(&auth).expect("an envelope");
        let refusal = format!(
            r#"{{"event":"auth","re":{},"error":{{"code":{code},"message":"blocked"}}}}"#,
            auth["id"]
        );
        let frame = FrameRef::Text(&refusal);
        client.handle(now, Input::Frame { generation, frame });
        let info = client.connection();
        let message = "blocked".into();
        assert_eq!(
            info.close_reason,
            Some(CloseReason::Unauthorized { message }),
            "{code}"
        );
        assert!(matches!(info.last_error, Some(ConnectionError::Refused(_))));
        assert_eq!(client.next_deadline(), None, "{code}");
    }
}

#[test]
fn over_socket_io_a_renewed_token_opens_another_socket_and_goes_on_with_the_session() {
    let mut wired = Wired::with_token(SocketIoOptions::new(), Some("one"));
    wired.open();
    assert_eq!(wired.sent(), [r#"40{"token":"one"}"#]);
    wired.feed(r#"40{"sid":"s1","pid":"p1"}"#);
    wired.sent();
    wired.token = Some("two".to_owned());
    wired.act(Client::renew_token);
    assert_eq!(
        wired.sent(),
        [""; 0],
        "no DISCONNECT: the session is to go on"
    );
    assert_eq!(wired.closes, [1000]);
    wired.open();
    let connect = wired.sent().remove(0);
    assert!(connect.contains(r#""token":"two""#), "{connect}");
    assert!(connect.contains(r#""pid":"p1""#), "{connect}");
}

#[test]
fn over_socket_io_a_good_link_is_not_given_up_before_the_next_token_is_there() {
    let mut wired = Wired::with_token(SocketIoOptions::new(), Some("one"));
    wired.open();
    wired.feed(r#"40{"sid":"s1","pid":"p1"}"#);
    wired.sent();
    wired.answers_tokens = false;
    wired.act(Client::renew_token);
    wired.run(60 * SECOND / 4);
    assert_eq!(wired.info().status, ConnectionStatus::Connected);
    assert_eq!(wired.closes, [0; 0]);
    assert_eq!(wired.asked.len(), 1);
    // One that is not to be had for the moment costs nothing either.
    wired.answer_token(Err(FetchError::new("503")));
    assert_eq!(wired.faults, [Fault::Token(FetchError::new("503"))]);
    assert_eq!(wired.info().status, ConnectionStatus::Connected);

    wired.act(Client::renew_token);
    wired.answer_token(Ok(Some("two".to_owned())));
    assert_eq!(wired.closes, [1000]);
    assert_eq!(wired.asked, [], "it has the token already");
    wired.open();
    let connect = wired.sent().remove(0);
    assert!(connect.contains(r#""token":"two""#), "{connect}");
    assert!(connect.contains(r#""pid":"p1""#), "{connect}");
    wired.feed(r#"40{"sid":"s2","pid":"p1"}"#);
    assert_eq!(wired.info().status, ConnectionStatus::Connected);
}

#[test]
fn over_socket_io_a_middleware_that_forbids_ends_the_attempts() {
    let mut wired = Wired::with_token(SocketIoOptions::new(), Some("one"));
    wired.open();
    wired.feed(r#"44{"message":"blocked","data":{"code":"forbidden"}}"#);
    let info = wired.info();
    assert!(matches!(
        info.close_reason,
        Some(CloseReason::Unauthorized { .. })
    ));
    assert_eq!(wired.client.next_deadline(), None);
}

#[test]
fn an_app_without_tokens_is_told_that_the_server_wants_one() {
    let mut world = World::new(3);
    let peer = world.connect();
    world.run(SECOND);
    let frame = r#"{"event":"error","error":{"code":"token_expired","message":"sign in"}}"#;
    world.server.send_raw(frame);
    world.run(SECOND);
    let error = ServerError::new("token_expired", "sign in");
    assert_eq!(world.take_faults(peer), [Fault::Server(error)]);
    assert_eq!(status(&world, peer), ConnectionStatus::Connected);
}
