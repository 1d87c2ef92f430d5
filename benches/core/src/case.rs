//! Cases: what is measured, and how.

use crate::{decoding, edits, lists, queries, room, routing, seeds, texts};

/// The sizes of most cases.
const SIZES: &[u32] = &[100, 1_000, 10_000, 100_000];
/// A batch much shorter than this would be rounded away by a browser's clock, in milliseconds.
const SHORTEST_BATCH: f64 = 4.0;
/// How many batches say whether they are long enough: the first are slow, as a browser runs code that it has not
/// optimised yet.
const WARM_UP: usize = 6;
/// How many batches are measured.
const BATCHES: usize = 15;

/// Events, one after the other.
pub trait Workload {
    /// Makes `count` events ready; this is not measured.
    fn prepare(&mut self, count: usize);

    /// Takes all of them in; this is.
    fn run(&mut self);
}

/// One thing to measure.
#[derive(Clone, Copy)]
pub struct Case {
    /// A short name for command lines and tables.
    pub name: &'static str,
    /// What one event is, and what the size counts.
    pub about: &'static str,
    /// Smallest first.
    pub sizes: &'static [u32],
    make: fn(u32) -> Box<dyn Workload>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Case {
    /// The case of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CASES.into_iter().find(|case| case.name == name)
    }

    /// Nanoseconds per event at this size, in the quickest of some batches: whatever else the machine does only adds to the
    /// others. `now` tells the time in milliseconds.
    #[must_use]
    pub fn measure(&self, size: u32, now: impl Fn() -> f64) -> f64 {
        let mut workload = (self.make)(size);
        let mut batch = |count: usize| {
            workload.prepare(count);
            let start = now();
            workload.run();
            now() - start
        };
        let mut quickest_of = |batches: usize, count: usize| {
            let times = (0..batches).map(|_| batch(count));
            times.fold(f64::INFINITY, f64::min)
        };
        let mut count = 64;
        while quickest_of(WARM_UP, count) < SHORTEST_BATCH {
            count *= 2;
        }
        let quickest = quickest_of(BATCHES, count);
        quickest * 1e6 / count as f64
    }
}

/// All cases.
pub const CASES: [Case; 25] = [
    Case {
        name: "list-typed",
        about: "a whole row replaces one of n sorted rows, given as a value",
        sizes: SIZES,
        make: lists::typed,
    },
    Case {
        name: "list-upsert-sorted",
        about: "a whole row as JSON replaces one of n sorted rows and moves",
        sizes: SIZES,
        make: lists::upsert_sorted,
    },
    Case {
        name: "list-upsert-keyed",
        about: "the same, sorted by a key instead of a comparator",
        sizes: SIZES,
        make: lists::upsert_keyed,
    },
    Case {
        name: "list-upsert",
        about: "a whole row as JSON replaces one of n rows in arrival order",
        sizes: SIZES,
        make: lists::upsert,
    },
    Case {
        name: "list-patch-sorted",
        about: "changed fields as JSON, read by the row's own patch type; one of n sorted rows moves",
        sizes: SIZES,
        make: lists::patch_sorted,
    },
    Case {
        name: "list-patch",
        about: "the same among n rows in arrival order",
        sizes: SIZES,
        make: lists::patch,
    },
    Case {
        name: "list-merge-sorted",
        about: "the same by the default merge patch; one of n sorted rows moves",
        sizes: SIZES,
        make: lists::merge_sorted,
    },
    Case {
        name: "list-churn-sorted",
        about: "a row is created or, next, deleted among n sorted rows",
        sizes: SIZES,
        make: lists::churn_sorted,
    },
    Case {
        name: "list-churn",
        about: "a row is created or, next, deleted among n rows in arrival order",
        sizes: SIZES,
        make: lists::churn,
    },
    Case {
        name: "list-move",
        about: "one of n rows in arrival order moves before another",
        sizes: SIZES,
        make: lists::moves,
    },
    Case {
        name: "list-client-sorted",
        about: "a frame through the whole client: decoded, routed, merged into n sorted rows, published",
        sizes: SIZES,
        make: lists::client_sorted,
    },
    Case {
        name: "decode-json",
        about: "a message with a snapshot of n rows is read from JSON",
        sizes: &[1, 10, 100, 1_000],
        make: decoding::json,
    },
    Case {
        name: "decode-messagepack",
        about: "the same from MessagePack with named fields",
        sizes: &[1, 10, 100, 1_000],
        make: decoding::message_pack,
    },
    Case {
        name: "route-record",
        about: "a frame to one of n records, each on its own channel",
        sizes: &[100, 1_000, 10_000],
        make: routing::record,
    },
    Case {
        name: "route-nobody",
        about: "a frame that nobody listens to, n records beside it",
        sizes: &[100, 1_000, 10_000],
        make: routing::nobody,
    },
    Case {
        name: "presence",
        about: "one of n members moves their cursor",
        sizes: &[100, 1_000, 10_000],
        make: room::presence,
    },
    Case {
        name: "presence-read",
        about: "the same, and the room is read after every eighth",
        sizes: &[100, 1_000, 10_000],
        make: room::presence_read,
    },
    Case {
        name: "query-fold",
        about: "n events come during a fetch and are folded into its result, per event",
        sizes: &[10, 100, 1_000],
        make: queries::fold,
    },
    Case {
        name: "overlay-beside",
        about: "a frame for one of n sorted rows, optimistic edits waiting on 100 others",
        sizes: SIZES,
        make: edits::beside,
    },
    Case {
        name: "overlay-beneath",
        about: "a frame for one of 100 rows of n that an optimistic edit waits on",
        sizes: SIZES,
        make: edits::beneath,
    },
    Case {
        name: "overlay-make",
        about: "an optimistic edit is made and settled by its echo, 100 others waiting, n sorted rows",
        sizes: SIZES,
        make: edits::make,
    },
    Case {
        name: "seed-export",
        about: "a list of n sorted rows is taken along as a seed, per list",
        sizes: &[100, 1_000, 10_000],
        make: seeds::export,
    },
    Case {
        name: "seed-import",
        about: "a client begins with a list of n sorted rows from a seed, per list",
        sizes: &[100, 1_000, 10_000],
        make: seeds::import,
    },
    Case {
        name: "text-open",
        about: "a shared text written in n edits is opened from where it was kept, per text",
        sizes: &[1_000, 10_000, 260_000],
        make: texts::open,
    },
    Case {
        name: "text-receive",
        about: "somebody types a letter into a text written in n edits, and it is read, per letter",
        sizes: &[1_000, 10_000, 260_000],
        make: texts::receive,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_takes_its_events_in_at_its_smallest_size() {
        for case in CASES {
            let mut workload = (case.make)(case.sizes[0]);
            for count in [1, 100] {
                workload.prepare(count);
                workload.run();
            }
        }
    }

    #[test]
    fn names_differ() {
        for case in CASES {
            let named = CASES.iter().filter(|other| other.name == case.name);
            assert_eq!(named.count(), 1, "{}", case.name);
        }
    }

    #[test]
    fn the_cost_is_that_of_a_batch_long_enough_for_the_clock() {
        let ticks = std::cell::Cell::new(0.0);
        let case = CASES.iter().find(|case| case.name == "list-upsert");
        let nanos = case.map(|case| {
            case.measure(100, || {
                ticks.set(ticks.get() + SHORTEST_BATCH);
                ticks.get()
            })
        });
        // The first batch of 64 is long enough by this clock.
        assert_eq!(nanos, Some(SHORTEST_BATCH * 1e6 / 64.0));
    }
}
