//! Age of what is stored: the wall clock at its writing stands on a line above it.

use std::{rc::Rc, time::Duration};

/// What goes into the store at `now`, in milliseconds since 1970.
pub(super) fn write(now: f64, value: &str) -> String {
    format!("{}\n{value}", now as u64)
}

/// What was written, and how long ago that was at `now`: for ever, if the clock says that it is yet to come
/// or nobody can tell.
pub(super) fn read(now: f64, stored: &str) -> (Rc<str>, Duration) {
    let (at, value) = stored.split_once('\n').unwrap_or(("", stored));
    let age = at.parse().ok().and_then(|at| (now as u64).checked_sub(at));
    (
        value.into(),
        age.map_or(Duration::MAX, Duration::from_millis),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_ages_by_the_wall_clock() {
        let stored = write(1_000.7, "a\nb");
        assert_eq!(
            read(1_500.0, &stored),
            ("a\nb".into(), Duration::from_millis(500))
        );
        assert_eq!(read(1_000.0, &stored).1, Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_set_back_and_a_time_that_is_none_make_it_old() {
        assert_eq!(read(999.0, &write(1_000.0, "a")).1, Duration::MAX);
        for stored in ["", "a", "\na", "-5\na", "1e3\na", "99999999999999999999\na"] {
            assert_eq!(read(1_000.0, stored).1, Duration::MAX, "{stored}");
        }
        assert_eq!(read(f64::NAN, &write(1.0, "a")).1, Duration::MAX);
        assert_eq!(&*read(1.0, "a").0, "a");
    }
}
