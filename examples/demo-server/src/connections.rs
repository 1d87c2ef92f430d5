//! The open sockets, as the hub sees them.

use crate::outbox::{Closing, Outbox, Overflow};
use axum::extract::ws::Utf8Bytes;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Names a socket for as long as the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// The open sockets.
#[derive(Debug)]
pub(crate) struct Connections {
    open: HashMap<ConnectionId, Connection>,
    epoch: String,
    last: u64,
    slow: u64,
    shut_down: bool,
}

#[derive(Debug)]
struct Connection {
    outbox: Arc<Outbox>,
    channels: BTreeSet<String>,
}

impl Connections {
    pub(crate) fn new(epoch: &str) -> Self {
        Self {
            open: HashMap::new(),
            epoch: epoch.to_owned(),
            last: 0,
            slow: 0,
            shut_down: false,
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
                channels: BTreeSet::new(),
            },
        );
        id
    }

    /// Forgets a socket; returns the channels that it was subscribed to.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> BTreeSet<String> {
        self.open
            .remove(&id)
            .map(|connection| connection.channels)
            .unwrap_or_default()
    }

    /// Queues a frame for a socket. One that reads too slowly is closed.
    pub(crate) fn send(&mut self, id: ConnectionId, frame: Utf8Bytes) {
        let Some(connection) = self.open.get(&id) else {
            return;
        };
        if connection.outbox.push(frame) == Err(Overflow) {
            self.slow += 1;
            tracing::warn!(connection = id.0, "closing a slow consumer");
        }
    }

    /// Whether a socket can take that many frames at once without being too slow.
    pub(crate) fn has_room_for(&self, id: ConnectionId, frames: usize, bytes: usize) -> bool {
        self.open
            .get(&id)
            .is_some_and(|connection| connection.outbox.has_room_for(frames, bytes))
    }

    /// The channels that a socket is subscribed to.
    pub(crate) fn channels_mut(&mut self, id: ConnectionId) -> Option<&mut BTreeSet<String>> {
        self.open
            .get_mut(&id)
            .map(|connection| &mut connection.channels)
    }

    /// The name of a socket on the wire. It differs from those of an earlier server run.
    pub(crate) fn wire_id(&self, id: ConnectionId) -> String {
        format!("c{}-{}", id.0, self.epoch)
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

    /// Whether the server is shutting down.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.shut_down
    }

    /// How many sockets are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// How many sockets were closed because they read too slowly.
    pub(crate) fn slow(&self) -> u64 {
        self.slow
    }
}
