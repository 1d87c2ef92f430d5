//! The time, and timers that ring by it.

use super::timer::BrowserTimer;
use realtime_core::Instant;
use std::rc::Rc;

/// Tells the time and rings when asked to. Tests have one they move by hand.
pub(crate) trait Clock {
    /// The moment it is.
    fn now(&self) -> Instant;

    /// A timer that calls `ring` when it is due. Dropping it cancels it.
    fn timer(&self, ring: Rc<dyn Fn()>) -> Box<dyn Timer>;
}

/// One alarm that can be set again and again.
pub(crate) trait Timer {
    /// Rings at `at`, in place of whenever it was set to; never, if `None`. May ring early, so
    /// that whoever is rung compares its deadlines with the clock.
    fn arm(&self, at: Option<Instant>);
}

/// The page's monotonic clock.
#[derive(Debug)]
pub(crate) struct BrowserClock;

thread_local! {
    /// Looked up once: every event asks for the time, and each look-up is two calls into JavaScript.
    static PERFORMANCE: Option<web_sys::Performance> =
        web_sys::window().and_then(|window| window.performance());
}

impl Clock for BrowserClock {
    fn now(&self) -> Instant {
        let millis = PERFORMANCE.with(|performance| match performance {
            Some(performance) => performance.now(),
            None => js_sys::Date::now(),
        });
        // A float to integer cast saturates, and 2^53 ms are 285,000 years.
        Instant::from_millis(millis as u64)
    }

    fn timer(&self, ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
        Box::new(BrowserTimer::new(ring))
    }
}

/// What a clock on the wall shows, in milliseconds since 1970: it may be set back, and be another than
/// elsewhere.
pub(crate) fn wall_clock() -> u64 {
    #[cfg(target_arch = "wasm32")]
    {
        js_sys::Date::now() as u64
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The clock of a server that renders a page: it ticks, but nothing waits for it.
#[derive(Debug)]
pub(crate) struct ServerClock {
    start: std::time::Instant,
}

impl ServerClock {
    pub(crate) fn new() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed()
    }

    fn timer(&self, _ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
        Box::new(NoTimer)
    }
}

struct NoTimer;

impl Timer for NoTimer {
    fn arm(&self, _at: Option<Instant>) {}
}
