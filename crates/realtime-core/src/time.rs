//! Virtual time: the core never reads a clock, its caller says what time it is.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// A moment on the caller's monotonic clock, in whole milliseconds.
///
/// In a browser this is `performance.now()`, in a test whatever the test says. Only differences
/// mean something, so any origin will do as long as it does not change.
///
/// ```
/// use realtime_core::Instant;
/// use std::time::Duration;
///
/// let start = Instant::from_millis(1_000);
/// let later = start + Duration::from_secs(2);
/// assert_eq!(later.saturating_since(start), Duration::from_secs(2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The clock's origin.
    pub const ZERO: Self = Self(0);

    /// The moment `millis` milliseconds after the clock's origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the clock's origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies in the future.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates, and rounds a part of a millisecond up, so that a deadline never comes early.
    fn add(self, duration: Duration) -> Self {
        // Not by `as_nanos`: browsers have no numbers of 128 bits, and dividing them takes a kilobyte.
        let part = u64::from(duration.subsec_nanos().div_ceil(1_000_000));
        let millis = duration
            .as_secs()
            .saturating_mul(1_000)
            .saturating_add(part);
        Self(self.0.saturating_add(millis))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// The earlier of two optional moments: what `next_deadline` folds with.
#[must_use]
pub(crate) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

/// `whole` times `factor`, to the microsecond: without what `Duration::mul_f64` carries to refuse odd
/// factors.
pub(crate) fn scaled(whole: Duration, factor: f64) -> Duration {
    let micros = whole.as_secs() as f64 * 1e6 + f64::from(whole.subsec_micros());
    Duration::from_micros((micros * factor) as u64)
}

/// A while that chance decides, of at most `most`.
pub(crate) fn up_to(most: Duration, rng: &mut fastrand::Rng) -> Duration {
    scaled(most, rng.f64())
}

/// A duration in seconds, as people read it: `10`, `2.5`. Without the printing of floating-point
/// numbers, which weighs more than a page wants to carry for it.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs())?;
        let (mut part, mut width) = (self.0.subsec_millis(), 3);
        if part == 0 {
            return Ok(());
        }
        while part.is_multiple_of(10) {
            part /= 10;
            width -= 1;
        }
        write!(f, ".{part:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_millisecond_rounds_up_so_deadlines_are_never_early() {
        assert_eq!(
            Instant::ZERO + Duration::from_micros(1),
            Instant::from_millis(1)
        );
    }

    #[test]
    fn adding_saturates_instead_of_wrapping() {
        assert_eq!(
            Instant::from_millis(u64::MAX) + Duration::MAX,
            Instant::from_millis(u64::MAX)
        );
    }

    #[test]
    fn earliest_prefers_whichever_exists() {
        let one = Instant::from_millis(1);
        assert_eq!(earliest(None, Some(one)), Some(one));
        assert_eq!(earliest(Some(one), None), Some(one));
        assert_eq!(
            earliest(Some(Instant::from_millis(2)), Some(one)),
            Some(one)
        );
        assert_eq!(earliest(None, None), None);
    }

    #[test]
    fn seconds_read_as_people_write_them() {
        let shown = |millis| Seconds(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(0), "0");
        assert_eq!(shown(10_000), "10");
        assert_eq!(shown(2_500), "2.5");
        assert_eq!(shown(1_050), "1.05");
        assert_eq!(shown(7), "0.007");
    }
}
