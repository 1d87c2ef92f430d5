//! State: what the hub's lock guards. What is read together with a position belongs to it, and every socket sees the events
//! of a channel in the order of their numbers. Nothing of the app's is called under the lock.

use crate::{
    ConnectionId, Limits, Metrics, Refusal,
    answers::Answers,
    channel::Channel,
    channels::{Channels, TooMany, new_epoch},
    connections::Connections,
    envelope::Outbound,
    peer::{NodeId, Peer},
    presence::Announcement,
    replica::Change,
    subscriptions::Ahead,
    typing::Typing,
};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) channels: Channels,
    pub(crate) connections: Connections,
    pub(crate) answers: Answers,
    pub(crate) metrics: Metrics,
    /// Subscriptions of clients that come from another copy and know more than this one does yet.
    pub(crate) ahead: Vec<Ahead>,
    pub(crate) limits: Arc<Limits>,
    /// Whether this is one of several copies.
    pub(crate) is_copy: bool,
    /// The time of the last change, in milliseconds since the Unix epoch.
    clock: u64,
}

impl State {
    pub(crate) fn new(limits: Arc<Limits>, is_copy: bool) -> Self {
        Self {
            channels: Channels::new(new_epoch()),
            connections: Connections::new(NodeId::random()),
            answers: Answers::default(),
            metrics: Metrics::default(),
            ahead: Vec::new(),
            limits,
            is_copy,
            clock: 0,
        }
    }

    /// How many channels there are: those in which something has happened, and those that are followed.
    pub(crate) fn count_channels(&self) -> usize {
        let quiet = |name: &&str| self.channels.get(name).is_none();
        self.channels.len() + self.connections.followed().filter(quiet).count()
    }

    /// Finds a channel, or lets it come into being.
    pub(crate) fn open(&mut self, name: &str) -> Result<&mut Channel, TooMany> {
        let connections = &self.connections;
        let is_followed = |name: &str| connections.is_followed(name);
        let forgotten = &mut self.metrics.forgotten_channels;
        let (limits, may_forget) = (&self.limits, !self.is_copy);
        self.channels
            .open(name, limits, may_forget, is_followed, forgotten)
    }

    /// Carries out a change of who is there; an earlier time than before counts as the same.
    pub(crate) fn apply(&mut self, change: Change, now: u64) -> Result<(), Refusal> {
        self.clock = self.clock.max(now);
        match change {
            Change::Announce {
                peer,
                channel,
                announcement,
            } => return self.announce(&peer, &channel, announcement),
            Change::Leave { peer, channel } => self.leave(&peer, &channel),
            Change::StartTyping {
                peer,
                channel,
                typing,
            } => return self.start_typing(&peer, &channel, typing),
            Change::StopTyping { peer, channel } => self.stop_typing(&peer, &channel),
            Change::Depart { peer, channels } => {
                for channel in &channels {
                    self.depart(&peer, channel);
                }
            }
            Change::Prune { node, open } => self.prune(&node, &open),
            Change::Expire { life_ms } => self.expire(life_ms),
            Change::BeginEpoch { epoch } => {
                self.channels.begin_epoch(epoch);
                self.connections.start_over();
            }
        }
        Ok(())
    }

    fn announce(
        &mut self,
        peer: &Peer,
        name: &str,
        announcement: Announcement,
    ) -> Result<(), Refusal> {
        let (limits, now) = (Arc::clone(&self.limits), self.clock);
        let channel = self.open(name).map_err(|TooMany| too_many(&limits))?;
        let announced = channel.roster.announce(peer, announcement, now, &limits)?;
        if announced.first {
            let sync = Outbound {
                channel: Some(name),
                data: Some(channel.roster.sync()),
                ..Outbound::new("presence:sync")
            };
            let sync = sync.encode();
            self.connections.send_to(peer, sync);
        }
        if let Some(left) = announced.left {
            self.broadcast(name, "presence:leave", left, None);
        }
        self.broadcast(name, "presence:update", announced.member, None);
        Ok(())
    }

    /// Takes a socket out of a channel's presence, and tells the others.
    fn leave(&mut self, peer: &Peer, name: &str) {
        if let Some(channel) = self.channels.get_mut(name)
            && let Some(left) = channel.roster.leave(peer)
        {
            self.broadcast(name, "presence:leave", left, None);
            self.channels.close_if_unused(name);
        }
    }

    fn start_typing(&mut self, peer: &Peer, name: &str, typing: Typing) -> Result<(), Refusal> {
        let limits = Arc::clone(&self.limits);
        let channel = self.open(name).map_err(|TooMany| too_many(&limits))?;
        if let Some(before) = channel.typists.start(peer, &typing.id) {
            self.broadcast_stop(peer, name, before);
        }
        let typing = Typing {
            channel: name.to_owned(),
            ..typing
        };
        self.broadcast(name, "typing:start", typing, Some(peer));
        Ok(())
    }

    /// Ends a socket's typing in a channel, and tells the others.
    fn stop_typing(&mut self, peer: &Peer, name: &str) {
        if let Some(channel) = self.channels.get_mut(name)
            && let Some(id) = channel.typists.stop(peer)
        {
            self.broadcast_stop(peer, name, id);
            self.channels.close_if_unused(name);
        }
    }

    fn broadcast_stop(&mut self, peer: &Peer, name: &str, id: String) {
        let stopped = Typing {
            channel: name.to_owned(),
            id,
            name: None,
        };
        self.broadcast(name, "typing:stop", stopped, Some(peer));
    }

    /// Ends all that a socket was in a channel.
    fn depart(&mut self, peer: &Peer, name: &str) {
        self.stop_typing(peer, name);
        self.leave(peer, name);
    }

    /// Ends all that the sockets of a process were anywhere, but for those that are open.
    fn prune(&mut self, node: &NodeId, open: &[ConnectionId]) {
        let open: BTreeSet<&ConnectionId> = open.iter().collect();
        for (name, peer) in self.channels.places_of(node) {
            if !open.contains(&peer.connection) {
                self.depart(&peer, &name);
            }
        }
    }

    /// Drops the members that were not heard of for `life_ms`.
    fn expire(&mut self, life_ms: u64) {
        let now = self.clock;
        let mut gone = Vec::new();
        for (name, channel) in self.channels.iter_mut() {
            let silent = channel.roster.expire(now, life_ms);
            gone.extend(silent.into_iter().map(|left| (name.clone(), left)));
        }
        for (name, left) in gone {
            self.metrics.expired_members += 1;
            self.broadcast(&name, "presence:leave", left, None);
            self.channels.close_if_unused(&name);
        }
    }

    /// Sends an event without a number to those who follow a channel, but to `except`. It is not kept.
    fn broadcast(&mut self, name: &str, event: &str, data: impl Serialize, except: Option<&Peer>) {
        if !self.connections.is_followed(name) {
            return;
        }
        let frame: Utf8Bytes = Outbound {
            channel: Some(name),
            data: Some(data),
            ..Outbound::new(event)
        }
        .encode();
        self.connections.publish(name, &frame, except);
    }

    /// Gives an event the next number of its channel, keeps it and sends it to all who follow.
    pub(crate) fn publish(
        &mut self,
        name: &str,
        event: &str,
        data: impl Serialize,
        cause: Option<&str>,
    ) -> Result<(), TooMany> {
        let limits = Arc::clone(&self.limits);
        let seq = self.open(name)?.next_seq();
        let epoch = self.channels.position(name).epoch;
        let frame = Outbound {
            channel: Some(name),
            id: cause,
            seq: Some(seq),
            epoch: Some(&epoch),
            data: Some(data),
            ..Outbound::new(event)
        }
        .encode();
        if let Some(channel) = self.channels.get_mut(name) {
            channel.record(frame.clone(), &limits);
        }
        self.metrics.events += 1;
        self.connections.publish(name, &frame, None);
        if !self.ahead.is_empty() {
            self.answer_ahead();
        }
        Ok(())
    }
}

pub(crate) fn too_many(limits: &Limits) -> Refusal {
    let limit = limits.channels;
    Refusal::limit_reached(format!(
        "use a channel that exists: there are {limit} already"
    ))
}
