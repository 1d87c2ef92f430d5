//! Kit of the presence tests: short ways to make a roster, say things to it and look at it.

use realtime_core::{
    ChannelName, Ephemeral, Instant, Member, PresenceOptions, PresenceSnapshot, User, UserId,
    presence::Roster,
};
use serde_json::{Value, json};
use std::rc::Rc;

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Ada (`me`) in `room`, with the link down.
pub(crate) fn roster_with(options: PresenceOptions) -> Roster {
    Roster::new(ChannelName::from("room"), User::new("me", "Ada"), options)
}

/// Ada, joined at 0 and in an empty room.
pub(crate) fn live_roster_with(options: PresenceOptions) -> Roster {
    let mut roster = roster_with(options);
    roster.link_up(at(0));
    sync(&mut roster, 0, &[]);
    drain(&mut roster);
    roster
}

pub(crate) fn live_roster() -> Roster {
    live_roster_with(PresenceOptions::default())
}

pub(crate) fn row(user: &str, connection: Option<&str>, status: &str, metadata: Value) -> Value {
    let mut row = json!({
        "userId": user,
        "user": {"id": user, "name": format!("Name of {user}")},
        "status": status,
        "metadata": metadata,
    });
    if let Some(connection) = connection {
        row["connectionId"] = json!(connection);
    }
    row
}

pub(crate) fn update(roster: &mut Roster, millis: u64, row: &Value) -> bool {
    roster
        .receive(at(millis), "presence:update", &row.to_string())
        .unwrap()
}

pub(crate) fn online(roster: &mut Roster, millis: u64, user: &str, connection: &str) -> bool {
    update(
        roster,
        millis,
        &row(user, Some(connection), "online", Value::Null),
    )
}

pub(crate) fn leave(
    roster: &mut Roster,
    millis: u64,
    user: &str,
    connection: Option<&str>,
) -> bool {
    let mut data = json!({"userId": user});
    if let Some(connection) = connection {
        data["connectionId"] = json!(connection);
    }
    roster
        .receive(at(millis), "presence:leave", &data.to_string())
        .unwrap()
}

pub(crate) fn sync(roster: &mut Roster, millis: u64, rows: &[Value]) -> bool {
    let data = json!({"members": rows});
    roster
        .receive(at(millis), "presence:sync", &data.to_string())
        .unwrap()
}

/// Everything it wants sent.
pub(crate) fn drain(roster: &mut Roster) -> Vec<Ephemeral> {
    std::iter::from_fn(|| roster.poll_outgoing()).collect()
}

/// The data of everything it wants sent, which must all be announcements.
pub(crate) fn announcements(roster: &mut Roster) -> Vec<Value> {
    drain(roster)
        .into_iter()
        .map(|out| {
            assert_eq!(out.event, "presence:announce");
            serde_json::from_str(&out.data).unwrap()
        })
        .collect()
}

/// Runs an exact timer up to and including `until`, and returns what was sent and when.
pub(crate) fn run(roster: &mut Roster, until: u64) -> Vec<(u64, Ephemeral)> {
    let mut sent = Vec::new();
    while let Some(due) = roster.next_deadline().filter(|due| *due <= at(until)) {
        roster.handle_timeout(due);
        assert!(
            roster.next_deadline().is_none_or(|next| next > due),
            "a deadline that was handled must not be due again at once"
        );
        sent.extend(drain(roster).into_iter().map(|out| (due.as_millis(), out)));
    }
    sent
}

/// The ids of all members, in order.
pub(crate) fn ids(roster: &Roster) -> Vec<String> {
    ids_of(&roster.snapshot())
}

pub(crate) fn ids_of(snapshot: &PresenceSnapshot) -> Vec<String> {
    snapshot
        .members
        .iter()
        .map(|member| member.user.id.to_string())
        .collect()
}

pub(crate) fn member(roster: &Roster, id: &str) -> Rc<Member> {
    let snapshot = roster.snapshot();
    Rc::clone(snapshot.member(&UserId::from(id)).expect("no such member"))
}
