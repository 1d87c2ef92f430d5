//! Collected seeds of one page, from whatever thread renders it.

use super::{ServerPageStats, server_page::Limits};

/// How many queries and lists a page may fetch.
const MAX_FETCHES: usize = 1_000;

/// What a page has fetched so far.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The seeds.
    pub(super) texts: Vec<String>,
    pub(super) stats: ServerPageStats,
    fetches: usize,
}

impl Collected {
    /// Whether one more may be fetched.
    pub(super) const fn admit(&mut self) -> bool {
        let may = self.fetches < MAX_FETCHES;
        if may {
            self.fetches += 1;
        } else {
            self.stats.late += 1;
        }
        may
    }

    /// Takes a seed, if it fits.
    pub(super) fn take(&mut self, text: &str, limits: Limits) -> bool {
        let bytes = self.stats.bytes.saturating_add(text.len());
        if bytes > limits.max_bytes {
            self.stats.oversized += 1;
            return false;
        }
        self.stats.bytes = bytes;
        self.stats.seeds += 1;
        self.texts.push(text.to_owned());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_does_not_fit_is_left_out_and_counted_and_what_is_smaller_still_fits() {
        let limits = Limits {
            time_budget: Duration::ZERO,
            max_bytes: 10,
        };
        let mut collected = Collected::default();
        let taken = ["123456", "12345", "1234"].map(|text| collected.take(text, limits));
        assert_eq!(taken, [true, false, true]);
        assert_eq!(collected.texts, ["123456", "1234"]);
        let stats = collected.stats;
        assert_eq!((stats.seeds, stats.bytes, stats.oversized), (2, 10, 1));
    }

    #[test]
    fn a_page_without_end_is_not_fetched_without_end() {
        let mut collected = Collected::default();
        let admitted = (0..2 * MAX_FETCHES).filter(|_| collected.admit()).count();
        assert_eq!((admitted, collected.stats.late), (MAX_FETCHES, MAX_FETCHES));
    }
}
