//! Our own typing, and when to tell of it.

use super::TypingOptions;
use crate::{Instant, time::earliest};
use std::time::Duration;

/// What is to be said now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Start,
    Stop,
}

/// Turns keys into starts and stops.
///
/// A start goes out with the first key, and again at most every `keep_alive`. A key in between is
/// not lost: the next start goes out when the `keep_alive` is over, so that peers never forget us
/// while we type, however the keys fall. None goes out without a key since the last one. Waiting
/// words are never more than one: the later one wins.
#[derive(Debug)]
pub(super) struct LocalTyping {
    timeout: Duration,
    keep_alive: Duration,
    up: bool,
    /// When the last key was pressed, while we are typing.
    last_key: Option<Instant>,
    /// When the last start was made, whether or not we have stopped since.
    last_start: Option<Instant>,
    /// A key was pressed since the last start.
    owed: bool,
    /// The others have been told that we type.
    shown: bool,
    waiting: Option<Say>,
}

impl LocalTyping {
    pub(super) fn new(options: &TypingOptions) -> Self {
        Self {
            timeout: options.effective_timeout(),
            keep_alive: options.effective_keep_alive(),
            up: false,
            last_key: None,
            last_start: None,
            owed: false,
            shown: false,
            waiting: None,
        }
    }

    pub(super) fn is_typing(&self) -> bool {
        self.last_key.is_some()
    }

    pub(super) fn key(&mut self, now: Instant) {
        self.last_key = Some(now);
        if self.up {
            self.owed = true;
            self.advance(now);
        }
    }

    pub(super) fn stop(&mut self) {
        self.last_key = None;
        self.owed = false;
        self.waiting = self.shown.then_some(Say::Stop);
    }

    pub(super) fn link_up(&mut self) {
        self.link_down();
        self.up = true;
    }

    /// The server tells the others; what we had to say is worth nothing later.
    pub(super) fn link_down(&mut self) {
        self.up = false;
        self.owed = false;
        self.shown = false;
        self.waiting = None;
    }

    pub(super) fn advance(&mut self, now: Instant) {
        if self.stop_at().is_some_and(|at| at <= now) {
            self.stop();
        }
        if self.owed && self.last_start.is_none_or(|at| at + self.keep_alive <= now) {
            self.owed = false;
            self.last_start = Some(now);
            self.waiting = Some(Say::Start);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let start_at = self.last_start.filter(|_| self.owed);
        earliest(self.stop_at(), start_at.map(|at| at + self.keep_alive))
    }

    pub(super) fn poll(&mut self) -> Option<Say> {
        let say = self.waiting.take()?;
        self.shown = say == Say::Start;
        Some(say)
    }

    fn stop_at(&self) -> Option<Instant> {
        Some(self.last_key? + self.timeout)
    }
}
