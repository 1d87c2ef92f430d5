//! Bursts: how long one task may work through waiting frames before the browser gets its turn.

use super::clock::Clock;
use gloo_timers::callback::Timeout;
use realtime_core::Instant;
use std::{rc::Rc, time::Duration};

/// A quarter of a frame at 60 Hz: the rest is for rendering what the frames said.
const BUDGET: Duration = Duration::from_millis(4);

/// Measures one task's work.
pub(super) struct Burst {
    clock: Rc<dyn Clock>,
    began: Instant,
}

impl Burst {
    pub(super) fn new(clock: Rc<dyn Clock>) -> Self {
        let began = clock.now();
        Self { clock, began }
    }

    /// A new task has begun.
    pub(super) fn begin(&mut self) {
        self.began = self.clock.now();
    }

    /// Whether this task has worked for as long as it may.
    pub(super) fn is_over_budget(&self) -> bool {
        self.clock.now().saturating_since(self.began) > BUDGET
    }
}

/// Lets the browser paint and take input, then goes on.
pub(super) async fn next_task() {
    let (sender, receiver) = futures::channel::oneshot::channel::<()>();
    let timeout = Timeout::new(0, move || {
        // Nobody to receive it means that the task was let go meanwhile.
        let _ = sender.send(());
    });
    let _ = receiver.await;
    drop(timeout);
}

#[cfg(test)]
mod tests {
    use super::{super::clock::Timer, *};
    use std::cell::Cell;

    #[derive(Default)]
    struct StoppedClock(Cell<u64>);

    impl Clock for StoppedClock {
        fn now(&self) -> Instant {
            Instant::from_millis(self.0.get())
        }

        fn timer(&self, _ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
            unreachable!("a burst sets no timer")
        }
    }

    #[test]
    fn a_task_may_work_for_four_milliseconds_and_the_next_one_as_long_again() {
        let clock = Rc::new(StoppedClock::default());
        let mut burst = Burst::new(Rc::clone(&clock) as Rc<dyn Clock>);
        clock.0.set(4);
        assert!(!burst.is_over_budget());
        clock.0.set(5);
        assert!(burst.is_over_budget());
        burst.begin();
        assert!(!burst.is_over_budget());
    }
}
