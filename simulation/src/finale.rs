//! The faults stop, all comes to rest, and everything is compared.

use crate::{
    action::{Change, ClientDeed, Edit, Listing, Mood, Query, ServerDeed, Stream},
    app::{App, ROOM},
    breach::{Breach, BreachKind},
    doc::{Chat, Doc},
    stage::Stage,
    task::Task,
};
use realtime_core::{
    Client, ConnectionStatus, FetchStatus, QueryError, QueryMeta, QueryOptions, SendError, UserId,
    testing::World,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The longest that all may take to be quiet, in milliseconds: a client told to come back slowly
/// waits up to five minutes, more than once.
const PATIENCE: u64 = 1_500_000;

/// How long a client may wait before it asks again for what was older than what it had.
const LAG_PATIENCE: u64 = 31_000;

/// After this long without a fault, what has to expire has: sends, silent members, typists.
const EXPIRY: u64 = 110_000;

/// Edits of the finale have numbers of their own.
const LAST_EDITS: u32 = 1_000_000;

impl Stage {
    /// Ends all faults, waits, and notes what is wrong.
    pub(crate) fn come_to_rest(&mut self) {
        self.heal();
        if self.lagged {
            self.run_for(LAG_PATIENCE);
        }
        if !self.wait_until_calm() {
            return;
        }
        self.check_patience();
        self.touch();
        self.run_for(5_000);
        if !self.wait_until_calm() {
            return;
        }
        self.check_silent_divergence();
        self.retry_what_failed();
        self.run_for(2_000);
        if !self.wait_until_calm() {
            return;
        }
        // A socket that the server still takes for alive may be long silent for the others.
        if self.world.server_notices_after.is_zero() {
            self.check_presence();
            self.one_tab_leaves();
            self.check_presence();
        }
        self.check_data();
        self.run_for(EXPIRY);
        self.check_everyone_is_there();
        self.check_presence();
        self.check_data();
        self.check_sends();
        self.check_typing();
    }

    fn run_for(&mut self, millis: u64) {
        let now = self.world.now().as_millis();
        self.run_until(now + millis);
    }

    fn heal(&mut self) {
        self.set_mood(Mood::Quick);
        for stream in Stream::ALL {
            self.world.server.lose_next(stream.name(), 0);
        }
        for number in 0..self.apps.len() {
            if !self.apps[number].plan.present {
                continue;
            }
            let peer = self.apps[number].peer;
            // Nothing tells a dead socket from a silent server that has never answered a ping.
            let heard = self.world.client(peer).connection().round_trip.is_some();
            if self.world.link(peer).swallows() && !heard {
                self.client(number, &ClientDeed::Cut);
            }
            self.world.link_mut(peer).latency = 5..=20;
            for deed in [
                ClientDeed::FreshToken,
                ClientDeed::Heal,
                ClientDeed::Thaw,
                ClientDeed::PageShow,
                ClientDeed::Visible(true),
                ClientDeed::Online(true),
                ClientDeed::Connect,
            ] {
                self.client(number, &deed);
            }
            let paused: Vec<Query> = self.apps[number]
                .mounted
                .iter()
                .filter(|(_, mounted)| !mounted.enabled)
                .map(|(query, _)| *query)
                .collect();
            for query in paused {
                self.client(number, &ClientDeed::Resume(query));
            }
        }
    }

    fn present(&self) -> impl Iterator<Item = &App> {
        self.apps.iter().filter(|app| app.plan.present)
    }

    /// Waits until everyone is connected and nothing is under way.
    fn wait_until_calm(&mut self) -> bool {
        let end = self.world.now().as_millis() + PATIENCE;
        loop {
            let restless: Vec<String> = self
                .present()
                .filter_map(|it| restless(&self.world, it))
                .collect();
            if restless.is_empty() {
                return true;
            }
            if self.world.now().as_millis() >= end {
                for what in restless {
                    self.breaches.push(Breach::new(BreachKind::Stuck, what));
                }
                return false;
            }
            let now = self.world.now().as_millis();
            if !self.run_until(now + 1_000) {
                return false;
            }
        }
    }

    /// One last event where some were lost: a hole is only noticed by the next event.
    fn touch(&mut self) {
        for (number, stream) in std::mem::take(&mut self.holes).into_iter().enumerate() {
            // The number of an edit of the board chooses its channel, and its delay: see the model.
            let number = number as u32;
            let uid = LAST_EDITS + 10 * number + u32::from(stream == Stream::BoardB);
            let create = |list| {
                ServerDeed::Edit(Edit {
                    uid,
                    list,
                    row: 100 + number as u8,
                    change: Change::Create(50),
                })
            };
            let deed = match stream {
                Stream::Tasks => create(Listing::Tasks),
                Stream::BoardA | Stream::BoardB => create(Listing::Board),
                Stream::Chat => ServerDeed::Say(uid),
                Stream::Doc => ServerDeed::Write(uid),
                Stream::Count => ServerDeed::Add(uid, 1),
            };
            self.server(&deed);
        }
    }

    /// Of each user with several tabs in the room, one tab leaves it: the user stays.
    fn one_tab_leaves(&mut self) {
        let mut users = BTreeSet::new();
        for number in 0..self.apps.len() {
            self.apps[number].left.clear();
            let user = self.apps[number].user();
            let joined = |app: &App| app.user() == user && app.roster.is_some();
            if joined(&self.apps[number])
                && self.present().filter(|app| joined(app)).count() > 1
                && users.insert(user.clone())
            {
                self.client(number, &ClientDeed::Leave);
            }
        }
        self.run_for(2_000);
        // Without the room's snapshot, a client may not have heard of the other tab yet.
        if !self.world.server.abilities.syncs_presence {
            return;
        }
        let mut found = Vec::new();
        for app in self.present() {
            if let Some(user) = app.left.intersection(&users).next() {
                let what = format!("client {}: {user} left with one of two tabs", app.number);
                found.push(Breach::new(BreachKind::Ghost, what));
            }
        }
        self.breaches.extend(found);
    }

    /// Who shows wrong data must say that it may be wrong.
    fn check_silent_divergence(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys() {
                let meta = self.world.client(app.peer).query_meta(&query.key());
                let trusted = meta.is_some_and(|meta| meta.is_live && !is_doubtful(app, meta));
                if trusted && let Some(what) = self.difference(app, *query) {
                    let what = format!("{what} and says nothing of it");
                    found.push(Breach::new(BreachKind::Diverged, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    /// Who gave up fetching has tried often enough.
    fn check_patience(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys() {
                let meta = self.world.client(app.peer).query_meta(&query.key());
                if let Some(meta) = meta
                    && let Some(QueryError::Fetch(error)) = &meta.error
                    && error.retryable
                    && meta.failure_count <= QueryOptions::default().retry
                {
                    let what = format!("client {}: {query:?} gave up too soon", app.number);
                    found.push(Breach::new(BreachKind::Stuck, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    /// What failed for good, or counts as stale, says so: the user presses "try again".
    fn retry_what_failed(&mut self) {
        for number in 0..self.apps.len() {
            let app = &self.apps[number];
            let client = self.world.client(app.peer);
            let failed: Vec<Query> = app
                .mounted
                .keys()
                .copied()
                .filter(|query| {
                    let meta = client.query_meta(&query.key());
                    meta.is_none_or(|meta| is_doubtful(app, meta))
                })
                .collect();
            for query in failed {
                self.client(number, &ClientDeed::Refetch(query));
            }
        }
    }

    fn check_data(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for query in app.mounted.keys() {
                if let Some(what) = self.difference(app, *query) {
                    found.push(Breach::new(BreachKind::Diverged, what));
                }
            }
        }
        self.breaches.extend(found);
    }

    /// How what a client shows differs from what the server has.
    fn difference(&self, app: &App, query: Query) -> Option<String> {
        let client = self.world.client(app.peer);
        let key = query.key();
        let (theirs, ours) = self.model.with(|database| {
            let now = &database.now;
            match query {
                Query::Tasks => (
                    text(&database.rows(Listing::Tasks)),
                    rows::<Task>(client, query),
                ),
                Query::Board => (
                    text(&database.rows(Listing::Board)),
                    rows::<Task>(client, query),
                ),
                Query::Chat => (text(&*now.chat), rows::<Chat>(client, query)),
                Query::Doc => (format!("{:?}", now.doc), record::<Doc>(client, query)),
                Query::Count => (format!("{:?}", now.count), record::<i64>(client, query)),
                Query::Summary => (
                    format!("{:?}", now.tasks.len()),
                    record::<usize>(client, query),
                ),
            }
        });
        (theirs != ours).then(|| {
            format!(
                "client {}: {key} is\n    {ours}\n  but the server has\n    {theirs}",
                app.number
            )
        })
    }

    /// Every send has settled, and what was acknowledged was carried out, once.
    fn check_sends(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            for (uid, outcome) in app.sends.values() {
                let what = |what: &str| format!("client {}: send {uid} {what}", app.number);
                let times = self
                    .model
                    .with(|database| database.applied.get(uid).copied().unwrap_or(0));
                if times > 1 {
                    found.push(Breach::new(
                        BreachKind::Doubled,
                        what("was carried out twice"),
                    ));
                }
                match outcome {
                    None => found.push(Breach::new(BreachKind::Unsettled, what("has no outcome"))),
                    Some(Ok(_) | Err(SendError::Server(_))) if times == 0 => {
                        found.push(Breach::new(BreachKind::Lost, what("was acknowledged")));
                    }
                    Some(_) => {}
                }
            }
            let held = self.world.client(app.peer).stats().outbox.held;
            if held > 0 {
                let what = format!("client {}: {held} messages are held for ever", app.number);
                found.push(Breach::new(BreachKind::Unsettled, what));
            }
        }
        self.breaches.extend(found);
    }

    fn check_typing(&mut self) {
        let mut found = Vec::new();
        for app in self.present() {
            let client = self.world.client(app.peer);
            let typists = client.typing(&ROOM.into(), &app.user()).unwrap_or_default();
            if !typists.is_empty() {
                let what = format!("client {}: {typists:?} type for ever", app.number);
                found.push(Breach::new(BreachKind::Stuck, what));
            }
        }
        self.breaches.extend(found);
    }

    /// Whoever has joined is in the server's room, once per client, and nobody else is.
    fn check_everyone_is_there(&mut self) {
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        for app in self.present().filter(|app| app.roster.is_some()) {
            *expected.entry(app.user().to_string()).or_default() += 1;
        }
        let there: BTreeMap<String, usize> = members(&self.world)
            .into_iter()
            .map(|(user, rows)| (user, rows.len()))
            .collect();
        if expected != there {
            let what = format!("joined are {expected:?}, but the server has {there:?}");
            self.breaches.push(Breach::new(BreachKind::Ghost, what));
        }
    }

    /// Whoever is in the room sees the others as the server has them.
    fn check_presence(&mut self) {
        let there = members(&self.world);
        let mut found = Vec::new();
        for app in self.present().filter(|app| app.roster.is_some()) {
            // Without snapshots, the others are only known by their heartbeats.
            let connected = self.world.client(app.peer).connection().since;
            let known = (self.world.now() - connected.max(app.joined)).as_secs() >= 100;
            if self.world.server.abilities.syncs_presence || known {
                found.extend(ghosts(&self.world, app, &there));
            }
        }
        self.breaches.extend(found);
    }
}

/// Whether data says of itself that it may be wrong. For who is not frugal, age alone makes it
/// stale.
fn is_doubtful(app: &App, meta: &QueryMeta) -> bool {
    meta.error.is_some() || app.plan.frugal && meta.is_stale
}

/// What a client still waits for, if anything.
fn restless(world: &World, app: &App) -> Option<String> {
    let client = world.client(app.peer);
    let status = client.connection().status;
    if status != ConnectionStatus::Connected {
        return Some(format!(
            "client {}: the connection is {status:?}",
            app.number
        ));
    }
    if world.link(app.peer).swallows() {
        return Some(format!(
            "client {}: nobody notices that the socket is dead",
            app.number
        ));
    }
    for query in app.mounted.keys() {
        let meta = client.query_meta(&query.key());
        if meta.is_some_and(|meta| meta.fetch_status != FetchStatus::Idle) {
            return Some(format!("client {}: {query:?} fetches for ever", app.number));
        }
        if meta.is_some_and(|meta| !meta.is_live && meta.error.is_none()) {
            return Some(format!(
                "client {}: {query:?} never becomes live",
                app.number
            ));
        }
    }
    None
}

fn text<T: std::fmt::Debug>(rows: &[T]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.join("\n    ")
}

fn rows<T: realtime_core::ListItem + std::fmt::Debug>(client: &Client, query: Query) -> String {
    client.list::<T>(&query.key()).map_or_else(
        || "nothing".to_owned(),
        |list| text(&list.iter().map(|row: &Rc<T>| &**row).collect::<Vec<_>>()),
    )
}

fn record<T: PartialEq + std::fmt::Debug + 'static>(client: &Client, query: Query) -> String {
    client
        .record::<T>(&query.key())
        .map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"))
}

/// The server's room: each user's connections.
fn members(world: &World) -> BTreeMap<String, Vec<Value>> {
    let mut members: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in world.server.members(ROOM) {
        let user = row["userId"].as_str().unwrap_or_default().to_owned();
        members.entry(user).or_default().push(row);
    }
    members
}

/// How a client's room differs from the server's.
fn ghosts(world: &World, app: &App, there: &BTreeMap<String, Vec<Value>>) -> Vec<Breach> {
    let Some(room) = world.client(app.peer).presence(&ROOM.into()) else {
        return Vec::new();
    };
    let me: UserId = app.user();
    let mut found = Vec::new();
    let mut ghost = |what: String| {
        let what = format!("client {}: {what}", app.number);
        found.push(Breach::new(BreachKind::Ghost, what));
    };
    for (user, rows) in there.iter().filter(|(user, _)| **user != *me) {
        let Some(member) = room.members.iter().find(|it| *it.user.id == **user) else {
            ghost(format!("{user} is missing"));
            continue;
        };
        if member.connections != rows.len() || member.stale {
            ghost(format!("{member:?}, but the server has {rows:?}"));
        }
        let metadata = member.metadata.as_ref().map_or("null", |it| it.as_json());
        if let [row] = rows.as_slice()
            && (row["metadata"].to_string() != metadata
                || row["status"] != serde_json::json!(member.status))
        {
            ghost(format!("{member:?}, but the server has {row}"));
        }
    }
    for member in room.members.iter().filter(|member| !member.is_me) {
        if !there.contains_key(&*member.user.id) {
            ghost(format!("{member:?} is not there"));
        }
    }
    found
}
