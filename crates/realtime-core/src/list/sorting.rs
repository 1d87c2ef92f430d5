//! Sorting: how a list sorts its rows; a comparator, and perhaps a number that decides most comparisons.

use super::{
    item::{AnyItem, typed},
    sort_key::SortKey,
};
use std::{cell::Cell, cmp::Ordering, marker::PhantomData, ptr, rc::Rc};

/// Says how an item stands to one that is looked for.
type Stands<'a> = &'a dyn Fn(&dyn AnyItem) -> Ordering;

/// How two items stand to each other, and one to many.
trait Compare {
    fn compare(&self, a: &dyn AnyItem, b: &dyn AnyItem) -> Ordering;

    /// Gives `look` how others stand to `item`, whose type is asked for only once.
    fn seek(&self, item: &dyn AnyItem, look: &mut dyn FnMut(Stands<'_>));
}

/// A number that never falls along the order.
type Prefix = Rc<dyn Fn(&dyn AnyItem) -> u64>;

/// An order of rows.
#[derive(Clone)]
pub(super) struct Sorting {
    compare: Rc<dyn Compare>,
    prefix: Option<Prefix>,
}

/// A comparator of items of one type.
struct By<T, F> {
    compare: F,
    of: PhantomData<fn(&T)>,
}

impl<T: 'static, F: Fn(&T, &T) -> Ordering> Compare for By<T, F> {
    fn compare(&self, a: &dyn AnyItem, b: &dyn AnyItem) -> Ordering {
        match (typed(a), typed(b)) {
            (Some(a), Some(b)) => (self.compare)(a, b),
            // A list holds items of one type.
            _ => Ordering::Equal,
        }
    }

    fn seek(&self, item: &dyn AnyItem, look: &mut dyn FnMut(Stands<'_>)) {
        let Some(item) = typed(item) else {
            return;
        };
        look(&|other| typed(other).map_or(Ordering::Equal, |other| (self.compare)(other, item)));
    }
}

impl Sorting {
    pub(super) fn by<T: 'static>(compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self {
        Self {
            compare: Rc::new(By {
                compare,
                of: PhantomData,
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
        self.compare.compare(a, b)
    }

    /// As [`compare`](Self::compare), of many items with one.
    pub(super) fn seek(&self, item: &dyn AnyItem, look: &mut dyn FnMut(Stands<'_>)) {
        self.compare.seek(item, look);
    }

    /// Of two items, the one that sorts first has no greater prefix.
    pub(super) fn prefix(&self, item: &dyn AnyItem) -> u64 {
        self.prefix.as_ref().map_or(0, |prefix| prefix(item))
    }

    /// The same order, which counts its comparisons.
    pub(super) fn counting(&self, compared: Rc<Cell<u64>>) -> Self {
        Self {
            compare: Rc::new(Counting {
                compare: Rc::clone(&self.compare),
                compared,
            }),
            prefix: self.prefix.clone(),
        }
    }

    /// Whether both are one closure, and not just closures of one piece of code.
    pub(super) fn is(&self, other: &Self) -> bool {
        ptr::addr_eq(Rc::as_ptr(&self.compare), Rc::as_ptr(&other.compare))
    }
}

struct Counting {
    compare: Rc<dyn Compare>,
    compared: Rc<Cell<u64>>,
}

impl Counting {
    fn count(&self) {
        self.compared.set(self.compared.get() + 1);
    }
}

impl Compare for Counting {
    fn compare(&self, a: &dyn AnyItem, b: &dyn AnyItem) -> Ordering {
        self.count();
        self.compare.compare(a, b)
    }

    fn seek(&self, item: &dyn AnyItem, look: &mut dyn FnMut(Stands<'_>)) {
        self.compare.seek(item, &mut |stands| {
            look(&|other| {
                self.count();
                stands(other)
            });
        });
    }
}
