//! The faults stop, all comes to rest, and everything is compared.

use crate::{
    action::{Change, ClientDeed, Edit, Listing, Mood, Query, ServerDeed, Stream},
    app::App,
    breach::{Breach, BreachKind},
    stage::Stage,
};
use realtime_core::{ConnectionStatus, FetchStatus, Liveness, QueryMeta, testing::World};
use std::collections::BTreeSet;

/// The longest that all may take to be quiet, in milliseconds: a client told to come back slowly
/// waits up to five minutes, more than once.
const PATIENCE: u64 = 1_500_000;

/// How long a client may wait before it asks again for what was older than what it had.
const LAG_PATIENCE: u64 = 31_000;

/// How long the event of an edit may take at the most, in milliseconds.
const ARRIVAL: u64 = 3_000;

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
        self.let_arrive();
        self.check_kept();
        if !self.dismiss_kept() {
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
        self.check_tabs();
        self.check_everyone_is_there();
        self.check_presence();
        self.check_data();
        self.check_sends();
        self.check_tries();
        self.check_past();
        self.check_typing();
    }

    /// Waits until what is under way has arrived, and the server has had nothing to do for so long.
    /// Who keeps an edit that failed may be calm with others on their way.
    fn let_arrive(&mut self) {
        let done = |stage: &Self| (stage.model).with(|database| database.applied.len());
        loop {
            let before = done(self);
            self.run_for(ARRIVAL);
            if done(self) == before {
                return;
            }
        }
    }

    /// Lets go of what failed and is kept, and of what fails then. `false` if that does not end.
    fn dismiss_kept(&mut self) -> bool {
        for _ in 0..100 {
            let mut any = false;
            for number in 0..self.apps.len() {
                let app = &self.apps[number];
                if self.world.client(app.peer).stats().mutations.failed_kept > 0 {
                    any = true;
                    self.dismiss_past(number);
                    let app = &self.apps[number];
                    let uids: Vec<u32> = app.tries.by_id.values().map(|it| it.uid).collect();
                    for uid in uids {
                        self.client(number, &ClientDeed::Dismiss(uid));
                    }
                }
            }
            if !any {
                return true;
            }
            self.run_for(1_000);
            if !self.wait_until_calm() {
                return false;
            }
        }
        self.breaches.push(Breach::new(
            BreachKind::Stuck,
            "failed edits come back for ever",
        ));
        false
    }

    fn run_for(&mut self, millis: u64) {
        let now = self.world.now().as_millis();
        self.run_until(now + millis);
    }

    fn heal(&mut self) {
        self.set_mood(Mood::Quick);
        for stream in Stream::ALL {
            self.world.server.lose_next(stream.name(), 0);
            self.world.server.lose_subscribes(stream.name(), 0);
            self.world.server.shorten_recoveries(stream.name(), 0);
        }
        for number in 0..self.apps.len() {
            if !self.apps[number].plan.present {
                continue;
            }
            self.client(number, &ClientDeed::Open);
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

    pub(crate) fn present(&self) -> impl Iterator<Item = &App> {
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
                    id: None,
                    base: None,
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
}

/// Whether data says of itself that it may be wrong. For who is not frugal, age alone makes it
/// stale.
pub(crate) fn is_doubtful(app: &App, meta: &QueryMeta) -> bool {
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
    let tries = client.stats().mutations;
    // What edits a row whose insert failed and is kept waits for what becomes of that.
    if tries.pending + tries.unseen > 0 && tries.failed_kept == 0 {
        return Some(format!(
            "client {}: {} optimistic edits have no outcome, {} do not show",
            app.number, tries.pending, tries.unseen
        ));
    }
    if app.uses_link(world) && world.link(app.peer).swallows() {
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
        // Where nobody answers, only an event can show that the next will come.
        let silent = !world.server.abilities.answers;
        let is_unknown = |meta: &QueryMeta| silent && meta.liveness == Liveness::Unknown;
        if meta.is_some_and(|meta| !meta.is_live && !is_unknown(meta) && meta.error.is_none()) {
            return Some(format!(
                "client {}: {query:?} never becomes live",
                app.number
            ));
        }
    }
    None
}
