//! Subscriptions: following a channel, resuming, and everything that ends with it.
//!
//! A client that comes from another copy of the hub may have heard more than this one has, which lags behind. It is
//! answered when this copy has caught up: told at once that nothing can be resumed, it would fetch a state older than what
//! it shows.

use crate::{
    ConnectionId, Refusal,
    envelope::Outbound,
    limits::{AHEAD, CATCH_UP_WITHIN},
    replica::Change,
    state::State,
};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use std::{collections::BTreeSet, time::Instant};

/// How far a client had come before its connection broke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resume {
    pub(crate) since: Option<u64>,
    pub(crate) epoch: Option<String>,
}

/// A subscription that is answered later.
#[derive(Debug)]
pub(crate) struct Ahead {
    connection: ConnectionId,
    name: String,
    re: Option<String>,
    resume: Resume,
    since: Instant,
}

#[derive(Serialize)]
struct Recovered {
    recovered: bool,
}

impl State {
    /// Subscribes a socket; gives how many missed events it is sent. The answer, the missed events and all that follows go
    /// out in this order, since the lock is held meanwhile.
    pub(crate) fn subscribe(
        &mut self,
        connection: ConnectionId,
        name: &str,
        re: Option<&str>,
        resume: Resume,
    ) -> Result<usize, Refusal> {
        let Some((count, is_known)) = self.connections.follows(connection, name) else {
            return Ok(0);
        };
        let limit = self.limits.subscriptions;
        if !is_known && count >= limit {
            let message = format!(
                "unsubscribe from something first: a socket may have {limit} subscriptions"
            );
            return Err(Refusal::new("too_many_subscriptions", message));
        }
        if self.ahead.len() < AHEAD && self.is_behind(name, &resume) {
            self.forget_ahead(connection, Some(name));
            self.connections.reserve(connection, name);
            self.ahead.push(Ahead {
                connection,
                name: name.to_owned(),
                re: re.map(str::to_owned),
                resume,
                since: Instant::now(),
            });
            return Ok(0);
        }
        Ok(self.start(connection, name, re, &resume))
    }

    /// Starts a subscription: the answer, what was missed, and from then on every event; gives how many were missed.
    fn start(
        &mut self,
        connection: ConnectionId,
        name: &str,
        re: Option<&str>,
        resume: &Resume,
    ) -> usize {
        self.connections.listen(connection, name);
        let missed = self.missed(connection, name, resume);
        let position = self.channels.position(name);
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
        self.metrics.recovered += u64::from(missed.is_some());
        self.connections.send(connection, answer.encode());
        let missed = missed.unwrap_or_default();
        let count = missed.len();
        for frame in missed {
            self.connections.send(connection, frame);
        }
        count
    }

    /// The events to send again, or `None` if there is nothing to resume or no way to. A socket that has not room for them
    /// is better off with a fetch than with being closed as a slow consumer, again and again.
    fn missed(
        &self,
        connection: ConnectionId,
        name: &str,
        resume: &Resume,
    ) -> Option<Vec<Utf8Bytes>> {
        let since = resume.since?;
        if !self.channels.is_epoch_of(name, resume.epoch.as_deref()?) {
            return None;
        }
        let Some(channel) = self.channels.get(name) else {
            // Nothing has happened in it yet.
            return (since == 0).then(Vec::new);
        };
        let frames: Vec<_> = channel.since(since)?.cloned().collect();
        let bytes = frames.iter().map(|frame| frame.len()).sum();
        self.connections
            .has_room_for(connection, frames.len() + 1, bytes)
            .then_some(frames)
    }

    /// Whether a client has heard what this copy is still to hear.
    fn is_behind(&self, name: &str, resume: &Resume) -> bool {
        let Some(epoch) = resume.epoch.as_deref().filter(|_| self.is_copy) else {
            return false;
        };
        self.channels.is_epoch_of(name, epoch)
            && resume.since > Some(self.channels.position(name).seq)
    }

    /// Answers those who need not wait any longer, or have waited for long.
    pub(crate) fn answer_ahead(&mut self) {
        for one in std::mem::take(&mut self.ahead) {
            let is_patient = one.since.elapsed() < CATCH_UP_WITHIN;
            if is_patient && self.is_behind(&one.name, &one.resume) {
                self.ahead.push(one);
            } else {
                let (re, resume) = (one.re.as_deref(), &one.resume);
                self.start(one.connection, &one.name, re, resume);
            }
        }
    }

    /// Forgets what a socket waits for: on one channel, or on all.
    fn forget_ahead(&mut self, connection: ConnectionId, name: Option<&str>) {
        self.ahead.retain(|one| {
            one.connection != connection || name.is_some_and(|name| one.name != name)
        });
    }

    /// Ends a subscription; gives what that changes for others.
    pub(crate) fn unsubscribe(&mut self, connection: ConnectionId, name: &str) -> Option<Change> {
        self.forget_ahead(connection, Some(name));
        let had_entered = self.connections.unlisten(connection, name);
        had_entered.then(|| self.departure(connection, BTreeSet::from([name.to_owned()])))
    }

    /// Forgets a socket that is gone; gives what that changes for others.
    pub(crate) fn disconnect(&mut self, connection: ConnectionId) -> Option<Change> {
        self.forget_ahead(connection, None);
        let entered = self.connections.remove(connection);
        (!entered.is_empty()).then(|| self.departure(connection, entered))
    }

    fn departure(&self, connection: ConnectionId, channels: BTreeSet<String>) -> Change {
        Change::Depart {
            peer: self.connections.peer(connection),
            channels: channels.into_iter().collect(),
        }
    }
}
