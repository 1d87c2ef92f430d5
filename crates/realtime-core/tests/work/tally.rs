//! Tally: what is counted.

use allocation_counter::measure;
use std::{cell::Cell, fmt, ops::Add};

thread_local! {
    static COUNTS: Cell<Tally> = const { Cell::new(Tally::NONE) };
}

/// What some code has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Calls of the list's comparator.
    pub(crate) comparisons: u64,
    /// Rows asked for their id, or compared with others: each row that is looked at is asked one or the other.
    pub(crate) rows: u64,
    /// Calls of the app's reducer.
    pub(crate) reductions: u64,
    /// Allocations, and their bytes together.
    pub(crate) allocations: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    const NONE: Self = Self {
        comparisons: 0,
        rows: 0,
        reductions: 0,
        allocations: 0,
        bytes: 0,
    };

    /// What `work` does.
    pub(crate) fn of(work: impl FnOnce()) -> Self {
        COUNTS.set(Self::NONE);
        let memory = measure(work);
        Self {
            allocations: memory.count_total,
            bytes: memory.bytes_total,
            ..COUNTS.get()
        }
    }

    fn counts(self) -> [(&'static str, u64); 5] {
        [
            ("comparisons", self.comparisons),
            ("rows looked at", self.rows),
            ("reductions", self.reductions),
            ("allocations", self.allocations),
            ("bytes allocated", self.bytes),
        ]
    }

    /// Panics unless no count is more than `times` that of `less`, and a little.
    #[track_caller]
    pub(crate) fn is_at_most(self, times: u64, less: Self, what: &str) {
        // A few of anything, such as a node that splits in one list and not in the other.
        const SLACK: u64 = 16;
        const SLACK_BYTES: u64 = 4_096;
        for ((name, many), (_, few)) in self.counts().into_iter().zip(less.counts()) {
            let slack = match name {
                "bytes allocated" => SLACK_BYTES,
                _ => SLACK,
            };
            assert!(
                many <= times * few + slack,
                "{what}: {many} {name} among many, {few} among few\nmany: {self}\n few: {less}"
            );
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            comparisons: self.comparisons + other.comparisons,
            rows: self.rows + other.rows,
            reductions: self.reductions + other.reductions,
            allocations: self.allocations + other.allocations,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.counts() {
            write!(f, "{count} {name}, ")?;
        }
        Ok(())
    }
}

/// Counts something, while a [`Tally`] is taken.
pub(crate) fn count(change: impl FnOnce(&mut Tally)) {
    let mut counts = COUNTS.get();
    change(&mut counts);
    COUNTS.set(counts);
}

#[test]
fn what_is_done_is_counted_and_nothing_else() {
    count(|tally| tally.rows += 5);
    let tally = Tally::of(|| {
        count(|tally| tally.comparisons += 2);
        drop(vec![0_u8; 100]);
    });
    assert_eq!((tally.comparisons, tally.rows), (2, 0));
    assert_eq!((tally.allocations, tally.bytes), (1, 100));
}

#[test]
#[should_panic(expected = "1000 rows looked at among many, 10 among few")]
fn work_that_grows_with_the_rows_is_noticed() {
    let rows = |rows| Tally {
        rows,
        ..Tally::NONE
    };
    rows(1_000).is_at_most(2, rows(10), "a walk over all rows");
}
