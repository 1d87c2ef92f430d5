//! Announcements: what a roster says of its own user, and when.

use crate::presence_kit::{
    announcements, at, drain, leave, live_roster, live_roster_with, online, roster_with, run, sync,
};
use realtime_core::{Metadata, PresenceOptions, PresenceStatus, User};
use serde_json::json;
use std::time::Duration;

fn cursor(x: u64) -> Option<Metadata> {
    Some(Metadata::new(&json!({"x": x})).unwrap())
}

#[test]
fn joining_announces_the_whole_state_in_the_words_of_the_protocol() {
    let mut roster =
        roster_with(PresenceOptions::default().with_initial_status(PresenceStatus::Busy));
    roster.set_metadata(at(0), cursor(3));
    assert!(drain(&mut roster).is_empty(), "the link is down");
    roster.link_up(at(10));
    assert_eq!(
        announcements(&mut roster),
        [json!({
            "channel": "room",
            "user": {"id": "me", "name": "Ada"},
            "status": "busy",
            "metadata": {"x": 3},
        })]
    );
}

#[test]
fn metadata_that_was_taken_back_is_not_announced() {
    let mut roster = live_roster();
    roster.set_metadata(at(100), cursor(1));
    roster.set_metadata(at(200), None);
    assert_eq!(announcements(&mut roster)[0].get("metadata"), None);
    roster.set_metadata(at(300), cursor(1));
    roster.set_metadata(at(400), Some(Metadata::from_json("null").unwrap()));
    assert_eq!(announcements(&mut roster)[0].get("metadata"), None);
}

/// The pattern's heartbeat leaves the metadata out and so erases it at every peer.
#[test]
fn a_heartbeat_carries_the_current_status_and_metadata() {
    let mut roster = live_roster();
    roster.set_status(at(1_000), PresenceStatus::Busy);
    drain(&mut roster);
    roster.set_metadata(at(2_000), cursor(7));
    drain(&mut roster);
    let sent = run(&mut roster, 70_000);
    let moments: Vec<u64> = sent.iter().map(|(millis, _)| *millis).collect();
    assert_eq!(moments, [32_000, 62_000]);
    for (_, heartbeat) in sent {
        let data: serde_json::Value = serde_json::from_str(&heartbeat.data).unwrap();
        assert_eq!(data["status"], "busy");
        assert_eq!(data["metadata"], json!({"x": 7}));
    }
}

#[test]
fn a_dragged_cursor_is_announced_twenty_times_a_second_and_its_last_place_always() {
    let mut roster = live_roster();
    let mut sent = Vec::new();
    for millis in 1_000..2_000 {
        sent.extend(run(&mut roster, millis));
        roster.set_metadata(at(millis), cursor(millis));
        sent.extend(drain(&mut roster).into_iter().map(|out| (millis, out)));
    }
    sent.extend(run(&mut roster, 3_000));
    assert_eq!(sent[0].0, 1_000, "the first move is sent at once");
    assert!(sent.windows(2).all(|two| two[1].0 - two[0].0 >= 50));
    assert!((20..=21).contains(&sent.len()), "{} sent", sent.len());
    let last = &sent.last().unwrap().1;
    assert!(
        last.data.contains(r#""metadata":{"x":1999}"#),
        "{}",
        last.data
    );
}

#[test]
fn saying_the_same_again_announces_nothing() {
    let mut roster = live_roster();
    roster.set_metadata(at(100), cursor(1));
    drain(&mut roster);
    let revision = roster.revision();
    roster.set_metadata(at(200), cursor(1));
    roster.set_status(at(300), PresenceStatus::Online);
    roster.set_user(at(400), User::new("me", "Ada"));
    roster.activity(at(500));
    assert!(drain(&mut roster).is_empty());
    assert_eq!(roster.revision(), revision);
    assert!(
        run(&mut roster, 20_000).is_empty(),
        "nothing was put off either"
    );
}

#[test]
fn a_new_name_is_announced_and_somebody_elses_id_is_refused() {
    let mut roster = live_roster();
    roster.set_user(at(100), User::new("me", "Ada L."));
    assert_eq!(announcements(&mut roster)[0]["user"]["name"], "Ada L.");
    roster.set_user(at(200), User::new("you", "Eve"));
    assert!(drain(&mut roster).is_empty());
    assert_eq!(roster.user().id.as_str(), "me");
    assert_eq!(roster.stats().refused_users, 1);
}

#[test]
fn nothing_is_queued_while_the_link_is_down_and_the_present_state_is_announced_after_it() {
    let mut roster = live_roster();
    roster.link_down(at(1_000));
    for millis in 1_001..1_100 {
        roster.set_metadata(at(millis), cursor(millis));
    }
    roster.set_status(at(1_100), PresenceStatus::Busy);
    assert!(drain(&mut roster).is_empty());
    assert!(run(&mut roster, 90_000).is_empty());
    roster.link_up(at(90_000));
    let said = announcements(&mut roster);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["status"], "busy");
    assert_eq!(said[0]["metadata"], json!({"x": 1_099}));
}

#[test]
fn leaving_says_goodbye_once_and_stops_every_timer() {
    let mut roster = live_roster();
    roster.set_metadata(at(10), cursor(1));
    drain(&mut roster);
    roster.set_metadata(at(20), cursor(2));
    roster.leave(at(30));
    roster.leave(at(31));
    let sent = drain(&mut roster);
    assert_eq!(sent.len(), 1, "the put-off announcement is dropped");
    assert_eq!(sent[0].event, "presence:leave");
    assert_eq!(sent[0].data, r#"{"channel":"room","userId":"me"}"#);
    assert_eq!(roster.next_deadline(), None);
    assert_eq!(roster.stats().farewells, 1);
    assert!(!roster.snapshot().live);
}

#[test]
fn leaving_before_anybody_knew_us_says_nothing() {
    let mut never_up = roster_with(PresenceOptions::default());
    never_up.leave(at(0));
    assert!(drain(&mut never_up).is_empty());

    let mut down = live_roster();
    down.link_down(at(10));
    down.leave(at(20));
    assert!(drain(&mut down).is_empty(), "there is no link to say it on");
}

#[test]
fn a_page_that_comes_back_joins_again() {
    let mut roster = live_roster();
    roster.leave(at(10));
    drain(&mut roster);
    assert!(!leave(&mut roster, 11, "u1", None));
    assert_eq!(roster.stats().after_leave, 1);
    roster.link_up(at(5_000));
    assert_eq!(announcements(&mut roster).len(), 1);
    assert!(sync(&mut roster, 5_001, &[]));
    assert!(roster.snapshot().live);
}

/// On a server that does not tell tabs apart, closing one of two tabs says goodbye for both.
#[test]
fn closing_another_tab_does_not_mark_us_offline_because_we_announce_ourselves_again() {
    let mut roster = live_roster();
    leave(&mut roster, 5_000, "me", None);
    assert_eq!(announcements(&mut roster).len(), 1);
    assert_eq!(roster.snapshot().members.len(), 1);
    assert_eq!(roster.stats().healed, 1);
}

#[test]
fn a_storm_of_false_goodbyes_is_answered_once_a_second() {
    let mut roster = live_roster();
    let mut sent = 0;
    for millis in 1_000..4_000 {
        sent += run(&mut roster, millis).len();
        leave(&mut roster, millis, "me", None);
        sent += drain(&mut roster).len();
    }
    assert_eq!(sent, 3);
}

/// A server that sends no snapshot leaves it to the members to tell somebody new that they are here.
#[test]
fn somebody_new_hears_of_us_soon_where_the_server_tells_them_nothing() {
    let mut roster = roster_with(PresenceOptions::default());
    roster.link_up(at(0));
    run(&mut roster, 10_000);
    online(&mut roster, 10_000, "u1", "c1");
    let sent = run(&mut roster, 12_000);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!((10_500..=11_520).contains(&sent[0].0), "{sent:?}");
    assert_eq!(sent[0].1.event, "presence:announce");
    assert_eq!(roster.stats().reannounced, 1);
    online(&mut roster, 12_000, "u1", "c1");
    assert!(
        run(&mut roster, 20_000).is_empty(),
        "a heartbeat is nobody new"
    );
    online(&mut roster, 20_000, "u1", "c2");
    assert_eq!(run(&mut roster, 23_000).len(), 1, "another tab of theirs");
    online(&mut roster, 30_000, "me", "c3");
    assert!(run(&mut roster, 33_000).is_empty(), "another tab of ours");
}

#[test]
fn nobody_is_told_again_what_the_snapshot_has_told_them() {
    let mut roster = live_roster();
    online(&mut roster, 10_000, "u1", "c1");
    assert!(run(&mut roster, 20_000).is_empty());
    // On its way while somebody else joins.
    roster.link_up(at(20_000));
    drain(&mut roster);
    online(&mut roster, 20_100, "u2", "c1");
    sync(&mut roster, 20_400, &[]);
    assert!(run(&mut roster, 40_000).is_empty());
    assert_eq!(roster.stats().reannounced, 0);
}

/// A thousand people who come one after another, in ten seconds.
#[test]
fn a_crowd_that_joins_makes_no_storm() {
    let mut roster = roster_with(PresenceOptions::default()).with_seed(3);
    roster.link_up(at(0));
    drain(&mut roster);
    let mut sent = Vec::new();
    for number in 0..1_000 {
        let millis = 1_000 + number * 10;
        sent.extend(run(&mut roster, millis));
        online(&mut roster, millis, &format!("u{number}"), "c");
    }
    sent.extend(run(&mut roster, 29_000));
    assert!((1..=4).contains(&sent.len()), "{sent:?}");
    assert!(sent.windows(2).all(|two| two[1].0 - two[0].0 >= 5_000));
}

#[test]
fn a_heartbeat_of_zero_does_not_become_a_flood() {
    let options = PresenceOptions::default().with_heartbeat(Duration::ZERO);
    let mut roster = live_roster_with(options);
    assert_eq!(run(&mut roster, 10_000).len(), 10);
}
