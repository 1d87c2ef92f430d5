//! Members: who is shown as here.

use crate::presence_kit::{
    at, drain, ids, leave, live_roster, member, online, roster_with, row, run, sync, update,
};
use realtime_core::{Metadata, PresenceEvent, PresenceOptions, PresenceStatus, presence::Roster};
use serde_json::{Value, json};
use std::rc::Rc;

fn events(roster: &mut Roster) -> Vec<String> {
    std::iter::from_fn(|| roster.poll_event())
        .map(|event| match event {
            PresenceEvent::Joined(member) => format!("joined {}", member.user.id),
            PresenceEvent::Updated { old, new } => {
                format!("updated {}: {} to {}", new.user.id, old.status, new.status)
            }
            PresenceEvent::Left(member) => format!("left {}", member.user.id),
        })
        .collect()
}

#[test]
fn we_are_a_member_from_the_start_whatever_the_server_says() {
    let roster = roster_with(PresenceOptions::default());
    let snapshot = roster.snapshot();
    assert!(snapshot.members[0].is_me);
    assert!(!snapshot.live);
    let mut roster = live_roster();
    assert_eq!(ids(&roster), ["me"]);
    leave(&mut roster, 10, "me", None);
    assert_eq!(ids(&roster), ["me"]);
    assert_eq!(roster.snapshot().others().count(), 0);
}

#[test]
fn members_come_in_the_order_in_which_they_joined_and_changes_do_not_move_them() {
    let mut roster = live_roster();
    for (millis, user) in [(1, "z"), (2, "a"), (3, "m")] {
        assert!(online(&mut roster, millis, user, "c1"));
    }
    assert!(update(
        &mut roster,
        4,
        &row("z", Some("c1"), "away", Value::Null)
    ));
    assert_eq!(ids(&roster), ["me", "z", "a", "m"]);
    leave(&mut roster, 5, "z", None);
    online(&mut roster, 6, "z", "c2");
    assert_eq!(ids(&roster), ["me", "a", "m", "z"], "who rejoins is last");
}

#[test]
fn the_online_ones_are_those_whose_status_is_online() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    update(&mut roster, 2, &row("u2", None, "away", Value::Null));
    update(&mut roster, 3, &row("u3", None, "busy", Value::Null));
    let online: Vec<_> = roster
        .snapshot()
        .online
        .iter()
        .map(|member| member.user.id.to_string())
        .collect();
    assert_eq!(online, ["me", "u1"]);
}

/// Elsewhere closing one of two tabs marks the user offline, and two tabs count as two users.
#[test]
fn a_user_with_two_tabs_is_one_member_and_leaves_with_the_last_of_them() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u1", "c2");
    assert_eq!(ids(&roster), ["me", "u1"]);
    assert_eq!(member(&roster, "u1").connections, 2);
    leave(&mut roster, 3, "u1", Some("c1"));
    assert_eq!(member(&roster, "u1").connections, 1);
    leave(&mut roster, 4, "u1", Some("c2"));
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn a_goodbye_without_a_connection_takes_all_of_them() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u1", "c2");
    leave(&mut roster, 3, "u1", None);
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn a_server_without_connection_ids_has_one_connection_per_user() {
    let mut roster = live_roster();
    for millis in 1..4 {
        update(&mut roster, millis, &row("u1", None, "online", Value::Null));
    }
    assert_eq!(member(&roster, "u1").connections, 1);
    leave(&mut roster, 5, "u1", None);
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn a_server_that_tells_connections_only_sometimes_leaves_no_ghost() {
    let mut roster = live_roster();
    update(&mut roster, 1, &row("u1", None, "online", Value::Null));
    online(&mut roster, 2, "u1", "c1");
    assert_eq!(member(&roster, "u1").connections, 1);
    update(&mut roster, 3, &row("u1", None, "online", Value::Null));
    leave(&mut roster, 4, "u1", Some("c1"));
    assert_eq!(ids(&roster), ["me"]);

    update(&mut roster, 5, &row("u2", None, "online", Value::Null));
    leave(&mut roster, 6, "u2", Some("c9"));
    assert_eq!(ids(&roster), ["me"]);
}

#[test]
fn of_several_tabs_busy_counts_before_online_and_online_before_away() {
    let mut roster = live_roster();
    let steps = [
        ("c1", "away", PresenceStatus::Away),
        ("c2", "online", PresenceStatus::Online),
        ("c3", "busy", PresenceStatus::Busy),
        ("c1", "online", PresenceStatus::Busy),
        ("c3", "away", PresenceStatus::Online),
    ];
    for (millis, (connection, status, shown)) in (1..).zip(steps) {
        update(
            &mut roster,
            millis,
            &row("u1", Some(connection), status, Value::Null),
        );
        assert_eq!(
            member(&roster, "u1").status,
            shown,
            "after {connection} is {status}"
        );
    }
}

/// Two tabs that take turns in beating must not make name and cursor jump to and fro.
#[test]
fn heartbeats_of_two_tabs_do_not_make_a_member_flicker() {
    let mut roster = live_roster();
    let first = row("u1", Some("c1"), "online", json!("first"));
    let mut second = row("u1", Some("c2"), "online", json!("second"));
    second["user"]["name"] = json!("Another name");
    update(&mut roster, 1, &first);
    update(&mut roster, 2, &second);
    let shown = member(&roster, "u1");
    assert_eq!(&*shown.user.name, "Another name", "the latest change wins");
    for beat in 1..6 {
        assert!(!update(&mut roster, beat * 1_000, &first));
        assert!(!update(&mut roster, beat * 1_000 + 500, &second));
    }
    assert!(Rc::ptr_eq(&shown, &member(&roster, "u1")));
    let moved = row("u1", Some("c1"), "online", json!("moved"));
    assert!(update(&mut roster, 9_000, &moved));
    assert_eq!(
        member(&roster, "u1").metadata,
        Some(Metadata::new("moved").unwrap())
    );
}

/// Elsewhere a metadata change shows as a leave and a join.
#[test]
fn a_change_is_an_update_and_never_a_leave_and_a_join() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    update(&mut roster, 2, &row("u1", Some("c1"), "busy", json!([1])));
    leave(&mut roster, 3, "u1", None);
    assert_eq!(
        events(&mut roster),
        ["joined u1", "updated u1: online to busy", "left u1"]
    );
}

#[test]
fn an_update_is_the_whole_state_so_what_it_leaves_out_is_gone() {
    let mut roster = live_roster();
    update(&mut roster, 1, &row("u1", None, "busy", json!([1])));
    update(&mut roster, 2, &json!({"userId": "u1"}));
    let member = member(&roster, "u1");
    assert_eq!(member.metadata, None);
    assert_eq!(member.status, PresenceStatus::Online);
    assert_eq!(
        &*member.user.name, "Name of u1",
        "but who they are is known"
    );
}

#[test]
fn our_other_tabs_are_ours_and_no_peers() {
    let mut roster = live_roster();
    update(&mut roster, 1, &row("me", Some("c1"), "away", json!([1])));
    update(&mut roster, 2, &row("me", Some("c2"), "busy", json!([2])));
    assert_eq!(ids(&roster), ["me"]);
    let me = member(&roster, "me");
    assert_eq!(me.connections, 2);
    assert_eq!(me.status, PresenceStatus::Online, "this tab's own word");
    assert_eq!(me.metadata, None);
    assert!(events(&mut roster).is_empty());
    leave(&mut roster, 3, "me", Some("c2"));
    assert_eq!(member(&roster, "me").connections, 1);
    assert!(
        drain(&mut roster).is_empty(),
        "we are still known to be here"
    );
}

/// Elsewhere the others flash empty on a reconnect.
#[test]
fn a_reconnect_keeps_everybody_stale_until_the_snapshot_confirms_or_removes_them() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u2", "c2");
    events(&mut roster);
    roster.link_down(at(1_000));
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
    assert!(member(&roster, "u1").stale && member(&roster, "u2").stale);
    assert!(!member(&roster, "me").stale);
    assert!(!roster.snapshot().live);

    roster.link_up(at(200_000));
    assert_eq!(ids(&roster), ["me", "u1", "u2"], "nobody expired meanwhile");
    sync(
        &mut roster,
        200_100,
        &[
            row("u3", Some("c5"), "online", Value::Null),
            row("u2", Some("c4"), "online", Value::Null),
        ],
    );
    assert_eq!(
        ids(&roster),
        ["me", "u2", "u3"],
        "who stayed keeps their place"
    );
    assert!(!member(&roster, "u2").stale);
    assert!(roster.snapshot().live);
    assert_eq!(
        events(&mut roster),
        ["left u1", "joined u3"],
        "a new connection is no news"
    );
}

#[test]
fn changes_before_the_snapshot_are_shown_at_once_and_win_over_it_in_order() {
    let mut roster = roster_with(PresenceOptions::default());
    roster.link_up(at(0));
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u2", "c2");
    leave(&mut roster, 3, "u3", Some("c3"));
    update(&mut roster, 4, &row("u1", Some("c1"), "busy", Value::Null));
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
    events(&mut roster);
    // The server made this before all four and sent it after them.
    sync(
        &mut roster,
        5,
        &[
            row("u3", Some("c3"), "online", Value::Null),
            row("u1", Some("c1"), "away", Value::Null),
        ],
    );
    assert_eq!(ids(&roster), ["me", "u1", "u2"]);
    assert_eq!(member(&roster, "u1").status, PresenceStatus::Busy);
    assert!(
        events(&mut roster).is_empty(),
        "nobody came or went on the way"
    );
}

#[test]
fn a_snapshot_that_was_asked_for_before_does_not_hide_the_changes_under_the_next_one() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    // Whoever comes back at once may still be sent what they asked for before they left.
    roster.leave(at(10));
    roster.link_up(at(20));
    let before = [row("u1", Some("c1"), "online", Value::Null)];
    sync(&mut roster, 30, &before);
    assert!(roster.snapshot().live);
    online(&mut roster, 40, "u2", "c2");
    leave(&mut roster, 50, "u1", None);
    for millis in [60, 5_010] {
        // The answer to the second announcement was made before u2 came and u1 went.
        sync(&mut roster, millis, &before);
        assert_eq!(ids(&roster), ["me", "u2"]);
    }
    sync(&mut roster, 5_020, &before);
    assert_eq!(ids(&roster), ["me", "u1"], "a late snapshot is a new one");
}

#[test]
fn a_room_without_snapshots_is_live_after_five_seconds() {
    let mut roster = roster_with(PresenceOptions::default());
    roster.link_up(at(0));
    online(&mut roster, 1, "u1", "c1");
    run(&mut roster, 4_999);
    assert!(!roster.snapshot().live);
    run(&mut roster, 5_000);
    assert!(roster.snapshot().live);
    let parked = roster.stats().parked;
    online(&mut roster, 5_001, "u2", "c1");
    assert_eq!(roster.stats().parked, parked, "nothing is parked any more");
    sync(&mut roster, 9_000, &[]);
    assert_eq!(ids(&roster), ["me"], "a late snapshot still counts");
}

#[test]
fn the_snapshot_and_its_members_keep_their_pointers_until_they_change() {
    let mut roster = live_roster();
    online(&mut roster, 1, "u1", "c1");
    online(&mut roster, 2, "u2", "c2");
    let before = roster.snapshot();
    assert!(
        !online(&mut roster, 3, "u1", "c1"),
        "a heartbeat is no change"
    );
    assert!(Rc::ptr_eq(&before, &roster.snapshot()));
    assert!(update(
        &mut roster,
        4,
        &row("u1", Some("c1"), "online", json!([4]))
    ));
    let after = roster.snapshot();
    assert!(!Rc::ptr_eq(&before, &after));
    assert!(!Rc::ptr_eq(&before.members[1], &after.members[1]));
    assert!(Rc::ptr_eq(&before.members[2], &after.members[2]));
    roster.set_status(at(5), PresenceStatus::Busy);
    let busy = roster.snapshot();
    assert!(Rc::ptr_eq(&busy.members[1], &after.members[1]));
}

#[test]
fn a_snapshot_that_says_nothing_new_changes_nothing() {
    let mut roster = live_roster();
    let rows = [
        row("u1", Some("c1"), "online", json!("first")),
        row("u1", Some("c2"), "online", json!("second")),
    ];
    update(&mut roster, 1, &rows[1]);
    update(&mut roster, 2, &rows[0]);
    let before = roster.snapshot();
    assert!(
        !sync(&mut roster, 3, &rows),
        "whatever the order of its rows"
    );
    assert!(Rc::ptr_eq(&before, &roster.snapshot()));
}
