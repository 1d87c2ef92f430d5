//! Heartbeat: how a dead link is noticed, and a live one left alone.

use crate::connection_link::{Link, close_code, pings};
use realtime_core::connection::{ConnectionError, ConnectionOptions, ConnectionStatus};
use std::time::Duration;

fn options() -> ConnectionOptions {
    ConnectionOptions::default()
}

#[test]
fn silence_is_pinged_after_25_seconds_and_fatal_10_seconds_later() {
    let mut link = Link::up(options());
    link.wait(Duration::from_millis(24_999));
    assert_eq!(pings(&link.drain()), 0);
    link.wait(Duration::from_millis(1));
    assert_eq!(pings(&link.drain()), 1);
    link.wait(Duration::from_millis(9_999));
    assert_eq!(link.status(), ConnectionStatus::Connected);
    link.wait(Duration::from_millis(1));
    assert_eq!(close_code(&link.drain()), Some(3008));
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
    assert_eq!(link.info().last_error, Some(ConnectionError::Unresponsive));
    assert_eq!(link.connection.stats().unresponsive, 1);
}

#[test]
fn any_frame_counts_as_life_and_postpones_the_ping() {
    let mut link = Link::up(options());
    for _ in 0..10 {
        link.wait_secs(20);
        assert!(link.frame());
    }
    assert_eq!(pings(&link.drain()), 0);
    // A frame that is no pong also answers a ping.
    link.wait_secs(30);
    assert!(link.frame());
    link.wait_secs(20);
    assert_eq!(pings(&link.drain()), 1);
    assert_eq!(link.status(), ConnectionStatus::Connected);
}

#[test]
fn a_server_that_has_never_answered_a_ping_is_not_taken_for_dead() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.establish();
    link.wait_secs(600);
    assert_eq!(link.status(), ConnectionStatus::Connected);
    assert!(pings(&link.drain()) > 10);
}

#[test]
fn a_server_known_to_answer_is_not_pinged_at_once_again() {
    let mut link = Link::up(options());
    link.server_closes(1006);
    link.await_attempt();
    link.establish();
    assert_eq!(pings(&link.drain()), 0);
    link.wait_secs(35);
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
}

#[test]
fn the_round_trip_is_measured() {
    let mut link = Link::up(options());
    link.wait_secs(25);
    link.wait(Duration::from_millis(80));
    link.pong();
    assert_eq!(link.info().round_trip, Some(Duration::from_millis(80)));
    link.server_closes(1006);
    assert_eq!(link.info().round_trip, None);
}

#[test]
fn a_pong_is_not_taken_for_the_answer_to_a_ping_long_ago() {
    let mut link = Link::up(options());
    link.wait_secs(25);
    // A frame shows that the link lives, but the pong to this ping never comes.
    link.frame();
    link.wait_secs(20);
    link.connection.set_visible(link.now, true);
    link.wait(Duration::from_millis(80));
    link.pong();
    assert_eq!(link.info().round_trip, Some(Duration::from_millis(80)));
}

#[test]
fn waking_from_sleep_probes_before_it_declares_death() {
    let mut link = Link::up(options());
    link.wait_secs(26);
    assert_eq!(pings(&link.drain()), 1);
    link.sleep(Duration::from_secs(3_600));
    assert_eq!(link.status(), ConnectionStatus::Connected);
    assert_eq!(pings(&link.drain()), 1);
    link.wait(Duration::from_millis(2_999));
    assert_eq!(link.status(), ConnectionStatus::Connected);
    link.wait(Duration::from_millis(1));
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
}

#[test]
fn a_link_that_survived_the_sleep_is_kept() {
    let mut link = Link::up(options());
    link.wait_secs(26);
    link.sleep(Duration::from_secs(3_600));
    assert!(link.frame());
    link.wait_secs(20);
    assert_eq!(link.status(), ConnectionStatus::Connected);
}

#[test]
fn a_sleep_before_the_ping_was_due_makes_that_ping_a_probe() {
    let mut link = Link::up(options());
    link.sleep(Duration::from_secs(3_600));
    assert_eq!(pings(&link.drain()), 1);
    link.wait_secs(3);
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
}

#[test]
fn throttled_timers_of_a_hidden_tab_cannot_keep_a_dead_link_alive() {
    let mut link = Link::up(options());
    // Timers fire once a minute, so each looks like a clock jump.
    for _ in 0..3 {
        link.sleep(Duration::from_secs(60));
    }
    assert_ne!(link.status(), ConnectionStatus::Connected);
}

#[test]
fn an_attempt_that_slept_over_its_deadline_gets_one_reprieve() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.sleep(Duration::from_secs(3_600));
    assert_eq!(link.info().retry_at, None);
    // The event that the socket opened was queued behind the timer.
    link.establish();

    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.sleep(Duration::from_secs(3_600));
    link.sleep(Duration::from_secs(3_600));
    assert!(link.info().retry_at.is_some());
}
