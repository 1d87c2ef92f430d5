//! A wire with a temper: ordered like TCP, but it may be slow, silent or gone.

use crate::{id::Generation, time::Instant, wire::Frame};
use std::{collections::VecDeque, ops::RangeInclusive, time::Duration};

/// How a link behaves just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Frames arrive, in order, after the latency.
    #[default]
    Up,
    /// Half open: both ends believe in the socket, nothing arrives. What was under way, and all
    /// that is sent meanwhile, is lost when the socket is given up, and arrives if the link heals.
    Stalled,
    /// No socket opens.
    Down,
}

/// What travels on a link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parcel {
    Opened,
    Frame(Frame),
    Closed { code: u16, reason: String },
}

/// The two directions between one client and the server.
#[derive(Debug)]
pub struct Link {
    /// One way delay of each frame, in milliseconds.
    pub latency: RangeInclusive<u64>,
    pub(crate) state: LinkState,
    pub(crate) generation: Generation,
    up: Lane,
    down: Lane,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            latency: 5..=20,
            state: LinkState::Up,
            generation: Generation::default(),
            up: Lane::default(),
            down: Lane::default(),
        }
    }
}

impl Link {
    /// How the link behaves just now.
    #[must_use]
    pub const fn state(&self) -> LinkState {
        self.state
    }

    /// Loses what is under way, in both directions, without either end learning of it: what a
    /// server that skips an event looks like to a client.
    pub fn drop_pending(&mut self) {
        self.up.0.clear();
        self.down.0.clear();
    }

    /// A new socket: what was under way on the old one is gone.
    pub(crate) fn renew(&mut self, generation: Generation) {
        self.generation = generation;
        self.drop_pending();
    }

    pub(crate) fn send_up(&mut self, now: Instant, rng: &mut fastrand::Rng, parcel: Parcel) {
        let delay = Duration::from_millis(rng.u64(self.latency.clone()));
        self.up.push(now + delay, parcel);
    }

    pub(crate) fn send_down(&mut self, now: Instant, rng: &mut fastrand::Rng, parcel: Parcel) {
        let delay = Duration::from_millis(rng.u64(self.latency.clone()));
        self.down.push(now + delay, parcel);
    }

    pub(crate) fn next_arrival(&self) -> Option<Instant> {
        if self.state == LinkState::Stalled {
            return None;
        }
        crate::time::earliest(self.up.due(), self.down.due())
    }

    pub(crate) fn arrived_up(&mut self, now: Instant) -> Option<Parcel> {
        self.up.pop(now, self.state)
    }

    pub(crate) fn arrived_down(&mut self, now: Instant) -> Option<Parcel> {
        self.down.pop(now, self.state)
    }
}

#[derive(Debug, Default)]
struct Lane(VecDeque<(Instant, Parcel)>);

impl Lane {
    /// A frame never overtakes the one before it.
    fn push(&mut self, at: Instant, parcel: Parcel) {
        let at = self.0.back().map_or(at, |(last, _)| at.max(*last));
        self.0.push_back((at, parcel));
    }

    fn due(&self) -> Option<Instant> {
        self.0.front().map(|(at, _)| *at)
    }

    fn pop(&mut self, now: Instant, state: LinkState) -> Option<Parcel> {
        if state == LinkState::Stalled || self.due()? > now {
            return None;
        }
        self.0.pop_front().map(|(_, parcel)| parcel)
    }
}
