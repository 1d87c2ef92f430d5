//! One client of a world, and what became of what it was asked.

use super::World;
use crate::{
    Client, FetchError, FetchId, Fetched, Instant, ListenerId, MessageId, MutationEvent,
    MutationId, QueryKey, ReceivedEvent, SendError, SendId, Topic,
    client::Fault,
    id::ChannelName,
    presence::PresenceEvent,
    storage::StoreCommand,
    testing::{link::Link, server::SocketId},
};
use std::{collections::VecDeque, rc::Rc};

/// One client of a [`World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerId(pub(super) usize);

/// A mutation that a client wants the app to carry out: answer with
/// [`Input::MutationFinished`](crate::Input::MutationFinished).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Which one.
    pub mutation: MutationId,
    /// Its key: the same each time it is asked for.
    pub id: MessageId,
    /// The input.
    pub data: Rc<str>,
}

/// A fetch under way: when it ends, which it is, and its result if that is known already.
pub(super) struct Fetch {
    pub(super) due: Instant,
    pub(super) id: FetchId,
    pub(super) key: QueryKey,
    pub(super) early: Option<Result<Fetched, FetchError>>,
}

pub(super) struct Peer {
    pub(super) client: Client,
    pub(super) link: Link,
    pub(super) socket: Option<SocketId>,
    pub(super) token: Result<Option<String>, FetchError>,
    pub(super) fetches: Vec<Fetch>,
    pub(super) frozen: bool,
    pub(super) events: Vec<(ListenerId, Rc<ReceivedEvent>)>,
    pub(super) settled: Vec<(SendId, Result<Rc<str>, SendError>)>,
    pub(super) faults: Vec<Fault>,
    pub(super) presence: Vec<(ChannelName, PresenceEvent)>,
    pub(super) mutations: Vec<(MutationId, MutationEvent)>,
    pub(super) started: Vec<Started>,
    pub(super) fetched: Vec<QueryKey>,
    pub(super) connects: Vec<Instant>,
    /// Which disk it has.
    pub(super) disk: Option<usize>,
    /// What the disk is to do, and when it has done it.
    pub(super) stored: VecDeque<(Instant, StoreCommand)>,
    #[cfg(feature = "tabs")]
    pub(super) tab: Option<super::tabs::PageOfTab>,
}

impl Peer {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            link: Link::default(),
            socket: None,
            token: Ok(None),
            fetches: Vec::new(),
            frozen: false,
            events: Vec::new(),
            settled: Vec::new(),
            faults: Vec::new(),
            presence: Vec::new(),
            mutations: Vec::new(),
            started: Vec::new(),
            fetched: Vec::new(),
            connects: Vec::new(),
            disk: None,
            stored: VecDeque::new(),
            #[cfg(feature = "tabs")]
            tab: None,
        }
    }
}

impl World {
    /// Events delivered to a client's listeners since the last call.
    pub fn take_events(&mut self, peer: PeerId) -> Vec<(ListenerId, Rc<ReceivedEvent>)> {
        std::mem::take(&mut self.peers[peer.0].events)
    }

    /// Sends of a client that were settled since the last call.
    pub fn take_settled(&mut self, peer: PeerId) -> Vec<(SendId, Result<Rc<str>, SendError>)> {
        std::mem::take(&mut self.peers[peer.0].settled)
    }

    /// Faults a client reported since the last call.
    pub fn take_faults(&mut self, peer: PeerId) -> Vec<Fault> {
        std::mem::take(&mut self.peers[peer.0].faults)
    }

    /// Presence events of a client since the last call.
    pub fn take_presence(&mut self, peer: PeerId) -> Vec<(ChannelName, PresenceEvent)> {
        std::mem::take(&mut self.peers[peer.0].presence)
    }

    /// What became of a client's mutations since the last call.
    pub fn take_mutations(&mut self, peer: PeerId) -> Vec<(MutationId, MutationEvent)> {
        std::mem::take(&mut self.peers[peer.0].mutations)
    }

    /// The mutations that a client has asked its app to carry out since the last call.
    pub fn take_started(&mut self, peer: PeerId) -> Vec<Started> {
        std::mem::take(&mut self.peers[peer.0].started)
    }

    /// What a client is to publish; as in a browser, take it once a frame.
    pub fn take_changes(&mut self, peer: PeerId) -> Vec<Topic> {
        self.peers[peer.0].client.take_changes()
    }

    /// The keys a client has fetched so far, oldest first.
    #[must_use]
    pub fn fetched(&self, peer: PeerId) -> &[QueryKey] {
        &self.peers[peer.0].fetched
    }

    /// When a client tried to connect, oldest first.
    #[must_use]
    pub fn connects(&self, peer: PeerId) -> &[Instant] {
        &self.peers[peer.0].connects
    }
}
