//! Which rows a view shows, and in which order.

use crate::list::Comparator;
use std::{cmp::Ordering, fmt, ptr, rc::Rc};

/// Whether a view shows a row.
pub(super) type Filter<T> = Rc<dyn Fn(&T) -> bool>;

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
    pub(super) filter: Option<Filter<T>>,
    pub(super) comparator: Option<Comparator<T>>,
}

impl<T> ViewOptions<T> {
    /// Shows the rows that `filter` says yes to. It must depend on nothing but the row and what it
    /// has captured.
    #[must_use]
    pub fn with_filter(mut self, filter: impl Fn(&T) -> bool + 'static) -> Self {
        self.filter = Some(Rc::new(filter));
        self
    }

    /// Shows the rows in an order of the view's own; equal rows in the order of their ids.
    ///
    /// As with [`ListOptions::with_sort`](super::super::ListOptions::with_sort), the order must be
    /// total and depend on nothing but the two rows; one that is not costs time, and loses no row.
    #[must_use]
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self {
        self.comparator = Some(Rc::new(compare));
        self
    }

    /// Whether a view of these is the list itself: every row, in the list's order.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.filter.is_none() && self.comparator.is_none()
    }
}

impl<T> Default for ViewOptions<T> {
    fn default() -> Self {
        Self {
            filter: None,
            comparator: None,
        }
    }
}

impl<T> Clone for ViewOptions<T> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            comparator: self.comparator.clone(),
        }
    }
}

impl<T> PartialEq for ViewOptions<T> {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.filter.as_ref(), other.filter.as_ref())
            && is_same(self.comparator.as_ref(), other.comparator.as_ref())
    }
}

impl<T> Eq for ViewOptions<T> {}

impl<T> fmt::Debug for ViewOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewOptions")
            .field("filtered", &self.filter.is_some())
            .field("sorted", &self.comparator.is_some())
            .finish()
    }
}

/// Whether both are one closure, and not just closures of one piece of code.
fn is_same<F: ?Sized>(one: Option<&Rc<F>>, two: Option<&Rc<F>>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => ptr::addr_eq(Rc::as_ptr(one), Rc::as_ptr(two)),
        (None, None) => true,
        _ => false,
    }
}
