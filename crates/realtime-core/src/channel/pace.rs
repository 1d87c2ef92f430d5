//! Pace of asking again: how long a channel waits before its next `subscribe`.

use super::ChannelOptions;
use crate::time::up_to;
use std::time::Duration;

/// More than this a server cannot make us wait with `retryAfter`.
const ASKED_MAX: Duration = Duration::from_secs(60 * 60);

/// The wait before a channel is asked for again, after `tries` in a row (from 1) that came to
/// nothing: half of `resubscribe_delay`, or what the server `asked` for if that is longer, and up to
/// as much again by chance, so that many clients do not come back at one moment. The delay doubles
/// with each try.
pub(super) fn wait(
    rng: &mut fastrand::Rng,
    options: &ChannelOptions,
    tries: u32,
    asked: Duration,
) -> Duration {
    let doubled = 1_u32 << tries.saturating_sub(1).min(30);
    let whole = options.resubscribe_delay.saturating_mul(doubled);
    let half = whole.min(options.resubscribe_delay_max) / 2;
    asked.min(ASKED_MAX).max(half) + up_to(half, rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waits_double_up_to_the_cap_with_jitter_even_there() {
        let mut rng = fastrand::Rng::with_seed(7);
        let options = ChannelOptions::default();
        let mut at_cap = Vec::new();
        for (tries, whole) in [(0, 5), (1, 5), (2, 10), (3, 20), (7, 300), (u32::MAX, 300)] {
            let wait = wait(&mut rng, &options, tries, Duration::ZERO);
            assert!(
                (secs(whole) / 2..=secs(whole)).contains(&wait),
                "{tries}: {wait:?}"
            );
            at_cap.push(wait);
        }
        assert_ne!(at_cap[4], at_cap[5]);
    }

    #[test]
    fn the_servers_wish_is_a_lower_bound_within_reason() {
        let mut rng = fastrand::Rng::with_seed(7);
        let options = ChannelOptions::default();
        let asked = wait(&mut rng, &options, 1, secs(60));
        assert!((secs(60)..=secs(63)).contains(&asked), "{asked:?}");
        assert!(wait(&mut rng, &options, 1, Duration::MAX) <= ASKED_MAX + secs(3));
    }

    #[test]
    fn no_delay_at_all_is_no_special_case() {
        let options = ChannelOptions {
            resubscribe_delay: Duration::MAX,
            resubscribe_delay_max: Duration::ZERO,
            ..ChannelOptions::default()
        };
        let mut rng = fastrand::Rng::with_seed(7);
        assert_eq!(wait(&mut rng, &options, 3, Duration::ZERO), Duration::ZERO);
    }
}
