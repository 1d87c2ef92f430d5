//! Several clients and a server under any misfortune: once all is quiet, everybody agrees.

use crate::task::{Table, Task};
use proptest::prelude::*;
use realtime_core::{
    Client, ClientOptions, ConnectionStatus, Delivery, Fetched, Input, ListOptions, ListSpec,
    Message, ObserverId, Patch, Position, PresenceOptions, PresenceStatus, QueryKey, QueryOptions,
    RecordSpec, RosterLease, SendId, TypingLease, TypingOptions, User, UserId, key,
    testing::{Abilities, LinkState, PeerId, World},
};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

const PEERS: usize = 3;
const USERS: [&str; 3] = ["ada", "lin", "bob"];
const ROOM: &str = "room:lobby";
/// Past every backoff, every time to live and the expiry of a member that nobody removed.
const CALM: Duration = Duration::from_secs(200);

/// What a client can watch.
#[derive(Clone, Copy, Debug)]
enum Watch {
    /// The rows, kept fresh by versioned events.
    Rows,
    /// How many rows there are, fetched again for each event.
    Length,
    /// A sum that events add to: each must count once.
    Sum,
}

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

/// What one client, or its link, does.
#[derive(Clone, Debug)]
enum Act {
    Observe(Watch, bool),
    Unobserve,
    SetEnabled(bool),
    Forget,
    Join(usize),
    Leave,
    Status(PresenceStatus),
    OpenTyping(usize),
    CloseTyping,
    Type,
    StopTyping,
    Send(u8),
    Cut,
    TakeDown,
    Stall,
    Heal,
    Freeze,
    Thaw,
    Page(bool),
    Visible(bool),
    Online(bool),
    Blocked(bool),
    Connect,
    Reconnect,
    Disconnect,
}

/// What a client holds, as the app would keep it.
#[derive(Default)]
struct Held {
    watching: Vec<(Watch, ObserverId, bool)>,
    seats: Vec<RosterLease>,
    user: usize,
    desks: Vec<(TypingLease, UserId)>,
    sends: BTreeSet<SendId>,
}

struct Model {
    world: World,
    table: Table,
    sum: Rc<Cell<i64>>,
    positions: bool,
    peers: Vec<(PeerId, Held)>,
}

impl Watch {
    fn key(self) -> QueryKey {
        match self {
            Self::Rows => key!["tasks"],
            Self::Length => key!["length"],
            Self::Sum => key!["sum"],
        }
    }

    fn observe(self, client: &mut Client, now: realtime_core::Instant, on: bool) -> ObserverId {
        // Nothing is left to chance: what is missed must be fetched for that reason alone.
        let options = QueryOptions::default()
            .with_enabled(on)
            .with_stale_time(Duration::MAX)
            .with_refetch_on_focus(false)
            .with_fetch_timeout(None);
        let key = self.key();
        let observer = match self {
            Self::Rows => {
                let by_title = ListOptions::<Task>::default();
                let by_title = by_title.with_sort(|a, b| a.title.cmp(&b.title));
                let spec = ListSpec::new(Some("tasks".into())).with_options(by_title);
                client.observe_list(now, &key, spec, &options)
            }
            Self::Length => {
                let spec = RecordSpec::<usize>::new();
                let refetch = Patch::invalidate(key.clone());
                let spec = spec.on("list:update", Some("tasks".into()), refetch);
                client.observe_record(now, &key, spec, &options)
            }
            Self::Sum => {
                let add = Patch::reduce_as(|term: i64, sum: Option<&i64>| Some(sum? + term));
                let spec = RecordSpec::new().on("add", Some("sums".into()), add);
                client.observe_record(now, &key, spec, &options)
            }
        };
        observer.expect("the key is free")
    }
}

impl Model {
    fn new(seed: u64, abilities: Abilities) -> Self {
        let mut world = World::new(seed);
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
            let peer = world.add(ClientOptions::new("ws://server.test"));
            world.act(peer, Client::connect);
            (peer, Held::default())
        };
        let peers = (0..PEERS).map(connect).collect();
        Self {
            world,
            table,
            sum,
            positions: abilities.positions,
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
                world.server.send_raw(frame);
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
                        let rows = rows.iter().map(|row| Task::clone(row));
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
            assert!(meta.is_live, "{}", context());
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

impl Held {
    fn act(&mut self, world: &mut World, peer: PeerId, act: &Act) {
        let room = ROOM.into();
        match act {
            Act::Observe(watch, on) => {
                let observer = world.act(peer, |client, now| watch.observe(client, now, *on));
                self.watching.push((*watch, observer, *on));
            }
            Act::Unobserve => {
                if let Some((_, observer, _)) = self.watching.pop() {
                    world.act(peer, |client, now| client.unobserve(now, observer));
                }
            }
            Act::SetEnabled(on) => {
                if let Some((_, observer, enabled)) = self.watching.last_mut() {
                    *enabled = *on;
                    world.act(peer, |client, now| client.set_enabled(now, *observer, *on));
                }
            }
            Act::Forget => world.act(peer, |client, now| {
                client.forget(now, &QueryKey::new(Vec::new()));
                for (watch, observer, on) in &mut self.watching {
                    client.unobserve(now, *observer);
                    *observer = watch.observe(client, now, *on);
                }
            }),
            Act::Join(user) => {
                self.user = *user;
                let user = User::new(USERS[*user], USERS[*user]);
                let seat = world.act(peer, |client, now| {
                    client.join(now, &room, user, PresenceOptions::default())
                });
                self.seats.push(seat.expect("there is room for a channel"));
            }
            Act::Leave => {
                if let Some(seat) = self.seats.pop() {
                    world.act(peer, |client, now| client.leave(now, seat));
                }
            }
            Act::Status(status) => {
                world.act(peer, |client, now| client.set_status(now, &room, *status));
            }
            Act::OpenTyping(user) => {
                let user = UserId::from(USERS[*user]);
                let desk = world.act(peer, |client, now| {
                    client.open_typing(now, &room, user.clone(), &user, TypingOptions::default())
                });
                self.desks
                    .push((desk.expect("there is room for a channel"), user));
            }
            Act::CloseTyping => {
                if let Some((desk, _)) = self.desks.pop() {
                    world.act(peer, |client, now| client.close_typing(now, desk));
                }
            }
            Act::Type | Act::StopTyping => {
                let Some((_, user)) = self.desks.last() else {
                    return;
                };
                world.act(peer, |client, now| match act {
                    Act::Type => client.start_typing(now, &room, user),
                    _ => client.stop_typing(now, &room, user),
                });
            }
            Act::Send(kind) => {
                let delivery = match kind % 3 {
                    0 => Delivery::default(),
                    1 => Delivery::Latest("cursor".into()),
                    _ => Delivery::Volatile,
                };
                let message = Message::new("hello", "1").on(ROOM).with(delivery);
                let send = world.act(peer, |client, now| client.send(now, message));
                assert!(self.sends.insert(send), "{send:?} was given out twice");
            }
            Act::Cut => world.cut(peer),
            Act::TakeDown => world.take_down(peer),
            // What is down stays down until it is healed. A server that answers nothing cannot be
            // told from one that a half-open link has kept from hearing us.
            Act::Stall => {
                if world.server.abilities.answers && world.link_mut(peer).state() == LinkState::Up {
                    world.stall(peer);
                }
            }
            Act::Heal => world.heal(peer),
            Act::Freeze => world.freeze(peer),
            Act::Thaw => world.thaw(peer),
            Act::Page(true) => world.input(peer, Input::PageShow),
            Act::Page(false) => world.input(peer, Input::PageHide),
            Act::Visible(visible) => world.input(peer, Input::Visible(*visible)),
            Act::Online(online) => world.input(peer, Input::Online(*online)),
            Act::Blocked(blocked) => world.input(peer, Input::Blocked(*blocked)),
            Act::Connect => world.act(peer, Client::connect),
            Act::Reconnect => world.act(peer, Client::reconnect),
            Act::Disconnect => world.act(peer, Client::disconnect),
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
    r#"{"event":"pong","re":"x"}"#,
    r#"{"event":"error","error":{"code":"x","message":"y"}}"#,
];

fn act() -> impl Strategy<Value = Act> {
    let watch = prop_oneof![Just(Watch::Rows), Just(Watch::Length), Just(Watch::Sum)];
    let status = prop_oneof![Just(PresenceStatus::Online), Just(PresenceStatus::Busy)];
    let on = prop::bool::weighted(0.8);
    prop_oneof![
        6 => (watch, on).prop_map(|(watch, on)| Act::Observe(watch, on)),
        2 => Just(Act::Unobserve),
        2 => any::<bool>().prop_map(Act::SetEnabled),
        1 => Just(Act::Forget),
        4 => (0..USERS.len()).prop_map(Act::Join),
        3 => Just(Act::Leave),
        1 => status.prop_map(Act::Status),
        2 => (0..USERS.len()).prop_map(Act::OpenTyping),
        1 => Just(Act::CloseTyping),
        2 => Just(Act::Type),
        1 => Just(Act::StopTyping),
        2 => any::<u8>().prop_map(Act::Send),
        2 => Just(Act::Cut),
        2 => Just(Act::TakeDown),
        2 => Just(Act::Stall),
        4 => Just(Act::Heal),
        2 => Just(Act::Freeze),
        3 => Just(Act::Thaw),
        2 => any::<bool>().prop_map(Act::Page),
        2 => any::<bool>().prop_map(Act::Visible),
        2 => any::<bool>().prop_map(Act::Online),
        1 => any::<bool>().prop_map(Act::Blocked),
        1 => Just(Act::Connect),
        1 => Just(Act::Reconnect),
        1 => Just(Act::Disconnect),
    ]
}

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
        abilities in abilities(),
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let mut model = Model::new(seed, abilities);
        for step in &steps {
            model.step(step);
        }
        model.calm_down();
        model.check();
    }
}
