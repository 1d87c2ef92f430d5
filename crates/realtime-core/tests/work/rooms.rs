//! Rooms of many members.

use crate::{
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{ChannelName, PresenceOptions, RosterLease, User};

fn channel() -> ChannelName {
    "room".into()
}

fn member(number: u32, cursor: u32) -> String {
    format!(
        r#"{{"userId":"u{number}","user":{{"id":"u{number}","name":"User"}},"status":"online","metadata":{{"cursor":{cursor}}},"connectionId":"c{number}"}}"#
    )
}

/// A room of so many others.
fn room(size: u32) -> (Wire, RosterLease) {
    let mut wire = Wire::new();
    let options = PresenceOptions::default().with_max_members(size as usize + 10);
    let me = User::new("me", "Me");
    let lease = wire.client.join(NOW, &channel(), me, options).unwrap();
    wire.pump();
    let members: Vec<String> = (0..size).map(|number| member(number, 0)).collect();
    let members = members.join(",");
    wire.frame(&format!(
        r#"{{"event":"presence:sync","channel":"room","data":{{"members":[{members}]}}}}"#
    ));
    let present = wire.client.presence(&channel()).unwrap();
    assert_eq!(present.members.len(), size as usize + 1);
    wire.client.take_changes();
    (wire, lease)
}

/// The work of frames about members all over the room.
fn work(size: u32, frame: fn(u32) -> String) -> Tally {
    let (mut wire, _lease) = room(size);
    let mut tally = None;
    for number in 0..60 {
        let frame = frame(number);
        let work = Tally::of(|| {
            wire.frame(&frame);
            wire.client.take_changes();
        });
        if number >= 30 {
            tally = Some(tally.map_or(work, |tally| tally + work));
        }
    }
    assert_eq!(wire.client.stats().faults, 0);
    tally.unwrap()
}

fn cursor(number: u32) -> String {
    let data = member(number, 7);
    format!(r#"{{"event":"presence:update","channel":"room","data":{data}}}"#)
}

fn join(number: u32) -> String {
    // The room is as full as before after every second one.
    let data = member(1_000_000, 7);
    if number.is_multiple_of(2) {
        format!(r#"{{"event":"presence:update","channel":"room","data":{data}}}"#)
    } else {
        String::from(
            r#"{"event":"presence:leave","channel":"room","data":{"userId":"u1000000","connectionId":"c1000000"}}"#,
        )
    }
}

#[test]
fn a_member_who_changes_joins_or_leaves_costs_the_same_among_many() {
    for (what, frame) in [("a cursor", cursor as fn(u32) -> String), ("a join", join)] {
        work(10_000, frame).is_at_most(2, work(100, frame), what);
    }
}

/// The work of a snapshot of so many rows like this one.
fn sync(rows: usize, row: &str) -> Tally {
    let (mut wire, _lease) = room(10);
    let members = vec![row; rows].join(",");
    let frame =
        format!(r#"{{"event":"presence:sync","channel":"room","data":{{"members":[{members}]}}}}"#);
    let work = Tally::of(|| wire.frame(&frame));
    assert_eq!(wire.client.stats().faults, 0);
    let stats = wire.client.presence_stats(&channel()).unwrap();
    let counted = stats.malformed + stats.refused_members + stats.refused_connections;
    assert!(counted >= rows as u64, "{stats:?}");
    work
}

/// Hostile snapshots: what is not kept takes no memory, however much of it there is.
#[test]
fn rows_that_are_no_members_are_read_without_an_allocation_for_each() {
    for row in ["1", "{}", "[]", r#"{"userId":7.5}"#, r#"{"userId":""}"#] {
        sync(100_000, row).is_at_most(1, sync(1_000, row), row);
    }
}
