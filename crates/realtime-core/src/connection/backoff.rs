//! Backoff: how long to wait before the next attempt.

use crate::time::up_to;
use std::time::Duration;

/// The range of waits between attempts.
///
/// Each wait is drawn evenly from `min` up to a ceiling that doubles with every failed attempt, until it
/// is `max`. The jitter is never clamped away, so a thousand clients of a restarted server stay
/// spread out however long it was gone. The first attempt after a healthy link comes within half
/// of `min`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackoffOptions {
    /// The shortest wait after a failed attempt. Default 500 ms.
    pub min: Duration,
    /// The longest. Default 20 s.
    pub max: Duration,
    /// The shortest wait after a close code that asks to retry slowly. Default 10 s.
    pub slow_min: Duration,
    /// The longest of those, and the most a server's `retryAfter` can ask for. Default 5 min.
    pub slow_max: Duration,
}

impl Default for BackoffOptions {
    fn default() -> Self {
        Self {
            min: Duration::from_millis(500),
            max: Duration::from_secs(20),
            slow_min: Duration::from_secs(10),
            slow_max: Duration::from_secs(300),
        }
    }
}

/// How eager the next attempt may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Normal,
    Slow,
}

impl BackoffOptions {
    /// The wait after `attempts` attempts since the last healthy link, which ended now if there
    /// were none.
    pub(super) fn delay(&self, rng: &mut fastrand::Rng, attempts: u32, pace: Pace) -> Duration {
        let (min, max) = match pace {
            Pace::Normal if attempts == 0 => return up_to(self.min / 2, rng),
            Pace::Normal => (self.min, self.max),
            Pace::Slow => (self.slow_min, self.slow_max),
        };
        let ceiling = min.saturating_mul(1 << attempts.clamp(1, 30)).min(max);
        min.saturating_add(up_to(ceiling.saturating_sub(min), rng))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(attempts: u32, pace: Pace) -> Vec<u64> {
        let mut rng = fastrand::Rng::with_seed(7);
        let options = BackoffOptions::default();
        let mut delays: Vec<u64> = (0..2_000)
            .map(|_| options.delay(&mut rng, attempts, pace).as_millis() as u64)
            .collect();
        delays.sort_unstable();
        delays
    }

    #[test]
    fn the_first_wait_after_a_healthy_link_is_at_most_half_the_minimum() {
        let delays = delays(0, Pace::Normal);
        assert!(delays[0] < 20 && delays[1_999] <= 250, "{delays:?}");
        assert!(delays[1_999] > 230);
    }

    #[test]
    fn the_ceiling_doubles_until_the_cap() {
        for (attempts, ceiling) in [(1, 1_000), (2, 2_000), (3, 4_000), (6, 20_000)] {
            let delays = delays(attempts, Pace::Normal);
            assert!(delays[0] >= 500);
            assert!(delays[1_999] <= ceiling && delays[1_999] > ceiling * 9 / 10);
        }
    }

    #[test]
    fn waits_at_the_cap_are_still_spread_evenly() {
        for attempts in [6, 31, 1_000, u32::MAX] {
            let delays = delays(attempts, Pace::Normal);
            // Each tenth of the range holds about a tenth of the waits: no lump anywhere.
            for tenth in 0..10 {
                let from = 500 + tenth * 1_950;
                let inside = delays
                    .iter()
                    .filter(|delay| (from..from + 1_950).contains(*delay))
                    .count();
                assert!((140..=260).contains(&inside), "{inside} in tenth {tenth}");
            }
        }
    }

    #[test]
    fn slow_waits_start_at_ten_seconds_and_end_at_five_minutes() {
        let first = delays(0, Pace::Slow);
        assert!(first[0] >= 10_000 && first[1_999] <= 20_000);
        let last = delays(9, Pace::Slow);
        assert!(last[1_999] <= 300_000 && last[1_999] > 290_000);
    }

    #[test]
    fn absurd_options_neither_overflow_nor_panic() {
        let options = BackoffOptions {
            min: Duration::MAX,
            max: Duration::ZERO,
            slow_min: Duration::ZERO,
            slow_max: Duration::MAX,
        };
        let mut rng = fastrand::Rng::with_seed(1);
        options.delay(&mut rng, 0, Pace::Normal);
        options.delay(&mut rng, 40, Pace::Normal);
        options.delay(&mut rng, 40, Pace::Slow);
    }
}
