//! Pages: what a client keeps on its disk, how its page dies, and what it finds when it is opened again.

use crate::{
    action::{Action, Change, ClientDeed, Field, Listing, Manner, Query},
    app::App,
    breach::{Breach, BreachKind},
    claims::{text_of, times},
    generator::Generator,
    model::Model,
    plan::{Plan, Wire},
    stage::{Stage, token},
    tabs,
    task::Task,
    tries::Row,
};
use realtime_core::{
    Client, Continuity, MutationEvent, MutationId, PersistOptions, testing::World,
};
use std::collections::BTreeSet;

/// Chance for reloads comes from here, so that the plan without them is the same.
const SALT: u64 = 0x5eed;

/// Edits that are added to a plan have numbers of their own, and so have rows.
const FIRST_EDIT: u32 = 500_000;
const OWN_ROW: u8 = 120;

/// What earlier pages of one client have done.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Edits that were on the disk, and had no outcome, when the page died.
    durable: BTreeSet<u32>,
    /// Edits of which nobody will hear.
    abandoned: BTreeSet<u32>,
    /// Edits that were said to be done.
    confirmed: BTreeSet<u32>,
    /// The texts of the first two.
    texts: BTreeSet<String>,
    /// What these do to which rows.
    rows: Vec<Row>,
    /// How many edits of earlier pages failed, or annulled each other, in a later one.
    unhappy: usize,
    /// Those of them that this page knows.
    failed: BTreeSet<MutationId>,
    /// Whether the page is gone, and not opened again yet.
    pub(crate) is_closed: bool,
    /// Whether the app wants a connection.
    pub(crate) wants_link: bool,
}

impl Past {
    /// Whether an earlier page has given this text to a row.
    pub(crate) fn gave(&self, text: &str) -> bool {
        self.texts.contains(text)
    }

    /// The edits of earlier pages that are of rows.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many edits of earlier pages may lie over rows still.
    pub(crate) fn open(&self) -> usize {
        self.durable.len() + self.abandoned.len() + self.confirmed.len()
    }

    /// What became of an edit of an earlier page.
    pub(crate) fn hear(&mut self, id: MutationId, event: &MutationEvent) {
        if !matches!(
            event,
            MutationEvent::Confirmed { .. } | MutationEvent::Conflict(_)
        ) {
            self.unhappy += 1;
            self.failed.insert(id);
        }
    }

    fn check(&self, number: usize, yields: bool, model: &Model, breaches: &mut Vec<Breach>) {
        let all = self.durable.iter().chain(&self.abandoned);
        for uid in all.chain(&self.confirmed) {
            let times = times(model, *uid);
            let what =
                |what: &str| format!("client {number}: edit {uid} of an earlier page {what}");
            if times > 1 {
                let what = what(&format!("was carried out {times} times"));
                breaches.push(Breach::new(BreachKind::Doubled, what));
            }
            if times == 0 && self.confirmed.contains(uid) && !yields {
                breaches.push(Breach::new(BreachKind::Lost, what("was confirmed")));
            }
        }
        let missing = self.durable.iter().filter(|uid| times(model, **uid) == 0);
        let missing: Vec<&u32> = missing.collect();
        if missing.len() > self.unhappy && !yields {
            let what = format!(
                "client {number}: edits {missing:?} were on the disk when the page died, and only {} of them were said to have failed",
                self.unhappy
            );
            breaches.push(Breach::new(BreachKind::Lost, what));
        }
    }
}

impl Plan {
    /// The plan of a seed, by clients that keep things on a disk, and whose pages die and are opened again.
    #[must_use]
    pub fn reloading(seed: u64, wire: Wire) -> Self {
        let mut plan = Self::generate(seed, wire);
        plan.reloads = true;
        // Of an event that lags, only a list that was there before can tell what it is.
        plan.server.board_lags = false;
        let mut rng = fastrand::Rng::with_seed(seed ^ SALT);
        let end = plan.actions.last().map_or(1, |timed| timed.at.max(1));
        let (server, clients) = (plan.server, plan.clients.len());
        let mut generator = Generator::more(rng.fork(), server, clients, FIRST_EDIT);
        for _ in 0..rng.usize(2..24) {
            let mut number = rng.usize(..plan.clients.len());
            let mut at = rng.u64(..end);
            // Half of them right after something was done, while it is under way.
            let after = &plan.actions[rng.usize(..plan.actions.len())];
            if let (Action::Client(who, ClientDeed::Try(..)), true) = (&after.action, rng.bool()) {
                number = *who;
                at = after.at + rng.u64(..200);
            }
            let away = [0, 300, 20_000, 5_000_000][rng.usize(..4)];
            generator.client(at, number, ClientDeed::Die);
            generator.client(at + rng.u64(..=away), number, ClientDeed::Open);
        }
        if rng.bool() {
            generator.own_row_outlives(rng.u64(..end));
        }
        plan.actions.extend(generator.into_actions());
        plan.actions.sort_by_key(|timed| timed.at);
        plan
    }
}

impl Generator {
    /// Someone makes a row and goes on with it, and the page dies before all of that has been carried out.
    fn own_row_outlives(&mut self, at: u64) {
        let number = self.anyone();
        let list = [Listing::Tasks, Listing::Board][self.rng.usize(..2)];
        self.client(at, number, ClientDeed::Observe(Query::of(list)));
        self.client(at, number, ClientDeed::Latency(600));
        let at = at + 2_000;
        let of_app = self.rng.u8(..3) == 0;
        for step in 0..self.rng.u64(2..5) {
            let mut edit = self.edit(false);
            edit.list = list;
            edit.change = match step {
                0 => Change::Create(self.rng.u32(..100)),
                _ => Change::Patch(Field::Title),
            };
            // One that nobody else has made.
            edit.row = OWN_ROW + self.rng.u8(..40);
            let manner = Manner {
                temporary: true,
                by_app: of_app && step == 0,
                kept: false,
                ..self.manner()
            };
            let at = at + step * self.rng.u64(..200);
            self.client(at, number, ClientDeed::Try(edit, manner));
        }
        let dies = at + self.rng.u64(100..2_500);
        self.client(dies, number, ClientDeed::Die);
        let opens = dies + [0, 300, 20_000][self.rng.usize(..3)];
        self.client(opens, number, ClientDeed::Open);
        self.client(opens, number, ClientDeed::Latency(20));
    }
}

impl App {
    /// The page dies, as it is.
    fn die(&mut self, world: &mut World) {
        if self.past.is_closed {
            return;
        }
        self.past.is_closed = true;
        for (id, tried) in std::mem::take(&mut self.tries).by_id {
            let info = world.client(self.peer).mutation(id);
            let is_durable = info.is_some_and(|info| info.is_durable);
            let is_done = matches!(tried.ends.last(), Some(MutationEvent::Confirmed { .. }));
            let into = match (is_durable, is_done) {
                (true, _) => &mut self.past.durable,
                (false, true) => &mut self.past.confirmed,
                (false, false) => &mut self.past.abandoned,
            };
            into.insert(tried.uid);
            self.past.texts.insert(text_of(tried.uid));
            self.past.rows.extend(tried.row);
        }
        for (uid, outcome) in std::mem::take(&mut self.sends).into_values() {
            let is_done = matches!(outcome, Some(Ok(_)));
            let into = match is_done {
                true => &mut self.past.confirmed,
                false => &mut self.past.abandoned,
            };
            into.insert(uid);
        }
        self.note_leads(world);
        world.kill(self.peer);
    }

    /// It is opened again, with what was mounted before.
    fn open(&mut self, world: &mut World) {
        self.past.failed.clear();
        let (had_roster, had_typing) = (self.roster.take().is_some(), self.typing.take().is_some());
        let had_listener = self.forget_page();
        self.disturbed = world.now();
        self.woken = world.now();
        let mounted: Vec<(Query, bool)> = std::mem::take(&mut self.mounted)
            .into_iter()
            .map(|(query, mounted)| (query, mounted.enabled))
            .collect();
        for (query, enabled) in mounted {
            self.observe(world, query);
            if !enabled {
                self.set_enabled(world, query, false);
            }
        }
        if had_listener {
            self.listen(world);
        }
        if had_roster {
            self.join(world);
        }
        if had_typing {
            self.open_typing(world);
        }
        if self.past.wants_link {
            self.connect(world, Client::connect);
        }
    }

    /// No list that nobody has confirmed is shown as empty.
    pub(crate) fn check_not_empty(&self, world: &World, breaches: &mut Vec<Breach>) {
        for query in [Query::Tasks, Query::Chat] {
            let client = world.client(self.peer);
            let key = query.key();
            let is_restored = client.recovery(&key) == Some(Continuity::Restored);
            let rows = match query {
                Query::Tasks => client.list::<Task>(&key).map(|list| list.len()),
                _ => client.list::<crate::doc::Chat>(&key).map(|list| list.len()),
            };
            if is_restored && rows == Some(0) && client.overlay_len(&key) == 0 {
                let what = format!("client {}: {key} is shown as empty", self.number);
                breaches.push(Breach::new(BreachKind::Empty, what));
            }
        }
    }
}

impl Stage {
    pub(crate) fn die(&mut self, number: usize) {
        self.apps[number].die(&mut self.world);
        tabs::introduce(&mut self.apps);
    }

    pub(crate) fn open(&mut self, number: usize) {
        if !self.apps[number].past.is_closed {
            return;
        }
        let peer = self.add_client(number);
        self.world.set_token(peer, Ok(Some(token(self.tokens))));
        let app = &mut self.apps[number];
        app.peer = peer;
        app.past.is_closed = false;
        tabs::introduce(&mut self.apps);
        self.apps[number].open(&mut self.world);
    }

    /// What earlier pages have left.
    pub(crate) fn check_past(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            app.past
                .check(app.number, app.yields(), &self.model, &mut found);
        }
        self.breaches.extend(found);
    }

    /// Lets go of what failed in an earlier page and is kept.
    pub(crate) fn dismiss_past(&mut self, number: usize) {
        let app = &self.apps[number];
        let (peer, ids) = (app.peer, app.past.failed.clone());
        for id in ids {
            self.world
                .act(peer, |client, now| client.dismiss_mutation(now, id));
        }
    }
}

/// What clients keep.
pub(crate) fn options() -> PersistOptions {
    PersistOptions::new("app")
}
