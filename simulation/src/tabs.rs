//! Tabs: clients of one user that share a socket, what befalls them, and that one of them leads.

use crate::{
    action::{Action, ClientDeed},
    app::App,
    breach::{Breach, BreachKind},
    generator::Generator,
    plan::{Plan, Timed, Wire},
    stage::Stage,
    tally::Tally,
};
use realtime_core::{
    Client, Input, Instant,
    tabs::{Tab, TabInput, TabRole},
    testing::{LinkState, PeerId, World},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Chance for tabs comes from here, so that the plan without them is the same.
const SALT: u64 = 0x7ab5;

/// Messages that are added to a plan have numbers of their own.
const FIRST_WORD: u32 = 700_000;

/// How long tabs may be without a leader, however it was lost: seven seconds until it is doubted, three for
/// its answer, one at most by chance, and two between two looks.
const HEADLESS: Duration = Duration::from_secs(14);

/// One client as a tab.
#[derive(Debug, Default)]
pub(crate) struct TabOfApp {
    /// The user's tabs that live, itself among them.
    mates: Vec<PeerId>,
    /// Whether it takes part again once its page is back.
    comes_back: bool,
    /// How often its earlier pages began to lead, and how often they took the lead.
    led: u64,
    stolen: u64,
}

/// Tells each tab which others its user has now.
pub(crate) fn introduce(apps: &mut [App]) {
    let alive = |app: &&App| app.plan.present && !app.past.is_closed;
    let all: Vec<_> = apps
        .iter()
        .filter(alive)
        .map(|it| (it.plan.user, it.peer))
        .collect();
    for app in apps {
        let user = app.plan.user;
        if let Some(tab) = &mut app.tab {
            let of_user = all.iter().filter(|(of, _)| *of == user);
            tab.mates = of_user.map(|(_, peer)| *peer).collect();
        }
    }
}

impl Plan {
    /// The plan of a seed, by clients of a few users, each of whom has several tabs that share a socket. In
    /// half of the worlds they keep things on a disk.
    #[must_use]
    pub fn sharing(seed: u64, wire: Wire) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ SALT);
        let mut plan = match rng.bool() {
            true => Self::reloading(seed, wire),
            false => Self::generate(seed, wire),
        };
        plan.tabs = true;
        plan.server.board_lags = false;
        // Tabs sleep: a snapshot may come late.
        plan.server.syncs = plan.server.syncs.map(|_| 0);
        let users = rng.usize(1..=3);
        for (number, client) in plan.clients.iter_mut().enumerate() {
            client.user = number % users;
        }
        let end = plan.actions.last().map_or(1, |timed| timed.at.max(1));
        let mut generator =
            Generator::more(rng.fork(), plan.server, plan.clients.len(), FIRST_WORD);
        for _ in 0..rng.usize(3..16) {
            let mut at = rng.u64(..end);
            // Half of them right after something was done, while it is under way.
            let after = &plan.actions[rng.usize(..plan.actions.len())];
            let does = |deed: &ClientDeed| {
                matches!(
                    deed,
                    ClientDeed::Try(..) | ClientDeed::Edit(_) | ClientDeed::Say(_)
                )
            };
            if matches!(&after.action, Action::Client(_, deed) if does(deed)) && rng.bool() {
                at = after.at + rng.u64(..200);
            }
            generator.befall_tabs(at, &plan);
        }
        plan.actions.extend(generator.into_actions());
        plan.actions.sort_by_key(|timed| timed.at);
        plan
    }
}

impl Generator {
    /// Something that matters to tabs, and most of it to the one that leads.
    fn befall_tabs(&mut self, at: u64, plan: &Plan) {
        let number = self.anyone();
        let leads = self.rng.u8(..3) > 0;
        match self.rng.u8(..10) {
            0..3 => {
                let away = [0, 300, 20_000, 5_000_000][self.rng.usize(..4)];
                self.tab(at, number, leads, ClientDeed::Die);
                for number in 0..self.clients {
                    // Whoever it was.
                    let back = at + self.rng.u64(..=away);
                    self.client(back, number, ClientDeed::Open);
                }
            }
            3..7 => {
                // Shorter than the silence that is borne, about as long, and longer.
                let spells = [300..7_000, 7_000..13_000, 13_000..200_000];
                let spell = spells[self.rng.usize(..3)].clone();
                let length = self.rng.u64(spell);
                self.tab(at, number, leads, ClientDeed::Freeze);
                for number in self.mates(number, plan) {
                    self.client(at + length, number, ClientDeed::Thaw);
                }
                let says = at + length + self.rng.u64(..3_000);
                let word = ClientDeed::Say(self.uid());
                self.client(says, number, word);
            }
            7 => {
                // The laptop sleeps.
                let length = self.rng.u64(1_000..200_000);
                for number in 0..self.clients {
                    self.client(at, number, ClientDeed::Freeze);
                    let awake = at + length + self.rng.u64(..2_000);
                    self.client(awake, number, ClientDeed::Thaw);
                }
            }
            8 => {
                // Whoever leads is hidden for so long that it goes to another.
                for number in self.mates(number, plan) {
                    self.client(at, number, ClientDeed::Visible(false));
                }
                let shown = at + self.rng.u64(..400_000);
                self.client(shown, number, ClientDeed::Visible(true));
            }
            _ => {
                let back = at + self.rng.u64(..20_000);
                self.tab(at, number, leads, ClientDeed::Disconnect);
                for number in self.mates(number, plan) {
                    self.client(back, number, ClientDeed::Connect);
                }
            }
        }
    }

    /// The user's tabs.
    fn mates(&self, number: usize, plan: &Plan) -> Vec<usize> {
        let user = |number: usize| plan.clients[number].user;
        let all = 0..self.clients;
        all.filter(|other| user(*other) == user(number)).collect()
    }

    fn tab(&mut self, at: u64, number: usize, leads: bool, deed: ClientDeed) {
        if leads {
            let action = Action::Leader(number, deed);
            self.push(Timed { at, action });
        } else {
            self.client(at, number, deed);
        }
    }
}

impl App {
    /// Whether nothing is wrong with the way to the server, and with whoever else has a part in it.
    pub(crate) fn are_sound(&self, world: &World) -> bool {
        let is_sound = |peer: &PeerId| {
            let link = world.link(*peer);
            let is_up = link.state() == LinkState::Up && !link.swallows();
            is_up && (self.tab.is_none() || !world.is_frozen(*peer))
        };
        match &self.tab {
            Some(tab) => tab.mates.iter().all(is_sound),
            None => is_sound(&self.peer),
        }
    }

    /// Whether what it says goes over its own link.
    pub(crate) fn uses_link(&self, world: &World) -> bool {
        self.tab.is_none() || world.tab_role(self.peer) != TabRole::Follower
    }

    /// The app connects: as a tab, once it knows who leads.
    pub(crate) fn connect(&mut self, world: &mut World, connect: fn(&mut Client, Instant)) {
        let waits = self.tab.is_some() && world.act_as_tab(self.peer, Tab::join);
        if !waits {
            world.act(self.peer, connect);
        }
    }

    pub(crate) fn disconnect(&mut self, world: &mut World) {
        world.act(self.peer, Client::disconnect);
        self.leave_tabs(world);
    }

    fn leave_tabs(&mut self, world: &mut World) {
        if self.tab.is_some() {
            world.act_as_tab(self.peer, Tab::leave);
        }
    }

    pub(crate) fn page_is_visible(&mut self, world: &mut World, visible: bool) {
        world.input(self.peer, Input::Visible(visible));
        if self.tab.is_some() {
            world.act_as_tab(self.peer, |tab, now| {
                tab.handle(now, TabInput::Visible(visible))
            });
        }
    }

    /// The page goes into the back/forward cache.
    pub(crate) fn page_is_put_aside(&mut self, world: &mut World) {
        world.input(self.peer, Input::PageHide);
        let peer = self.peer;
        if let Some(tab) = &mut self.tab {
            tab.comes_back = world.act_as_tab(peer, |tab, _| tab.is_part());
        }
        self.leave_tabs(world);
    }

    /// And comes back.
    pub(crate) fn page_is_back(&mut self, world: &mut World) {
        let tab = self.tab.as_mut();
        let comes_back = tab.is_some_and(|tab| std::mem::take(&mut tab.comes_back));
        if !(comes_back && world.act_as_tab(self.peer, Tab::join)) {
            world.input(self.peer, Input::PageShow);
        }
    }

    /// Its page goes: what it has counted is kept.
    pub(crate) fn note_leads(&mut self, world: &World) {
        if let Some(tab) = &mut self.tab {
            let stats = world.tab_stats(self.peer);
            tab.led += stats.led;
            tab.stolen += stats.stolen;
            tab.comes_back = false;
        }
    }

    pub(crate) fn count_leads(&self, world: &World, tally: &mut Tally) {
        if let Some(tab) = &self.tab {
            let stats = world.tab_stats(self.peer);
            tally.led += tab.led + stats.led;
            tally.stolen += tab.stolen + stats.stolen;
        }
    }
}

impl Stage {
    /// Something happens to a link, or to a page: also to those who reach the server through it.
    pub(crate) fn disturb(&mut self, number: usize) {
        let (user, is_tab) = (self.apps[number].plan.user, self.apps[number].tab.is_some());
        let now = self.world.now();
        let mates = self
            .apps
            .iter_mut()
            .filter(|app| app.number == number || is_tab && app.plan.user == user);
        for app in mates {
            app.disturbed = now;
        }
    }

    /// Which of the tabs of a client's user leads; itself, if none does.
    pub(crate) fn leader_of(&self, number: usize) -> usize {
        let user = self.apps[number].plan.user;
        let mut mates = self
            .present()
            .filter(|app| app.plan.user == user && !app.past.is_closed);
        let leads = |app: &&App| self.world.tab_role(app.peer) == TabRole::Leader;
        mates.find(leads).map_or(number, |app| app.number)
    }

    /// While some tabs of a user are awake, they are not without one that leads for long: one that sleeps
    /// loses the lead.
    pub(crate) fn check_led(&mut self) {
        let now = self.world.now();
        let mut users = BTreeSet::new();
        let awake = |app: &&App| {
            let role = self.world.tab_role(app.peer);
            let takes_part = matches!(role, TabRole::Leader | TabRole::Follower);
            takes_part && !app.past.is_closed && !self.world.is_frozen(app.peer)
        };
        let tabs: Vec<&App> = self.present().filter(awake).collect();
        let (mut headless, mut found) = (BTreeMap::new(), Vec::new());
        for app in &tabs {
            let user = app.plan.user;
            let mut mates = tabs.iter().filter(|it| it.plan.user == user);
            let is_led = mates.any(|it| self.world.tab_role(it.peer) == TabRole::Leader);
            if !is_led && users.insert(user) {
                let since = self.headless.get(&user).copied().unwrap_or(now);
                let since = since.max(app.disturbed);
                if now.saturating_since(since) >= HEADLESS {
                    let what = format!("client {}: nobody leads, and it is awake", app.number);
                    found.push(Breach::new(BreachKind::Split, what));
                    continue;
                }
                headless.insert(user, since);
            }
        }
        self.headless = headless;
        self.breaches.extend(found);
    }

    /// Of each user's tabs one leads, has the only socket, and all know how many they are.
    pub(crate) fn check_tabs(&mut self) {
        let mut found = Vec::new();
        let tabs: Vec<&App> = self.present().filter(|app| app.tab.is_some()).collect();
        for app in &tabs {
            let mates: Vec<&&App> = tabs
                .iter()
                .filter(|it| it.plan.user == app.plan.user)
                .collect();
            let role = |app: &App| self.world.tab_role(app.peer);
            let leaders = mates
                .iter()
                .filter(|it| role(it) == TabRole::Leader)
                .count();
            let sockets = mates
                .iter()
                .filter(|it| self.world.has_socket(it.peer))
                .count();
            let count = self.world.tab_count(app.peer);
            let own = role(app);
            if (leaders, sockets, count) != (1, 1, mates.len())
                || own == TabRole::Joining
                || own == TabRole::Alone
            {
                let what = format!(
                    "client {}: is {own:?} of {count} tabs; there are {}, {leaders} lead and {sockets} have a socket",
                    app.number,
                    mates.len()
                );
                found.push(Breach::new(BreachKind::Split, what));
            }
        }
        self.breaches.extend(found);
    }
}
