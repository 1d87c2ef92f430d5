//! Configurations: how many rows, in which order, how fast; and which pages are put to it.

use crate::page::Page;
use realtime_bench_server::{PROBE_EVERY, Plan};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How fast the events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pace {
    /// 2,500 events, 500 a second.
    Paced,
    /// 5,000 events at once.
    Burst,
}

/// One configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) pace: Pace,
    pub(crate) sorted: bool,
    pub(crate) rows: u32,
    /// Whether the server counts no versions, acknowledges nothing, and its prices have cents.
    #[serde(default)]
    pub(crate) partial: bool,
}

/// A configuration, the pages that are put to it, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) config: Config,
    pub(crate) pages: Vec<Page>,
    pub(crate) repetitions: usize,
}

impl Config {
    /// Such as `paced-sorted-1000` or `partial-paced-sorted-1000`.
    pub(crate) fn name(self) -> String {
        let pace = match self.pace {
            Pace::Paced => "paced",
            Pace::Burst => "burst",
        };
        let order = if self.sorted { "sorted" } else { "unsorted" };
        let kind = if self.partial { "partial-" } else { "" };
        format!("{kind}{pace}-{order}-{}", self.rows)
    }

    /// Whether it is one of whole updates at a pace, in this order.
    pub(crate) fn is_paced(self, sorted: bool) -> bool {
        self.pace == Pace::Paced && self.sorted == sorted && !self.partial
    }

    pub(crate) fn plan(self, seed: u64) -> Plan {
        let (events, rate) = match self.pace {
            Pace::Paced => (2_500, 500),
            Pace::Burst => (5_000, 0),
        };
        Plan {
            rows: self.rows,
            events,
            rate,
            seed,
            probe_every: PROBE_EVERY,
            partial: self.partial,
        }
    }

    /// How long a page is measured at least.
    pub(crate) const fn window(self) -> Duration {
        match self.pace {
            Pace::Paced => Duration::from_secs(5),
            Pace::Burst => Duration::from_secs(2),
        }
    }

    /// How long a page may take to show the last event.
    pub(crate) const LIMIT: Duration = Duration::from_secs(30);
}

/// All groups, the small ones first.
pub(crate) fn groups(quick: bool) -> Vec<Group> {
    if quick {
        return vec![
            group(Pace::Paced, false, 100),
            group(Pace::Paced, true, 1_000),
            group(Pace::Burst, true, 1_000),
            partial(true, 1_000),
        ];
    }
    let mut groups = Vec::new();
    for rows in [100, 1_000, 10_000, 100_000] {
        for pace in [Pace::Paced, Pace::Burst] {
            for sorted in [false, true] {
                groups.push(group(pace, sorted, rows));
            }
        }
    }
    groups.extend([false, true].map(|sorted| partial(sorted, 1_000)));
    groups
}

fn group(pace: Pace, sorted: bool, rows: u32) -> Group {
    let config = Config {
        pace,
        sorted,
        rows,
        partial: false,
    };
    let fits = |page: &Page| match page {
        // A window over what fits on the screen anyway says nothing.
        page if page.is_windowed() => rows >= 1_000,
        page if page.is_partial() => false,
        // One component for all rows is for lists that fit on a screen or two.
        Page::YewSimple => rows <= 10_000,
        Page::ReactBatched => rows <= 10_000,
        _ => true,
    };
    Group {
        config,
        pages: Page::ALL.into_iter().filter(fits).collect(),
        repetitions: if rows <= 1_000 { 5 } else { 3 },
    }
}

/// Partial updates over Socket.IO from a server that acknowledges nothing.
fn partial(sorted: bool, rows: u32) -> Group {
    Group {
        config: Config {
            pace: Pace::Paced,
            sorted,
            rows,
            partial: true,
        },
        pages: vec![Page::Dom, Page::React, Page::ReactBatched, Page::YewPartial],
        repetitions: 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_what_its_pages_are_compared_with() {
        for quick in [false, true] {
            for group in groups(quick) {
                for page in &group.pages {
                    assert!(
                        group.pages.contains(&page.floor()),
                        "{}",
                        group.config.name()
                    );
                    assert!(
                        group.pages.contains(&page.rival()),
                        "{}",
                        group.config.name()
                    );
                }
            }
        }
    }

    #[test]
    fn names_differ() {
        let names: std::collections::BTreeSet<_> = groups(false)
            .iter()
            .map(|group| group.config.name())
            .collect();
        assert_eq!(names.len(), 18);
    }
}
