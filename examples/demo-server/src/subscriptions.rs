//! Subscriptions: beginning, resuming, and everything that ends with one.

mod ahead;

pub(crate) use ahead::Ahead;

use crate::{
    command::Command,
    envelope::Outbound,
    errors::Refusal,
    hub::{ConnectionId, State},
    limits,
    stress::Load,
    waiter::Waiter,
    world::Position,
};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The data of `subscribe`: how far the client had come before its connection broke.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Resume {
    pub(crate) since: Option<u64>,
    pub(crate) epoch: Option<String>,
}

#[derive(Serialize)]
struct Recovered {
    recovered: bool,
}

impl State {
    /// Subscribes a socket. The answer, the missed events and all that follows go out in this order, since the lock
    /// is held meanwhile.
    pub(crate) fn subscribe(
        &mut self,
        connection: ConnectionId,
        name: &str,
        re: Option<&str>,
        resume: &Resume,
    ) -> Result<(), Refusal> {
        let Some((count, is_known)) = self.connections.follows(connection, name) else {
            return Ok(());
        };
        if !is_known && count >= limits::SUBSCRIPTIONS {
            return Err(Refusal::TooManySubscriptions {
                limit: limits::SUBSCRIPTIONS,
            });
        }
        match Load::of(name) {
            Some(load) => drop(self.stress.open(load)),
            None => self.check_room_for(name)?,
        }
        if !self.lets_wait(connection, name, re, resume) {
            self.start(connection, name, re, resume);
        }
        Ok(())
    }

    /// Starts a subscription: the answer, what was missed, and from then on every event.
    fn start(&mut self, connection: ConnectionId, name: &str, re: Option<&str>, resume: &Resume) {
        self.connections.listen(connection, name);
        let missed = self.missed(connection, name, resume);
        let position = self.position(name);
        let answer = Outbound {
            channel: Some(name),
            re,
            seq: Some(position.seq),
            epoch: Some(&position.epoch),
            data: Some(Recovered {
                recovered: missed.is_some(),
            }),
            ..Outbound::new("subscribe")
        };
        self.connections.send(connection, answer.encode());
        for frame in missed.into_iter().flatten() {
            self.connections.send(connection, frame);
        }
    }

    /// The events to send again, or `None` if there is nothing to resume or no way to. A socket that has not room
    /// for them is better off with a fetch than with being closed as a slow consumer, again and again.
    fn missed(
        &self,
        connection: ConnectionId,
        name: &str,
        resume: &Resume,
    ) -> Option<Vec<Utf8Bytes>> {
        let (epoch, channel) = match self.stress.channel(name) {
            Some(stress) => stress,
            None => (self.world.epoch.as_str(), self.world.channel(name)?),
        };
        if resume.epoch.as_deref() != Some(epoch) {
            return None;
        }
        let since = resume.since?;
        let frames: Vec<_> = channel.since(since)?.cloned().collect();
        let bytes = frames.iter().map(|frame| frame.len()).sum();
        self.connections
            .has_room_for(connection, frames.len() + 1, bytes)
            .then_some(frames)
    }

    /// Where a channel stands.
    fn position(&self, name: &str) -> Position {
        match self.stress.channel(name) {
            Some((epoch, channel)) => Position {
                epoch: epoch.to_owned(),
                seq: channel.seq(),
            },
            None => self.world.position(name),
        }
    }

    /// Refuses a channel that is not there, or a room beyond those that may be followed at once.
    fn check_room_for(&self, name: &str) -> Result<(), Refusal> {
        self.world.check_channel(name)?;
        if self.world.channel(name).is_some() || self.connections.hear(name) {
            return Ok(());
        }
        let quiet = |name: &&str| self.world.channel(name).is_none();
        let rooms = self.world.rooms.len() + self.connections.followed().filter(quiet).count();
        if rooms >= limits::ROOMS {
            let message = format!("use an existing room: there are {} already", limits::ROOMS);
            return Err(Refusal::LimitReached(message));
        }
        Ok(())
    }

    /// Ends a subscription, and with it the socket's presence and typing in that channel.
    pub(crate) fn unsubscribe(&mut self, connection: ConnectionId, name: &str) {
        self.forget_ahead(connection, Some(name));
        if self.connections.unlisten(connection, name) {
            self.depart(connection, BTreeSet::from([name.to_owned()]));
        }
    }

    /// Forgets a socket that is gone.
    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        self.forget_ahead(connection, None);
        let entered = self.connections.remove(connection);
        if !entered.is_empty() {
            self.depart(connection, entered);
        }
        if let Some(log) = &mut self.log {
            log.forget(connection);
        }
    }

    fn depart(&mut self, connection: ConnectionId, channels: BTreeSet<String>) {
        let command = Command::Depart {
            peer: self.connections.peer(connection),
            channels: channels.into_iter().collect(),
        };
        self.submit(command, Waiter::Nobody);
    }
}
