//! How a list sorts and how much it remembers.

use super::{sort_key::SortKey, sorting::Sorting};
use crate::overlay::ConflictPolicy;
use std::{cmp::Ordering, fmt, rc::Rc, time::Duration};

/// How a list compares two items.
pub type Comparator<T> = Rc<dyn Fn(&T, &T) -> Ordering>;

/// How much of something a list remembers, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) cap: usize,
    pub(super) ttl: Duration,
}

/// Settings of a [`KeyedList`](super::KeyedList).
///
/// By default: arrival order, at most 1 000 000 rows, 4 096 tombstones for 10 minutes, 1 024
/// parked and 1 024 recent patches for 60 seconds, and the last writer wins.
///
/// ```
/// use realtime_core::ListOptions;
///
/// let by_length = ListOptions::<String>::default()
///     .with_sort(|a, b| a.len().cmp(&b.len()))
///     .with_max_items(500);
/// ```
pub struct ListOptions<T> {
    pub(super) sorting: Option<Sorting<T>>,
    pub(super) max_items: usize,
    pub(super) tombstones: Limit,
    pub(super) parked: Limit,
    pub(super) recent: Limit,
    pub(super) conflicts: ConflictPolicy<T>,
}

impl<T> ListOptions<T> {
    /// Keeps the list sorted; equal items stand in the order of their ids.
    ///
    /// The order must be total and depend on nothing but the two items. One that is not (a bare
    /// `partial_cmp` on NaN) costs time and gives a strange order, but loses no row.
    #[must_use]
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self {
        self.sorting = Some(Sorting::by(Rc::new(compare)));
        self
    }

    /// Keeps the list sorted by what `key` gives for an item; items with equal keys stand in the order
    /// of their ids.
    ///
    /// Does the same as [`with_sort`](Self::with_sort), and a change of a long list costs less, as most
    /// comparisons read a number that is kept beside the row and not the row:
    ///
    /// ```
    /// use realtime_core::ListOptions;
    /// use std::cmp::Reverse;
    ///
    /// struct Quote { symbol: String, price: f64 }
    ///
    /// let dearest_first = ListOptions::default().with_sort_key(|quote: &Quote| Reverse(quote.price));
    /// let by_symbol = ListOptions::default().with_sort_key(|quote: &Quote| quote.symbol.clone());
    /// # let _ = (dearest_first, by_symbol);
    /// ```
    #[must_use]
    pub fn with_sort_key<K: SortKey>(mut self, key: impl Fn(&T) -> K + 'static) -> Self
    where
        T: 'static,
    {
        self.sorting = Some(Sorting::by_key(key));
        self
    }

    /// At most this many rows; further ones are refused and counted as `rejected`.
    #[must_use]
    pub const fn with_max_items(mut self, max: usize) -> Self {
        self.max_items = max;
        self
    }

    /// How many deletes are remembered, and how long, so that a late event does not bring a
    /// deleted row back.
    #[must_use]
    pub const fn with_tombstones(mut self, cap: usize, ttl: Duration) -> Self {
        self.tombstones = Limit { cap, ttl };
        self
    }

    /// How many updates of unknown items are held, and how long, until the item arrives.
    #[must_use]
    pub const fn with_parked(mut self, cap: usize, ttl: Duration) -> Self {
        self.parked = Limit { cap, ttl };
        self
    }

    /// How many applied partial updates are remembered, and how long, so that an older one that
    /// comes late can still be put in its place.
    #[must_use]
    pub const fn with_recent(mut self, cap: usize, ttl: Duration) -> Self {
        self.recent = Limit { cap, ttl };
        self
    }

    /// How a pending edit of ours and someone else's change of the same row come together: by
    /// default the last writer wins.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self {
        self.conflicts = policy;
        self
    }
}

impl<T> Default for ListOptions<T> {
    fn default() -> Self {
        let patches = Limit {
            cap: 1_024,
            ttl: Duration::from_secs(60),
        };
        Self {
            sorting: None,
            max_items: 1_000_000,
            tombstones: Limit {
                cap: 4_096,
                ttl: Duration::from_secs(600),
            },
            parked: patches,
            recent: patches,
            conflicts: ConflictPolicy::default(),
        }
    }
}

impl<T> Clone for ListOptions<T> {
    fn clone(&self) -> Self {
        Self {
            sorting: self.sorting.clone(),
            conflicts: self.conflicts.clone(),
            ..*self
        }
    }
}

impl<T> fmt::Debug for ListOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListOptions")
            .field("sorted", &self.sorting.is_some())
            .field("max_items", &self.max_items)
            .field("tombstones", &self.tombstones)
            .field("parked", &self.parked)
            .field("recent", &self.recent)
            .field("conflicts", &self.conflicts)
            .finish()
    }
}
