//! How long one task may work through waiting frames before the browser gets its turn.

use super::clock::Clock;
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
