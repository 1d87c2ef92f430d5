//! Outputs: what the shell is to do and to publish, and what was counted on the way.

use super::{ClientStats, Fault, Output};
use crate::{id::Generation, notify::Dirty, wire::Frame};
use std::collections::VecDeque;

/// What all objects of the client say to the shell, in order.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    queue: VecDeque<Output>,
    pub(super) dirty: Dirty,
    pub(super) stats: ClientStats,
}

impl Outputs {
    pub(super) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(super) fn transmit(&mut self, generation: Generation, frame: Frame) {
        self.stats.frames_sent += 1;
        self.push(Output::Transmit { generation, frame });
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        tracing::debug!(%fault, "fault");
        self.stats.faults += 1;
        self.push(Output::Fault(fault));
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
