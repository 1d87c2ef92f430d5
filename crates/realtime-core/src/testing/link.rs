//! A wire with a temper: ordered like TCP, but it may be slow, silent or gone.

use crate::{
    id::Generation,
    time::{Instant, earliest},
    wire::Frame,
};
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
    /// How late what was under way on a socket that the client has given up still reaches it, as a
    /// browser's last callbacks may; zero is never.
    pub late_callbacks: Duration,
    pub(crate) state: LinkState,
    pub(crate) generation: Generation,
    /// Whether the current socket swallows everything.
    swallows: bool,
    up: Lane,
    down: Lane,
    /// What is still to come from the sockets before.
    stragglers: Lane,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            latency: 5..=20,
            late_callbacks: Duration::ZERO,
            state: LinkState::Up,
            generation: Generation::default(),
            swallows: false,
            up: Lane::default(),
            down: Lane::default(),
            stragglers: Lane::default(),
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

    /// Loses everything on the current socket, what is under way and what is still sent, without
    /// either end learning of it. The next socket is sound.
    pub fn swallow(&mut self) {
        self.drop_pending();
        self.swallows = true;
    }

    /// Whether the current socket is half open for good.
    #[must_use]
    pub const fn swallows(&self) -> bool {
        self.swallows
    }

    /// Whether anything is under way to the client on the current socket, or waits for it to read.
    #[must_use]
    pub fn has_arrivals(&self) -> bool {
        !self.down.0.is_empty()
    }

    /// A new socket: what was under way on the old one is gone, or late.
    pub(crate) fn renew(&mut self, generation: Generation) {
        if !self.late_callbacks.is_zero() {
            for (at, of, parcel) in self.down.0.drain(..) {
                self.stragglers.push(at + self.late_callbacks, of, parcel);
            }
        }
        self.generation = generation;
        self.swallows = false;
        self.drop_pending();
    }

    pub(crate) fn send_up(&mut self, now: Instant, rng: &mut fastrand::Rng, parcel: Parcel) {
        let at = now + self.delay(rng);
        if !self.swallows {
            self.up.push(at, self.generation, parcel);
        }
    }

    pub(crate) fn send_down(&mut self, now: Instant, rng: &mut fastrand::Rng, parcel: Parcel) {
        let at = now + self.delay(rng);
        if !self.swallows {
            self.down.push(at, self.generation, parcel);
        }
    }

    fn delay(&self, rng: &mut fastrand::Rng) -> Duration {
        Duration::from_millis(rng.u64(self.latency.clone()))
    }

    /// When something arrives at the server next.
    pub(crate) fn next_up(&self) -> Option<Instant> {
        self.up.due().filter(|_| self.state != LinkState::Stalled)
    }

    /// When something arrives at the client next.
    pub(crate) fn next_down(&self) -> Option<Instant> {
        let next = earliest(self.down.due(), self.stragglers.due());
        next.filter(|_| self.state != LinkState::Stalled)
    }

    pub(crate) fn arrived_up(&mut self, now: Instant) -> Option<Parcel> {
        let (_, parcel) = self.up.pop(now, self.state)?;
        Some(parcel)
    }

    pub(crate) fn arrived_down(&mut self, now: Instant) -> Option<(Generation, Parcel)> {
        let late = self.stragglers.pop(now, self.state);
        late.or_else(|| self.down.pop(now, self.state))
    }
}

#[derive(Debug, Default)]
struct Lane(VecDeque<(Instant, Generation, Parcel)>);

impl Lane {
    /// A frame never overtakes the one before it.
    fn push(&mut self, at: Instant, generation: Generation, parcel: Parcel) {
        let at = self.0.back().map_or(at, |(last, ..)| at.max(*last));
        self.0.push_back((at, generation, parcel));
    }

    fn due(&self) -> Option<Instant> {
        self.0.front().map(|(at, ..)| *at)
    }

    fn pop(&mut self, now: Instant, state: LinkState) -> Option<(Generation, Parcel)> {
        if state == LinkState::Stalled || self.due()? > now {
            return None;
        }
        let (_, generation, parcel) = self.0.pop_front()?;
        Some((generation, parcel))
    }
}
