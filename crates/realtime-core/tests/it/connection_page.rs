//! The page: what the browser's events do to the connection.

use crate::connection_link::{Link, close_code, connects, pings};
use realtime_core::connection::{ConnectionOptions, ConnectionOutput, ConnectionStatus};
use std::time::Duration;

fn options() -> ConnectionOptions {
    ConnectionOptions::default()
}

#[test]
fn becoming_visible_or_a_network_change_probes_an_open_link() {
    for event in 0..3 {
        let mut link = Link::up(options());
        link.wait_secs(10);
        match event {
            0 => link.connection.set_visible(link.now, true),
            1 => link.connection.set_online(link.now, true),
            _ => link.connection.set_online(link.now, false),
        }
        assert_eq!(pings(&link.drain()), 1);
        link.wait(Duration::from_millis(2_999));
        assert_eq!(link.status(), ConnectionStatus::Connected);
        link.wait(Duration::from_millis(1));
        assert_eq!(link.status(), ConnectionStatus::Reconnecting);
    }
}

#[test]
fn a_probe_that_is_answered_leaves_the_link_alone() {
    let mut link = Link::up(options());
    link.wait_secs(10);
    link.connection.set_online(link.now, false);
    link.wait_secs(1);
    link.pong();
    link.wait_secs(20);
    assert_eq!(link.status(), ConnectionStatus::Connected);
}

#[test]
fn many_page_events_send_one_probe() {
    let mut link = Link::up(options());
    link.wait_secs(10);
    for _ in 0..20 {
        link.connection.set_visible(link.now, false);
        link.connection.set_visible(link.now, true);
        link.connection.set_online(link.now, true);
    }
    assert_eq!(pings(&link.drain()), 1);
}

#[test]
fn a_probe_replaces_the_longer_deadline_of_a_ping() {
    let mut link = Link::up(options());
    link.wait_secs(34);
    link.connection.set_visible(link.now, true);
    // One second was left; a probe is always given its three.
    link.wait_secs(2);
    assert_eq!(link.status(), ConnectionStatus::Connected);
    link.wait_secs(1);
    assert_eq!(link.status(), ConnectionStatus::Reconnecting);
}

#[test]
fn coming_online_or_into_view_cuts_a_wait_short() {
    for online in [true, false] {
        let mut link = Link::new(options());
        link.connection.connect(link.now);
        for _ in 0..8 {
            link.server_closes(1006);
            link.await_attempt();
        }
        link.server_closes(1006);
        link.drain();
        if online {
            link.connection.set_online(link.now, true);
        } else {
            link.connection.set_visible(link.now, true);
        }
        assert_eq!(connects(&link.drain()), 1);
        // Only a new network forgives the failures on the old one.
        assert_eq!(link.info().attempt, if online { 1 } else { 10 });
    }
}

#[test]
fn going_offline_or_out_of_view_leaves_a_wait_as_it_is() {
    let mut link = Link::new(options());
    link.connection.connect(link.now);
    link.server_closes(1006);
    let retry_at = link.info().retry_at;
    link.drain();
    link.connection.set_online(link.now, false);
    link.connection.set_visible(link.now, false);
    assert_eq!(link.drain(), []);
    assert_eq!(link.info().retry_at, retry_at);
    link.await_attempt();
}

#[test]
fn a_wait_the_server_asked_for_is_not_cut_short_by_page_events() {
    let mut link = Link::up(options());
    link.server_closes(1013);
    link.drain();
    link.connection.set_visible(link.now, true);
    link.connection.set_online(link.now, true);
    assert_eq!(link.drain(), []);
}

#[test]
fn leaving_the_page_closes_cleanly_and_coming_back_resumes() {
    let mut link = Link::up(options());
    let generation = link.generation();
    link.connection.page_hide(link.now);
    let outputs = link.drain();
    assert_eq!(outputs[0], ConnectionOutput::Down { generation });
    assert_eq!(close_code(&outputs), Some(1000));
    link.connection
        .socket_closed(link.now, generation, 1000, "", true);
    assert_eq!(link.connection.next_deadline(), None);
    assert!(!link.info().trouble);

    link.sleep(Duration::from_secs(3_600));
    assert_eq!(link.drain(), []);
    link.connection.page_show(link.now);
    assert_eq!(connects(&link.drain()), 1);
    link.establish();
}

#[test]
fn leaving_the_page_while_waiting_suspends_the_wait() {
    let mut link = Link::up(options());
    link.server_closes(1006);
    link.connection.page_hide(link.now);
    link.wait_secs(60);
    assert_eq!(connects(&link.drain()), 0);
    link.connection.page_show(link.now);
    assert_eq!(connects(&link.drain()), 1);
}

#[test]
fn showing_a_page_that_was_not_hidden_changes_nothing() {
    let mut idle = Link::new(options());
    idle.connection.page_hide(idle.now);
    idle.connection.page_show(idle.now);
    assert_eq!(idle.drain(), []);
    let mut up = Link::up(options());
    up.connection.page_show(up.now);
    assert_eq!(up.drain(), []);
}
