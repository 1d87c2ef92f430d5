//! Reach: whether what is sent would arrive, and for how long a link is new.

use super::super::request::Sender;
use crate::time::Instant;
use std::time::Duration;

/// How long an edit that is to be merged waits, after a reconnect, for what it is merged with.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of the way to the server.
#[derive(Debug)]
pub(super) struct Reach {
    is_up: bool,
    /// When the link came up, as long as there is patience with what others did meanwhile.
    patient_since: Option<Instant>,
    /// Whether the connection is over, and not just down.
    is_over: bool,
    is_online: bool,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            is_up: false,
            patient_since: None,
            is_over: false,
            is_online: true,
        }
    }
}

impl Reach {
    pub(super) const fn set_online(&mut self, online: bool) {
        self.is_online = online;
    }

    pub(super) const fn link_up(&mut self, now: Instant) {
        self.is_up = true;
        self.patient_since = Some(now);
        self.is_over = false;
    }

    /// A connection is sought.
    pub(super) const fn link_wanted(&mut self) {
        self.is_over = false;
    }

    /// The link is down; where it `is_over`, no other will come.
    pub(super) const fn link_down(&mut self, is_over: bool) {
        self.is_up = false;
        self.is_over |= is_over;
    }

    pub(super) const fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether what is sent this way would arrive.
    pub(super) const fn has(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Message(_) => self.is_up,
            // Our own connection is better proof of a network than what the browser says.
            Sender::App(_) => self.is_online || self.is_up,
        }
    }

    /// Whether there will be no such way any more.
    pub(super) const fn is_over(&self, sender: &Sender) -> bool {
        self.is_over && matches!(sender, Sender::Message(_))
    }

    pub(super) const fn is_patient(&self) -> bool {
        self.patient_since.is_some()
    }

    pub(super) fn patient_until(&self) -> Option<Instant> {
        Some(self.patient_since? + PATIENCE)
    }

    /// Time has passed. Only this ends the patience: what is waited for may have come, and wait to be
    /// read.
    pub(super) fn end_patience(&mut self, now: Instant) {
        if self.patient_until().is_some_and(|until| until <= now) {
            self.patient_since = None;
        }
    }
}
