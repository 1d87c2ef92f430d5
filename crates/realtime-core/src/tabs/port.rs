//! Port: what goes into a tab and what comes out of it.

use super::{LinkAct, TabId};

/// What a tab is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TabRole {
    /// It shares nothing: the app does not ask for it, the browser cannot, or there are too many tabs.
    Alone,
    /// It has begun, and does not know yet whether another leads.
    Joining,
    /// It has the socket, and the others reach the server through it.
    Leader,
    /// It reaches the server through the leader.
    Follower,
}

/// What is to be done about the lock that the leader holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Queue for it.
    Request,
    /// Take it from whoever holds it.
    Steal,
    /// Give it back, or leave the queue.
    Release,
}

/// What happened to a tab.
#[derive(Clone, Copy, Debug)]
pub enum TabInput<'a> {
    /// It has the lock.
    Granted,
    /// It has the lock no more, without having given it back.
    Lost,
    /// Another tab posted this.
    Message(&'a str),
    /// Its page became visible or hidden.
    Visible(bool),
    /// The time of [`Tab::next_deadline`](super::Tab::next_deadline) has come.
    Timeout,
}

/// What a tab wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TabOutput {
    /// Something about the lock.
    Lock(Lock),
    /// Post this to all other tabs.
    Post(String),
    /// The tab is something else now, or follows another: the client needs another socket. Whether it
    /// is to serve the others is what [`Tab::role`](super::Tab::role) says.
    Changed,
    /// How many tabs there are has changed.
    Counted,
    /// This link is open.
    Opened(u64),
    /// The leader says something on this link.
    Frame(u64, String),
    /// The leader has closed this link, with this code.
    Closed(u64, u16),
    /// A tab that follows says something to our client.
    Link {
        /// Who.
        tab: TabId,
        /// On which of its links.
        link: u64,
        /// What.
        does: LinkAct,
    },
    /// A tab that followed is gone.
    Gone(TabId),
    /// A tab that has just come begins with what this one has: give it seeds.
    Wanted(TabId),
    /// The leader gives the seed of one query, as text.
    Seed(String),
    /// Another tab wants the token to be shown anew.
    Renew,
    /// The user has signed out in another tab.
    SignOut,
}

/// What a tab has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TabStats {
    /// Messages posted.
    pub posted: u64,
    /// Messages that came.
    pub heard: u64,
    /// Messages dropped because no tab would say them, or because they were too large.
    pub malformed: u64,
    /// Messages dropped because they are of an earlier term, or of a leader that is none.
    pub stale: u64,
    /// Tabs turned away because there were too many.
    pub turned_away: u64,
    /// Times that this tab began to lead.
    pub led: u64,
    /// Times that it took the lead from one that was silent, or that offered it.
    pub stolen: u64,
    /// Times that the lead was taken from it.
    pub lost: u64,
}
