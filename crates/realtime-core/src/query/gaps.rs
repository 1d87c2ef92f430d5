//! Gaps of one entry: how soon it is fetched again after each.

use super::retry;
use crate::time::{Instant, up_to};
use std::time::Duration;

/// After so long without a gap, the next one counts as the first; where the wait has grown beyond
/// this, after that.
const CALM: Duration = Duration::from_secs(10);

/// The gaps that came one after another.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    in_a_row: u32,
    last: Option<Instant>,
}

impl Gaps {
    /// A gap was noticed. Gives when the fetch for it may begin: at once and, if gaps keep coming, 1 s,
    /// 2 s, 4 s … 30 s after the one before began; by chance up to `jitter` later, as what left a gap
    /// here has often left one for many clients. `None` if a fetch is wanted already, for that will
    /// do.
    pub(super) fn fetch_at(
        &mut self,
        now: Instant,
        last_start: Option<Instant>,
        is_wanted: bool,
        jitter: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Instant> {
        let quiet = self.last.map(|last| now.saturating_since(last));
        let calm = CALM.max(retry::spacing(self.in_a_row.saturating_add(1)));
        if quiet.is_some_and(|quiet| quiet > calm) {
            self.in_a_row = 0;
        }
        self.last = Some(now);
        if is_wanted {
            return None;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let spaced = last_start.map(|start| start + retry::spacing(self.in_a_row));
        let spread = now + up_to(jitter, rng);
        Some(spaced.map_or(spread, |spaced| spaced.max(spread)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn gaps_that_keep_coming_are_fetched_for_less_and_less_often_and_one_after_a_calm_at_once() {
        let mut gaps = Gaps::default();
        let mut rng = fastrand::Rng::with_seed(7);
        let mut started: Vec<u64> = Vec::new();
        let mut due: Option<Instant> = None;
        // A gap each ten milliseconds, for two minutes.
        for millis in (0..120_000).step_by(10) {
            let last = started.last().map(|start| at(*start));
            let next = gaps.fetch_at(at(millis), last, due.is_some(), Duration::ZERO, &mut rng);
            due = due.or(next);
            if due.is_some_and(|due| due <= at(millis)) {
                started.push(millis);
                due = None;
            }
        }
        let waits: Vec<u64> = started
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) / 1_000)
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        let later = at(160_000);
        let next = gaps.fetch_at(later, Some(at(95_000)), false, Duration::ZERO, &mut rng);
        assert_eq!(next, Some(later));
    }

    #[test]
    fn two_clients_fetch_at_different_moments_and_neither_much_later() {
        let second = Duration::from_secs(1);
        let next = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            Gaps::default().fetch_at(at(0), None, false, second, &mut rng)
        };
        assert_ne!(next(1), next(2));
        assert!((1..100).all(|seed| next(seed).is_some_and(|next| next <= at(1_000))));
    }
}
