//! A clock that stands still until it is moved.

use crate::runtime::{Clock, Timer};
use realtime_core::Instant;
use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
    time::Duration,
};

/// Stands still until it is moved, and then rings its timers in order.
#[derive(Clone, Default)]
pub struct ManualClock(Rc<State>);

#[derive(Default)]
struct State {
    now: Cell<Instant>,
    alarms: RefCell<Vec<Weak<Alarm>>>,
}

struct Alarm {
    at: Cell<Option<Instant>>,
    ring: Rc<dyn Fn()>,
}

impl ManualClock {
    /// The moment it shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.now.get()
    }

    /// How many timers are set: zero once everything has unmounted and the client is gone.
    #[must_use]
    pub fn armed_timers(&self) -> usize {
        self.alarms()
            .filter(|alarm| alarm.at.get().is_some())
            .count()
    }

    /// Moves the clock to the next alarm until `until`, and rings it; says whether there was one.
    pub(super) fn ring_next(&self, until: Instant) -> bool {
        let next = self
            .alarms()
            .filter_map(|alarm| Some((alarm.at.get()?, alarm)))
            .min_by_key(|(at, _)| *at);
        match next {
            Some((at, alarm)) if at <= until => {
                self.0.now.set(self.now().max(at));
                alarm.at.set(None);
                (alarm.ring)();
                true
            }
            _ => false,
        }
    }

    /// Moves the clock without ringing: what a machine that slept does.
    pub(super) fn jump(&self, to: Instant) {
        self.0.now.set(self.now().max(to));
    }

    fn alarms(&self) -> impl Iterator<Item = Rc<Alarm>> + use<> {
        let mut alarms = self.0.alarms.borrow_mut();
        alarms.retain(|alarm| alarm.strong_count() > 0);
        let alive: Vec<_> = alarms.iter().filter_map(Weak::upgrade).collect();
        alive.into_iter()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.0.now.get()
    }

    fn timer(&self, ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
        let alarm = Rc::new(Alarm {
            at: Cell::new(None),
            ring,
        });
        self.0.alarms.borrow_mut().push(Rc::downgrade(&alarm));
        Box::new(ManualTimer(alarm))
    }
}

struct ManualTimer(Rc<Alarm>);

impl Timer for ManualTimer {
    /// As in a browser, an alarm that is set for earlier stays, and rings early.
    fn arm(&self, at: Option<Instant>) {
        let stays = matches!((self.0.at.get(), at), (Some(armed), Some(at)) if armed <= at);
        if !stays {
            self.0.at.set(at);
        }
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock")
            .field("now", &self.now())
            .field("armed_timers", &self.armed_timers())
            .finish()
    }
}

/// How long [`advance`](super::TestBed::advance) goes on ringing timers that set themselves again
/// for the same moment.
pub(super) const MAX_RINGS: usize = 100_000;

/// A frame of a page that nobody sees comes this late.
pub(super) const HIDDEN_FRAME: Duration = Duration::from_millis(250);
