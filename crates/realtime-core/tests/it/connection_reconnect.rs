//! Reconnects: when a lost link is sought again, and when not.

use crate::connection_link::{Link, close_code, connects};
use realtime_core::{
    Generation,
    connection::{
        CloseAction, ClosePolicy, CloseReason, ConnectionError, ConnectionOptions,
        ConnectionOutput, ConnectionStatus,
    },
};
use std::time::Duration;

fn options() -> ConnectionOptions {
    ConnectionOptions::default()
}

#[test]
fn connecting_goes_through_connect_handshake_and_up_in_that_order() {
    let mut link = Link::new(options());
    assert_eq!(link.status(), ConnectionStatus::Disconnected);
    link.connection.connect(link.now);
    assert_eq!(link.status(), ConnectionStatus::Connecting);
    link.establish();
    let generation = link.generation();
    assert_eq!(
        link.drain(),
        [
            ConnectionOutput::Connect { generation },
            ConnectionOutput::Handshake {
                generation,
                token: None
            },
            ConnectionOutput::Up { generation },
            ConnectionOutput::SendPing { generation },
        ]
    );
}

#[test]
fn connecting_twice_opens_one_socket() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection.connect(link.now);
    assert_eq!(connects(&link.drain()), 1);
}

#[test]
fn the_first_retry_after_a_healthy_link_is_almost_immediate() {
    for seed in 0..50 {
        let mut link = Link::seeded(options(), seed);
        link.connection.connect(link.now);
        link.establish();
        link.wait_secs(5);
        link.server_closes(1006);
        assert!(link.await_attempt() <= Duration::from_millis(250));
    }
}

#[test]
fn a_server_that_accepts_and_closes_at_once_meets_growing_waits() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    let mut waits = Vec::new();
    for _ in 0..40 {
        link.establish();
        link.wait(Duration::from_millis(4_900));
        link.server_closes(1011);
        waits.push(link.await_attempt());
    }
    assert!(waits[0] <= Duration::from_secs(1));
    assert!(waits.iter().all(|wait| *wait >= Duration::from_millis(500)));
    let late: Duration = waits[10..].iter().sum();
    assert!(late / 30 > Duration::from_secs(7), "{waits:?}");
}

#[test]
fn a_link_that_lived_five_seconds_forgives_the_failures_before_it() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    for _ in 0..10 {
        link.server_closes(1006);
        link.await_attempt();
    }
    assert_eq!(link.info().attempt, 11);
    link.establish();
    assert_eq!(link.info().attempt, 0);
    link.wait_secs(5);
    link.server_closes(1006);
    assert!(link.await_attempt() <= Duration::from_millis(250));
    assert_eq!(link.info().attempt, 1);
}

#[test]
fn clients_waiting_at_the_cap_do_not_come_back_together() {
    let mut waits: Vec<Duration> = (0..400)
        .map(|seed| {
            let mut link = Link::seeded(options(), seed);
            link.connection.connect(link.now);
            for _ in 0..9 {
                link.server_closes(1006);
                link.await_attempt();
            }
            link.server_closes(1006);
            link.await_attempt()
        })
        .collect();
    waits.sort_unstable();
    assert!(waits[399] <= Duration::from_secs(20));
    // In no second do more than an eighth of the clients come; an even share is a twentieth.
    for (from, wait) in waits.iter().enumerate() {
        let together = waits[from..]
            .iter()
            .take_while(|other| **other < *wait + Duration::from_secs(1))
            .count();
        assert!(together < 50, "{together} clients within one second");
    }
}

/// A link whose first socket has not opened in ten seconds.
fn hanging(options: ConnectionOptions) -> Link {
    let mut link = Link::new(options);
    link.connection.connect(link.now);
    link.drain();
    link.wait_secs(9);
    assert_eq!(link.drain(), []);
    link.wait_secs(1);
    assert!(matches!(
        link.info().last_error,
        Some(ConnectionError::ConnectTimeout(_))
    ));
    link
}

#[test]
fn a_socket_that_does_not_open_in_ten_seconds_is_given_up_for_the_next_one() {
    let mut link = hanging(options());
    let first = link.generation();
    assert_eq!(close_code(&link.drain()), None, "it may still open");
    link.wait_secs(5);
    let outputs = link.drain();
    assert_eq!(close_code(&outputs), Some(3008));
    assert_eq!(connects(&outputs), 1);
    // Opening after all changes nothing then.
    link.connection.socket_opened(link.now, first);
    assert_eq!(link.drain(), []);
}

#[test]
fn a_socket_that_opens_after_all_before_the_next_attempt_is_taken() {
    let mut link = hanging(options());
    let first = link.generation();
    link.drain();
    link.connection.socket_opened(link.now, first);
    link.connection.handshake_done(link.now, first);
    assert_eq!(link.status(), ConnectionStatus::Connected);
    assert_eq!(link.info().retry_at, None);
    assert_eq!(connects(&link.drain()), 0);
    link.wait_secs(20);
    assert_eq!(connects(&link.drain()), 0, "no other attempt comes");
}

#[test]
fn a_hanging_socket_that_fails_leaves_the_wait_as_it_is() {
    let mut link = hanging(options());
    let first = link.generation();
    let retry_at = link.info().retry_at;
    link.drain();
    link.connection
        .socket_closed(link.now, first, 1006, "", false);
    assert_eq!(link.drain(), []);
    assert_eq!(link.info().retry_at, retry_at);
    link.wait_secs(5);
    let outputs = link.drain();
    assert_eq!((close_code(&outputs), connects(&outputs)), (None, 1));
}

#[test]
fn a_hanging_socket_goes_with_the_connection_and_with_the_last_attempt() {
    let mut link = hanging(options());
    link.drain();
    link.connection.disconnect(link.now);
    assert_eq!(close_code(&link.drain()), Some(1000));
    let mut link = hanging(ConnectionOptions {
        give_up_after: Some(1),
        ..options()
    });
    assert_eq!(close_code(&link.drain()), Some(3008));
    assert!(link.ended().is_some());
}

#[test]
fn reconnect_replaces_a_socket_that_hangs() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    let first = link.generation();
    link.drain();
    link.wait_secs(1);
    link.connection.reconnect(link.now);
    assert_eq!(connects(&link.drain()), 0, "it has hardly begun");
    link.wait_secs(1);
    link.connection.reconnect(link.now);
    let outputs = link.drain();
    assert_eq!((close_code(&outputs), connects(&outputs)), (Some(1000), 1));
    assert_ne!(link.generation(), first);
    assert_eq!(link.info().attempt, 1);
}

#[test]
fn a_handshake_without_an_answer_is_given_up() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.connection.socket_opened(link.now, link.generation());
    link.wait_secs(10);
    assert_eq!(close_code(&link.drain()), Some(3008));
    assert!(link.info().retry_at.is_some());
}

#[test]
fn closing_with_a_stop_code_ends_the_connection() {
    for code in [1000, 1009, 4000] {
        let mut link = Link::up(options());
        let generation = link.generation();
        link.connection
            .socket_closed(link.now, generation, code, "go away", true);
        let reason = CloseReason::Server {
            code,
            reason: "go away".into(),
        };
        assert_eq!(
            link.drain(),
            [
                ConnectionOutput::Down { generation },
                ConnectionOutput::Ended { reason }
            ]
        );
        assert_eq!(link.status(), ConnectionStatus::Disconnected);
        assert_eq!(link.connection.next_deadline(), None);
    }
}

#[test]
fn an_overloaded_server_is_given_ten_seconds_at_least() {
    let mut link = Link::up(options());
    link.wait_secs(6);
    link.server_closes(1013);
    assert!(link.await_attempt() >= Duration::from_secs(10));
}

#[test]
fn the_app_can_overrule_the_table_of_close_codes() {
    let close_policy = ClosePolicy::new(|code| (code == 1000).then_some(CloseAction::RetrySlowly));
    let mut link = Link::up(ConnectionOptions {
        close_policy,
        ..options()
    });
    link.server_closes(1000);
    assert!(link.await_attempt() >= Duration::from_secs(10));
}

#[test]
fn giving_up_happens_after_the_allowed_attempts_and_reconnect_still_works() {
    let mut link = Link::new(ConnectionOptions {
        give_up_after: Some(3),
        ..options()
    });
    link.connection.connect(link.now);
    for _ in 0..2 {
        link.server_closes(1006);
        link.await_attempt();
    }
    link.server_closes(1006);
    assert_eq!(link.ended(), Some(&CloseReason::GaveUp));
    assert_eq!(link.connection.next_deadline(), None);

    link.drain();
    link.connection.reconnect(link.now);
    assert_eq!(connects(&link.drain()), 1);
    link.establish();
    assert_eq!(link.ended(), None);
}

#[test]
fn reconnect_cuts_a_wait_short_even_one_the_server_asked_for() {
    let mut link = Link::up(options());
    link.server_closes(1013);
    link.drain();
    link.connection.reconnect(link.now);
    assert_eq!(connects(&link.drain()), 1);
    assert_eq!(link.info().attempt, 1);
}

#[test]
fn reconnect_replaces_an_open_link_and_keeps_an_attempt_under_way() {
    let mut link = Link::up(options());
    let old = link.generation();
    link.connection.reconnect(link.now);
    let outputs = link.drain();
    assert_eq!(outputs[0], ConnectionOutput::Down { generation: old });
    assert_eq!(close_code(&outputs), Some(1000));
    assert_eq!(connects(&outputs), 1);
    for _ in 0..10 {
        link.connection.reconnect(link.now);
    }
    assert_eq!(link.drain(), []);
}

#[test]
fn after_disconnect_nothing_reconnects() {
    let mut link = Link::up(options());
    let generation = link.generation();
    link.connection.disconnect(link.now);
    assert_eq!(close_code(&link.drain()), Some(1000));
    assert_eq!(link.ended(), Some(&CloseReason::Requested));

    link.connection
        .socket_closed(link.now, generation, 1006, "", false);
    link.connection.set_online(link.now, true);
    link.connection.set_visible(link.now, true);
    link.connection.page_hide(link.now);
    link.connection.page_show(link.now);
    link.wait_secs(600);
    assert_eq!(link.drain(), []);
    assert_eq!(link.ended(), Some(&CloseReason::Requested));
}

#[test]
fn what_an_older_socket_says_is_ignored_and_counted() {
    let mut link = Link::up(options());
    let old = link.generation();
    link.server_closes(1006);
    link.await_attempt();
    link.establish();
    link.drain();

    let (connection, now) = (&mut link.connection, link.now);
    assert!(!connection.frame_received(now, old));
    connection.socket_opened(now, old);
    connection.handshake_done(now, old);
    connection.socket_closed(now, old, 1000, "", true);
    connection.protocol_error(now, old, "nonsense");
    connection.token_ready(now, Generation::default(), Err("late".into()));
    assert_eq!(connection.stats().stale, 6);
    assert_eq!(link.drain(), []);
    assert_eq!(link.status(), ConnectionStatus::Connected);
}

#[test]
fn a_protocol_error_closes_the_socket_and_tries_again() {
    let mut link = Link::up(options());
    link.connection
        .protocol_error(link.now, link.generation(), "not JSON");
    let outputs = link.drain();
    assert!(close_code(&outputs).is_some_and(|code| code >= 3000));
    assert_eq!(
        link.info().last_error,
        Some(ConnectionError::Protocol("not JSON".into()))
    );
    link.await_attempt();
}

#[test]
fn people_are_told_of_a_lost_link_only_after_five_seconds() {
    let mut link = Link::up(options());
    link.wait_secs(20);
    link.server_closes(1006);
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
    link.wait(Duration::from_millis(4_999));
    assert!(!link.info().trouble);
    while link.connection.poll_output().is_some() {}
    link.wait(Duration::from_millis(1));
    assert!(link.info().trouble);
    assert_eq!(
        link.connection.poll_output(),
        Some(ConnectionOutput::StatusChanged)
    );
    if link.info().retry_at.is_some() {
        link.await_attempt();
    }
    link.establish();
    assert!(!link.info().trouble);
}

#[test]
fn a_link_that_keeps_breaking_does_not_hide_the_trouble() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    for _ in 0..8 {
        link.establish();
        link.server_closes(1006);
        link.await_attempt();
    }
    assert!(link.info().trouble);
}

#[test]
fn the_info_says_since_when_and_when_next() {
    let mut link = Link::up(options());
    let lost = link.now;
    link.server_closes(1006);
    let retry_at = link.info().retry_at.expect("a retry");
    assert_eq!(link.info().since, lost);
    assert_eq!(
        link.info().last_error.as_ref().map(ToString::to_string),
        Some("the connection closed with code 1006".into())
    );
    link.await_attempt();
    assert_eq!(link.now, retry_at);
    // Still the same status, so since the same time.
    assert_eq!(link.info().since, lost);
    link.establish();
    assert_eq!(link.info().since, link.now);
    assert_eq!(link.info().last_error, None);
}
