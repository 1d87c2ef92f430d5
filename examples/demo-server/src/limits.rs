//! Every cap that is not a flag, the checks of texts, and the token bucket.

use crate::errors::Refusal;
use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

/// Subscriptions one socket may hold.
pub(crate) const SUBSCRIPTIONS: usize = 100;
/// Rooms that may exist at once.
pub(crate) const ROOMS: usize = 100;
/// Messages kept per room.
pub(crate) const MESSAGES: usize = 500;
/// Tasks on the board.
pub(crate) const TASKS: usize = 1_000;
/// Notifications kept.
pub(crate) const NOTIFICATIONS: usize = 100;
/// Connections that may be present in one room.
pub(crate) const ROSTER: usize = 500;
/// Bytes of a member's metadata.
pub(crate) const METADATA: usize = 4 * 1024;
/// Bytes of an avatar's address.
pub(crate) const AVATAR: usize = 2 * 1024;
/// Bytes of a message id, a channel or an event name.
pub(crate) const NAME_BYTES: usize = 128;
/// Bytes of events kept per channel for those who resume.
pub(crate) const HISTORY_BYTES: usize = 1024 * 1024;
/// How long before its token ends a socket is asked for a new one, unless the token is a short one.
pub(crate) const REFRESH: Duration = Duration::from_secs(60);
/// Characters of what only one user knows.
pub(crate) const KEY: RangeInclusive<usize> = 16..=128;
/// Connections from one address, if nothing else is said.
pub(crate) const PER_ADDRESS: usize = 256;
/// Headers of one request.
pub(crate) const HEADERS: usize = 64;
/// Bytes of a request's head.
pub(crate) const HEAD_BYTES: usize = 32 * 1024;
/// How long nothing is accepted after accepting has failed.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(500);
/// Users and addresses whose requests are counted at once.
pub(crate) const SOURCES: usize = 10_000;
/// How many times its rate a socket may send before it is closed; up to there it is told to slow down.
pub(crate) const FLOOD: u32 = 10;
/// Answers remembered for messages that are sent again.
pub(crate) const ANSWERS: usize = 10_000;
/// For how many milliseconds they are remembered.
pub(crate) const ANSWER_LIFE_MS: u64 = 60 * 60 * 1_000;
/// How long a socket may take to read a close frame, or to answer one.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// Commands that may wait to be sent to the log, and sayings on presence that may wait for it to be reachable.
pub(crate) const QUEUE: usize = 4_096;
/// Bytes of commands that may wait to be sent to the log.
pub(crate) const QUEUE_BYTES: usize = 8 * 1024 * 1024;
/// Commands sent to the log at once.
pub(crate) const BATCH: usize = 256;
/// Bytes of commands sent to the log at once, unless a single one has more.
pub(crate) const BATCH_BYTES: usize = 1024 * 1024;
/// When it makes sense to try again after the log could not be reached, in milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;
/// How long a client that knows more than this server waits until it has caught up.
pub(crate) const CATCH_UP_WITHIN: Duration = Duration::from_secs(2);
/// How long a request waits for the outcome of what it asked for.
pub(crate) const OUTCOME_WITHIN: Duration = Duration::from_secs(10);
/// Sockets beyond the cap that are told so at once; further ones are refused before the upgrade.
pub(crate) const REFUSALS: usize = 64;

/// Checks a text from a client: not blank, at most `max` characters, no control characters but line breaks and tabs.
pub(crate) fn check_text(what: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("{what} must not be empty")));
    }
    if text.chars().count() > max {
        return Err(Refusal::invalid(format!(
            "{what} must have at most {max} characters"
        )));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Refusal::invalid(format!(
            "{what} must not have control characters"
        )));
    }
    Ok(())
}

/// The same for a text that may be left out.
pub(crate) fn check_optional(what: &str, text: Option<&str>, max: usize) -> Result<(), Refusal> {
    text.map_or(Ok(()), |text| check_text(what, text, max))
}

/// A token bucket: `rate` messages per second, and twice as many at once after a pause.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate.max(1));
        Self {
            rate,
            tokens: rate * 2.0,
            filled: now,
        }
    }

    /// Takes one token, or says when there will be one.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.rate);
        let retry_after = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Err(Refusal::RateLimited { retry_after })
    }
}

impl Bucket {
    /// Whether nothing has been taken for so long that it makes no difference any more.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
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
        assert_eq!(
            bucket.take(start),
            Err(Refusal::RateLimited { retry_after: 100 })
        );
        bucket.take(start + Duration::from_millis(100)).unwrap();
        assert!(bucket.take(start + Duration::from_millis(101)).is_err());
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        assert!(check_text("title", "žžž", 3).is_ok());
        assert!(check_text("title", "žžžž", 3).is_err());
        assert!(check_text("title", " \n", 3).is_err());
        assert!(check_text("title", "a\u{0}", 3).is_err());
    }
}
