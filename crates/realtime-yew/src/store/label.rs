//! Label of what is stored: the wall clock at its writing and the page whose it is, on a line above it.

use std::time::Duration;

/// What is in the store, with what stands above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Labelled<'a> {
    at: &'a str,
    /// The page whose it is; empty where it is nobody's.
    pub(super) owner: &'a str,
    pub(super) value: &'a str,
}

/// What goes into the store at `now`, in milliseconds since 1970.
pub(super) fn write(now: f64, owner: Option<&str>, value: &str) -> String {
    let at = now as u64;
    match owner {
        Some(owner) => format!("{at} {owner}\n{value}"),
        None => format!("{at}\n{value}"),
    }
}

impl<'a> Labelled<'a> {
    pub(super) fn read(stored: &'a str) -> Self {
        let (label, value) = stored.split_once('\n').unwrap_or(("", stored));
        let (at, owner) = label.split_once(' ').unwrap_or((label, ""));
        Self { at, owner, value }
    }

    /// How long ago it was written at `now`: for ever, if the clock says that it is yet to come or nobody
    /// can tell.
    pub(super) fn age(&self, now: f64) -> Duration {
        let age = self.at.parse().ok();
        let age = age.and_then(|at| (now as u64).checked_sub(at));
        age.map_or(Duration::MAX, Duration::from_millis)
    }

    /// The same as another page's: it grows no younger by that.
    pub(super) fn owned_by(&self, owner: &str) -> String {
        let Self { at, value, .. } = self;
        format!("{at} {owner}\n{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_ages_by_the_wall_clock() {
        for owner in [None, Some("page")] {
            let stored = write(1_000.7, owner, "a\nb");
            let read = Labelled::read(&stored);
            assert_eq!(read.value, "a\nb");
            assert_eq!(read.age(1_500.0), Duration::from_millis(500));
            assert_eq!(read.age(1_000.0), Duration::ZERO);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_and_a_time_that_is_none_make_it_old() {
        let stored = write(1_000.0, None, "a");
        assert_eq!(Labelled::read(&stored).age(999.0), Duration::MAX);
        for stored in [
            "",
            "a",
            "\na",
            "-5\na",
            "1e3\na",
            " \na",
            "99999999999999999999 page\na",
        ] {
            assert_eq!(
                Labelled::read(stored).age(1_000.0),
                Duration::MAX,
                "{stored}"
            );
        }
        let stored = write(1.0, None, "a");
        assert_eq!(Labelled::read(&stored).age(f64::NAN), Duration::MAX);
        assert_eq!(Labelled::read("a").value, "a");
    }

    #[test]
    fn what_changes_hands_keeps_its_age() {
        for owner in [None, Some("first")] {
            let stored = write(1_000.0, owner, "a\nb c");
            let read = Labelled::read(&stored);
            assert_eq!(read.owner, owner.unwrap_or_default());
            let stored = read.owned_by("second");
            let read = Labelled::read(&stored);
            assert_eq!((read.owner, read.value), ("second", "a\nb c"));
            assert_eq!(read.age(1_200.0), Duration::from_millis(200));
        }
    }
}
