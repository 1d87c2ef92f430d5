//! Retries: how long to wait before a fetch is tried again.

use super::{FetchError, QueryOptions};
use crate::time::up_to;
use std::time::Duration;

/// More than this a server cannot make us wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5 * 60);
/// The longest wait between fetches that events keep making necessary.
const UNORDERED_MAX: Duration = Duration::from_secs(30);

/// The wait after the `failures`-th failure (from 1): doubling, capped, half of it random, and
/// never shorter than the server asked for.
pub(super) fn delay(
    rng: &mut fastrand::Rng,
    options: &QueryOptions,
    failures: u32,
    error: Option<&FetchError>,
) -> Duration {
    let whole = doubled(options.retry_delay, failures).min(options.retry_delay_max);
    let half = whole / 2;
    let jittered = half + up_to(half, rng);
    let asked = error.and_then(|error| error.retry_after);
    jittered.max(asked.unwrap_or_default().min(RETRY_AFTER_MAX))
}

/// The wait before fetching again because, for the `unordered`-th time in a row (from 1), a result
/// and its events could not be put in order. The first comes at once; a stream of such events
/// must not become a stream of fetches.
pub(super) fn spacing(unordered: u32) -> Duration {
    match unordered {
        0 | 1 => Duration::ZERO,
        more => doubled(Duration::from_secs(1), more - 1).min(UNORDERED_MAX),
    }
}

/// `base` × 2^(`times` − 1).
fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1 << times.saturating_sub(1).min(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_wait_longer_each_time_up_to_the_cap_with_jitter_even_there() {
        let mut rng = fastrand::Rng::with_seed(7);
        let options = QueryOptions::default();
        let mut at_cap = Vec::new();
        for (failures, whole) in [(1, 1), (2, 2), (3, 4), (6, 30), (60, 30)] {
            let delay = delay(&mut rng, &options, failures, None);
            let whole = Duration::from_secs(whole);
            assert!(
                (whole / 2..=whole).contains(&delay),
                "{failures}: {delay:?}"
            );
            at_cap.push(delay);
        }
        assert_ne!(at_cap[3], at_cap[4]);
    }

    #[test]
    fn the_servers_wish_is_a_lower_bound_within_reason() {
        let mut rng = fastrand::Rng::with_seed(7);
        let options = QueryOptions::default();
        let asks = |wait| FetchError::new("busy").with_retry_after(wait);
        let minute = asks(Duration::from_secs(60));
        assert_eq!(
            delay(&mut rng, &options, 1, Some(&minute)),
            Duration::from_secs(60)
        );
        let for_ever = asks(Duration::MAX);
        assert_eq!(
            delay(&mut rng, &options, 1, Some(&for_ever)),
            RETRY_AFTER_MAX
        );
    }

    #[test]
    fn the_first_extra_fetch_is_immediate_and_the_next_ones_are_not() {
        let seconds: Vec<u64> = (1..=9).map(|n| spacing(n).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
