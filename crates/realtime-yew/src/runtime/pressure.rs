//! Pressure: whether the socket takes more than the network carries away.

use super::clock::Timer;
use realtime_core::Instant;
use std::{cell::Cell, time::Duration};

/// More than this waiting in the browser, and the client is asked to hold back.
const FULL: u32 = 1 << 20;
/// Less than this, and it may go on.
const LOW: u32 = 256 << 10;
/// How often to look while it holds back: the browser tells nobody that the buffer drains.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) struct Pressure {
    timer: Box<dyn Timer>,
    blocked: Cell<bool>,
}

impl Pressure {
    pub(super) fn new(timer: Box<dyn Timer>) -> Self {
        Self {
            timer,
            blocked: Cell::new(false),
        }
    }

    /// `buffered` bytes wait; says what to tell the client, if that is new.
    pub(super) fn measure(&self, now: Instant, buffered: u32) -> Option<bool> {
        let was = self.blocked.get();
        let is = if was { buffered > LOW } else { buffered > FULL };
        self.blocked.set(is);
        self.timer.arm(is.then(|| now + LOOK_EVERY));
        (was != is).then_some(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoTimer;

    impl Timer for NoTimer {
        fn arm(&self, _at: Option<Instant>) {}
    }

    #[test]
    fn holding_back_begins_when_full_and_ends_only_when_low() {
        let pressure = Pressure::new(Box::new(NoTimer));
        assert_eq!(pressure.measure(Instant::ZERO, FULL), None);
        assert_eq!(pressure.measure(Instant::ZERO, FULL + 1), Some(true));
        assert_eq!(pressure.measure(Instant::ZERO, LOW + 1), None);
        assert_eq!(pressure.measure(Instant::ZERO, LOW), Some(false));
        assert_eq!(pressure.measure(Instant::ZERO, LOW + 1), None);
    }
}
