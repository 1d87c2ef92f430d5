//! A plan comes to life.

use crate::{
    action::{Action, ClientDeed, Edit, Mood, Query, ServerDeed, Stream},
    app::App,
    breach::{Breach, BreachKind},
    fetcher,
    model::Model,
    pages,
    plan::{ClientPlan, Plan, Timed, Wire},
    tabs::{self, TabOfApp},
    tally::Tally,
};
use realtime_core::{
    Client, ClientOptions, Codec, ConnectionOptions, Input, Instant, Metadata, PresenceStatus,
    testing::{Abilities, DiskId, PeerId, World},
    wire::{
        JsonCodec,
        socketio::{SocketIoCodec, SocketIoOptions},
    },
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Clients are looked at at least this often, in milliseconds.
const LOOK_EVERY: u64 = 2_000;

/// What became of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What it went through.
    pub tally: Tally,
    /// What is wrong with it: nothing, if the client is right.
    pub breaches: Vec<Breach>,
}

/// Plays a plan to its end, and looks at what is left.
#[must_use]
pub fn run(plan: &Plan) -> Outcome {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut stage = Stage::new(plan);
        stage.play(plan);
        stage.finish()
    }));
    let mut outcome = played.unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()))
            .unwrap_or_default();
        let kind = if said.contains("time stands still") {
            BreachKind::Unbounded
        } else {
            BreachKind::Panicked
        };
        Outcome {
            breaches: vec![Breach::new(kind, said)],
            ..Outcome::default()
        }
    });
    outcome.tally.seeds = 1;
    outcome.tally.count(&outcome.breaches);
    outcome
}

/// A world and the apps in it.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) apps: Vec<App>,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) tokens: u32,
    /// Channels of which events were lost, which only the next event can tell.
    pub(crate) holes: BTreeSet<Stream>,
    /// Users whose tabs have nobody who leads, and since when.
    pub(crate) headless: BTreeMap<usize, Instant>,
    /// Whether fetches were ever answered by a copy that lags behind.
    pub(crate) lagged: bool,
    wire: Wire,
    start: u64,
}

impl Stage {
    fn new(plan: &Plan) -> Self {
        let mut world = World::new(plan.seed);
        if plan.wire != Wire::Envelope {
            world.server.speak_socketio().recovers = plan.wire == Wire::Resuming;
        }
        world.server.abilities = Abilities {
            answers: plan.server.answers,
            positions: plan.server.positions,
            history: plan.server.history,
            pongs: plan.server.pongs,
            syncs_presence: plan.server.syncs.is_some(),
            sync_delay: Duration::from_millis(plan.server.syncs.unwrap_or_default()),
        };
        world.server.token = Some(token(0));
        world.server_notices_after = Duration::from_millis(plan.server.notices_after);
        let model = Model::new(plan.server, plan.seed);
        model.serve(&mut world.server);
        fetcher::install(&mut world, &model);
        let mut apps = Vec::new();
        for (number, client) in plan.clients.iter().enumerate() {
            let disk = plan.reloads.then(|| world.add_disk());
            let peer = add_client(&mut world, plan.wire, client, disk, plan.tabs);
            let mut app = App::new(number, peer, *client, plan.server);
            app.disk = disk;
            app.tab = plan.tabs.then(TabOfApp::default);
            if plan.server.board_lags {
                app.observe(&mut world, Query::Board);
            }
            apps.push(app);
        }
        tabs::introduce(&mut apps);
        let start = world.now().as_millis();
        let mut stage = Self {
            world,
            model,
            apps,
            breaches: Vec::new(),
            tokens: 0,
            holes: BTreeSet::new(),
            headless: BTreeMap::new(),
            lagged: false,
            wire: plan.wire,
            start,
        };
        stage.set_mood(Mood::Quick);
        for number in 0..stage.apps.len() {
            stage.client(number, &ClientDeed::FreshToken);
            if plan.server.board_lags && plan.clients[number].present {
                stage.client(number, &ClientDeed::Connect);
            }
        }
        stage
    }

    /// A client that comes anew, on the disk of the one before.
    pub(crate) fn add_client(&mut self, number: usize) -> PeerId {
        let app = &self.apps[number];
        let is_tab = app.tab.is_some();
        add_client(&mut self.world, self.wire, &app.plan, app.disk, is_tab)
    }

    fn play(&mut self, plan: &Plan) {
        for Timed { at, action } in &plan.actions {
            if !self.run_until(self.start + at) {
                return;
            }
            match action {
                Action::Client(number, deed) if plan.clients[*number].present => {
                    self.client(*number, deed);
                }
                Action::Leader(number, deed) if plan.clients[*number].present => {
                    self.client(self.leader_of(*number), deed);
                }
                Action::Client(..) | Action::Leader(..) => {}
                Action::Server(deed) => self.server(deed),
            }
        }
    }

    /// Lets time pass. `false` if that is no use any more.
    pub(crate) fn run_until(&mut self, until: u64) -> bool {
        while self.world.now().as_millis() < until {
            let left = until - self.world.now().as_millis();
            self.world.run(Duration::from_millis(left.min(LOOK_EVERY)));
            for app in self.apps.iter_mut().filter(|app| !app.past.is_closed) {
                app.collect(&mut self.world, &self.model, &mut self.breaches, false);
                app.check_not_empty(&self.world, &mut self.breaches);
                app.collect_tries(&mut self.world, &self.model, &mut self.breaches, false);
            }
            self.check_led();
            if !self.is_bounded() {
                return false;
            }
        }
        true
    }

    /// Whether no client hammers the server or hoards.
    fn is_bounded(&mut self) -> bool {
        let seconds = (self.world.now().as_millis() - self.start) / 1_000;
        let before = self.breaches.len();
        for app in &self.apps {
            let stats = self.world.client(app.peer).stats();
            let limits = [
                (
                    "attempts to connect",
                    stats.connection.attempts,
                    100 + seconds,
                ),
                ("fetches", stats.queries.fetches, 300 + 8 * seconds),
                ("frames sent", stats.frames_sent, 2_000 + 50 * seconds),
                ("messages held", stats.outbox.held as u64, 1_000),
                ("channels", stats.channels.channels as u64, 20),
                ("entries", stats.queries.entries as u64, 20),
            ];
            for (what, count, limit) in limits {
                if count > limit {
                    let what = format!("client {}: {count} {what} in {seconds} s", app.number);
                    self.breaches.push(Breach::new(BreachKind::Unbounded, what));
                }
            }
        }
        self.breaches.len() == before
    }

    pub(crate) fn client(&mut self, number: usize, deed: &ClientDeed) {
        match deed {
            ClientDeed::Die => return self.die(number),
            ClientDeed::Open => return self.open(number),
            ClientDeed::Connect | ClientDeed::Reconnect => {
                self.apps[number].past.wants_link = true;
            }
            ClientDeed::Disconnect => self.apps[number].past.wants_link = false,
            _ => {}
        }
        if self.apps[number].past.is_closed {
            return;
        }
        if deed.disturbs() {
            self.disturb(number);
        }
        let Self {
            world,
            apps,
            model,
            breaches,
            ..
        } = self;
        let app = &mut apps[number];
        let peer = app.peer;
        let sleeps = world.is_frozen(peer);
        if sleeps && matches!(deed, ClientDeed::Thaw | ClientDeed::PageShow) {
            app.woken = world.now();
        }
        match deed {
            ClientDeed::Cut => world.cut(peer),
            ClientDeed::Down => world.take_down(peer),
            ClientDeed::Stall => world.stall(peer),
            ClientDeed::Swallow => world.swallow(peer),
            ClientDeed::Heal => world.heal(peer),
            ClientDeed::Freeze => world.freeze(peer),
            ClientDeed::Thaw if sleeps => {
                world.thaw(peer);
                app.collect(world, model, breaches, true);
                app.collect_tries(world, model, breaches, true);
            }
            ClientDeed::PageShow => {
                if sleeps {
                    world.thaw(peer);
                }
                app.page_is_back(world);
            }
            ClientDeed::Latency(most) => world.link_mut(peer).latency = most / 3..=*most,
            ClientDeed::FreshToken => world.set_token(peer, Ok(Some(token(self.tokens)))),
            _ if sleeps => {}
            ClientDeed::Thaw => {}
            ClientDeed::Observe(query) => app.observe(world, *query),
            ClientDeed::Unobserve(query) => app.unobserve(world, *query),
            ClientDeed::Pause(query) => app.set_enabled(world, *query, false),
            ClientDeed::Resume(query) => app.set_enabled(world, *query, true),
            ClientDeed::Refetch(query) => {
                world.act(peer, |client, now| client.refetch(now, &query.key()));
            }
            ClientDeed::Listen => app.listen(world),
            ClientDeed::Unlisten => app.unlisten(world),
            ClientDeed::Edit(edit) => app.send(world, "edit", edit.uid, body(edit)),
            ClientDeed::Try(edit, manner) => app.try_edit(world, model, edit, *manner),
            ClientDeed::TryAmend(uid, manner) => app.try_amend(world, *uid, *manner),
            ClientDeed::TryAdd(uid, by, manner) => app.try_add(world, *uid, *by, *manner),
            ClientDeed::Cancel(uid) => app.cancel(world, *uid),
            ClientDeed::Retry(uid) => app.retry(world, *uid),
            ClientDeed::Dismiss(uid) => app.dismiss(world, *uid),
            ClientDeed::Write(uid) => app.send(world, "write", *uid, json!({})),
            ClientDeed::Amend(uid) => app.send(world, "amend", *uid, json!({})),
            ClientDeed::Add(uid, by) => app.send(world, "add", *uid, json!({"by": by})),
            ClientDeed::Say(uid) => app.send(world, "say", *uid, json!({})),
            ClientDeed::Join => app.join(world),
            ClientDeed::Leave => app.leave(world),
            ClientDeed::Status(status) => {
                let all = [
                    PresenceStatus::Online,
                    PresenceStatus::Away,
                    PresenceStatus::Busy,
                ];
                let status = all[usize::from(*status) % all.len()];
                world.act(peer, |client, now| {
                    client.set_status(now, &crate::app::ROOM.into(), status);
                });
            }
            ClientDeed::Cursor(at) => {
                let cursor = Metadata::new(at).ok();
                world.act(peer, |client, now| {
                    client.set_metadata(now, &crate::app::ROOM.into(), cursor);
                });
            }
            ClientDeed::OpenTyping => app.open_typing(world),
            ClientDeed::CloseTyping => app.close_typing(world),
            ClientDeed::Key | ClientDeed::StopTyping => {
                let user = app.user();
                world.act(peer, |client, now| match deed {
                    ClientDeed::Key => client.start_typing(now, &crate::app::ROOM.into(), &user),
                    _ => client.stop_typing(now, &crate::app::ROOM.into(), &user),
                });
            }
            ClientDeed::Connect => app.connect(world, Client::connect),
            ClientDeed::Reconnect => app.connect(world, Client::reconnect),
            ClientDeed::Disconnect => app.disconnect(world),
            ClientDeed::Visible(visible) => app.page_is_visible(world, *visible),
            ClientDeed::Online(online) => world.input(peer, Input::Online(*online)),
            ClientDeed::PageHide => {
                app.page_is_put_aside(world);
                world.freeze(peer);
            }
            ClientDeed::Activity => world.input(peer, Input::Activity),
            ClientDeed::Die | ClientDeed::Open => {}
        }
    }

    pub(crate) fn server(&mut self, deed: &ServerDeed) {
        let server = &mut self.world.server;
        match deed {
            ServerDeed::Edit(edit) => self.someone(edit.uid, "edit", body(edit)),
            ServerDeed::Write(uid) => self.someone(*uid, "write", json!({})),
            ServerDeed::Amend(uid) => self.someone(*uid, "amend", json!({})),
            ServerDeed::Add(uid, by) => self.someone(*uid, "add", json!({"by": by})),
            ServerDeed::Say(uid) => self.someone(*uid, "say", json!({})),
            ServerDeed::Restart { keep_history } => {
                server.restart(*keep_history);
                if !keep_history {
                    self.model.begin_anew();
                    self.model.forget_past(server);
                }
            }
            ServerDeed::Close(code) => server.close_all(*code),
            ServerDeed::ExpireToken => {
                self.tokens += 1;
                server.token = Some(token(self.tokens));
                server.close_all(4301);
            }
            ServerDeed::Repeat(stream, count) => server.repeat(stream.name(), *count),
            ServerDeed::Lose(stream, count) => {
                server.lose_next(stream.name(), *count);
                self.holes.insert(*stream);
            }
            ServerDeed::LoseSubscribes(stream, count) => {
                server.lose_subscribes(stream.name(), *count);
            }
            ServerDeed::ShortenRecoveries(stream, count) => {
                server.shorten_recoveries(stream.name(), *count);
            }
            // Nobody gets an event of a channel without a subscription, however broken.
            ServerDeed::Nonsense(3) => server.send_raw_on("tasks", nonsense(3)),
            ServerDeed::Nonsense(which) => server.send_raw(nonsense(*which)),
            ServerDeed::Fetches(mood) => self.set_mood(*mood),
        }
    }

    fn someone(&mut self, uid: u32, event: &str, mut data: Value) {
        data["uid"] = uid.into();
        let server = &mut self.world.server;
        // What is refused leaves everything as it was.
        let _refused = self.model.carry_out(server, event, &data, "someone", None);
    }

    pub(crate) fn set_mood(&mut self, mood: Mood) {
        self.lagged |= mood == Mood::Lagging;
        self.world.fetch_latency = mood.latency();
        self.world.fetch_reads_early = mood.reads_early();
        self.model.with(|database| database.mood = mood);
    }

    fn finish(mut self) -> Outcome {
        if self
            .breaches
            .iter()
            .all(|it| it.kind != BreachKind::Unbounded)
        {
            self.come_to_rest();
        }
        let mut tally = Tally {
            clients: self.apps.iter().filter(|app| app.plan.present).count() as u64,
            millis: self.world.now().as_millis() - self.start,
            conflicts: self.model.with(|database| database.conflicts),
            ..Tally::default()
        };
        for app in &self.apps {
            let stats = self.world.client(app.peer).stats();
            tally.events += stats.events;
            tally.reconnects += stats.connection.links.saturating_sub(1);
            tally.recovered += stats.channels.recovered;
            tally.gaps += stats.channels.gaps;
            tally.fetches += stats.queries.fetches;
            tally.failed_fetches += stats.queries.failures;
            tally.repeats += stats.channels.duplicates;
            tally.sends += app.sends.len() as u64;
            let acknowledged = |outcome: &Option<_>| matches!(outcome, Some(Ok(_)));
            tally.delivered += app
                .sends
                .values()
                .filter(|(_, it)| acknowledged(it))
                .count() as u64;
            tally.mutations += app.tries.by_id.len() as u64;
            tally.merges += stats.mutations.conflicts;
            tally.resends += stats.outbox.repeated;
            app.count_leads(&self.world, &mut tally);
        }
        Outcome {
            tally,
            breaches: self.breaches,
        }
    }
}

/// A client of this protocol, which keeps things on a disk if it has one, and may be a tab.
fn add_client(
    world: &mut World,
    wire: Wire,
    client: &ClientPlan,
    disk: Option<DiskId>,
    is_tab: bool,
) -> PeerId {
    let connection = ConnectionOptions {
        has_token: client.has_token,
        ..ConnectionOptions::default()
    };
    let options = ClientOptions::new("ws://server.test/ws").with_connection(connection);
    let codec: Box<dyn Codec> = if wire == Wire::Envelope {
        Box::new(JsonCodec::default())
    } else {
        let options = SocketIoOptions::new().with_namespace("/");
        Box::new(SocketIoCodec::new(options))
    };
    let peer = match is_tab {
        true => world.add_tab(client.user, options, codec),
        false => world.add_with_codec(options, codec),
    };
    world.link_mut(peer).late_callbacks = Duration::from_millis(client.late_callbacks);
    if let Some(disk) = disk {
        world.plug_in(peer, disk);
        world.act(peer, |client, now| {
            client.persist_mutations(now, pages::options());
        });
    }
    peer
}

pub(crate) fn token(number: u32) -> String {
    format!("token {number}")
}

fn body(edit: &Edit) -> Value {
    serde_json::to_value(edit).unwrap_or_default()
}

const fn nonsense(which: u8) -> &'static str {
    match which {
        0 => "",
        1 => r#"{"event":5}"#,
        2 => r#"[1,{"channel":"tasks"}]"#,
        3 => r#"{"event":"list:update","channel":"tasks","data":{"action":"create"}}"#,
        4 => r#"{"event":"ack","re":"nobody-1","data":[]}"#,
        _ => r#"{"event":"subscribe","channel":"tasks","re":"x","seq":99,"epoch":"z"}"#,
    }
}
