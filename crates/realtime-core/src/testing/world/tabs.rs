//! Tabs of one app in a world: the lock that one of them holds, and what they post to each other.

use super::{PeerId, World, peer::Peer};
use crate::{
    Client, ClientOptions, Codec, Input, Instant, Output,
    tabs::{self as core_tabs, ForPage, Seat, Tab, TabCodec, TabInput, TabRole, TabStats, Wire},
    time::earliest,
};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// What waits to be told to a tab.
#[derive(Debug)]
enum Told {
    Message(String),
    Granted,
    Lost,
}

/// Who tells a tab something: what one of them says arrives in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Teller {
    Tab(usize),
    Script,
    Locks,
}

#[derive(Debug)]
struct Mail {
    at: Instant,
    said_at: Instant,
    by: Teller,
    told: Told,
}

/// The page around a tab.
#[derive(Debug)]
pub(super) struct PageOfTab {
    seat: Seat,
    /// Whose tab it is.
    user: usize,
    /// By when it arrives.
    inbox: VecDeque<Mail>,
    is_dead: bool,
}

/// Who holds the lock of one user's tabs, and who queues for it.
#[derive(Debug, Default)]
pub(super) struct Lock {
    holder: Option<usize>,
    queue: VecDeque<usize>,
}

/// The locks, by user.
pub(super) type Locks = BTreeMap<usize, Lock>;

impl Peer {
    /// When something happens to its tab next.
    pub(super) fn next_of_tab(&self) -> Option<Instant> {
        let page = self.tab.as_ref().filter(|page| !page.is_dead)?;
        let told = page.inbox.front().map(|mail| mail.at);
        earliest(told, page.seat.tab.next_deadline())
    }
}

impl World {
    /// Opens a tab of the one user of the app that shares its socket.
    pub fn open_tab(&mut self, options: ClientOptions, codec: Box<dyn Codec>) -> PeerId {
        let peer = self.add_tab(0, options, codec);
        self.act_as_tab(peer, Tab::join);
        peer
    }

    /// Opens a tab of the user with this number, which is not told to take part yet.
    pub fn add_tab(
        &mut self,
        user: usize,
        options: ClientOptions,
        codec: Box<dyn Codec>,
    ) -> PeerId {
        let wire = Wire::default();
        let codec = TabCodec::new(codec, wire.clone());
        let options = options.with_seed(self.rng.u64(..));
        let peer = PeerId(self.peers.len());
        self.peers
            .push(Peer::new(Client::new(options, Box::new(codec))));
        let tab = Tab::new(self.rng.u64(..));
        self.peers[peer.0].tab = Some(PageOfTab {
            seat: Seat::new(tab, wire),
            user,
            inbox: VecDeque::new(),
            is_dead: false,
        });
        peer
    }

    /// Whether the server believes in a socket of this client's.
    #[must_use]
    pub fn has_socket(&self, peer: PeerId) -> bool {
        self.peers[peer.0].socket.is_some()
    }

    /// What a tab is to the others.
    #[must_use]
    pub fn tab_role(&self, peer: PeerId) -> TabRole {
        self.page(peer.0)
            .map_or(TabRole::Alone, |page| page.seat.tab.role())
    }

    /// How many tabs a tab knows of.
    #[must_use]
    pub fn tab_count(&self, peer: PeerId) -> usize {
        self.page(peer.0).map_or(1, |page| page.seat.tab.count())
    }

    /// What a tab has counted.
    #[must_use]
    pub fn tab_stats(&self, peer: PeerId) -> TabStats {
        self.page(peer.0)
            .map_or_else(TabStats::default, |page| page.seat.tab.stats())
    }

    /// Lets a tab do something, such as to leave.
    pub fn act_as_tab<R>(&mut self, peer: PeerId, act: impl FnOnce(&mut Tab, Instant) -> R) -> R {
        let now = self.now;
        let page = self.peers[peer.0].tab.as_mut().expect("it is a tab");
        let result = act(&mut page.seat.tab, now);
        self.drain(peer.0);
        result
    }

    /// Shows or hides the page of a tab.
    pub fn show_tab(&mut self, peer: PeerId, visible: bool) {
        self.act_as_tab(peer, |tab, now| tab.handle(now, TabInput::Visible(visible)));
        self.input(peer, Input::Visible(visible));
    }

    /// Posts a text to all tabs, as another script of the same origin may.
    pub fn post_to_tabs(&mut self, text: &str) {
        for to in 0..self.peers.len() {
            self.tell_tab(to, Teller::Script, Told::Message(text.to_owned()));
        }
    }

    /// A tab's page is gone, without a word.
    pub fn kill_tab(&mut self, peer: PeerId) {
        let index = peer.0;
        self.forsake_socket(index);
        let client = Client::new(
            ClientOptions::new("ws://server.test/ws"),
            Box::<crate::wire::JsonCodec>::default(),
        );
        let dead = &mut self.peers[index];
        dead.link = super::Link::default();
        dead.client = client;
        dead.fetches.clear();
        dead.frozen = false;
        self.bury_tab(index);
    }

    /// A tab's page is gone, and with it what it had posted last and had not left it yet.
    pub(super) fn bury_tab(&mut self, index: usize) {
        let Some(page) = &mut self.peers[index].tab else {
            return;
        };
        page.is_dead = true;
        page.inbox.clear();
        let unsent = Duration::from_millis(self.rng.u64(0..=*self.tab_latency.end()));
        let now = self.now;
        let is_lost = |mail: &Mail| {
            mail.by == Teller::Tab(index) && mail.at > now && mail.said_at + unsent > now
        };
        for peer in &mut self.peers {
            if let Some(page) = &mut peer.tab {
                page.inbox.retain(|mail| !is_lost(mail));
            }
        }
        self.lock_for(index, core_tabs::Lock::Release);
    }

    fn page(&self, index: usize) -> Option<&PageOfTab> {
        self.peers[index].tab.as_ref().filter(|page| !page.is_dead)
    }

    /// The client's output, unless it is one for the tab.
    pub(super) fn of_tab(&mut self, index: usize, output: Output) -> Option<Output> {
        let now = self.now;
        let Some(page) = &mut self.peers[index].tab else {
            return Some(output);
        };
        let is_done = match &output {
            Output::Connect { generation, .. } => page.seat.connect(now, *generation),
            Output::Transmit { generation, frame } => page.seat.transmit(now, *generation, frame),
            Output::Close { generation, .. } => page.seat.close(now, *generation),
            Output::Tabs(said) => {
                page.seat.tab.relay(now, said.clone());
                true
            }
            _ => false,
        };
        if is_done && matches!(output, Output::Connect { .. }) {
            // The socket that it had goes, also one that was about to open.
            self.forsake_socket(index);
            self.peers[index].link.drop_pending();
        }
        (!is_done).then_some(output)
    }

    /// Carries out what a tab wants done, and what its client then wants.
    pub(super) fn drain_tab(&mut self, index: usize) {
        loop {
            let now = self.now;
            let peer = &mut self.peers[index];
            let Some(page) = peer.tab.as_mut().filter(|page| !page.is_dead) else {
                return;
            };
            let Some(output) = page.seat.poll_output() else {
                return;
            };
            let rest = peer.client.tabs(now).carry_out(&mut page.seat, output);
            match rest {
                Some(ForPage::Lock(lock)) => self.lock_for(index, lock),
                Some(ForPage::Post(text)) => self.post(index, &text),
                Some(ForPage::SignOut) => {
                    peer.client.sign_out(now);
                    page.seat.tab.leave(now);
                }
                Some(ForPage::Told) | None => {}
            }
            // This comes back here for what that led to.
            self.drain(index);
        }
    }

    fn lock_for(&mut self, index: usize, lock: core_tabs::Lock) {
        let Some(user) = self.peers[index].tab.as_ref().map(|page| page.user) else {
            return;
        };
        let of_user = self.locks.entry(user).or_default();
        of_user.queue.retain(|of| *of != index);
        let (mut granted, mut lost) = (None, None);
        match lock {
            core_tabs::Lock::Request => of_user.queue.push_back(index),
            core_tabs::Lock::Steal => {
                lost = of_user.holder.replace(index).filter(|old| *old != index);
                granted = Some(index);
            }
            core_tabs::Lock::Release => {
                of_user.holder.take_if(|holder| *holder == index);
            }
        }
        if of_user.holder.is_none() {
            of_user.holder = of_user.queue.pop_front();
            granted = of_user.holder;
        }
        for (tab, told) in [(lost, Told::Lost), (granted, Told::Granted)] {
            if let Some(tab) = tab {
                self.tell_tab(tab, Teller::Locks, told);
            }
        }
    }

    fn post(&mut self, from: usize, text: &str) {
        let user = |peer: &Peer| peer.tab.as_ref().map(|page| page.user);
        let of = user(&self.peers[from]);
        for to in 0..self.peers.len() {
            if to != from && user(&self.peers[to]) == of {
                self.tell_tab(to, Teller::Tab(from), Told::Message(text.to_owned()));
            }
        }
    }

    fn tell_tab(&mut self, index: usize, by: Teller, told: Told) {
        let said_at = self.now;
        let at = said_at + Duration::from_millis(self.rng.u64(self.tab_latency.clone()));
        if let Some(page) = self.peers[index].tab.as_mut().filter(|page| !page.is_dead) {
            let mut before = page.inbox.iter().rev();
            let before = before.find(|mail| mail.by == by);
            let at = before.map_or(at, |before| at.max(before.at));
            let place = page.inbox.partition_point(|mail| mail.at <= at);
            let mail = Mail {
                at,
                said_at,
                by,
                told,
            };
            page.inbox.insert(place, mail);
        }
    }

    /// Does what is due for a tab: first its timer, then what it was told.
    pub(super) fn step_tab(&mut self, index: usize) {
        let now = self.now;
        let Some(page) = self.peers[index].tab.as_mut().filter(|it| !it.is_dead) else {
            return;
        };
        if page.seat.tab.next_deadline().is_some_and(|at| at <= now) {
            page.seat.tab.handle(now, TabInput::Timeout);
            self.drain(index);
        }
        while let Some(page) = &mut self.peers[index].tab
            && page.inbox.front().is_some_and(|mail| mail.at <= now)
            && let Some(mail) = page.inbox.pop_front()
        {
            let input = match &mail.told {
                Told::Message(text) => TabInput::Message(text),
                Told::Granted => TabInput::Granted,
                Told::Lost => TabInput::Lost,
            };
            page.seat.tab.handle(now, input);
            self.drain(index);
        }
    }

    /// A tab wakes, and reads what waited: chance says whether its socket comes before what it is told.
    pub(super) fn thaw_tab(&mut self, index: usize) {
        if self.peers[index].tab.is_some() && self.rng.bool() {
            self.deliver_down(index);
        }
        self.step_tab(index);
    }
}
