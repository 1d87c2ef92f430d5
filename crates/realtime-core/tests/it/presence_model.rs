//! Presence against a model of the server: whatever happens, the roster ends where the server is.

use crate::presence_kit::{
    at, drain, ids_of, live_roster, live_roster_with, roster_with, row, run,
};
use proptest::{collection::vec, prelude::*, sample::select};
use realtime_core::{Metadata, PresenceEvent, PresenceOptions, PresenceStatus, presence::Roster};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

const USERS: [&str; 4] = ["me", "u1", "u2", "u3"];
const CONNECTIONS: [&str; 3] = ["c1", "c2", "c3"];
const STATUSES: [&str; 3] = ["away", "online", "busy"];

/// Something a user's connection does, as the server hears it.
#[derive(Clone, Debug)]
enum Act {
    Announce {
        user: &'static str,
        connection: &'static str,
        status: &'static str,
        metadata: u8,
    },
    Leave {
        user: &'static str,
        connection: Option<&'static str>,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (select(&USERS[..]), select(&CONNECTIONS[..]), select(&STATUSES[..]), 0..3_u8).prop_map(
            |(user, connection, status, metadata)| Act::Announce { user, connection, status, metadata }
        ),
        1 => (select(&USERS[..]), proptest::option::of(select(&CONNECTIONS[..])))
            .prop_map(|(user, connection)| Act::Leave { user, connection }),
    ]
}

/// The server's room: the last announcement of each connection.
#[derive(Clone, Debug, Default)]
struct Server(BTreeMap<(&'static str, &'static str), Value>);

impl Server {
    /// Does it, and says what the server broadcasts.
    fn act(&mut self, act: &Act) -> (&'static str, Value) {
        match act {
            Act::Announce {
                user,
                connection,
                status,
                metadata,
            } => {
                let row = row(user, Some(connection), status, json!(metadata));
                self.0.insert((user, connection), row.clone());
                ("presence:update", row)
            }
            Act::Leave { user, connection } => {
                self.0
                    .retain(|(u, c), _| u != user || connection.is_some_and(|gone| gone != *c));
                let mut data = json!({"userId": user});
                if let Some(connection) = connection {
                    data["connectionId"] = json!(connection);
                }
                ("presence:leave", data)
            }
        }
    }

    fn sync(&self) -> (&'static str, Value) {
        let rows: Vec<_> = self.0.values().collect();
        ("presence:sync", json!({"members": rows}))
    }

    fn rows_of(&self, user: &str) -> Vec<&Value> {
        self.0
            .iter()
            .filter(|((of, _), _)| *of == user)
            .map(|(_, row)| row)
            .collect()
    }

    /// Whether the roster shows this very room.
    fn check(&self, roster: &Roster) {
        let snapshot = roster.snapshot();
        let shown: BTreeSet<_> = ids_of(&snapshot).into_iter().collect();
        let mut expected: BTreeSet<_> = self.0.keys().map(|(user, _)| (*user).to_owned()).collect();
        expected.insert("me".to_owned());
        assert_eq!(shown, expected);
        assert_eq!(snapshot.members.len(), expected.len(), "nobody twice");
        for member in snapshot.members.iter() {
            let rows = self.rows_of(&member.user.id);
            assert_eq!(member.connections, rows.len().max(1));
            assert!(!member.stale);
            if !member.is_me {
                let best = rows.iter().map(|row| status(&row["status"])).max();
                assert_eq!(Some(member.status), best);
                let metadata: Value = member.metadata.as_ref().unwrap().parse().unwrap();
                assert!(rows.iter().any(|row| row["metadata"] == metadata));
            }
        }
    }
}

fn status(word: &Value) -> PresenceStatus {
    serde_json::from_value(word.clone()).unwrap()
}

fn hear(roster: &mut Roster, millis: u64, (event, data): &(&'static str, Value), times: usize) {
    for _ in 0..times {
        roster
            .receive(at(millis), event, &data.to_string())
            .unwrap();
    }
}

proptest! {
    /// Changes broadcast since we joined reach us before and after a snapshot that was made at any
    /// moment in between, each any number of times in a row; before that came anything at all.
    #[test]
    fn the_roster_ends_where_the_server_is(
        earlier in vec((act(), any::<bool>()), 0..12),
        acts in vec((act(), 1..3_usize), 0..30),
        made in 0..30_usize,
        sent in 0..30_usize,
    ) {
        let mut server = Server::default();
        let mut roster = live_roster();
        let mut millis = 1;
        for (act, heard) in &earlier {
            let broadcast = server.act(act);
            if *heard {
                hear(&mut roster, millis, &broadcast, 1);
            }
            millis += 10;
        }
        roster.link_down(at(millis));
        roster.link_up(at(millis));

        let made = made.min(acts.len());
        let sent = sent.clamp(made, acts.len().max(made));
        let mut snapshot = server.sync();
        for (index, (act, times)) in acts.iter().enumerate() {
            if index == made {
                snapshot = server.sync();
            }
            if index == sent {
                hear(&mut roster, millis, &snapshot, 1);
            }
            let broadcast = server.act(act);
            hear(&mut roster, millis, &broadcast, *times);
            millis += 10;
        }
        if made >= acts.len() {
            snapshot = server.sync();
        }
        if sent >= acts.len() {
            hear(&mut roster, millis, &snapshot, 1);
        }
        server.check(&roster);
        prop_assert!(roster.snapshot().live);
    }

    /// Lost, repeated and reordered frames are all mended by one snapshot.
    #[test]
    fn a_final_snapshot_mends_everything(
        acts in vec(act(), 1..30),
        deliveries in vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let mut server = Server::default();
        let broadcasts: Vec<_> = acts.iter().map(|act| server.act(act)).collect();
        let mut roster = live_roster();
        for index in deliveries {
            hear(&mut roster, 1, index.get(&broadcasts), 1);
        }
        hear(&mut roster, 2, &server.sync(), 1);
        server.check(&roster);
    }

    /// Order, pointers, revision and events all tell the same story, at every step.
    #[test]
    fn views_of_the_room_agree_with_one_another(
        steps in vec((act(), 0..40_000_u64, 0..8_u8), 0..40),
    ) {
        let mut server = Server::default();
        let mut roster = live_roster();
        let mut present = BTreeSet::new();
        let mut millis = 0;
        for (act, pause, what) in steps {
            millis += pause;
            run(&mut roster, millis);
            let (before, revision) = (roster.snapshot(), roster.revision());
            let broadcast = server.act(&act);
            match what {
                0 => roster.link_down(at(millis)),
                1 => roster.link_up(at(millis)),
                2 => hear(&mut roster, millis, &server.sync(), 1),
                _ => hear(&mut roster, millis, &broadcast, 1),
            }
            drain(&mut roster);
            let after = roster.snapshot();
            prop_assert_eq!(Rc::ptr_eq(&before, &after), revision == roster.revision());
            prop_assert_eq!(&after, &roster.snapshot());

            let mut rejoined = BTreeSet::new();
            while let Some(event) = roster.poll_event() {
                match event {
                    PresenceEvent::Joined(member) => {
                        prop_assert!(present.insert(member.user.id.clone()));
                        rejoined.insert(member.user.id.clone());
                    }
                    PresenceEvent::Left(member) => prop_assert!(present.remove(&member.user.id)),
                    PresenceEvent::Updated { old, new } => {
                        prop_assert!(present.contains(&new.user.id));
                        prop_assert_ne!(old, new);
                    }
                }
            }
            let others: BTreeSet<_> = after.others().map(|m| m.user.id.clone()).collect();
            prop_assert_eq!(&others, &present);

            let stayed = |ids: &[String]| -> Vec<String> {
                ids.iter()
                    .filter(|id| !rejoined.contains(id.as_str()))
                    .cloned()
                    .collect()
            };
            let (old, new) = (ids_of(&before), ids_of(&after));
            let old: Vec<_> = old.into_iter().filter(|id| new.contains(id)).collect();
            prop_assert_eq!(stayed(&old), stayed(&new));
            for member in after.members.iter() {
                if let Some(old) = before.member(&member.user.id) {
                    prop_assert!(Rc::ptr_eq(old, member) || old != member);
                }
            }
        }
    }

    #[test]
    fn no_ghost_outlives_its_expiry(acts in vec((act(), 0..60_000_u64), 0..20)) {
        let mut server = Server::default();
        let mut roster = live_roster();
        let mut millis = 0;
        for (act, pause) in acts {
            millis += pause;
            run(&mut roster, millis);
            let broadcast = server.act(&act);
            hear(&mut roster, millis, &broadcast, 1);
        }
        run(&mut roster, millis + 75_250);
        prop_assert_eq!(ids_of(&roster.snapshot()), ["me"]);
    }

    /// Changes at any pace: never two announcements within 50 ms, and the last one says the truth.
    #[test]
    fn announcements_keep_their_distance_and_end_with_the_truth(
        changes in vec((0..200_u64, 0..4_u8), 1..60),
    ) {
        let mut roster = live_roster();
        let mut sent = Vec::new();
        let mut millis = 1_000;
        for (pause, metadata) in changes {
            millis += pause;
            sent.extend(run(&mut roster, millis));
            roster.set_metadata(at(millis), Some(Metadata::new(&metadata).unwrap()));
            sent.extend(drain(&mut roster).into_iter().map(|out| (millis, out)));
        }
        sent.extend(run(&mut roster, millis + 50));
        for two in sent.windows(2) {
            prop_assert!(two[1].0 - two[0].0 >= 50);
        }
        let last: Value = serde_json::from_str(&sent.last().unwrap().1.data).unwrap();
        let me = roster.snapshot().members[0].metadata.clone().unwrap();
        prop_assert_eq!(last["metadata"].to_string(), me.as_json());
    }

    #[test]
    fn caps_hold_and_nothing_panics_whatever_arrives(
        frames in vec((select(&["presence:update", "presence:leave", "presence:sync"][..]), frame(), 0..3_u8), 0..60),
    ) {
        let options = PresenceOptions::default()
            .with_max_members(3)
            .with_max_connections_per_member(2)
            .with_max_parked(4)
            .with_max_events(5)
            .with_heartbeat(Duration::from_secs(1));
        for mut roster in [live_roster_with(options.clone()), roster_with(options)] {
            let mut millis = 0;
            for (event, data, what) in &frames {
                let before = roster.snapshot();
                let heard = roster.receive(at(millis), event, data);
                if let Ok(changed) = heard {
                    prop_assert_eq!(changed, !Rc::ptr_eq(&before, &roster.snapshot()));
                }
                let members = roster.snapshot().members.clone();
                prop_assert!(members.len() <= 3);
                prop_assert!(members.iter().all(|member| (1..=2).contains(&member.connections)));
                prop_assert!(members[0].is_me && !members[1..].iter().any(|member| member.is_me));
                match what {
                    0 => roster.link_up(at(millis)),
                    1 => { run(&mut roster, millis); }
                    _ => millis += 700,
                }
            }
            prop_assert!(std::iter::from_fn(|| roster.poll_event()).count() <= 5);
        }
    }
}

/// Text that is often nearly right.
fn frame() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(&["me", "u1", "u2", "u3", "c1", "c2", "c3", "busy", ""][..]).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    let key = select(
        &[
            "userId",
            "user",
            "id",
            "name",
            "avatar",
            "status",
            "metadata",
            "connectionId",
            "members",
        ][..],
    );
    let json = scalar.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    });
    let likely = (
        select(&USERS[..]),
        select(&CONNECTIONS[..]),
        select(&STATUSES[..]),
    )
        .prop_map(|(user, connection, status)| row(user, Some(connection), status, json!(1)));
    prop_oneof![
        1 => ".{0,20}",
        3 => json.prop_map(|json| json.to_string()),
        3 => likely.clone().prop_map(|row| row.to_string()),
        1 => vec(likely, 0..6).prop_map(|rows| json!({"members": rows}).to_string()),
    ]
}
