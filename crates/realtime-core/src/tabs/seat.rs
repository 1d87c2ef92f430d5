//! Seat: a tab beside its client: which of the client's sockets is a link to the leader.

use super::{Lock, Tab, TabId, TabOutput, TabRole, Wire};
use crate::{id::Generation, time::Instant, wire::Frame};

/// One tab, what its codec speaks, and the link that its client has.
#[derive(Debug)]
pub struct Seat {
    /// The tab.
    pub tab: Tab,
    wire: Wire,
    link: Option<Generation>,
}

/// What remains for the page to do, from [`ClientTabs::carry_out`](crate::ClientTabs::carry_out).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForPage {
    /// Something about the lock.
    Lock(Lock),
    /// Post this to all other tabs.
    Post(String),
    /// The tab is something else now, or there are more tabs or fewer.
    Told,
    /// The user has signed out in another tab: sign out here.
    SignOut,
}

impl Seat {
    /// A seat for `tab`, whose client's [`TabCodec`](super::TabCodec) has this `wire`.
    #[must_use]
    pub const fn new(tab: Tab, wire: Wire) -> Self {
        Self {
            tab,
            wire,
            link: None,
        }
    }

    /// The client wants a socket: whether it is a link to the leader, and so none to the server.
    pub fn connect(&mut self, now: Instant, generation: Generation) -> bool {
        let follows = self.tab.role() == TabRole::Follower;
        self.wire.set_follows(follows);
        self.link = follows.then_some(generation);
        if follows {
            self.tab.open(now, generation.as_u64());
        }
        follows
    }

    /// The client says something; whether that was on its link, and so nothing for a socket.
    pub fn transmit(&mut self, now: Instant, generation: Generation, frame: &Frame) -> bool {
        let is_link = self.link == Some(generation);
        if let (true, Frame::Text(text)) = (is_link, frame) {
            self.tab.send(now, generation.as_u64(), text);
        }
        is_link
    }

    /// The client closes a socket; whether it was its link.
    pub fn close(&mut self, now: Instant, generation: Generation) -> bool {
        let is_link = self.link == Some(generation);
        if is_link {
            self.link = None;
            self.tab.close(now, generation.as_u64());
        }
        is_link
    }

    /// The client's link, if it is this one.
    pub(crate) fn link(&self, number: u64) -> Option<Generation> {
        self.link.filter(|link| link.as_u64() == number)
    }

    /// The leader has closed the link.
    pub(crate) const fn closed(&mut self) {
        self.link = None;
    }

    /// Whether the tab leads, and in which term.
    pub(crate) fn leads(&self) -> Option<(TabId, u64)> {
        let leads = self.tab.role() == TabRole::Leader;
        leads.then(|| (self.tab.id().clone(), self.tab.term()))
    }

    /// What is next, of the tab's own outputs.
    pub fn poll_output(&mut self) -> Option<TabOutput> {
        self.tab.poll_output()
    }
}
