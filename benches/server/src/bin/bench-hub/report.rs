//! Report: what came of one rate, as a row.

use std::{fmt, time::Duration};

/// What came of one rate.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Events that were published a second.
    pub(crate) rate: u32,
    /// Events that came, counted at each client.
    pub(crate) delivered: u64,
    /// Of so many.
    pub(crate) expected: u64,
    /// From the first call to the last event.
    pub(crate) took: Duration,
    /// From the call to the client: half of all, all but a hundredth, all.
    pub(crate) late: [Duration; 3],
    /// One call of `publish`, on average.
    pub(crate) publish: Duration,
    /// Time of processors that the server took.
    pub(crate) server: Duration,
    /// Time of processors that the clients took.
    pub(crate) clients: Duration,
    /// The server's memory.
    pub(crate) memory: u64,
}

/// A number of channels.
pub(crate) fn channels(count: u32) -> String {
    match count {
        1 => "1 channel".to_owned(),
        count => format!("{count} channels"),
    }
}

impl Step {
    pub(crate) const HEAD: &str =
        "published/s  delivered/s  of all  p50 ms  p99 ms  most ms  publish() µs  server  clients";
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        let share = |busy: Duration| 100.0 * busy.as_secs_f64() / self.took.as_secs_f64();
        let [half, most, all] = self.late.map(ms);
        #[expect(clippy::cast_precision_loss, reason = "it is rounded")]
        let (delivered, expected) = (self.delivered as f64, self.expected as f64);
        write!(
            f,
            "{:11}  {:11.0}  {:5.1}%  {half:6.1}  {most:6.1}  {all:7.1}  {:12}  {:5.0}%  {:6.0}%",
            self.rate,
            delivered / self.took.as_secs_f64(),
            100.0 * delivered / expected,
            self.publish.as_micros(),
            share(self.server),
            share(self.clients),
        )
    }
}
