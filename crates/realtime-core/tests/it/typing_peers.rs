//! Peers: who is shown as typing.

use realtime_core::{ChannelName, Instant, TypingOptions, UserId, typing::TypingRoom};
use serde_json::json;
use std::{rc::Rc, time::Duration};

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn room_with(options: TypingOptions) -> TypingRoom {
    let mut room = TypingRoom::new(
        ChannelName::from("room"),
        UserId::from("me"),
        "Ada",
        options,
    );
    room.link_up(at(0));
    room
}

fn room() -> TypingRoom {
    room_with(TypingOptions::default())
}

fn start(room: &mut TypingRoom, millis: u64, id: &str) -> bool {
    let data = json!({"channel": "room", "id": id, "name": format!("Name of {id}")});
    room.receive(at(millis), "typing:start", &data.to_string())
        .unwrap()
}

fn stop(room: &mut TypingRoom, millis: u64, id: &str) -> bool {
    let data = json!({"channel": "room", "id": id});
    room.receive(at(millis), "typing:stop", &data.to_string())
        .unwrap()
}

fn ids(room: &TypingRoom) -> Vec<String> {
    let ids = room.snapshot();
    ids.iter().map(|typist| typist.id.to_string()).collect()
}

#[test]
fn typists_come_in_the_order_in_which_they_began() {
    let mut room = room();
    for (millis, id) in [(0, "z"), (1, "a"), (2, "m"), (3, "z")] {
        start(&mut room, millis, id);
    }
    assert_eq!(ids(&room), ["z", "a", "m"]);
    assert_eq!(&*room.snapshot()[0].name, "Name of z");
    assert!(stop(&mut room, 4, "z"));
    start(&mut room, 5, "z");
    assert_eq!(ids(&room), ["a", "m", "z"]);
}

/// Elsewhere a lost stop, or a typist who closed the page, leaves the indicator on for ever.
#[test]
fn a_typist_whose_stop_is_lost_is_gone_after_three_seconds() {
    let mut room = room();
    start(&mut room, 1_000, "u1");
    assert_eq!(room.next_deadline(), Some(at(4_000)));
    room.handle_timeout(at(3_999));
    assert_eq!(ids(&room), ["u1"]);
    room.handle_timeout(at(4_000));
    assert!(ids(&room).is_empty());
    assert_eq!(room.next_deadline(), None);
    assert_eq!(room.stats().expired, 1);
}

#[test]
fn each_start_is_another_three_seconds_and_no_change() {
    let mut room = room();
    start(&mut room, 0, "u1");
    let before = room.snapshot();
    for millis in [2_900, 5_800, 8_700] {
        assert!(!start(&mut room, millis, "u1"));
    }
    assert!(Rc::ptr_eq(&before, &room.snapshot()));
    room.handle_timeout(at(11_700));
    assert!(ids(&room).is_empty());
}

#[test]
fn a_typist_whose_message_arrived_is_not_typing_any_more() {
    let mut room = room();
    start(&mut room, 0, "u1");
    assert!(room.clear_user(at(1), &UserId::from("u1")));
    assert!(!room.clear_user(at(2), &UserId::from("u1")));
    assert_eq!(room.next_deadline(), None, "no timer is left of them");
    assert!(ids(&room).is_empty());
    assert!(
        !stop(&mut room, 3, "u1"),
        "the stop that follows is no news"
    );
    assert_eq!((room.stats().cleared, room.stats().unknown_stops), (1, 1));
}

/// Elsewhere a viewer who loses the link sees somebody type until the page is loaded again.
#[test]
fn losing_the_link_clears_everybody() {
    let mut room = room();
    start(&mut room, 0, "u1");
    start(&mut room, 1, "u2");
    room.link_down(at(2));
    assert!(ids(&room).is_empty());
    assert_eq!(room.next_deadline(), None);
    assert_eq!(room.stats().cleared, 2);
}

#[test]
fn a_late_timer_shows_nobody_longer_once_anything_happens() {
    let mut room = room();
    start(&mut room, 0, "u1");
    assert!(start(&mut room, 60_000, "u2"));
    assert_eq!(ids(&room), ["u2"]);
}

#[test]
fn our_own_events_are_ignored_whichever_tab_sent_them() {
    let mut room = room();
    assert!(!start(&mut room, 0, "me"));
    assert!(!stop(&mut room, 1, "me"));
    assert!(ids(&room).is_empty());
    assert_eq!(room.stats().own, 2);
}

#[test]
fn two_tabs_of_one_user_are_one_typist_and_the_one_still_typing_shows_them_again() {
    let mut room = room();
    start(&mut room, 0, "u1");
    start(&mut room, 100, "u1");
    assert_eq!(ids(&room), ["u1"]);
    stop(&mut room, 200, "u1");
    assert!(ids(&room).is_empty());
    start(&mut room, 1_300, "u1");
    assert_eq!(ids(&room), ["u1"]);
}

#[test]
fn a_new_name_shows_in_place() {
    let mut room = room();
    start(&mut room, 0, "u1");
    start(&mut room, 1, "u2");
    let before = room.snapshot();
    let renamed = r#"{"id":"u1","name":"New\u0000 name"}"#;
    assert_eq!(room.receive(at(2), "typing:start", renamed), Ok(true));
    assert_eq!(ids(&room), ["u1", "u2"]);
    assert_eq!(&*room.snapshot()[0].name, "New name");
    assert!(Rc::ptr_eq(&before[1], &room.snapshot()[1]));
}

#[test]
fn ids_and_names_may_be_whole_numbers() {
    let mut room = room();
    let typing = r#"{"id":7,"name":42}"#;
    assert_eq!(room.receive(at(0), "typing:start", typing), Ok(true));
    assert_eq!(ids(&room), ["7"]);
    assert_eq!(&*room.snapshot()[0].name, "42");
    assert_eq!(
        room.receive(at(1), "typing:stop", r#"{"id":"7"}"#),
        Ok(true)
    );
}

/// `TypingOptions::with_timeout(Duration::MAX)` is what somebody writes who means "never".
#[test]
fn no_length_of_time_is_too_long() {
    let options = TypingOptions::default()
        .with_timeout(Duration::MAX)
        .with_keep_alive(Duration::MAX);
    let mut room = room_with(options);
    room.start(at(1));
    assert!(start(&mut room, 2, "u1"));
    room.handle_timeout(at(u64::MAX - 1));
    assert_eq!(ids(&room), ["u1"]);
    assert!(room.is_typing());
}

#[test]
fn a_typist_without_a_name_is_shown_by_id() {
    let mut room = room();
    room.receive(at(0), "typing:start", r#"{"id":"u1"}"#)
        .unwrap();
    assert_eq!(&*room.snapshot()[0].name, "u1");
}

#[test]
fn a_crowd_is_bounded_and_those_shown_stay_fresh() {
    let mut room = room_with(TypingOptions::default().with_max_typists(2));
    for (millis, id) in [(0, "u1"), (1, "u2"), (2, "u3"), (2_000, "u1")] {
        start(&mut room, millis, id);
    }
    assert_eq!(ids(&room), ["u1", "u2"]);
    assert_eq!(room.stats().refused, 1);
    room.handle_timeout(at(3_001));
    assert_eq!(ids(&room), ["u1"]);
    assert!(start(&mut room, 3_002, "u3"), "there is room again");
}

#[test]
fn unreadable_frames_are_errors_that_change_nothing() {
    let mut room = room();
    start(&mut room, 0, "u1");
    for data in [
        "",
        "{}",
        "[",
        r#"{"id":1.5}"#,
        r#"{"id":true}"#,
        r#"["u1","Ada"]"#,
        r#"{"id":""}"#,
        r#"{"id":"u1","name":[]}"#,
    ] {
        assert!(room.receive(at(1), "typing:start", data).is_err(), "{data}");
        assert!(room.receive(at(1), "typing:stop", data).is_err() || data.contains("name"));
    }
    assert_eq!(room.receive(at(2), "typing:pause", "{}"), Ok(false));
    assert_eq!(room.stats().unknown_events, 1);
}
