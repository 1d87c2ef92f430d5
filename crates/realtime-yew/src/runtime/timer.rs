//! One browser timeout, re-armed for each deadline.

use super::clock::{BrowserClock, Clock, Timer};
use gloo_timers::callback::Timeout;
use realtime_core::Instant;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// No timeout is longer than this: browsers turn one beyond 2^31 ms into none at all.
const LONGEST: Duration = Duration::from_secs(3600);

pub(crate) struct BrowserTimer {
    ring: Rc<dyn Fn()>,
    armed: Rc<RefCell<Option<Armed>>>,
}

struct Armed {
    at: Instant,
    /// Held because dropping it cancels it.
    _timeout: Timeout,
}

impl BrowserTimer {
    pub(crate) fn new(ring: Rc<dyn Fn()>) -> Self {
        Self {
            ring,
            armed: Rc::default(),
        }
    }
}

impl Timer for BrowserTimer {
    fn arm(&self, at: Option<Instant>) {
        let armed_at = self.armed.borrow().as_ref().map(|armed| armed.at);
        // One that rings early is only asked to be armed again. Each frame puts the heartbeat off,
        // and must not cost a timeout cleared and another set.
        if let (Some(armed_at), Some(at)) = (armed_at, at)
            && armed_at <= at
        {
            return;
        }
        *self.armed.borrow_mut() = at.map(|at| {
            let wait = at.saturating_since(BrowserClock.now()).min(LONGEST);
            let ring = Rc::clone(&self.ring);
            let armed = Rc::clone(&self.armed);
            let timeout = Timeout::new(wait.as_millis() as u32, move || {
                // Disarmed first: whoever is rung may arm it for the same moment again.
                let rung = armed.borrow_mut().take();
                ring();
                drop(rung);
            });
            Armed {
                at,
                _timeout: timeout,
            }
        });
    }
}

impl Drop for BrowserTimer {
    /// The timeout's closure holds the slot that holds the timeout, so it is emptied here.
    fn drop(&mut self) {
        self.armed.borrow_mut().take();
    }
}
