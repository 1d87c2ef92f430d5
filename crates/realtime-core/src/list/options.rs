//! Options of a list: how it sorts and how much it remembers.

use super::{
    item::{AnyItem, ListItem, shared, typed},
    sort_key::SortKey,
    sorting::Sorting,
};
use crate::overlay::ConflictPolicy;
use std::{cmp::Ordering, fmt, marker::PhantomData, rc::Rc, time::Duration};

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
    options: Options,
    item: PhantomData<fn(T)>,
}

/// Settings of a list of any type.
#[derive(Clone)]
pub(crate) struct Options {
    pub(super) sorting: Option<Sorting>,
    pub(super) max_items: usize,
    pub(super) tombstones: Limit,
    pub(super) parked: Limit,
    pub(super) recent: Limit,
    pub(super) conflicts: ConflictPolicy<dyn AnyItem>,
}

impl<T> ListOptions<T> {
    /// The same without the type.
    pub(crate) fn erased(&self) -> Options {
        self.options.clone()
    }

    /// Keeps the list sorted; equal items stand in the order of their ids.
    ///
    /// The order must be total and depend on nothing but the two items. One that is not (a bare
    /// `partial_cmp` on NaN) costs time and gives a strange order, but loses no row.
    #[must_use]
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self
    where
        T: 'static,
    {
        self.options.sorting = Some(Sorting::by(compare));
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
        self.options.sorting = Some(Sorting::by_key(key));
        self
    }

    /// At most this many rows; further ones are refused and counted as `rejected`.
    #[must_use]
    pub const fn with_max_items(mut self, max: usize) -> Self {
        self.options.max_items = max;
        self
    }

    /// How many deletes are remembered, and how long, so that a late event does not bring a
    /// deleted row back.
    #[must_use]
    pub const fn with_tombstones(mut self, cap: usize, ttl: Duration) -> Self {
        self.options.tombstones = Limit { cap, ttl };
        self
    }

    /// How many updates of unknown items are held, and how long, until the item arrives.
    #[must_use]
    pub const fn with_parked(mut self, cap: usize, ttl: Duration) -> Self {
        self.options.parked = Limit { cap, ttl };
        self
    }

    /// How many applied partial updates are remembered, and how long, so that an older one that
    /// comes late can still be put in its place.
    #[must_use]
    pub const fn with_recent(mut self, cap: usize, ttl: Duration) -> Self {
        self.options.recent = Limit { cap, ttl };
        self
    }

    /// How a pending edit of ours and someone else's change of the same row come together: by
    /// default the last writer wins.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self
    where
        T: ListItem,
    {
        self.options.conflicts = match policy {
            ConflictPolicy::LastWriterWins => ConflictPolicy::LastWriterWins,
            ConflictPolicy::MergeFields { same_field } => {
                ConflictPolicy::MergeFields { same_field }
            }
            ConflictPolicy::Custom(resolve) => {
                ConflictPolicy::Custom(Rc::new(move |base, ours, theirs| {
                    match (typed(base), shared(ours), typed(theirs)) {
                        (Some(base), Some(ours), Some(theirs)) => resolve(base, &ours, theirs),
                        // A list holds items of one type.
                        _ => Rc::clone(ours),
                    }
                }))
            }
        };
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
            options: Options {
                sorting: None,
                max_items: 1_000_000,
                tombstones: Limit {
                    cap: 4_096,
                    ttl: Duration::from_secs(600),
                },
                parked: patches,
                recent: patches,
                conflicts: ConflictPolicy::default(),
            },
            item: PhantomData,
        }
    }
}

impl<T> Clone for ListOptions<T> {
    fn clone(&self) -> Self {
        Self {
            options: self.options.clone(),
            item: PhantomData,
        }
    }
}

impl<T> fmt::Debug for ListOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options, .. } = self;
        f.debug_struct("ListOptions")
            .field("sorted", &options.sorting.is_some())
            .field("max_items", &options.max_items)
            .field("tombstones", &options.tombstones)
            .field("parked", &options.parked)
            .field("recent", &options.recent)
            .field("conflicts", &options.conflicts)
            .finish()
    }
}
