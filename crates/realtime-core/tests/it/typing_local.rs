//! Local typing: what a typing room says of its own user, and when.

use realtime_core::{ChannelName, Ephemeral, Instant, TypingOptions, UserId, typing::TypingRoom};
use std::time::Duration;

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

fn drain(room: &mut TypingRoom) -> Vec<Ephemeral> {
    std::iter::from_fn(|| room.poll_outgoing()).collect()
}

fn events(room: &mut TypingRoom) -> Vec<&'static str> {
    drain(room).into_iter().map(|out| out.event).collect()
}

/// Presses keys at these moments, with an exact timer, and returns what was said and when.
fn type_at(room: &mut TypingRoom, keys: &[u64], until: u64) -> Vec<(u64, &'static str)> {
    let mut said = Vec::new();
    let mut keys = keys.iter().copied().peekable();
    loop {
        let due = room.next_deadline().map(Instant::as_millis);
        let key = keys.peek().copied();
        let Some(next) = due.into_iter().chain(key).min().filter(|at| *at <= until) else {
            return said;
        };
        if key == Some(next) {
            keys.next();
            room.start(at(next));
        } else {
            room.handle_timeout(at(next));
        }
        said.extend(events(room).into_iter().map(|event| (next, event)));
    }
}

#[test]
fn the_words_are_those_of_the_protocol() {
    let mut room = room();
    room.start(at(1));
    assert_eq!(
        drain(&mut room)[0].data,
        r#"{"channel":"room","id":"me","name":"Ada"}"#
    );
    room.stop(at(2));
    assert_eq!(drain(&mut room)[0].data, r#"{"channel":"room","id":"me"}"#);
}

/// The pattern says start once and goes silent, so its indicator goes out after 3 s of typing.
#[test]
fn steady_typing_is_told_every_keep_alive_and_ends_three_seconds_after_the_last_key() {
    let keys: Vec<u64> = (0..50).map(|key| key * 100).collect();
    let said = type_at(&mut room(), &keys, 60_000);
    assert_eq!(
        said,
        [
            (0, "typing:start"),
            (1_200, "typing:start"),
            (2_400, "typing:start"),
            (3_600, "typing:start"),
            (4_800, "typing:start"),
            (6_000, "typing:start"),
            (7_900, "typing:stop"),
        ]
    );
}

/// Without the start at 1.2 s, peers would drop us at 3 s and show us again at 3.3 s.
#[test]
fn a_key_within_the_keep_alive_is_told_when_it_is_over() {
    let said = type_at(&mut room(), &[0, 1_100, 3_300], 5_000);
    assert_eq!(
        said,
        [
            (0, "typing:start"),
            (1_200, "typing:start"),
            (3_300, "typing:start"),
        ]
    );
}

#[test]
fn no_start_goes_out_without_a_key_since_the_last_one() {
    let said = type_at(&mut room(), &[0], 60_000);
    assert_eq!(said, [(0, "typing:start"), (3_000, "typing:stop")]);
}

#[test]
fn sparse_keys_are_told_as_they_come() {
    let said = type_at(&mut room(), &[0, 2_500, 5_000], 6_000);
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|(_, event)| *event == "typing:start"));
}

#[test]
fn stopping_is_told_once_and_only_if_starting_was() {
    let mut room = room();
    room.stop(at(1));
    assert!(drain(&mut room).is_empty());
    room.start(at(2));
    room.stop(at(3));
    assert!(drain(&mut room).is_empty(), "the start was still waiting");
    room.start(at(2_000));
    drain(&mut room);
    room.stop(at(2_001));
    room.stop(at(2_002));
    assert_eq!(events(&mut room), ["typing:stop"]);
    assert_eq!(room.next_deadline(), None);
    assert!(!room.is_typing());
}

#[test]
fn emptying_the_field_stops() {
    let mut room = room();
    room.input(at(0), false);
    assert!(room.is_typing());
    drain(&mut room);
    room.input(at(100), true);
    assert!(!room.is_typing());
    assert_eq!(events(&mut room), ["typing:stop"]);
}

#[test]
fn typing_on_right_after_sending_is_told_but_not_faster_than_the_keep_alive() {
    let mut room = room();
    room.start(at(0));
    room.stop(at(100));
    room.start(at(200));
    drain(&mut room);
    assert_eq!(type_at(&mut room, &[], 1_500), [(1_200, "typing:start")]);
}

#[test]
fn nothing_is_queued_while_the_link_is_down_and_the_next_key_tells_it_again() {
    let mut room = room();
    room.start(at(0));
    drain(&mut room);
    room.start(at(100));
    room.link_down(at(200));
    room.start(at(2_000));
    assert!(room.is_typing());
    assert!(type_at(&mut room, &[], 2_400).is_empty());
    room.link_up(at(2_500));
    assert!(drain(&mut room).is_empty(), "not without a key");
    room.start(at(2_600));
    assert_eq!(events(&mut room), ["typing:start"]);
}

#[test]
fn what_was_about_to_be_said_when_the_link_went_down_is_never_said() {
    let mut room = room();
    room.start(at(0));
    room.link_down(at(1));
    assert!(drain(&mut room).is_empty());
    room.link_up(at(2));
    assert!(drain(&mut room).is_empty());
}

#[test]
fn typing_that_ended_while_the_link_was_down_is_not_told_after_it() {
    let mut room = room();
    room.start(at(0));
    drain(&mut room);
    room.link_down(at(100));
    room.stop(at(200));
    room.link_up(at(300));
    assert!(type_at(&mut room, &[], 60_000).is_empty());
}

#[test]
fn a_timer_that_comes_late_tells_the_stop_and_no_stale_start() {
    let mut room = room();
    room.start(at(0));
    room.start(at(500));
    drain(&mut room);
    room.handle_timeout(at(60_000));
    assert_eq!(events(&mut room), ["typing:stop"]);
}

#[test]
fn a_shorter_timeout_brings_a_faster_keep_alive() {
    let options = TypingOptions::default().with_timeout(Duration::from_secs(1));
    let said = type_at(&mut room_with(options), &[0, 100, 500], 5_000);
    assert_eq!(
        said,
        [
            (0, "typing:start"),
            (400, "typing:start"),
            (800, "typing:start"),
            (1_500, "typing:stop"),
        ]
    );
}

#[test]
fn a_new_name_is_told_with_the_next_start() {
    let mut room = room();
    room.set_user_name("Ada L.");
    room.start(at(0));
    assert!(drain(&mut room)[0].data.contains(r#""name":"Ada L.""#));
}
