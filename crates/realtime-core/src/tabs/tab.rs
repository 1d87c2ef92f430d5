//! Tab: one tab's part in the election of the tab that leads, and its link to it.
//!
//! The lock is the truth: who holds it leads, and only its loss ends that. Messages tell the others who
//! leads, in which *term*: each leader's is later than those it has heard of, and what a leader of an
//! earlier term still says is dropped.

use super::{
    Lock, TabId, TabInput, TabOutput, TabRole, TabStats, ToTabs,
    lead::Lead,
    message::{Kind, Message},
    silence::{Doubt, Silence, spread},
    voice::Voice,
};
use crate::time::{Instant, earliest};
use std::{borrow::Cow, rc::Rc, time::Duration};

/// A tab that follows answers a beacon when it has said nothing for so long.
const QUIET: Duration = Duration::from_secs(20);
/// How long a tab that has just come waits for what the leader has of its queries.
const SEEDING: Duration = Duration::from_millis(500);
/// How many bytes of that a leader gives.
const MOST_SEEDS: usize = 8 << 20;

/// How much later than ours a term may be: each leader's is one later than the one before, and whoever
/// names one that nobody can have come to would use them up.
const FARTHEST: u64 = 1 << 20;

#[derive(Debug)]
enum Standing {
    Out,
    Alone,
    /// Waits for the lock, or to hear of a leader; whether it was part of it before.
    Seeking {
        anew: bool,
        silence: Silence,
    },
    Following {
        silence: Silence,
        /// Until when it waits for the leader's seeds, before it takes a link.
        seeding: Option<Instant>,
    },
    Leading(Lead),
}

#[derive(Debug)]
struct Link {
    number: u64,
    is_open: bool,
}

/// One tab, without a browser. Tell it what happened, with the time, and drain
/// [`poll_output`](Self::poll_output).
#[derive(Debug)]
pub struct Tab {
    voice: Voice,
    rng: fastrand::Rng,
    standing: Standing,
    hidden_since: Option<Instant>,
    link: Option<Link>,
}

impl Tab {
    /// A tab that has no part in it before it [joins](Self::join). `seed` sets it apart from all
    /// others.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        Self {
            voice: Voice::new(TabId::new(rng.u64(..))),
            rng,
            standing: Standing::Out,
            hidden_since: None,
            link: None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &TabId {
        &self.voice.me
    }

    /// What it is to the others now.
    #[must_use]
    pub const fn role(&self) -> TabRole {
        match self.standing {
            Standing::Alone | Standing::Out => TabRole::Alone,
            Standing::Seeking { anew: true, .. }
            | Standing::Following {
                seeding: Some(_), ..
            } => TabRole::Joining,
            Standing::Seeking { .. } | Standing::Following { .. } => TabRole::Follower,
            Standing::Leading(_) => TabRole::Leader,
        }
    }

    /// How many tabs there are, as far as it knows; itself counts.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.voice.count
    }

    /// The term that it lives in: later ones are greater.
    #[must_use]
    pub const fn term(&self) -> u64 {
        self.voice.term
    }

    /// What has been counted so far.
    #[must_use]
    pub const fn stats(&self) -> TabStats {
        self.voice.stats
    }

    /// Takes part from now on. Gives whether its client is to wait for [`TabOutput::Changed`] before it
    /// connects.
    pub fn join(&mut self, now: Instant) -> bool {
        self.voice.now = now;
        if matches!(self.standing, Standing::Out) {
            self.seek(true);
        }
        self.role() == TabRole::Joining
    }

    /// Whether it takes part.
    #[must_use]
    pub const fn is_part(&self) -> bool {
        !matches!(self.standing, Standing::Out | Standing::Alone)
    }

    /// Takes no part any more, and tells the others: its page goes, or its client wants no socket.
    pub fn leave(&mut self, now: Instant) {
        self.voice.now = now;
        if self.is_part() {
            self.voice.say(Kind::Bye);
            self.voice.push(TabOutput::Lock(Lock::Release));
        }
        self.standing = Standing::Out;
        self.link = None;
        self.voice.leader = None;
        self.voice.set_count(1);
    }

    /// Takes in something that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: TabInput<'_>) {
        self.voice.now = now;
        match input {
            TabInput::Granted => self.granted(),
            TabInput::Lost => self.lost(),
            TabInput::Message(text) => match Message::read(text) {
                Some(message) => self.message(&message),
                None => self.voice.stats.malformed += 1,
            },
            TabInput::Visible(visible) => self.set_visible(visible),
            TabInput::Timeout => self.timeout(),
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<TabOutput> {
        self.voice.poll_output()
    }

    /// When to call [`handle`](Self::handle) with [`TabInput::Timeout`]; `None` for never.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.standing {
            Standing::Out | Standing::Alone => None,
            Standing::Seeking { silence, .. } => Some(silence.next_deadline()),
            Standing::Following { silence, seeding } => {
                earliest(*seeding, Some(silence.next_deadline()))
            }
            Standing::Leading(lead) => lead.next_deadline(),
        }
    }

    /// Opens a link to the leader, whoever it is or will be, in place of the one before.
    /// [`TabOutput::Opened`] tells when it is open.
    pub fn open(&mut self, now: Instant, number: u64) {
        self.voice.now = now;
        self.link = Some(Link {
            number,
            is_open: false,
        });
        self.ask_for_link();
    }

    /// Says something to the leader; whether the link was open to take it.
    pub fn send(&mut self, now: Instant, number: u64, frame: &str) -> bool {
        self.voice.now = now;
        let link = self.link.as_ref();
        let is_open = link.is_some_and(|link| link.number == number && link.is_open);
        if is_open {
            self.voice.say_on(Kind::Frame, number, frame);
        }
        is_open
    }

    /// Closes a link; nothing more is told of it.
    pub fn close(&mut self, now: Instant, number: u64) {
        self.voice.now = now;
        if self.link.take_if(|link| link.number == number).is_some() && self.is_following() {
            self.voice.say_on(Kind::Close, number, "");
        }
    }

    /// What our client says to those that follow.
    pub fn relay(&mut self, now: Instant, said: ToTabs) {
        self.voice.now = now;
        if !matches!(self.standing, Standing::Leading(_)) {
            return;
        }
        let (kind, to, number, payload) = match said {
            ToTabs::Opened { tab, link } => (Kind::Opened, Some((tab, link)), 0, String::new()),
            ToTabs::Frame { tab, link, frame } => (Kind::Frame, Some((tab, link)), 0, frame),
            ToTabs::Broadcast { frame } => (Kind::Frame, None, 0, frame),
            ToTabs::Closed { tab, link, code } => {
                (Kind::Closed, Some((tab, link)), code.into(), String::new())
            }
        };
        let (to, link) = to.unzip();
        let message = Message {
            to,
            link,
            number,
            payload: payload.into(),
            ..self.voice.of_kind(kind)
        };
        self.voice.post(&message);
    }

    /// Gives seeds, as texts, to a tab that has just come, as far as they are not too large together.
    pub fn give(&mut self, now: Instant, tab: &TabId, seeds: impl IntoIterator<Item = Rc<str>>) {
        self.voice.now = now;
        let mut left = MOST_SEEDS;
        for seed in seeds {
            let Some(rest) = left.checked_sub(seed.len()) else {
                continue;
            };
            left = rest;
            let message = Message {
                to: Some(tab.clone()),
                payload: Cow::Borrowed(&seed),
                ..self.voice.of_kind(Kind::Seed)
            };
            self.voice.post(&message);
        }
        self.voice.say_to(tab, Kind::Seeded);
    }

    /// Has the token shown anew by whoever has the socket; whether that is another.
    pub fn renew_token(&mut self, now: Instant) -> bool {
        self.voice.now = now;
        let leader = self.voice.leader.clone().filter(|_| self.is_following());
        if let Some(leader) = &leader {
            self.voice.say_to(leader, Kind::Renew);
        }
        leader.is_some()
    }

    /// Signs the user out in all other tabs.
    pub fn sign_out(&mut self, now: Instant) {
        self.voice.now = now;
        if self.is_part() {
            self.voice.say(Kind::SignOut);
        }
    }

    const fn is_following(&self) -> bool {
        matches!(self.standing, Standing::Following { .. })
    }

    fn ask_for_link(&mut self) {
        let number = self.link.as_ref().map(|link| link.number);
        if let Some(number) = number.filter(|_| self.is_following()) {
            self.voice.say_on(Kind::Open, number, "");
        }
    }

    /// Queues for the lock, and asks whether somebody leads.
    fn seek(&mut self, anew: bool) {
        self.link = None;
        self.voice.leader = None;
        let silence = Silence::new(self.voice.now);
        self.standing = Standing::Seeking { anew, silence };
        self.voice.push(TabOutput::Lock(Lock::Request));
        self.voice.say(Kind::Hello);
    }

    fn granted(&mut self) {
        if !self.is_part() {
            return self.voice.push(TabOutput::Lock(Lock::Release));
        }
        self.link = None;
        self.voice.leader = Some(self.voice.me.clone());
        self.voice.term += 1;
        self.voice.stats.led += 1;
        self.voice.set_count(1);
        self.voice.push(TabOutput::Changed);
        self.standing = Standing::Leading(Lead::new(self.hidden_since, &mut self.voice));
    }

    fn lost(&mut self) {
        if matches!(self.standing, Standing::Leading(_)) {
            self.voice.stats.lost += 1;
            self.seek(false);
            self.voice.push(TabOutput::Changed);
        } else if self.is_part() {
            // Who took it speaks soon; until then, one more of those who wait.
            self.voice.push(TabOutput::Lock(Lock::Request));
        }
    }

    fn set_visible(&mut self, visible: bool) {
        if std::mem::replace(&mut self.voice.visible, visible) == visible {
            return;
        }
        self.hidden_since = (!visible).then_some(self.voice.now);
        match &mut self.standing {
            Standing::Out | Standing::Alone => {}
            Standing::Seeking { .. } | Standing::Following { .. } => self.voice.say(Kind::Hello),
            Standing::Leading(lead) => lead.set_hidden(self.hidden_since),
        }
    }

    fn timeout(&mut self) {
        let now = self.voice.now;
        let silence = match &mut self.standing {
            Standing::Out | Standing::Alone => return,
            Standing::Leading(lead) => return lead.go_on(&mut self.voice),
            Standing::Seeking { silence, .. } => silence,
            Standing::Following { silence, seeding } => {
                if seeding.take_if(|until| now >= *until).is_some() {
                    self.voice.push(TabOutput::Changed);
                }
                silence
            }
        };
        match silence.look(now, spread(&mut self.rng, self.voice.visible)) {
            Doubt::None => {}
            Doubt::Ask => self.voice.say(Kind::Hello),
            Doubt::Steal => self.steal(),
        }
    }

    fn steal(&mut self) {
        self.voice.stats.stolen += 1;
        self.voice.push(TabOutput::Lock(Lock::Steal));
    }

    fn message(&mut self, message: &Message<'_>) {
        self.voice.stats.heard += 1;
        let me = &self.voice.me;
        let is_for_us = message.to.as_ref().is_none_or(|to| to == me);
        if !self.is_part() || !is_for_us || message.from == *me {
            return;
        }
        if message.term > self.voice.term.saturating_add(FARTHEST) {
            self.voice.stats.stale += 1;
            return;
        }
        match (message.kind, &mut self.standing) {
            (Kind::SignOut, _) => self.voice.push(TabOutput::SignOut),
            (Kind::Beacon, Standing::Leading(lead)) => {
                lead.heard_rival(self.voice.now, message.term);
            }
            (Kind::Beacon, _) => self.heard_beacon(message),
            (_, Standing::Leading(lead)) => lead.heard(message, &mut self.voice),
            (Kind::Full, _) => self.turned_away(&message.from),
            _ => self.heard_leader(message),
        }
    }

    /// Somebody says that they lead.
    fn heard_beacon(&mut self, message: &Message<'_>) {
        let is_leader = self.voice.follows(&message.from);
        let is_second = !is_leader && self.voice.leader.is_some();
        if message.term < self.voice.term || (message.term == self.voice.term && is_second) {
            self.voice.stats.stale += 1;
            // They do not know in which term they live.
            return self.voice.say(Kind::Hello);
        }
        let is_new = !is_leader || message.term > self.voice.term || !self.is_following();
        self.voice.term = message.term;
        if is_new {
            self.follow(&message.from);
        } else {
            self.heard();
            let said = self.voice.said_at();
            if said.is_none_or(|said| self.voice.now >= said + QUIET) {
                self.voice.say(Kind::Hello);
            }
        }
        // Sixty-four follow at most.
        let count = usize::try_from(message.number).unwrap_or(usize::MAX);
        self.voice.set_count(count.clamp(2, 65));
    }

    fn heard(&mut self) {
        if let Standing::Following { silence, .. } = &mut self.standing {
            *silence = Silence::new(self.voice.now);
        }
    }

    fn follow(&mut self, leader: &TabId) {
        let now = self.voice.now;
        let was_joining = self.role() == TabRole::Joining;
        self.standing = Standing::Following {
            silence: Silence::new(now),
            seeding: was_joining.then_some(now + SEEDING),
        };
        self.voice.leader = Some(leader.clone());
        self.voice.say(Kind::Hello);
        if was_joining {
            self.voice.say_to(leader, Kind::Want);
        } else if self.link.take_if(|link| link.is_open).is_some() {
            self.voice.push(TabOutput::Changed);
        } else {
            self.ask_for_link();
        }
    }

    /// The leader has no place for us.
    fn turned_away(&mut self, by: &TabId) {
        let is_joining = self.role() == TabRole::Joining;
        if is_joining || self.voice.follows(by) {
            self.standing = Standing::Alone;
            self.link = None;
            self.voice.push(TabOutput::Lock(Lock::Release));
            self.voice.set_count(1);
            self.voice.push(TabOutput::Changed);
        }
    }

    /// The leader says something to us or, in frames, to all.
    fn heard_leader(&mut self, message: &Message<'_>) {
        if matches!(message.kind, Kind::Hello | Kind::Bye) {
            return;
        }
        let is_leader = self.voice.follows(&message.from) && message.term == self.voice.term;
        let Standing::Following { silence, seeding } = &mut self.standing else {
            self.voice.stats.stale += 1;
            return;
        };
        if !is_leader {
            self.voice.stats.stale += 1;
            return;
        }
        *silence = Silence::new(self.voice.now);
        match message.kind {
            Kind::Yield if self.voice.visible => {
                silence.stealing(self.voice.now);
                self.steal();
            }
            Kind::Seed if seeding.is_some() => {
                let seed = message.payload.clone().into_owned();
                self.voice.push(TabOutput::Seed(seed));
            }
            Kind::Seeded if seeding.take().is_some() => self.voice.push(TabOutput::Changed),
            Kind::Opened | Kind::Frame | Kind::Closed => self.heard_on_link(message),
            _ => {}
        }
    }

    fn heard_on_link(&mut self, message: &Message<'_>) {
        let Some(link) = &mut self.link else { return };
        let number = link.number;
        if message.link.is_some_and(|of| of != number) {
            return;
        }
        match message.kind {
            Kind::Frame if link.is_open => {
                let frame = message.payload.clone().into_owned();
                self.voice.push(TabOutput::Frame(number, frame));
            }
            Kind::Opened if message.link.is_some() => {
                link.is_open = true;
                self.voice.push(TabOutput::Opened(number));
            }
            Kind::Closed if message.link.is_some() => {
                self.link = None;
                let code = u16::try_from(message.number).unwrap_or(1006);
                self.voice.push(TabOutput::Closed(number, code));
            }
            _ => {}
        }
    }
}
