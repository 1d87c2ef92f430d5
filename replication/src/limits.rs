//! Limits: what may wait for the log, and for how long.

use std::time::Duration;

/// Commands that may wait to be sent to the log, and sayings on presence that may wait for it to be reachable.
pub(crate) const QUEUE: usize = 4_096;
/// Bytes of commands that may wait to be sent to the log.
pub(crate) const QUEUE_BYTES: usize = 8 * 1024 * 1024;
/// Commands sent to the log at once.
pub(crate) const BATCH: usize = 256;
/// Bytes of commands sent to the log at once, unless a single one has more.
pub(crate) const BATCH_BYTES: usize = 1024 * 1024;
/// How long whoever asks waits for the outcome of a command.
pub(crate) const OUTCOME_WITHIN: Duration = Duration::from_secs(10);
