//! What a hostile or broken server, or peer, gets.

use crate::presence_kit::{
    at, ids, leave, live_roster, live_roster_with, member, online, roster_with, row, sync, update,
};
use realtime_core::{Metadata, PresenceOptions};
use serde_json::{Value, json};

#[test]
fn a_full_roster_refuses_newcomers_and_keeps_hearing_those_it_has() {
    let mut roster = live_roster_with(PresenceOptions::default().with_max_members(3));
    for (millis, user) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        online(&mut roster, millis, user, "c");
    }
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
    assert_eq!(roster.stats().refused_members, 1);
    assert!(update(
        &mut roster,
        4,
        &row("u1", Some("c"), "busy", Value::Null)
    ));
    leave(&mut roster, 5, "u1", None);
    assert!(online(&mut roster, 6, "u3", "c"), "there is room again");
    let rows: Vec<_> = ["a", "b", "c", "d"]
        .map(|user| row(user, None, "online", Value::Null))
        .into();
    sync(&mut roster, 7, &rows);
    assert_eq!(ids(&roster), ["me", "a", "b"]);
    assert_eq!(roster.stats().refused_members, 3);
}

#[test]
fn somebody_who_left_while_we_joined_takes_no_place_in_a_full_room() {
    let mut roster = roster_with(PresenceOptions::default().with_max_members(2));
    roster.link_up(at(0));
    leave(&mut roster, 1, "u1", None);
    online(&mut roster, 2, "u2", "c");
    sync(&mut roster, 3, &[row("u1", None, "online", Value::Null)]);
    assert_eq!(ids(&roster), ["me", "u2"]);
}

#[test]
fn a_member_with_too_many_connections_loses_the_one_unheard_for_longest() {
    let options = PresenceOptions::default().with_max_connections_per_member(2);
    let mut roster = live_roster_with(options);
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u1", "c2");
    online(&mut roster, 3, "u1", "c1");
    online(&mut roster, 4, "u1", "c3");
    assert_eq!(member(&roster, "u1").connections, 2);
    assert_eq!(roster.stats().evicted_connections, 1);
    leave(&mut roster, 5, "u1", Some("c2"));
    assert_eq!(roster.stats().unknown_leaves, 1, "c2 was the one");
    leave(&mut roster, 6, "u1", Some("c1"));
    leave(&mut roster, 7, "u1", Some("c3"));
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn parked_changes_are_bounded_and_the_latest_are_kept() {
    let mut roster = roster_with(PresenceOptions::default().with_max_parked(2));
    roster.link_up(at(0));
    for (millis, user) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        online(&mut roster, millis, user, "c");
    }
    sync(&mut roster, 4, &[]);
    assert_eq!(ids(&roster), ["me", "u2", "u3"]);
    assert_eq!(
        (roster.stats().parked, roster.stats().parked_dropped),
        (3, 1)
    );
}

#[test]
fn events_nobody_polls_are_bounded_and_counted() {
    let mut roster = live_roster_with(PresenceOptions::default().with_max_events(2));
    for (millis, user) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        online(&mut roster, millis, user, "c");
    }
    let polled = std::iter::from_fn(|| roster.poll_event()).count();
    assert_eq!(polled, 2);
    assert_eq!(roster.stats().events_dropped, 1);
}

#[test]
fn unreadable_frames_are_errors_that_change_nothing() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    let before = roster.snapshot();
    for (event, data) in [
        ("presence:update", ""),
        ("presence:update", "{}"),
        ("presence:update", r#"{"userId":7}"#),
        ("presence:update", r#"{"userId":""}"#),
        ("presence:leave", "null"),
        ("presence:leave", r#"{"userId":"u1","connectionId":{}}"#),
        ("presence:sync", r#"{"members":{}}"#),
        ("presence:sync", "{}"),
    ] {
        let error = roster.receive(at(2), event, data).unwrap_err();
        assert_eq!(&*error.what, event);
    }
    assert_eq!(roster.stats().malformed, 8);
    assert!(std::rc::Rc::ptr_eq(&before, &roster.snapshot()));
    assert_eq!(roster.receive(at(3), "presence:wave", "{}"), Ok(false));
    assert_eq!(roster.stats().unknown_events, 1);
}

#[test]
fn goodbyes_of_strangers_and_repeated_ones_are_counted_and_harmless() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    assert!(leave(&mut roster, 2, "u1", Some("c1")));
    assert!(!leave(&mut roster, 3, "u1", Some("c1")));
    assert!(!leave(&mut roster, 4, "stranger", None));
    assert_eq!(roster.stats().unknown_leaves, 2);
}

#[test]
fn names_and_avatars_of_others_are_made_safe() {
    let mut roster = live_roster();
    update(
        &mut roster,
        1,
        &json!({"userId": "u1", "user": {
            "id": "u1", "name": "Lin\u{202e}\u{0}\n", "avatar": "JavaScript:alert(1)",
        }}),
    );
    update(
        &mut roster,
        2,
        &json!({"userId": "u2", "user": {"name": "é".repeat(9_000)}}),
    );
    update(&mut roster, 3, &json!({"userId": "u3"}));
    assert_eq!(&*member(&roster, "u1").user.name, "Lin");
    assert_eq!(member(&roster, "u1").user.avatar, None);
    assert_eq!(roster.stats().rejected_avatars, 1);
    assert_eq!(member(&roster, "u2").user.name.chars().count(), 256);
    assert_eq!(&*member(&roster, "u3").user.name, "u3");
    assert_eq!(roster.stats().missing_users, 1);
}

#[test]
fn ids_that_mean_something_in_other_languages_are_just_ids() {
    let mut roster = live_roster();
    for (millis, id) in (1..).zip(["__proto__", "constructor", "null", "0"]) {
        online(&mut roster, millis, id, "toString");
    }
    assert_eq!(
        ids(&roster),
        ["me", "__proto__", "constructor", "null", "0"]
    );
}

#[test]
fn metadata_over_the_limit_is_dropped_and_its_member_stays() {
    let mut roster = live_roster();
    let long = "x".repeat(Metadata::MAX_BYTES);
    update(&mut roster, 1, &row("u1", None, "busy", json!(long)));
    assert_eq!(member(&roster, "u1").metadata, None);
    assert_eq!(roster.stats().oversized_metadata, 1);
}
