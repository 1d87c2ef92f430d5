//! Away without being asked, and back.

use crate::presence_kit::{announcements, at, drain, live_roster, live_roster_with, run, sync};
use realtime_core::{PresenceOptions, PresenceStatus};

const MINUTE: u64 = 60_000;

fn statuses(roster: &mut realtime_core::presence::Roster, until: u64) -> Vec<(u64, String)> {
    run(roster, until)
        .into_iter()
        .map(|(millis, out)| {
            let data: serde_json::Value = serde_json::from_str(&out.data).unwrap();
            (millis, data["status"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn five_minutes_without_input_announce_away_and_the_next_key_announces_online() {
    let mut roster = live_roster();
    let said = statuses(&mut roster, 5 * MINUTE);
    assert_eq!(said.last(), Some(&(5 * MINUTE, "away".to_owned())));
    assert!(
        said[..said.len() - 1]
            .iter()
            .all(|(_, status)| status == "online")
    );
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Away);
    assert_eq!(roster.snapshot().chosen_status, PresenceStatus::Online);
    assert!(roster.snapshot().online.is_empty());

    roster.activity(at(6 * MINUTE));
    let back = announcements(&mut roster);
    assert_eq!(back.last().unwrap()["status"], "online");
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
}

#[test]
fn activity_that_changes_nothing_wakes_nobody() {
    let mut roster = live_roster();
    let before = roster.snapshot();
    for millis in 0..1_000 {
        roster.activity(at(millis));
    }
    assert!(drain(&mut roster).is_empty());
    assert!(std::rc::Rc::ptr_eq(&before, &roster.snapshot()));
}

#[test]
fn a_glance_at_another_tab_changes_nothing_and_a_minute_there_is_away() {
    let mut roster = live_roster();
    roster.set_visible(at(1_000), false);
    roster.set_visible(at(30_000), true);
    run(&mut roster, 2 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);

    roster.set_visible(at(2 * MINUTE), false);
    run(&mut roster, 3 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Away);
    roster.set_visible(at(4 * MINUTE), true);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
}

#[test]
fn busy_and_away_that_were_chosen_stay_as_chosen() {
    for chosen in [PresenceStatus::Busy, PresenceStatus::Away] {
        let mut roster = live_roster();
        roster.set_status(at(0), chosen);
        run(&mut roster, 10 * MINUTE);
        assert_eq!(roster.snapshot().my_status, chosen);
        roster.activity(at(11 * MINUTE));
        assert_eq!(roster.snapshot().my_status, chosen);
    }
}

#[test]
fn choosing_a_status_is_a_sign_of_life() {
    let mut roster = live_roster();
    run(&mut roster, 5 * MINUTE);
    roster.set_status(at(6 * MINUTE), PresenceStatus::Online);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
    run(&mut roster, 10 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
}

/// Elsewhere a reconnect forgets that the user was away and shows them online.
#[test]
fn away_survives_a_reconnect_and_so_does_the_time_that_is_left_until_it() {
    let mut roster = live_roster();
    run(&mut roster, 5 * MINUTE);
    drain(&mut roster);
    roster.link_down(at(5 * MINUTE + 1));
    roster.link_up(at(5 * MINUTE + 2));
    assert_eq!(announcements(&mut roster)[0]["status"], "away");

    let mut roster = live_roster();
    roster.link_down(at(4 * MINUTE));
    roster.link_up(at(4 * MINUTE + 1_000));
    sync(&mut roster, 4 * MINUTE + 1_000, &[]);
    run(&mut roster, 5 * MINUTE - 1);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
    run(&mut roster, 5 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Away);
}

#[test]
fn who_comes_back_an_hour_after_leaving_without_a_sign_of_life_comes_back_away() {
    let mut roster = live_roster();
    roster.leave(at(10));
    drain(&mut roster);
    roster.link_up(at(60 * MINUTE));
    let said = announcements(&mut roster);
    assert_eq!(said.last().unwrap()["status"], "away");
}

#[test]
fn idling_is_noticed_while_the_link_is_down_too() {
    let mut roster = live_roster();
    roster.link_down(at(0));
    run(&mut roster, 5 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Away);
    assert!(drain(&mut roster).is_empty());
}

#[test]
fn waking_from_a_long_sleep_into_the_page_announces_only_what_is_true_then() {
    let mut roster = live_roster();
    roster.activity(at(60 * MINUTE));
    let said = announcements(&mut roster);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0]["status"], "online");
}

#[test]
fn idling_can_be_turned_off() {
    let options = PresenceOptions::default()
        .with_idle_after(None)
        .with_hidden_after(None);
    let mut roster = live_roster_with(options);
    roster.set_visible(at(0), false);
    run(&mut roster, 60 * MINUTE);
    assert_eq!(roster.snapshot().my_status, PresenceStatus::Online);
}
