//! A turn of the client: when it is, and what the shell is to do and to publish after it.

use super::{ClientStats, Fault, Output, keeping::KeepMutations};
use crate::{id::Generation, notify::Dirty, storage::Kept, time::Instant, wire::Frame};
use std::collections::VecDeque;

/// When the client was last told something, and what all its objects say to the shell, in order.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) now: Instant,
    outputs: VecDeque<Output>,
    pub(super) dirty: Dirty,
    /// How mutations are kept over page loads, if they are.
    pub(super) keep_mutations: Option<KeepMutations>,
    pub(super) stats: ClientStats,
    pub(super) kept: Kept,
}

impl Turn {
    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
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
        self.outputs.pop_front()
    }

    pub(super) fn is_over(&self) -> bool {
        self.outputs.is_empty()
    }
}
