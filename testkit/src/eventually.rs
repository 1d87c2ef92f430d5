//! Waits for something to come true, instead of for time to pass.

use crate::error::KitError;
use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(40);

/// Reads until the value is as wanted, and returns it.
///
/// `what` completes the sentence "not within 5s: …". A read that fails is tried again like one that is not yet as
/// wanted; the last error is part of the message. Fails with [`KitError::Unmet`] when the time is up.
///
/// ```
/// use realtime_testkit::eventually;
/// use std::time::Duration;
///
/// let mut count = 0;
/// let seen = eventually(
///     "the count reaches three",
///     Duration::from_secs(1),
///     || {
///         count += 1;
///         Ok(count)
///     },
///     |count| *count == 3,
/// );
/// assert_eq!(seen, Ok(3));
/// ```
pub fn eventually<T: Debug>(
    what: &str,
    within: Duration,
    mut read: impl FnMut() -> Result<T, KitError>,
    mut wanted: impl FnMut(&T) -> bool,
) -> Result<T, KitError> {
    let start = Instant::now();
    loop {
        let value = read();
        let last = match value {
            Ok(value) if wanted(&value) => return Ok(value),
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        };
        if start.elapsed() >= within {
            return Err(KitError::Unmet {
                what: what.into(),
                within,
                last,
            });
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_is_over_tells_the_last_value() {
        let error = eventually("it is nine", Duration::ZERO, || Ok(7), |seen| *seen == 9);
        assert_eq!(
            error.unwrap_err().to_string(),
            "not within 0ns: it is nine; last seen: 7"
        );
    }

    #[test]
    fn a_read_that_fails_once_does_not_end_the_wait() {
        let mut reads = 0;
        let seen = eventually(
            "it can be read",
            Duration::from_secs(5),
            || {
                reads += 1;
                if reads == 1 {
                    Err(KitError::Wrong("not yet".into()))
                } else {
                    Ok(reads)
                }
            },
            |_| true,
        );
        assert_eq!(seen, Ok(2));
    }
}
