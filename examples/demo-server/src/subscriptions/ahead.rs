//! Clients that have heard more than this server has: they come from another one, and this one lags behind.
//!
//! Their subscriptions are answered when it has caught up. Told at once that nothing can be resumed, they would fetch a
//! state older than what they show.

use super::Resume;
use crate::{
    hub::{ConnectionId, State},
    limits,
};
use std::time::Instant;

/// A subscription that has not been answered yet.
#[derive(Debug)]
pub(crate) struct Ahead {
    connection: ConnectionId,
    name: String,
    re: Option<String>,
    resume: Resume,
    since: Instant,
}

impl State {
    /// Lets a subscription wait, if its client is ahead; returns whether it does.
    pub(super) fn lets_wait(
        &mut self,
        connection: ConnectionId,
        name: &str,
        re: Option<&str>,
        resume: &Resume,
    ) -> bool {
        if self.ahead.len() >= limits::QUEUE || !self.is_behind(name, resume) {
            return false;
        }
        self.forget_ahead(connection, Some(name));
        self.connections.reserve(connection, name);
        self.ahead.push(Ahead {
            connection,
            name: name.to_owned(),
            re: re.map(str::to_owned),
            resume: resume.clone(),
            since: Instant::now(),
        });
        true
    }

    /// Whether a client has heard what this server is still to hear.
    fn is_behind(&self, name: &str, resume: &Resume) -> bool {
        self.log.is_some()
            && resume.epoch.as_deref() == Some(self.world.epoch.as_str())
            && resume.since > Some(self.world.position(name).seq)
    }

    /// Answers those who need not wait any longer, or have waited for long.
    pub(crate) fn answer_ahead(&mut self) {
        for one in std::mem::take(&mut self.ahead) {
            let is_patient = one.since.elapsed() < limits::CATCH_UP_WITHIN;
            if is_patient && self.is_behind(&one.name, &one.resume) {
                self.ahead.push(one);
            } else {
                let (re, resume) = (one.re.as_deref(), &one.resume);
                self.start(one.connection, &one.name, re, resume);
            }
        }
    }

    /// Forgets what a socket waits for: on one channel, or on all.
    pub(super) fn forget_ahead(&mut self, connection: ConnectionId, name: Option<&str>) {
        self.ahead.retain(|one| {
            one.connection != connection || name.is_some_and(|name| one.name != name)
        });
    }
}
