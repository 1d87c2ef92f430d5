//! Random worlds of tabs that open, freeze, die, hide and lose their network under load: nothing is lost
//! and nothing doubled, and in the end one of them leads.

use crate::{
    socketio_kit::Wire,
    tabs::{SECOND, titles, watch},
    task::Table,
};
use fastrand::Rng;
use realtime_core::{
    ChannelName, ClientOptions, Delivery, EventName, Message, ReliableOptions, SendError, SendId,
    tabs::TabRole,
    testing::{PeerId, World},
    wire::{
        JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

/// How often the server has carried out each message, by what it says.
type Carried = Rc<RefCell<BTreeMap<String, usize>>>;

struct Seat {
    peer: PeerId,
    is_alive: bool,
    sent: BTreeMap<SendId, String>,
    settled: BTreeSet<SendId>,
    ticks: Vec<u64>,
}

struct Model {
    world: World,
    table: Table,
    rng: Rng,
    seats: Vec<Seat>,
    carried: Carried,
    wire: Wire,
    messages: u64,
    rows: u64,
    ticks: u64,
}

impl Model {
    fn new(seed: u64, wire: Wire, positions: bool) -> Self {
        let mut world = wire.world(seed);
        world.server.abilities.positions = positions;
        world.server.abilities.history = 10_000;
        let carried = Carried::default();
        let counts = Rc::clone(&carried);
        world.server.on("count", move |_, request| {
            let what = request.envelope["data"].to_string();
            *counts.borrow_mut().entry(what).or_default() += 1;
            Ok(Value::Null)
        });
        let table = Table::serve(&mut world);
        let mut model = Self {
            world,
            table,
            rng: Rng::with_seed(seed),
            seats: Vec::new(),
            carried,
            wire,
            messages: 0,
            rows: 0,
            ticks: 0,
        };
        for _ in 0..3 {
            model.open();
        }
        model
    }

    fn open(&mut self) {
        let options = ClientOptions::new("http://server.test");
        let codec: Box<dyn realtime_core::Codec> = match self.wire {
            Wire::Envelope => Box::new(JsonCodec::default()),
            _ => Box::new(SocketIoCodec::new(SocketIoOptions::new())),
        };
        let peer = self.world.open_tab(options, codec);
        watch(&mut self.world, peer);
        let (event, channel) = (EventName::from("tick"), ChannelName::from("tasks"));
        self.world
            .act(peer, |client, now| {
                client.listen(now, &event, Some(&channel))
            })
            .unwrap();
        self.seats.push(Seat {
            peer,
            is_alive: true,
            sent: BTreeMap::new(),
            settled: BTreeSet::new(),
            ticks: Vec::new(),
        });
    }

    fn alive(&self) -> Vec<usize> {
        let all = 0..self.seats.len();
        all.filter(|at| self.seats[*at].is_alive).collect()
    }

    fn some(&mut self) -> usize {
        let alive = self.alive();
        alive[self.rng.usize(..alive.len())]
    }

    fn awake(&mut self) -> Option<usize> {
        let mut alive = self.alive();
        alive.retain(|at| !self.world.is_frozen(self.seats[*at].peer));
        (!alive.is_empty()).then(|| alive[self.rng.usize(..alive.len())])
    }

    fn act(&mut self) {
        let at = self.some();
        let peer = self.seats[at].peer;
        match self.rng.u8(..20) {
            0..=4 => {
                let id = format!("t{}", self.rng.u8(..8));
                self.rows += 1;
                let title = format!("row {}", self.rows);
                self.table.put(&mut self.world, &id, &title);
            }
            5..=8 => {
                if let Some(at) = self.awake() {
                    self.send(at);
                }
            }
            9..=11 => {
                self.ticks += 1;
                let tick = self.ticks.to_string();
                self.world.server.publish("tasks", "tick", &tick);
            }
            12 if self.alive().len() > 1 => {
                self.seats[at].is_alive = false;
                self.world.kill_tab(peer);
            }
            13 if self.alive().len() < 6 => self.open(),
            14 if self.awake().is_some_and(|other| other != at) => self.world.freeze(peer),
            15 if self.world.is_frozen(peer) => self.world.thaw(peer),
            16 => {
                if !self.world.is_frozen(peer) {
                    let visible = self.rng.bool();
                    self.world.show_tab(peer, visible);
                }
            }
            17 => self.world.cut(peer),
            18 => self.world.server.restart(true),
            _ => self.post_rubbish(),
        }
        let pause = self.rng.u64(0..1_500);
        self.world.run(Duration::from_millis(pause));
        self.note();
    }

    fn send(&mut self, at: usize) {
        self.messages += 1;
        let what = format!("\"m{}\"", self.messages);
        // For longer than anything lasts here.
        let forever = Delivery::Reliable(ReliableOptions {
            ack: true,
            timeout: 1_000 * SECOND,
            ttl: 1_000 * SECOND,
        });
        let message = Message::new("count", what.clone()).with(forever);
        let peer = self.seats[at].peer;
        let send = self
            .world
            .act(peer, |client, now| client.send(now, message));
        self.seats[at].sent.insert(send, what);
    }

    /// What another script of the same origin may post.
    fn post_rubbish(&mut self) {
        let kinds = [
            "beacon", "hello", "frame", "open", "closed", "yield", "seed",
        ];
        let kind = kinds[self.rng.usize(..kinds.len())];
        let text = match self.rng.u8(..4) {
            0 => "x".repeat(self.rng.usize(..5_000)),
            1 => json!({"v": 1, "kind": kind}).to_string(),
            2 => {
                json!({"v": 1, "kind": kind, "from": "evil", "term": 0, "link": 1}).to_string()
                    + "\n{\"event\":\"tick\",\"channel\":\"tasks\",\"data\":0}"
            }
            _ => json!({"v": 9, "kind": kind, "from": "evil", "term": 1}).to_string(),
        };
        self.world.post_to_tabs(&text);
    }

    fn note(&mut self) {
        for at in self.alive() {
            let peer = self.seats[at].peer;
            for (send, result) in self.world.take_settled(peer) {
                let seat = &mut self.seats[at];
                assert!(seat.sent.contains_key(&send), "nobody sent it");
                assert!(seat.settled.insert(send), "settled twice");
                assert!(
                    matches!(result, Ok(_) | Err(SendError::Timeout)),
                    "{result:?}"
                );
            }
            for (_, event) in self.world.take_events(peer) {
                let tick = event.parse().unwrap();
                self.seats[at].ticks.push(tick);
            }
        }
    }

    /// Everything heals and is quiet; then all is as if nothing had happened.
    fn settle(&mut self) {
        for at in self.alive() {
            let peer = self.seats[at].peer;
            self.world.heal(peer);
            if self.world.is_frozen(peer) {
                self.world.thaw(peer);
            }
        }
        self.world.run(150 * SECOND);
        self.note();
    }

    fn check(&self, seed: u64) {
        let rows: Vec<String> = self.table.rows().into_iter().map(|row| row.title).collect();
        let mut expected = rows;
        expected.sort();
        let mut leaders = 0;
        for at in self.alive() {
            let seat = &self.seats[at];
            let shown = titles(&self.world, seat.peer);
            let role = self.world.tab_role(seat.peer);
            assert_eq!(shown, expected, "seed {seed}, tab {at}, {role:?}");
            leaders += usize::from(role == TabRole::Leader);
            assert_eq!(
                self.world.tab_count(seat.peer),
                self.alive().len(),
                "seed {seed}"
            );
            for send in seat.sent.keys() {
                assert!(
                    seat.settled.contains(send),
                    "seed {seed}: a send is not settled"
                );
            }
            let ticks = &seat.ticks;
            assert!(
                ticks.windows(2).all(|two| two[0] < two[1]),
                "seed {seed}, tab {at}: an event came twice, or out of order: {ticks:?}"
            );
        }
        assert_eq!(leaders, 1, "seed {seed}");
        assert_eq!(
            self.world.server.subscribers("tasks"),
            1,
            "seed {seed}: one socket"
        );
        for (what, times) in &*self.carried.borrow() {
            assert_eq!(*times, 1, "seed {seed}: {what}");
        }
        let settled: usize = self.seats.iter().map(|seat| seat.settled.len()).sum();
        assert!(
            self.carried.borrow().len() >= settled,
            "seed {seed}: answered, not done"
        );
    }
}

fn run(seeds: std::ops::Range<u64>, wire: Wire, positions: bool) {
    for seed in seeds {
        let mut model = Model::new(seed, wire, positions);
        for _ in 0..60 {
            model.act();
        }
        model.settle();
        model.check(seed);
    }
}

#[test]
fn whatever_befalls_the_tabs_nothing_is_lost_and_nothing_doubled() {
    run(0..150, Wire::Envelope, true);
}

#[test]
fn the_same_where_the_server_has_no_positions() {
    run(1_000..1_100, Wire::Envelope, false);
}

#[test]
fn the_same_over_socketio_with_and_without_sessions() {
    run(2_000..2_060, Wire::SocketIo, false);
    run(3_000..3_060, Wire::Resuming, true);
}
