//! What must hold in real browsers with the real server. Each scenario starts its own.

mod burst;
mod cut;
mod faults;
mod harness;
mod hidden;
mod notifications;
mod optimistic;
mod refused;
mod restart;
mod room;
mod tasks;

use std::time::Duration;

/// How long an event may take from one tab to another on a busy machine.
const SOON: Duration = Duration::from_secs(10);
/// How long a client may take to notice, wait, reconnect and catch up.
const RECOVERS: Duration = Duration::from_secs(45);
