//! Limits: what a hostile or broken server, or peer, gets.

use crate::presence_kit::{
    at, ids, leave, live_roster, live_roster_with, member, online, roster_with, row, sync, update,
};
use realtime_core::{Metadata, PresenceOptions, PresenceStatus, User, presence::Roster};
use serde_json::{Value, json};
use std::time::Duration;

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
        ("presence:update", r#"{"userId":7.5}"#),
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
fn members_may_be_numbered() {
    let mut roster = live_roster();
    let lin = json!({"userId": 7, "user": {"id": 7, "name": 42}, "connectionId": 9});
    assert!(update(&mut roster, 1, &lin));
    assert_eq!(&*member(&roster, "7").user.name, "42");
    assert_eq!(roster.stats().malformed, 0);
    sync(&mut roster, 2, std::slice::from_ref(&lin));
    assert_eq!(ids(&roster), ["me", "7"]);
    assert!(leave(&mut roster, 3, "7", Some("9")));
    let numbered = Roster::new("room".into(), User::new("7", "Ada"), Default::default());
    let mut numbered = numbered;
    numbered.link_up(at(0));
    assert!(!update(&mut numbered, 1, &lin), "that is us");
}

/// Of a room that holds `max_bytes`, what peers who tell all they may can make it keep.
#[test]
fn a_room_is_bounded_in_bytes_and_says_what_it_has_dropped() {
    let options = PresenceOptions::default().with_max_bytes(100_000);
    let long = "x".repeat(10_000);
    let talker = |user: String| row(&user, Some("c"), "online", json!(long));
    let mut roster = live_roster_with(options.clone());
    for number in 0..50 {
        update(&mut roster, 1, &talker(format!("u{number}")));
    }
    let told = |roster: &Roster| {
        let members = roster.snapshot();
        let metadata = members.members.iter();
        let metadata = metadata.filter_map(|member| member.metadata.as_ref());
        metadata.map(|it| it.as_json().len()).sum::<usize>()
    };
    assert_eq!(ids(&roster).len(), 51, "everybody is shown");
    assert!((60_000..=75_000).contains(&told(&roster)));
    let kept = told(&roster) / long.len();
    assert_eq!(roster.stats().stripped, 50 - kept as u64);
    // Room that is given back can be used again, by those who are there too.
    leave(&mut roster, 2, "u0", None);
    leave(&mut roster, 2, "u1", None);
    update(&mut roster, 3, &talker(String::from("u49")));
    assert!(member(&roster, "u49").metadata.is_some());
    // A snapshot is measured by itself, and so is what was parked.
    let rows: Vec<Value> = (0..50).map(|number| talker(format!("u{number}"))).collect();
    sync(&mut roster, 4, &rows);
    assert_eq!(ids(&roster).len(), 51);
    assert!((60_000..=75_000).contains(&told(&roster)));
    roster.link_up(at(5));
    for number in 0..50 {
        update(&mut roster, 6, &talker(format!("u{number}")));
    }
    assert!(roster.stats().parked_dropped >= 40);
    sync(&mut roster, 7, &[]);
    assert!(told(&roster) <= 75_000);
    assert!(ids(&roster).len() <= 10, "the others were not parked");
}

#[test]
fn names_and_ids_count_among_the_bytes_of_a_room() {
    let options = PresenceOptions::default().with_max_bytes(10_000);
    let mut roster = live_roster_with(options);
    let long = "n".repeat(250);
    for number in 0..1_000 {
        let user = format!("{long}{number}");
        update(
            &mut roster,
            1,
            &row(&user, Some(&user), "online", Value::Null),
        );
    }
    let shown = ids(&roster).len();
    assert!((9..=13).contains(&shown), "{shown}");
    assert_eq!(roster.stats().refused_connections, 1_001 - shown as u64);
    // More connections of one who is there are refused too, and those that are there are heard.
    let one = ids(&roster)[1].clone();
    online(&mut roster, 2, &one, &format!("{long}x"));
    assert_eq!(member(&roster, &one).connections, 1);
    assert!(update(
        &mut roster,
        3,
        &row(&one, Some(&one), "busy", Value::Null)
    ));
    // In a snapshot too.
    let rows: Vec<Value> = (0..1_000)
        .map(|number| row(&format!("{long}{number}"), None, "online", Value::Null))
        .collect();
    sync(&mut roster, 4, &rows);
    assert!((9..=20).contains(&ids(&roster).len()));
    // What is given back is counted to the byte: after any churn as much fits as at first.
    for round in 0..200 {
        let user = format!("{long}{}", round % 7);
        online(&mut roster, 5, &user, "a");
        online(&mut roster, 5, &user, "b");
        leave(&mut roster, 5, &user, (round % 3 == 0).then_some("a"));
        leave(&mut roster, 5, &user, None);
    }
    sync(&mut roster, 6, &[]);
    for number in 0..1_000 {
        let user = format!("{long}{number}");
        update(
            &mut roster,
            7,
            &row(&user, Some(&user), "online", Value::Null),
        );
    }
    assert_eq!(ids(&roster).len(), shown);
}

#[test]
fn events_nobody_polls_are_bounded_in_bytes_too() {
    let mut roster = live_roster_with(PresenceOptions::default().with_max_bytes(50_000));
    for number in 0..100 {
        let metadata = json!(format!("{number}{}", "x".repeat(10_000)));
        update(&mut roster, 1, &row("u1", Some("c"), "online", metadata));
    }
    let polled = std::iter::from_fn(|| roster.poll_event()).count();
    assert!((1..=3).contains(&polled), "{polled}");
    assert_eq!(roster.stats().events_dropped, 100 - polled as u64);
}

#[test]
fn rows_that_are_no_members_are_counted_and_leave_the_others() {
    let mut roster = live_roster();
    let data = format!(
        r#"{{"members":[{}{{"userId":"u1"}}]}}"#,
        "1,[],null,{},\"x\",".repeat(1_000)
    );
    assert_eq!(roster.receive(at(1), "presence:sync", &data), Ok(true));
    assert_eq!(ids(&roster), ["me", "u1"]);
    assert_eq!(roster.stats().malformed, 5_000);
}

#[test]
fn a_sync_that_breaks_off_changes_nothing() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c");
    for data in [
        r#"{"members":[{"userId":"u2"},"#,
        r#"{"members":[{"userId":"u2"}]"#,
        r#"{"members":[{"userId":"u2"}],"members":[]}"#,
        r#"[[{"userId":"u2"}]]"#,
        r#"{"members":null}"#,
    ] {
        let result = roster.receive(at(2), "presence:sync", data);
        assert!(result.is_err(), "{data}");
    }
    assert_eq!(ids(&roster), ["me", "u1"]);
    assert_eq!(roster.stats().syncs, 1);
}

#[test]
fn no_length_of_time_is_too_long() {
    let options = PresenceOptions::default()
        .with_heartbeat(Duration::MAX)
        .with_expiry(Duration::MAX)
        .with_idle_after(Duration::MAX)
        .with_hidden_after(Duration::MAX)
        .with_metadata_interval(Duration::MAX);
    for options in [options.clone(), { options }.with_expiry(Duration::ZERO)] {
        let mut roster = roster_with(options.clone());
        roster.link_up(at(1));
        roster.set_visible(at(2), false);
        online(&mut roster, 3, "u1", "c");
        roster.set_status(at(4), PresenceStatus::Busy);
        leave(&mut roster, 5, "me", None);
        roster.handle_timeout(at(u64::MAX - 1));
        assert_eq!(roster.snapshot().my_status, PresenceStatus::Busy);
        assert!(options.expiry() <= Duration::MAX);
    }
    let _ = PresenceOptions::default()
        .with_heartbeat(Duration::MAX)
        .expiry();
}

#[test]
fn metadata_over_the_limit_is_dropped_and_its_member_stays() {
    let mut roster = live_roster();
    let long = "x".repeat(Metadata::MAX_BYTES);
    update(&mut roster, 1, &row("u1", None, "busy", json!(long)));
    assert_eq!(member(&roster, "u1").metadata, None);
    assert_eq!(roster.stats().oversized_metadata, 1);
}
