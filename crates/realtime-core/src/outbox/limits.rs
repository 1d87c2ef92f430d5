//! Limits of an outbox.

/// How much an outbox may hold. A push beyond a limit settles with an error at once; what is held
/// already is never thrown out for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxLimits {
    /// Messages held. Default 1,000.
    pub messages: usize,
    /// Bytes held. Default 4 MiB.
    pub bytes: usize,
    /// Bytes of one message. Default 1 MiB.
    pub message_bytes: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            messages: 1_000,
            bytes: 4 << 20,
            message_bytes: 1 << 20,
        }
    }
}
