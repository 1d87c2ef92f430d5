//! Sorting: how a list sorts its rows; a comparator, and perhaps a number that decides most comparisons.

use super::{
    item::{AnyItem, typed},
    sort_key::SortKey,
};
use std::{cell::Cell, cmp::Ordering, ptr, rc::Rc};

/// Compares two items.
type Compare = Rc<dyn Fn(&dyn AnyItem, &dyn AnyItem) -> Ordering>;

/// A number that never falls along the order.
type Prefix = Rc<dyn Fn(&dyn AnyItem) -> u64>;

/// An order of rows.
#[derive(Clone)]
pub(super) struct Sorting {
    compare: Compare,
    prefix: Option<Prefix>,
}

impl Sorting {
    pub(super) fn by<T: 'static>(compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self {
        Self {
            compare: Rc::new(move |a, b| match (typed(a), typed(b)) {
                (Some(a), Some(b)) => compare(a, b),
                // A list holds items of one type.
                _ => Ordering::Equal,
            }),
            prefix: None,
        }
    }

    pub(super) fn by_key<T: 'static, K: SortKey>(key: impl Fn(&T) -> K + 'static) -> Self {
        let key = Rc::new(key);
        let prefix = Rc::clone(&key);
        Self {
            prefix: Some(Rc::new(move |item| {
                typed(item).map_or(0, |item| prefix(item).prefix())
            })),
            ..Self::by(move |a: &T, b: &T| key(a).order(&key(b)))
        }
    }

    pub(super) fn compare(&self, a: &dyn AnyItem, b: &dyn AnyItem) -> Ordering {
        (self.compare)(a, b)
    }

    /// Of two items, the one that sorts first has no greater prefix.
    pub(super) fn prefix(&self, item: &dyn AnyItem) -> u64 {
        self.prefix.as_ref().map_or(0, |prefix| prefix(item))
    }

    /// The same order, which counts its comparisons.
    pub(super) fn counting(&self, compared: Rc<Cell<u64>>) -> Self {
        let compare = Rc::clone(&self.compare);
        Self {
            compare: Rc::new(move |a, b| {
                compared.set(compared.get() + 1);
                compare(a, b)
            }),
            prefix: self.prefix.clone(),
        }
    }

    /// Whether both are one closure, and not just closures of one piece of code.
    pub(super) fn is(&self, other: &Self) -> bool {
        ptr::addr_eq(Rc::as_ptr(&self.compare), Rc::as_ptr(&other.compare))
    }
}
