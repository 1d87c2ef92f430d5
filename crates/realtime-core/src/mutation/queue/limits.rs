//! Limits of the queue.

/// How many mutations there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutationLimits {
    /// Without an outcome, or failed and kept. More fail at once. Default 1 000.
    pub pending: usize,
    /// Sent and not answered; the others wait. Default 64.
    pub in_flight: usize,
}

impl Default for MutationLimits {
    fn default() -> Self {
        Self {
            pending: 1_000,
            in_flight: 64,
        }
    }
}
