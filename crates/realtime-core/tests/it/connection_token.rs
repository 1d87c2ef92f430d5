//! Tokens: asked for before every attempt, once at a time, and never believed late.

use crate::connection_link::{Link, connects};
use realtime_core::{
    Generation, ServerError,
    connection::{ConnectionError, ConnectionOptions, ConnectionOutput, ConnectionStatus},
};
use std::time::Duration;

fn options() -> ConnectionOptions {
    ConnectionOptions {
        has_token: true,
        ..ConnectionOptions::default()
    }
}

fn refusal(code: &str, retry_after: Option<u64>) -> ServerError {
    ServerError {
        code: code.into(),
        message: "token expired".into(),
        retry_after,
    }
}

/// A link whose token has come and whose socket is open.
fn handshaking(options: ConnectionOptions) -> Link {
    let mut link = Link::new(options);
    link.connection.connect(link.now);
    if let Some(ConnectionOutput::RequestToken { generation }) = link.drain().first() {
        link.connection
            .token_ready(link.now, *generation, Ok(Some("secret".into())));
    }
    link.connection.socket_opened(link.now, link.generation());
    link
}

fn requests(outputs: &[ConnectionOutput]) -> Vec<Generation> {
    outputs
        .iter()
        .filter_map(|output| match output {
            ConnectionOutput::RequestToken { generation } => Some(*generation),
            _ => None,
        })
        .collect()
}

#[test]
fn the_socket_opens_only_once_the_token_is_there() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    let generation = link.generation();
    assert_eq!(
        link.drain(),
        [ConnectionOutput::RequestToken { generation }]
    );
    link.connection
        .token_ready(link.now, generation, Ok(Some("secret".into())));
    assert_eq!(link.drain(), [ConnectionOutput::Connect { generation }]);
    link.connection.socket_opened(link.now, generation);
    let outputs = link.drain();
    let [
        ConnectionOutput::Handshake {
            token: Some(token), ..
        },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}");
    };
    assert_eq!(token.as_str(), "secret");
}

#[test]
fn a_token_never_shows_in_debug_output() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection
        .token_ready(link.now, link.generation(), Ok(Some("secret".into())));
    assert!(!format!("{:?}", link.connection).contains("secret"));
    link.connection.socket_opened(link.now, link.generation());
    assert!(!format!("{:?}", link.drain()).contains("secret"));
}

#[test]
fn an_app_may_say_that_no_token_is_needed_after_all() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection
        .token_ready(link.now, link.generation(), Ok(None));
    link.establish();
}

#[test]
fn every_attempt_asks_for_a_fresh_token() {
    let mut link = handshaking(options());
    link.connection.handshake_done(link.now, link.generation());
    link.wait_secs(6);
    link.server_closes(4109);
    link.drain();
    link.await_attempt();
    assert_eq!(requests(&link.drain()), [link.generation()]);
}

#[test]
fn only_one_question_is_open_at_a_time() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection.connect(link.now);
    link.connection.reconnect(link.now);
    link.connection.set_visible(link.now, true);
    link.connection.set_online(link.now, true);
    assert_eq!(requests(&link.drain()).len(), 1);
}

#[test]
fn a_late_token_of_an_older_attempt_is_ignored() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    let old = link.generation();
    link.connection.disconnect(link.now);
    link.connection.connect(link.now);
    link.drain();
    link.connection
        .token_ready(link.now, old, Ok(Some("of the user before".into())));
    assert_eq!(link.drain(), []);
    link.connection
        .token_ready(link.now, link.generation(), Ok(Some("fresh".into())));
    assert_eq!(connects(&link.drain()), 1);
    // Nor is a second answer to the same question.
    link.connection
        .token_ready(link.now, link.generation(), Ok(Some("again".into())));
    assert_eq!(link.drain(), []);
    assert_eq!(link.connection.stats().stale, 2);
}

#[test]
fn a_failing_provider_is_asked_again_with_backoff() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection
        .token_ready(link.now, link.generation(), Err("503".into()));
    assert_eq!(
        link.info().last_error,
        Some(ConnectionError::Token("503".into()))
    );
    link.drain();
    assert!(link.await_attempt() >= Duration::from_millis(500));
    assert_eq!(requests(&link.drain()).len(), 1);
}

#[test]
fn a_provider_that_never_answers_is_asked_again_after_fifteen_seconds() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.drain();
    link.wait_secs(15);
    // There is no socket to close.
    assert_eq!(link.drain(), []);
    assert_eq!(
        link.info().last_error,
        Some(ConnectionError::TokenTimeout(Duration::from_secs(15)))
    );
    link.await_attempt();
    assert_eq!(requests(&link.drain()).len(), 1);
}

#[test]
fn an_unauthorized_handshake_leads_to_a_fresh_token_later_and_later() {
    let mut link = handshaking(options());
    let mut waits = Duration::ZERO;
    for _ in 0..8 {
        link.connection.handshake_failed(
            link.now,
            link.generation(),
            refusal("unauthorized", None),
        );
        link.drain();
        waits += link.await_attempt();
        assert_eq!(requests(&link.drain()).len(), 1);
        let (now, generation) = (link.now, link.generation());
        link.connection
            .token_ready(now, generation, Ok(Some("still bad".into())));
        link.connection.socket_opened(now, generation);
    }
    assert!(waits > Duration::from_secs(10), "{waits:?}");
}

#[test]
fn without_a_token_to_refresh_a_refused_client_comes_back_slowly() {
    let without = ConnectionOptions::default();
    let mut link = handshaking(without.clone());
    link.connection
        .handshake_failed(link.now, link.generation(), refusal("unauthorized", None));
    assert!(link.await_attempt() >= Duration::from_secs(10));

    let mut link = Link::up(without);
    link.server_closes(1008);
    assert!(link.await_attempt() >= Duration::from_secs(10));
}

#[test]
fn a_handshake_refused_for_now_is_repeated_not_before_the_server_said() {
    let mut link = handshaking(options());
    link.connection.handshake_failed(
        link.now,
        link.generation(),
        refusal("rate_limited", Some(30_000)),
    );
    link.connection.set_visible(link.now, true);
    let wait = link.await_attempt();
    assert!(wait > Duration::from_secs(30) && wait < Duration::from_secs(32));
}

#[test]
fn no_server_can_send_its_clients_away_for_days() {
    let mut link = handshaking(options());
    link.connection.handshake_failed(
        link.now,
        link.generation(),
        refusal("rate_limited", Some(u64::MAX)),
    );
    assert!(link.await_attempt() < Duration::from_secs(302));
}

#[test]
fn a_socket_that_never_opened_may_be_a_refused_token_and_gets_a_fresh_one() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection
        .token_ready(link.now, link.generation(), Ok(Some("secret".into())));
    // Whatever the code: a socket that never opened was never told anything.
    link.server_closes(1000);
    assert_eq!(
        link.info().last_error,
        Some(ConnectionError::NeverOpened { code: 1000 })
    );
    assert_eq!(link.status(), ConnectionStatus::Connecting);
    link.drain();
    link.await_attempt();
    assert_eq!(requests(&link.drain()).len(), 1);
}

/// Outputs in short: a question for a newer token, and a token that is shown.
fn renewals(outputs: &[ConnectionOutput]) -> Vec<String> {
    let words = outputs.iter().filter_map(|output| match output {
        ConnectionOutput::RenewToken { .. } => Some("ask".to_owned()),
        ConnectionOutput::ShowToken { token, .. } => Some(format!("show {}", token.as_str())),
        _ => None,
    });
    words.collect()
}

#[test]
fn of_two_renewals_in_a_row_the_answer_to_the_later_one_is_shown() {
    let mut link = handshaking(options());
    link.connection.handshake_done(link.now, link.generation());
    link.drain();
    let answer = |link: &mut Link, result: Result<&str, &str>| {
        let result = result.map(|it| Some(it.to_owned())).map_err(str::to_owned);
        let (now, generation) = (link.now, link.generation());
        link.connection.token_ready(now, generation, result);
        renewals(&link.drain())
    };
    for first in [Ok("old"), Err("503")] {
        link.connection.renew_token(link.now);
        link.connection.renew_token(link.now);
        link.connection.renew_token(link.now);
        assert_eq!(renewals(&link.drain()), ["ask"], "one question at a time");
        assert_eq!(answer(&mut link, first), ["ask"]);
        assert_eq!(answer(&mut link, Ok("new")), ["show new"]);
        assert_eq!(answer(&mut link, Ok("late")), [""; 0]);
    }
    // Nor does an answer end the session that may be older than a sign-in.
    link.connection.renew_token(link.now);
    link.connection.renew_token(link.now);
    let (now, generation) = (link.now, link.generation());
    link.connection
        .token_denied(now, generation, "signed out".into());
    assert_eq!(renewals(&link.drain()), ["ask", "ask"]);
    assert_eq!(link.status(), ConnectionStatus::Connected);
    assert_eq!(answer(&mut link, Ok("new")), ["show new"]);
}

#[test]
fn a_slow_provider_is_heard_however_often_the_server_asks_and_a_silent_one_is_asked_again() {
    let mut link = handshaking(options());
    link.connection.handshake_done(link.now, link.generation());
    link.drain();
    let expired = |link: &mut Link| {
        let (now, generation) = (link.now, link.generation());
        link.connection.token_expired(now, generation);
        renewals(&link.drain())
    };
    assert_eq!(expired(&mut link), ["ask"]);
    link.wait_secs(12);
    assert_eq!(expired(&mut link), [""; 0]);
    let (now, generation) = (link.now, link.generation());
    let token = Ok(Some("slow".to_owned()));
    link.connection.token_ready(now, generation, token);
    assert_eq!(renewals(&link.drain()), ["show slow"]);
    assert_eq!(expired(&mut link), ["ask"]);
    // The app may ask again, too, when its provider hangs.
    link.wait_secs(15);
    link.connection.renew_token(link.now);
    assert!(renewals(&link.drain()).contains(&"ask".to_owned()));
}
