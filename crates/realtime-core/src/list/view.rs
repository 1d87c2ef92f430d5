//! Views: a part of a list, or the list in another order, kept as the list changes.

mod options;
mod shown;

pub use options::ViewOptions;

use super::{
    ListSnapshot,
    diff::ListDiff,
    item::{AnyItem, ListItem},
    sequence::Sequence,
    snapshot::Rows,
    sorting::Sorting,
    tree::Tree,
    weights::Weights,
};
use options::Filter;
use shown::{Changed, Shown, Turnover};
use std::{cell::Cell, fmt, marker::PhantomData, rc::Rc};

/// A view of a list: the rows that a filter lets through, in the list's order or in one of its own.
///
/// [`follow`](Self::follow) it from snapshot to snapshot. A row that comes, goes, moves, enters or
/// leaves costs O(log n); only a list that was replaced for the most part is gone through again.
/// Optimistic edits count like any others, as they are in the snapshots.
///
/// ```
/// use realtime_core::{Instant, ListItem, RowId, list::{KeyedList, ListView, ViewOptions}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Task { id: u64, title: String, done: bool }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId { self.id.into() }
/// }
///
/// let mut tasks = KeyedList::<Task>::default();
/// let open = ViewOptions::default()
///     .with_filter(|task: &Task| !task.done)
///     .with_sort(|a, b| a.title.cmp(&b.title));
/// let mut open = ListView::new(&open);
/// for (id, title, done) in [(1, "Write", false), (2, "Read", true), (3, "Paint", false)] {
///     tasks.upsert(Instant::ZERO, Task { id, title: title.into(), done });
///     open.follow(&tasks.snapshot());
/// }
/// assert!(open.snapshot().ids().eq([3, 1]));
/// ```
pub struct ListView<T: ListItem> {
    view: View,
    item: PhantomData<fn() -> T>,
}

impl<T: ListItem> ListView<T> {
    /// A view of an empty list.
    #[must_use]
    pub fn new(options: &ViewOptions<T>) -> Self {
        Self {
            view: View::new(options.filter.clone(), options.sorting.as_ref()),
            item: PhantomData,
        }
    }

    /// Takes what the list is now; whether the view shows anything else than before.
    pub fn follow(&mut self, list: &ListSnapshot<T>) -> bool {
        self.view.follow(list.rows())
    }

    /// The rows that the view shows, in its order, in O(1).
    #[must_use]
    pub fn snapshot(&self) -> ListSnapshot<T> {
        self.view.snapshot().typed()
    }

    /// How many rows the view shows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.view.len()
    }

    /// Whether the view shows no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the row that stands at `rank` in the list stands in the view, in O(log n); `None` if
    /// the view does not show it.
    #[must_use]
    pub fn rank(&self, rank: usize) -> Option<usize> {
        self.view.rank(rank)
    }

    /// Grows when rows come into the view, leave it, or stand in another order.
    #[must_use]
    pub const fn order_version(&self) -> u64 {
        self.view.order_version
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> ViewStats {
        self.view.stats()
    }
}

/// What a view has done since it was made, so that how its work grows can be seen without a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewStats {
    /// Times it went through the whole list: the first one, and after a replacement.
    pub rebuilds: u64,
    /// Rows of the list, and nodes of rows, that it looked at to find what had changed.
    pub visited: u64,
    /// Rows that the filter was asked about.
    pub tested: u64,
    /// Pairs of rows that the view's own order compared.
    pub compared: u64,
    /// Rows found only by looking at all, since the comparator contradicts itself.
    pub scans: u64,
}

/// A view of a list of any type.
struct View {
    source: Rows,
    sieve: Sieve,
    /// One for each row of the source that the filter lets through, zero for each other; empty
    /// without a filter.
    matches: Weights,
    shown: Shown,
    order_version: u64,
    compared: Rc<Cell<u64>>,
    stats: ViewStats,
}

impl View {
    fn new(filter: Option<Filter>, sorting: Option<&Sorting>) -> Self {
        let compared = Rc::<Cell<u64>>::default();
        let shown = match (sorting, &filter) {
            (Some(sorting), _) => {
                let sorting = sorting.counting(Rc::clone(&compared));
                Shown::Sorted(Sequence::new(Some(sorting)))
            }
            (None, Some(_)) => Shown::Filtered(Tree::new()),
            (None, None) => Shown::Source,
        };
        Self {
            source: Rows::default(),
            sieve: Sieve { filter, tested: 0 },
            matches: Weights::new(),
            shown,
            order_version: 0,
            compared,
            stats: ViewStats::default(),
        }
    }

    fn follow(&mut self, list: &Rows) -> bool {
        let diff = list.diff(&self.source);
        self.stats.visited += diff.visited();
        let changed = if diff.is_empty() {
            Changed::default()
        } else if matches!(self.shown, Shown::Source) {
            Changed {
                rows: !diff.changed().is_empty(),
                order: !diff.is_same_order(),
            }
        } else if diff.is_wholesale() {
            self.rebuild(list, &diff)
        } else {
            self.step(list, &diff)
        };
        self.source = list.clone();
        self.order_version += u64::from(changed.order);
        changed.rows || changed.order
    }

    fn snapshot(&self) -> Rows {
        match &self.shown {
            Shown::Source => self.source.clone(),
            Shown::Filtered(rows) => self.source.with_rows(rows.clone()),
            Shown::Sorted(rows) => self.source.with_rows(rows.tree().clone()),
        }
    }

    const fn len(&self) -> usize {
        match &self.shown {
            Shown::Source => self.source.len(),
            Shown::Filtered(rows) => rows.len(),
            Shown::Sorted(rows) => rows.tree().len(),
        }
    }

    fn rank(&self, rank: usize) -> Option<usize> {
        let item = self.source.get(rank)?;
        if self.sieve.is_filter() && self.matches.get(rank) != Some(1) {
            return None;
        }
        match &self.shown {
            Shown::Source => Some(rank),
            Shown::Filtered(_) => usize::try_from(self.matches.before(rank)).ok(),
            Shown::Sorted(rows) => {
                let entry = rows.entry(Rc::clone(item));
                rows.rank(&entry).or_else(|| rows.position(&entry))
            }
        }
    }

    fn stats(&self) -> ViewStats {
        ViewStats {
            tested: self.sieve.tested,
            compared: self.compared.get(),
            scans: match &self.shown {
                Shown::Sorted(rows) => rows.scans(),
                _ => 0,
            },
            ..self.stats
        }
    }

    /// Goes through the whole list, but asks the filter only about what it has not seen.
    fn rebuild(&mut self, list: &Rows, diff: &ListDiff) -> Changed {
        self.stats.rebuilds += 1;
        let mut matches = Vec::new();
        let mut rows = Vec::new();
        for (rank, item) in list.items().enumerate() {
            let known = diff.unchanged(rank).and_then(|old| self.matches.get(old));
            let is_shown = known.map_or_else(|| self.sieve.lets_through(&**item), |it| it == 1);
            if self.sieve.is_filter() {
                matches.push(u32::from(is_shown));
            }
            if is_shown {
                rows.push(Rc::clone(item));
            }
        }
        self.matches = matches.into_iter().collect();
        let order = self.shown.rebuild(rows);
        Changed { rows: true, order }
    }

    /// Takes the rows that differ one by one.
    fn step(&mut self, list: &Rows, diff: &ListDiff) -> Changed {
        let Self {
            source,
            sieve,
            matches,
            shown,
            ..
        } = self;
        let is_filter = sieve.is_filter();
        let place =
            |matches: &Weights, rank| usize::try_from(matches.before(rank)).unwrap_or(usize::MAX);
        let mut turnover = Turnover::new(shown);
        for gap in diff.gaps() {
            let at = gap.new.start;
            for item in source.items_in(gap.old) {
                if !is_filter || matches.remove(at) == Some(1) {
                    turnover.leave(place(matches, at), item);
                }
            }
            for (rank, item) in gap.new.clone().zip(list.items_in(gap.new)) {
                let is_shown = sieve.lets_through(&**item);
                if is_shown {
                    turnover.enter(place(matches, rank), item);
                }
                if is_filter {
                    matches.insert(rank, u32::from(is_shown));
                }
            }
        }
        for (old, new) in diff.changed() {
            let (Some(before), Some(item)) = (source.get(*old), list.get(*new)) else {
                continue;
            };
            let is_shown = sieve.lets_through(&**item);
            let was_shown = !is_filter || matches.set(*new, u32::from(is_shown)) == Some(1);
            match (was_shown, is_shown) {
                (true, true) => turnover.change(place(matches, *new), before, item),
                (true, false) => turnover.leave(place(matches, *new), before),
                (false, true) => turnover.enter(place(matches, *new), item),
                (false, false) => {}
            }
        }
        turnover.finish()
    }
}

/// The filter, and how often it was asked.
struct Sieve {
    filter: Option<Filter>,
    tested: u64,
}

impl Sieve {
    const fn is_filter(&self) -> bool {
        self.filter.is_some()
    }

    fn lets_through(&mut self, item: &dyn AnyItem) -> bool {
        let Some(filter) = &self.filter else {
            return true;
        };
        self.tested += 1;
        filter(item)
    }
}

impl<T: ListItem> fmt::Debug for ListView<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListView")
            .field("of", &self.view.source.len())
            .field("shown", &self.len())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
