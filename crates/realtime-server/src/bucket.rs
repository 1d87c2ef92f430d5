//! Bucket: how fast messages come.

use crate::Refusal;
use std::time::{Duration, Instant};

/// A token bucket: `rate` messages per second, and twice as many at once after a pause. The hub has one for each socket; an
/// app may have others for what comes by requests.
#[derive(Debug)]
pub struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate.max(1));
        Self {
            rate,
            tokens: rate * 2.0,
            filled: now,
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// `rate_limited`, with the time at which there will be one.
    pub fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.rate);
        let retry_after = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Err(Refusal::rate_limited(retry_after))
    }

    /// Takes for what is done already, though there may not be so much: what comes next waits until it is made up for.
    pub(crate) fn charge(&mut self, tokens: u32) {
        self.tokens -= f64::from(tokens);
    }

    /// Whether nothing has been taken for so long that it makes no difference any more.
    #[must_use]
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= self.rate * 2.0
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + passed * self.rate).min(self.rate * 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_twice_its_rate_through_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, start);
        for _ in 0..20 {
            bucket.take(start).unwrap();
        }
        assert_eq!(bucket.take(start), Err(Refusal::rate_limited(100)));
        bucket.take(start + Duration::from_millis(100)).unwrap();
        assert!(bucket.take(start + Duration::from_millis(101)).is_err());
    }

    #[test]
    fn what_was_charged_is_waited_for() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, start);
        bucket.charge(30);
        assert_eq!(bucket.take(start), Err(Refusal::rate_limited(1_100)));
        bucket.take(start + Duration::from_millis(1_101)).unwrap();
    }
}
