//! Replica: the seam by which several processes can have one hub.
//!
//! A hub alone carries out each [`Change`] of presence and typing at once. With [`HubBuilder::replicate`] it hands them out
//! instead, and the app brings all changes of all processes into one order, such as a log that they share; each process
//! gives each of them to [`Hub::apply`], and [publishes](crate::Hub::publish) in the same order. The copies then are the
//! same, positions included, so that a client may come back to any of them and resume. A copy that comes late, or has lost its way,
//! takes another one's [`Saved`] state.
//!
//! ```
//! use realtime_server::{Hub, replica::{Change, Pending, Replicate}};
//! use std::sync::mpsc;
//!
//! struct Log(mpsc::Sender<(Change, Pending)>);
//!
//! impl Replicate for Log {
//!     fn submit(&self, change: Change, pending: Pending) {
//!         // Into the log; whoever reads it calls `hub.apply`, and tells `pending` what came of it.
//!         let _ = self.0.send((change, pending));
//!     }
//! }
//!
//! let (sender, log) = mpsc::channel();
//! let hub = Hub::builder().replicate(Log(sender)).build();
//! # assert!(log.try_recv().is_err());
//! ```
//!
//! What does not belong to all copies, a channel that only this process publishes on, is to be named by the `keep` of
//! [`Hub::save`] and [`Hub::load`].
//!
//! [`HubBuilder::replicate`]: crate::HubBuilder::replicate

use crate::{
    ConnectionId, Hub, Refusal,
    channels::{Channels, new_epoch},
    hub::now_ms,
    reply_to::ReplyTo,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{collections::BTreeSet, fmt, sync::Arc};

pub use crate::{
    peer::{NodeId, Peer},
    presence::Announcement,
    typing::Typing,
};

/// A change of who is there. It holds all that its effect depends on beside the state itself: no clock, no chance, no
/// sockets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// A socket says who is there. It has been checked.
    Announce {
        /// The socket.
        peer: Peer,
        /// Where.
        channel: String,
        /// What it says.
        announcement: Announcement,
    },
    /// A socket's user leaves a channel's presence without leaving the channel.
    Leave {
        /// The socket.
        peer: Peer,
        /// Where.
        channel: String,
    },
    /// A socket's user types. It has been checked.
    StartTyping {
        /// The socket.
        peer: Peer,
        /// Where.
        channel: String,
        /// Who.
        typing: Typing,
    },
    /// A socket's user does not type any more.
    StopTyping {
        /// The socket.
        peer: Peer,
        /// Where.
        channel: String,
    },
    /// A socket no longer follows these channels.
    Depart {
        /// The socket.
        peer: Peer,
        /// Which.
        channels: Vec<String>,
    },
    /// Of the sockets of a process only these are open.
    Prune {
        /// The process.
        node: NodeId,
        /// Its open sockets.
        open: Vec<ConnectionId>,
    },
    /// Members who were not heard of for so long are gone.
    Expire {
        /// In milliseconds.
        life_ms: u64,
    },
    /// The history is not the one that clients know: all sockets are closed, and everybody fetches.
    BeginEpoch {
        /// The new history's name.
        epoch: String,
    },
}

impl Change {
    /// That another history begins, under a name that no other one has.
    #[must_use]
    pub fn begin_epoch() -> Self {
        let epoch = new_epoch();
        Self::BeginEpoch { epoch }
    }
}

/// Brings changes into the order that all copies share.
pub trait Replicate: Send + Sync + 'static {
    /// Takes a change on its way. It is called under no lock of the hub's, and must not wait.
    fn submit(&self, change: Change, pending: Pending);

    /// Whether this copy is the one that drops members who have fallen silent. One of all is enough.
    fn leads(&self) -> bool {
        true
    }
}

/// Who waits for a change to be carried out.
#[derive(Debug)]
pub struct Pending {
    pub(crate) hub: Option<(Hub, ReplyTo)>,
}

impl Pending {
    /// Nobody: it happens by itself.
    #[must_use]
    pub fn nobody() -> Self {
        Self { hub: None }
    }

    /// Whether somebody is to be told of it in any case; else only a refusal is told.
    #[must_use]
    pub fn wants_answer(&self) -> bool {
        let reply_to = self.hub.as_ref();
        reply_to.is_some_and(|(_, reply_to)| reply_to.wants_answer())
    }

    /// Tells who waits what came of it.
    pub fn tell(self, outcome: Result<(), Refusal>) {
        if let Some((hub, reply_to)) = self.hub {
            let nothing = Arc::from(RawValue::NULL.to_owned());
            hub.lock().answer(&reply_to, &outcome.map(|()| nothing));
        }
    }
}

/// A hub's channels, with their histories and who is in them, as one copy gives them to another.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Saved(Channels);

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saved")
            .field("channels", &self.0.len())
            .finish_non_exhaustive()
    }
}

impl Saved {
    /// The same in another history, and its name: what clients know of this one counts no more.
    #[must_use]
    pub fn in_new_epoch(mut self) -> (Self, String) {
        let epoch = new_epoch();
        self.0.begin_epoch(epoch.clone());
        (self, epoch)
    }
}

/// For one of several copies; see [`replica`](crate::replica).
impl Hub {
    /// The name of this process among all that share the hub.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.lock().connections.node().clone()
    }

    /// Carries out a change that all copies carry out, at the time of its place in their order, in milliseconds.
    ///
    /// # Errors
    /// What whoever asked for it is to be told: that a channel is full.
    pub fn apply(&self, change: Change, now_ms: u64) -> Result<(), Refusal> {
        self.lock().apply(change, now_ms)
    }

    /// Ends a socket's typing on a channel without telling the others, whom what it sent there tells it already.
    pub fn end_typing(&self, peer: &Peer, channel: &str) {
        let mut state = self.lock();
        if let Some(channel) = state.channels.get_mut(channel) {
            channel.typists.stop(peer);
        }
    }

    /// A copy of all channels but those that are this process's own.
    #[must_use]
    pub fn save(&self, is_own: impl Fn(&str) -> bool) -> Saved {
        Saved(self.lock().channels.filtered(|name| !is_own(name)))
    }

    /// Goes on from another copy's channels, and keeps those that are this process's own. All sockets are closed, as what
    /// they have heard does not lead there.
    pub fn load(&self, saved: Saved, is_own: impl Fn(&str) -> bool) {
        let mut state = self.lock();
        state.channels.replace(saved.0, is_own);
        state.connections.start_over();
    }

    /// The processes whose sockets are present or typing somewhere.
    #[must_use]
    pub fn nodes(&self) -> BTreeSet<NodeId> {
        self.lock().channels.nodes()
    }

    /// Whether a socket is open here.
    #[must_use]
    pub fn is_open(&self, peer: &Peer) -> bool {
        let connections = &self.lock().connections;
        peer.node == *connections.node() && connections.is_open(peer.connection)
    }

    /// Which sockets of this process are open, as a change.
    #[must_use]
    pub fn roll_call(&self) -> Change {
        let state = self.lock();
        Change::Prune {
            node: state.connections.node().clone(),
            open: state.connections.open().collect(),
        }
    }

    /// What the open sockets of this process have said to be present where they are.
    #[must_use]
    pub fn announcements(&self) -> Vec<Change> {
        let state = self.lock();
        let own = state.connections.node();
        let mut said = Vec::new();
        for (channel, there) in state.channels.iter() {
            let is_here =
                |peer: &&Peer| peer.node == *own && state.connections.is_open(peer.connection);
            for peer in there.roster.peers().filter(is_here) {
                said.extend(there.roster.announcement_of(peer).map(|announcement| {
                    Change::Announce {
                        peer: peer.clone(),
                        channel: channel.clone(),
                        announcement,
                    }
                }));
            }
        }
        said
    }

    /// Has a change carried out: at once, or as soon as it has its place in the order of all copies.
    pub(crate) fn submit(&self, change: Change, pending: Pending) {
        match self.replicate() {
            Some(replicate) => replicate.submit(change, pending),
            None => {
                let outcome = self.lock().apply(change, now_ms());
                pending.tell(outcome);
            }
        }
    }
}
