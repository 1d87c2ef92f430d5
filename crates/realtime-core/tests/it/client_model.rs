//! Several clients and a server under any misfortune: once all is quiet, everybody agrees.

mod acts;

use crate::socketio_kit::Wire;
use crate::task::{Table, Task};
use acts::{Act, Held, ROOM, USERS, Watch, act};
use proptest::prelude::*;
use realtime_core::{
    Client, ClientOptions, ConnectionStatus, Fetched, Input, Liveness, Position, SendId,
    testing::{Abilities, PeerId, World},
};
use serde_json::Value;
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

const PEERS: usize = 3;
/// Past every backoff, every time to live and the expiry of a member that nobody removed.
const CALM: Duration = Duration::from_secs(200);

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Put(u8),
    Delete(u8),
    Add(i64),
    Restart(bool),
    History(usize),
    Garbage(usize),
    Of(usize, Act),
}

struct Model {
    world: World,
    table: Table,
    sum: Rc<Cell<i64>>,
    positions: bool,
    wire: Wire,
    peers: Vec<(PeerId, Held)>,
}

impl Model {
    fn new(seed: u64, wire: Wire, abilities: Abilities) -> Self {
        let mut world = wire.world(seed);
        world.server.abilities = abilities;
        let table = Table::default();
        let sum = Rc::new(Cell::new(0));
        let (rows, total) = (table.clone(), Rc::clone(&sum));
        world.on_positioned_fetch(move |key, server| {
            let (fetched, channel) = match key {
                key if *key == Watch::Rows.key() => (Fetched::new(rows.rows()), "tasks"),
                key if *key == Watch::Length.key() => (Fetched::new(rows.rows().len()), "tasks"),
                _ => (Fetched::new(total.get()), "sums"),
            };
            let (epoch, seq) = server.position(channel);
            let epoch = epoch.into();
            Ok(if abilities.positions {
                fetched.with_position(Position { epoch, seq })
            } else {
                fetched
            })
        });
        let connect = |_| {
            let peer = wire.add(&mut world, ClientOptions::new("ws://server.test"));
            world.act(peer, Client::connect);
            (peer, Held::default())
        };
        let peers = (0..PEERS).map(connect).collect();
        Self {
            world,
            table,
            sum,
            positions: abilities.positions,
            wire,
            peers,
        }
    }

    fn step(&mut self, step: &Step) {
        let world = &mut self.world;
        match step {
            Step::Wait(millis) => world.run(Duration::from_millis(*millis)),
            Step::Put(row) => {
                let title = format!("{} at {}", row % 3, world.now());
                self.table.put(world, &format!("t{row}"), &title);
            }
            Step::Delete(row) => self.table.delete(world, &format!("t{row}")),
            Step::Add(term) => {
                self.sum.set(self.sum.get() + term);
                world.server.publish("sums", "add", &term.to_string());
            }
            Step::Restart(keep_history) => world.server.restart(*keep_history),
            Step::History(events) => world.server.abilities.history = *events,
            Step::Garbage(which) => {
                let frame = GARBAGE[which % GARBAGE.len()];
                match serde_json::from_str::<Value>(frame) {
                    Ok(envelope) if self.wire != Wire::Envelope && envelope.is_object() => {
                        let mut payload = envelope["data"].clone();
                        if payload.is_object() {
                            payload["channel"] = envelope["channel"].clone();
                        }
                        let packet = format!("42[{},{payload}]", envelope["event"]);
                        world.server.send_raw(&packet);
                    }
                    _ => world.server.send_raw(frame),
                }
            }
            Step::Of(index, act) => {
                let (peer, held) = &mut self.peers[*index];
                held.act(world, *peer, act);
            }
        }
    }

    /// Everything is well again; then nothing happens for a while.
    fn calm_down(&mut self) {
        for (peer, _) in &self.peers {
            self.world.thaw(*peer);
            self.world.heal(*peer);
            let well = [
                Input::PageShow,
                Input::Online(true),
                Input::Visible(true),
                Input::Blocked(false),
            ];
            for input in well {
                self.world.input(*peer, input);
            }
            self.world.act(*peer, Client::connect);
        }
        self.world.run(CALM);
        let steps = self.world.steps();
        self.world.run(100 * Duration::from_secs(1));
        let steps = self.world.steps() - steps;
        assert!(steps < 1_000, "{steps} steps in 100 quiet seconds");
    }

    fn check(&mut self) {
        let mut subscribed: BTreeMap<&str, usize> = BTreeMap::new();
        for index in 0..PEERS {
            let peer = self.peers[index].0;
            let client = self.world.client(peer);
            assert_eq!(client.connection().status, ConnectionStatus::Connected);
            for channel in self.check_watching(index) {
                *subscribed.entry(channel).or_default() += 1;
            }
            self.check_room(index);
            let held = &self.peers[index].1;
            if !held.seats.is_empty() || !held.desks.is_empty() {
                *subscribed.entry(ROOM).or_default() += 1;
            }
            let stats = client.stats();
            assert_eq!((stats.outbox.held, stats.outbox.held_bytes), (0, 0));
            assert_eq!(stats.queries.observers, held.watching.len());
            let mut settled: Vec<_> = self.world.take_settled(peer).into_iter().collect();
            settled.sort_by_key(|(send, _)| *send);
            let settled: Vec<SendId> = settled.into_iter().map(|(send, _)| send).collect();
            let sent: Vec<SendId> = self.peers[index].1.sends.iter().copied().collect();
            assert_eq!(settled, sent, "each send of client {index} settles once");
        }
        let seated = self.peers.iter().filter(|(_, held)| !held.seats.is_empty());
        let mut seated: Vec<&str> = seated.map(|(_, held)| USERS[held.user]).collect();
        let mut present = self.world.server.present(ROOM);
        seated.sort_unstable();
        present.sort_unstable();
        assert_eq!(present, seated, "who the server thinks is in the room");
        for channel in ["tasks", "sums", ROOM] {
            let wanted = subscribed.get(channel).copied().unwrap_or_default();
            assert_eq!(self.world.server.subscribers(channel), wanted, "{channel}");
        }
    }

    /// Each watched query equals the truth. Gives the channels that are wanted for it.
    fn check_watching(&self, index: usize) -> BTreeSet<&'static str> {
        let (peer, held) = &self.peers[index];
        let client = self.world.client(*peer);
        let mut channels = BTreeSet::new();
        for (watch, ..) in held.watching.iter().filter(|(.., enabled)| *enabled) {
            let key = watch.key();
            let meta = client.query_meta(&key).expect("it is observed");
            let context = || format!("client {index}, {watch:?}, {meta:#?}");
            assert_eq!(meta.error, None, "{}", context());
            match watch {
                Watch::Rows => {
                    let mut rows = self.table.rows();
                    rows.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
                    let shown = client.list::<Task>(&key).map(|rows| {
                        let rows = rows.iter().map(|row| Task::clone(&row));
                        rows.collect::<Vec<_>>()
                    });
                    assert_eq!(shown, Some(rows), "{}", context());
                }
                Watch::Length => {
                    let shown = client.record::<usize>(&key);
                    let length = self.table.rows().len();
                    assert_eq!(shown.as_deref(), Some(&length), "{}", context());
                }
                Watch::Sum if self.positions => {
                    let shown = client.record::<i64>(&key);
                    assert_eq!(shown.as_deref(), Some(&self.sum.get()), "{}", context());
                }
                // Without positions a sum may be off, as the query cache says; it is there.
                Watch::Sum => assert!(client.record::<i64>(&key).is_some(), "{}", context()),
            }
            // Where nobody answers, only an event can show that the next will come.
            let silent = !self.world.server.abilities.answers;
            let unknown = silent && meta.liveness == Liveness::Unknown;
            assert!(meta.is_live || unknown, "{}", context());
            channels.insert(match watch {
                Watch::Rows | Watch::Length => "tasks",
                Watch::Sum => "sums",
            });
        }
        channels
    }

    /// Whoever is in the room sees all who are, and nobody types.
    fn check_room(&self, index: usize) {
        let (peer, held) = &self.peers[index];
        let client = self.world.client(*peer);
        let present = self.peers.iter().filter(|(_, held)| !held.seats.is_empty());
        let present: BTreeSet<&str> = present.map(|(_, held)| USERS[held.user]).collect();
        let seen = client.presence(&ROOM.into());
        assert_eq!(seen.is_some(), !held.seats.is_empty());
        if let Some(seen) = seen {
            let members: Vec<&str> = seen.members.iter().map(|it| it.user.id.as_str()).collect();
            let unique: BTreeSet<&str> = members.iter().copied().collect();
            assert_eq!((members.len(), unique), (present.len(), present));
            assert!(seen.live && seen.members.iter().all(|member| !member.stale));
        }
        for (_, user) in &held.desks {
            let typing = client.typing(&ROOM.into(), user).expect("it is open");
            assert!(typing.is_empty(), "{typing:?}");
        }
    }
}

/// Nothing of this is true, nor may it do lasting harm.
const GARBAGE: [&str; 16] = [
    "",
    "{",
    "[]",
    "\u{0}",
    r#"{"event":"list:update","channel":"tasks","data":{"action":"explode","item":{}}}"#,
    r#"{"event":"list:update","channel":"tasks"}"#,
    r#"{"event":"list:update","data":[1]}"#,
    r#"{"event":"add","channel":"sums","data":"one"}"#,
    r#"{"event":"presence:update","channel":"room:lobby","data":{"userId":"ghost"}}"#,
    r#"{"event":"presence:leave","channel":"room:lobby","data":{"userId":"ada"}}"#,
    r#"{"event":"presence:sync","channel":"room:lobby","data":{"members":[{"userId":"eve"}]}}"#,
    r#"{"event":"presence:sync","channel":"room:lobby","data":7}"#,
    r#"{"event":"typing:start","channel":"room:lobby","data":{"id":"ghost","name":"Boo"}}"#,
    r#"{"event":"ack","re":"nobody","data":1}"#,
    r#"{"event":"unheard of","seq":1,"extra":null}"#,
    r#"{"event":"error","error":{"code":"x","message":"y"}}"#,
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u64..100).prop_map(Step::Wait),
        4 => (0_u64..3_000).prop_map(Step::Wait),
        1 => (0_u64..40_000).prop_map(Step::Wait),
        5 => (0_u8..5).prop_map(Step::Put),
        2 => (0_u8..5).prop_map(Step::Delete),
        3 => (1_i64..9).prop_map(Step::Add),
        1 => any::<bool>().prop_map(Step::Restart),
        1 => prop_oneof![Just(0), Just(2), Just(100)].prop_map(Step::History),
        2 => (0..GARBAGE.len()).prop_map(Step::Garbage),
        18 => ((0..PEERS), act()).prop_map(|(index, act)| Step::Of(index, act)),
    ]
}

fn abilities() -> impl Strategy<Value = Abilities> {
    let flag = || prop::bool::weighted(0.8);
    (flag(), flag(), flag(), flag()).prop_map(|(answers, positions, pongs, syncs_presence)| {
        Abilities {
            answers,
            positions,
            pongs,
            syncs_presence,
            ..Abilities::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn once_all_is_quiet_everybody_agrees(
        seed: u64,
        wire in prop::sample::select(Wire::ALL.to_vec()),
        abilities in abilities(),
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let mut model = Model::new(seed, wire, abilities);
        for step in &steps {
            model.step(step);
        }
        model.calm_down();
        model.check();
    }
}
