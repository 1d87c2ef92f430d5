//! Options of a view: which rows it shows, and in which order.

use crate::list::{
    item::{AnyItem, typed},
    sort_key::SortKey,
    sorting::Sorting,
};
use std::{cmp::Ordering, fmt, marker::PhantomData, ptr, rc::Rc};

/// Whether a view shows a row.
pub(super) type Filter = Rc<dyn Fn(&dyn AnyItem) -> bool>;

/// What a [`ListView`](super::ListView) shows: by default all rows, in the list's own order.
///
/// Two are equal if they hold the very same closures, so keep one for as long as it is to mean the
/// same: a view of other options starts over.
///
/// ```
/// use realtime_core::list::ViewOptions;
///
/// let long = ViewOptions::<String>::default()
///     .with_filter(|text| text.len() > 10)
///     .with_sort(|a, b| b.len().cmp(&a.len()));
/// assert_eq!(long, long.clone());
/// ```
pub struct ViewOptions<T> {
    pub(super) filter: Option<Filter>,
    pub(super) sorting: Option<Sorting>,
    item: PhantomData<fn(T)>,
}

impl<T> ViewOptions<T> {
    /// Shows the rows that `filter` says yes to. It must depend on nothing but the row and what it
    /// has captured.
    #[must_use]
    pub fn with_filter(mut self, filter: impl Fn(&T) -> bool + 'static) -> Self
    where
        T: 'static,
    {
        self.filter = Some(Rc::new(move |item| typed(item).is_some_and(&filter)));
        self
    }

    /// Shows the rows in an order of the view's own; equal rows in the order of their ids.
    ///
    /// As with [`ListOptions::with_sort`](super::super::ListOptions::with_sort), the order must be
    /// total and depend on nothing but the two rows; one that is not costs time, and loses no row.
    #[must_use]
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self
    where
        T: 'static,
    {
        self.sorting = Some(Sorting::by(compare));
        self
    }

    /// Shows the rows in the order of what `key` gives for them, at less cost: see
    /// [`ListOptions::with_sort_key`](super::super::ListOptions::with_sort_key).
    #[must_use]
    pub fn with_sort_key<K: SortKey>(mut self, key: impl Fn(&T) -> K + 'static) -> Self
    where
        T: 'static,
    {
        self.sorting = Some(Sorting::by_key(key));
        self
    }

    /// Whether a view of these is the list itself: every row, in the list's order.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.filter.is_none() && self.sorting.is_none()
    }
}

impl<T> Default for ViewOptions<T> {
    fn default() -> Self {
        Self {
            filter: None,
            sorting: None,
            item: PhantomData,
        }
    }
}

impl<T> Clone for ViewOptions<T> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            sorting: self.sorting.clone(),
            item: PhantomData,
        }
    }
}

impl<T> PartialEq for ViewOptions<T> {
    fn eq(&self, other: &Self) -> bool {
        is_same(&self.filter, &other.filter, |one, two| {
            ptr::addr_eq(Rc::as_ptr(one), Rc::as_ptr(two))
        }) && is_same(&self.sorting, &other.sorting, Sorting::is)
    }
}

impl<T> Eq for ViewOptions<T> {}

impl<T> fmt::Debug for ViewOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewOptions")
            .field("filtered", &self.filter.is_some())
            .field("sorted", &self.sorting.is_some())
            .finish()
    }
}

/// Whether both are nothing, or the same by `is`.
fn is_same<F>(one: &Option<F>, two: &Option<F>, is: impl Fn(&F, &F) -> bool) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => is(one, two),
        (None, None) => true,
        _ => false,
    }
}
