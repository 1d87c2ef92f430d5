//! Connections: the sockets that are open in this process, and which channels each of them follows.

use crate::{
    ConnectionId,
    outbox::{Closing, Outbox, Overflow},
    peer::{NodeId, Peer},
};
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The open sockets.
#[derive(Debug)]
pub(crate) struct Connections {
    open: HashMap<ConnectionId, Connection>,
    /// The sockets that follow a channel, with what it takes to send to them: an event looks nothing up.
    listeners: HashMap<String, BTreeMap<ConnectionId, Arc<Outbox>>>,
    node: NodeId,
    last: u64,
    slow_consumers: u64,
    shut_down: bool,
}

#[derive(Debug)]
struct Connection {
    outbox: Arc<Outbox>,
    /// The id of the user whose it is, if that is known.
    user: Option<String>,
    /// What it is subscribed to.
    channels: BTreeSet<String>,
    /// Those of them in which it has ever said to be present or typing.
    entered: BTreeSet<String>,
}

impl Connections {
    pub(crate) fn new(node: NodeId) -> Self {
        Self {
            open: HashMap::new(),
            listeners: HashMap::new(),
            node,
            last: 0,
            slow_consumers: 0,
            shut_down: false,
        }
    }

    /// The process that these are the sockets of.
    pub(crate) fn node(&self) -> &NodeId {
        &self.node
    }

    /// The sockets that are open.
    pub(crate) fn open(&self) -> impl Iterator<Item = ConnectionId> {
        self.open.keys().copied()
    }

    /// Whether a socket is open.
    pub(crate) fn is_open(&self, id: ConnectionId) -> bool {
        self.open.contains_key(&id)
    }

    /// The name of one of these sockets among those of all processes.
    pub(crate) fn peer(&self, id: ConnectionId) -> Peer {
        Peer {
            node: self.node.clone(),
            connection: id,
        }
    }

    /// Takes a socket in; while the server shuts down, only to close it.
    pub(crate) fn add(&mut self, outbox: Arc<Outbox>) -> ConnectionId {
        self.last += 1;
        let id = ConnectionId(self.last);
        if self.shut_down {
            outbox.close(Closing::SHUTDOWN);
        }
        self.open.insert(
            id,
            Connection {
                outbox,
                user: None,
                channels: BTreeSet::new(),
                entered: BTreeSet::new(),
            },
        );
        id
    }

    /// Forgets a socket; returns the channels that it was present or typing in.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> BTreeSet<String> {
        let Some(connection) = self.open.remove(&id) else {
            return BTreeSet::new();
        };
        for name in &connection.channels {
            self.stop_listening(id, name);
        }
        connection.entered
    }

    /// Makes a socket follow a channel. Nothing happens to a socket that is gone.
    pub(crate) fn listen(&mut self, id: ConnectionId, name: &str) {
        if self.reserve(id, name)
            && let Some(connection) = self.open.get(&id)
        {
            self.listeners
                .entry(name.to_owned())
                .or_default()
                .insert(id, Arc::clone(&connection.outbox));
        }
    }

    /// Makes a channel one of those that a socket follows, without its events as yet. Returns whether the socket is
    /// there.
    pub(crate) fn reserve(&mut self, id: ConnectionId, name: &str) -> bool {
        let Some(connection) = self.open.get_mut(&id) else {
            return false;
        };
        connection.channels.insert(name.to_owned());
        true
    }

    /// Lets a socket no longer follow a channel; returns whether it was present or typing there.
    pub(crate) fn unlisten(&mut self, id: ConnectionId, name: &str) -> bool {
        let Some(connection) = self.open.get_mut(&id) else {
            return false;
        };
        connection.channels.remove(name);
        let had_entered = connection.entered.remove(name);
        self.stop_listening(id, name);
        had_entered
    }

    fn stop_listening(&mut self, id: ConnectionId, name: &str) {
        if let Some(listeners) = self.listeners.get_mut(name) {
            listeners.remove(&id);
            if listeners.is_empty() {
                self.listeners.remove(name);
            }
        }
    }

    /// Notes that a socket is present or typing in a channel; returns whether it follows that.
    pub(crate) fn enter(&mut self, id: ConnectionId, name: &str) -> bool {
        let Some(connection) = self.open.get_mut(&id) else {
            return false;
        };
        let follows = connection.channels.contains(name);
        if follows && !connection.entered.contains(name) {
            connection.entered.insert(name.to_owned());
        }
        follows
    }

    /// How many channels a socket follows, and whether this is one of them. None if the socket is gone.
    pub(crate) fn follows(&self, id: ConnectionId, name: &str) -> Option<(usize, bool)> {
        let channels = &self.open.get(&id)?.channels;
        Some((channels.len(), channels.contains(name)))
    }

    /// The channels that sockets here follow.
    pub(crate) fn followed(&self) -> impl Iterator<Item = &str> {
        self.listeners.keys().map(String::as_str)
    }

    /// Whether a socket here follows a channel.
    pub(crate) fn is_followed(&self, name: &str) -> bool {
        self.listeners.contains_key(name)
    }

    /// Queues a frame for every socket here that follows a channel, but for `except`.
    pub(crate) fn publish(&mut self, name: &str, frame: &Utf8Bytes, except: Option<&Peer>) {
        let Some(listeners) = self.listeners.get(name) else {
            return;
        };
        let except = except
            .filter(|peer| peer.node == self.node)
            .map(|peer| peer.connection);
        for (id, outbox) in listeners {
            if Some(*id) != except {
                self.slow_consumers += queue(*id, outbox, frame.clone());
            }
        }
    }

    /// Queues a frame for a socket. One that reads too slowly is closed.
    pub(crate) fn send(&mut self, id: ConnectionId, frame: Utf8Bytes) {
        if let Some(connection) = self.open.get(&id) {
            self.slow_consumers += queue(id, &connection.outbox, frame);
        }
    }

    /// Queues a frame for a socket, if it is one of those here.
    pub(crate) fn send_to(&mut self, peer: &Peer, frame: Utf8Bytes) {
        if peer.node == self.node {
            self.send(peer.connection, frame);
        }
    }

    /// Whether a socket can take that many frames at once without being too slow.
    pub(crate) fn has_room_for(&self, id: ConnectionId, frames: usize, bytes: usize) -> bool {
        self.open
            .get(&id)
            .is_some_and(|connection| connection.outbox.has_room_for(frames, bytes))
    }

    /// Whether every socket that follows a channel can take that many frames at once.
    pub(crate) fn have_room_for(&self, name: &str, frames: usize, bytes: usize) -> bool {
        let mut listeners = self.listeners.get(name).into_iter().flatten();
        listeners.all(|(_, outbox)| outbox.has_room_for(frames, bytes))
    }

    /// Notes whose a socket is.
    pub(crate) fn belongs_to(&mut self, id: ConnectionId, user: Option<&str>) {
        if let Some(connection) = self.open.get_mut(&id) {
            connection.user = user.map(str::to_owned);
        }
    }

    /// Closes the sockets of a user; returns how many there are.
    pub(crate) fn close_all_of(&self, user: &str, closing: Closing) -> usize {
        let of_user = |connection: &&Connection| connection.user.as_deref() == Some(user);
        let theirs = self.open.values().filter(of_user);
        theirs.map(|one| one.outbox.close(closing)).count()
    }

    /// Closes a socket after what is queued for it.
    pub(crate) fn close(&self, id: ConnectionId, closing: Closing) {
        if let Some(connection) = self.open.get(&id) {
            connection.outbox.close(closing);
        }
    }

    /// Drops a socket at once and without a word, as a failing network would.
    pub(crate) fn cut(&self, id: ConnectionId) {
        if let Some(connection) = self.open.get(&id) {
            connection.outbox.cut();
        }
    }

    /// Closes all sockets, and those that are still to come.
    pub(crate) fn shut_down(&mut self) {
        self.shut_down = true;
        for connection in self.open.values() {
            connection.outbox.close(Closing::SHUTDOWN);
        }
    }

    /// Closes all sockets, as what they have heard so far is not what the state says now.
    pub(crate) fn start_over(&self) {
        for connection in self.open.values() {
            connection.outbox.close(Closing::STATE_REPLACED);
        }
    }

    /// Whether the server is shutting down.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.shut_down
    }

    /// How many sockets are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// How many sockets were closed because they read too slowly.
    pub(crate) fn slow_consumers(&self) -> u64 {
        self.slow_consumers
    }
}

/// Queues a frame for a socket; returns how many turned out to be too slow.
fn queue(id: ConnectionId, outbox: &Outbox, frame: Utf8Bytes) -> u64 {
    if outbox.push(frame) == Err(Overflow) {
        tracing::warn!(connection = id.0, "closing a slow consumer");
        return 1;
    }
    0
}
