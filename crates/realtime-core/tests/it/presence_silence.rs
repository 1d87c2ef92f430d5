//! Silence: when somebody unheard of is given up, and when not.

use crate::presence_kit::{at, ids, live_roster, online, roster_with, run, update};
use realtime_core::PresenceOptions;
use serde_json::json;

#[test]
fn a_silent_member_is_gone_after_two_and_a_half_heartbeats() {
    let mut roster = live_roster();
    online(&mut roster, 1_000, "u1", "c1");
    online(&mut roster, 30_000, "u2", "c2");
    run(&mut roster, 75_999);
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
    run(&mut roster, 76_250);
    assert_eq!(ids(&roster), ["me", "u2"]);
    assert_eq!(roster.stats().expired_connections, 1);
}

#[test]
fn one_lost_heartbeat_makes_no_ghost_leave() {
    let mut roster = live_roster();
    for beat in [0, 30_000, 90_000, 120_000, 180_000] {
        run(&mut roster, beat);
        online(&mut roster, beat, "u1", "c1");
        assert_eq!(ids(&roster), ["me", "u1"]);
    }
    run(&mut roster, 254_999);
    assert_eq!(ids(&roster), ["me", "u1"]);
}

#[test]
fn a_silent_tab_goes_without_its_user() {
    let mut roster = live_roster();
    online(&mut roster, 0, "u1", "dead");
    for millis in (0..=90_000).step_by(30_000) {
        run(&mut roster, millis);
        online(&mut roster, millis, "u1", "alive");
    }
    assert_eq!(ids(&roster), ["me", "u1"]);
    assert_eq!(roster.snapshot().members[1].connections, 1);
}

/// Elsewhere a laptop that wakes shows everybody leaving and coming back, or ghosts for ever.
#[test]
fn waking_from_sleep_expires_nobody_whose_frames_are_still_waiting() {
    let mut roster = live_roster();
    online(&mut roster, 0, "alive", "c1");
    online(&mut roster, 0, "ghost", "c2");
    let hour = 3_600_000;
    roster.handle_timeout(at(hour));
    assert_eq!(ids(&roster), ["me", "alive", "ghost"]);
    assert!(!online(&mut roster, hour + 100, "alive", "c1"));
    run(&mut roster, hour + 1_999);
    assert_eq!(ids(&roster), ["me", "alive", "ghost"]);
    run(&mut roster, hour + 2_000);
    assert_eq!(ids(&roster), ["me", "alive"]);
}

#[test]
fn a_frame_that_is_handled_before_the_late_timer_saves_its_sender_and_the_others() {
    let mut roster = live_roster();
    online(&mut roster, 0, "u1", "c1");
    online(&mut roster, 0, "u2", "c2");
    assert!(
        !online(&mut roster, 200_000, "u1", "c1"),
        "nobody was dropped on the way"
    );
    assert!(!online(&mut roster, 200_001, "u2", "c2"));
    run(&mut roster, 270_000);
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
}

#[test]
fn a_hidden_tab_whose_timers_come_once_a_minute_still_drops_ghosts() {
    let mut roster = live_roster();
    online(&mut roster, 0, "ghost", "c1");
    for minute in 1..=3 {
        roster.handle_timeout(at(minute * 60_000));
    }
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn silence_is_counted_by_our_own_clock_whatever_the_frame_says() {
    let mut roster = live_roster();
    update(
        &mut roster,
        1_000,
        &json!({"userId": "u1", "updatedAt": 0, "lastSeen": "1970-01-01"}),
    );
    run(&mut roster, 75_000);
    assert_eq!(ids(&roster), ["me", "u1"]);
}

#[test]
fn without_snapshots_the_stale_have_one_expiry_from_the_reconnect_to_be_heard() {
    let mut roster = live_roster();
    online(&mut roster, 0, "gone", "c1");
    online(&mut roster, 0, "here", "c2");
    roster.link_down(at(10_000));
    run(&mut roster, 200_000);
    roster.link_up(at(200_000));
    run(&mut roster, 230_000);
    online(&mut roster, 230_000, "here", "c2");
    assert!(roster.snapshot().members[1].stale);
    assert!(!roster.snapshot().members[2].stale);
    run(&mut roster, 274_999);
    assert_eq!(ids(&roster), ["me", "gone", "here"]);
    run(&mut roster, 275_250);
    assert_eq!(ids(&roster), ["me", "here"]);
}

#[test]
fn we_never_expire_ourselves() {
    let mut roster = roster_with(PresenceOptions::default());
    roster.link_up(at(0));
    run(&mut roster, 3_600_000);
    assert_eq!(ids(&roster), ["me"]);
}
