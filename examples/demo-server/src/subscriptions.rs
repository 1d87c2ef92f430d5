//! Subscribing, resuming, and everything that ends with a subscription.

use crate::{
    envelope::Outbound,
    errors::Refusal,
    hub::{ConnectionId, State},
    limits,
    typing::Typing,
};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};

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
        let Some(channels) = self.connections.channels_mut(connection) else {
            return Ok(());
        };
        if !channels.contains(name) && channels.len() >= limits::SUBSCRIPTIONS {
            return Err(Refusal::TooManySubscriptions {
                limit: limits::SUBSCRIPTIONS,
            });
        }
        self.open_channel(name)?.subscribers.insert(connection);
        if let Some(channels) = self.connections.channels_mut(connection) {
            channels.insert(name.to_owned());
        }
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
        Ok(())
    }

    /// The events to send again, or `None` if there is nothing to resume or no way to. A socket that has not room
    /// for them is better off with a fetch than with being closed as a slow consumer, again and again.
    fn missed(
        &self,
        connection: ConnectionId,
        name: &str,
        resume: &Resume,
    ) -> Option<Vec<Utf8Bytes>> {
        if resume.epoch.as_deref() != Some(self.epoch.as_str()) {
            return None;
        }
        let frames: Vec<_> = self
            .channels
            .get(name)?
            .since(resume.since?)?
            .cloned()
            .collect();
        let bytes = frames.iter().map(|frame| frame.len()).sum();
        self.connections
            .has_room_for(connection, frames.len() + 1, bytes)
            .then_some(frames)
    }

    /// Ends a subscription, and with it the socket's presence and typing in that channel.
    pub(crate) fn unsubscribe(&mut self, connection: ConnectionId, name: &str) {
        if let Some(channels) = self.connections.channels_mut(connection) {
            channels.remove(name);
        }
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        channel.subscribers.remove(&connection);
        self.stop_typing(connection, name);
        self.leave(connection, name);
        self.close_channel_if_unused(name);
    }

    /// Forgets a socket that is gone.
    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        for name in self.connections.remove(connection) {
            self.unsubscribe(connection, &name);
        }
    }

    /// Takes a socket out of a channel's presence, and tells the others.
    pub(crate) fn leave(&mut self, connection: ConnectionId, name: &str) {
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        if let Some(left) = channel.roster.leave(connection) {
            self.broadcast(name, "presence:leave", left, None);
        }
    }

    /// Ends a socket's typing in a channel, and tells the others.
    pub(crate) fn stop_typing(&mut self, connection: ConnectionId, name: &str) {
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        if let Some(id) = channel.typists.stop(connection) {
            self.broadcast_stop(connection, name, id);
        }
    }

    pub(crate) fn broadcast_stop(&mut self, connection: ConnectionId, name: &str, id: String) {
        let stopped = Typing {
            channel: name.to_owned(),
            id,
            name: None,
        };
        self.broadcast(name, "typing:stop", stopped, Some(connection));
    }
}
