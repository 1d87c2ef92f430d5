//! Tabs of one app in a world: the lock that one of them holds, and what they post to each other.

use super::{PeerId, World, peer::Peer};
use crate::{
    Client, ClientOptions, Codec, Input, Instant, Output,
    tabs::{self as core_tabs, ForPage, Seat, Tab, TabCodec, TabInput, TabRole, TabStats, Wire},
    time::earliest,
};
use std::{collections::VecDeque, time::Duration};

/// What waits to be told to a tab.
#[derive(Debug)]
enum Told {
    Message(String),
    Granted,
    Lost,
}

/// The page around a tab.
#[derive(Debug)]
pub(super) struct PageOfTab {
    seat: Seat,
    inbox: VecDeque<(Instant, Told)>,
    is_dead: bool,
}

/// Who holds the lock, and who queues for it.
#[derive(Debug, Default)]
pub(super) struct Lock {
    holder: Option<usize>,
    queue: VecDeque<usize>,
}

impl Peer {
    /// When something happens to its tab next.
    pub(super) fn next_of_tab(&self) -> Option<Instant> {
        let page = self.tab.as_ref().filter(|page| !page.is_dead)?;
        let told = page.inbox.front().map(|(at, _)| *at);
        earliest(told, page.seat.tab.next_deadline())
    }
}

impl World {
    /// Opens a tab of the one app that shares its socket in this world.
    pub fn open_tab(&mut self, options: ClientOptions, codec: Box<dyn Codec>) -> PeerId {
        let wire = Wire::default();
        let codec = TabCodec::new(codec, wire.clone());
        let options = options.with_seed(self.rng.u64(..));
        let peer = PeerId(self.peers.len());
        self.peers
            .push(Peer::new(Client::new(options, Box::new(codec))));
        let mut tab = Tab::new(self.rng.u64(..));
        tab.join(self.now);
        self.peers[peer.0].tab = Some(PageOfTab {
            seat: Seat::new(tab, wire),
            inbox: VecDeque::new(),
            is_dead: false,
        });
        self.drain(peer.0);
        peer
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
        self.post(usize::MAX, text);
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
        if let Some(page) = &mut dead.tab {
            page.is_dead = true;
            page.inbox.clear();
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
            // The socket that it had goes.
            self.forsake_socket(index);
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
        match lock {
            core_tabs::Lock::Request => self.lock.queue.push_back(index),
            core_tabs::Lock::Steal => {
                self.lock.queue.retain(|of| *of != index);
                if let Some(holder) = self.lock.holder.replace(index)
                    && holder != index
                {
                    self.tell_tab(holder, Told::Lost);
                }
                self.tell_tab(index, Told::Granted);
            }
            core_tabs::Lock::Release => {
                self.lock.queue.retain(|of| *of != index);
                self.lock.holder.take_if(|holder| *holder == index);
            }
        }
        if self.lock.holder.is_none()
            && let Some(next) = self.lock.queue.pop_front()
        {
            self.lock.holder = Some(next);
            self.tell_tab(next, Told::Granted);
        }
    }

    fn post(&mut self, from: usize, text: &str) {
        for to in 0..self.peers.len() {
            if to != from {
                self.tell_tab(to, Told::Message(text.to_owned()));
            }
        }
    }

    fn tell_tab(&mut self, index: usize, told: Told) {
        let at = self.now + Duration::from_millis(self.rng.u64(0..=4));
        if let Some(page) = self.peers[index].tab.as_mut().filter(|page| !page.is_dead) {
            let at = page.inbox.back().map_or(at, |(last, _)| at.max(*last));
            page.inbox.push_back((at, told));
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
            && page.inbox.front().is_some_and(|(at, _)| *at <= now)
            && let Some((_, told)) = page.inbox.pop_front()
        {
            let input = match &told {
                Told::Message(text) => TabInput::Message(text),
                Told::Granted => TabInput::Granted,
                Told::Lost => TabInput::Lost,
            };
            page.seat.tab.handle(now, input);
            self.drain(index);
        }
    }

    pub(super) fn thaw_tab(&mut self, index: usize) {
        self.step_tab(index);
    }
}
