//! How a list sorts its rows: a comparator, and perhaps a number that decides most comparisons.

use super::{options::Comparator, sort_key::SortKey};
use std::{cell::Cell, cmp::Ordering, ptr, rc::Rc};

/// A number that never falls along the order.
type Prefix<T> = Rc<dyn Fn(&T) -> u64>;

/// An order of rows.
pub(super) struct Sorting<T> {
    compare: Comparator<T>,
    prefix: Option<Prefix<T>>,
}

impl<T> Clone for Sorting<T> {
    fn clone(&self) -> Self {
        Self {
            compare: Rc::clone(&self.compare),
            prefix: self.prefix.clone(),
        }
    }
}

impl<T> Sorting<T> {
    pub(super) const fn by(compare: Comparator<T>) -> Self {
        Self {
            compare,
            prefix: None,
        }
    }

    pub(super) fn by_key<K: SortKey>(key: impl Fn(&T) -> K + 'static) -> Self {
        let key = Rc::new(key);
        Self {
            compare: {
                let key = Rc::clone(&key);
                Rc::new(move |a: &T, b: &T| key(a).order(&key(b)))
            },
            prefix: Some(Rc::new(move |item: &T| key(item).prefix())),
        }
    }

    pub(super) fn compare(&self, a: &T, b: &T) -> Ordering {
        (self.compare)(a, b)
    }

    /// Of two items, the one that sorts first has no greater prefix.
    pub(super) fn prefix(&self, item: &T) -> u64 {
        self.prefix.as_ref().map_or(0, |prefix| prefix(item))
    }

    /// The same order, which counts its comparisons.
    pub(super) fn counting(&self, compared: Rc<Cell<u64>>) -> Self
    where
        T: 'static,
    {
        let compare = Rc::clone(&self.compare);
        Self {
            compare: Rc::new(move |a: &T, b: &T| {
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

#[cfg(test)]
mod tests {
    use crate::{
        list::{KeyedList, ListItem, ListOptions, ListView, ViewOptions},
        time::Instant,
    };
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use std::cmp::Reverse;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Quote {
        id: u8,
        price: i8,
        name: String,
    }

    impl ListItem for Quote {
        type Id = u8;

        fn id(&self) -> u8 {
            self.id
        }
    }

    fn quote() -> impl Strategy<Value = Quote> {
        // Names that differ behind their prefix, and few enough of all to be equal at times.
        let name = "same-pre(fix)?[a-c]?";
        (0_u8..30, -3_i8..3, name).prop_map(|(id, price, name)| Quote { id, price, name })
    }

    proptest! {
        #[test]
        fn rows_stand_by_their_keys_as_by_a_comparator_that_says_the_same(
            fetched in prop::collection::vec(quote(), 0..40),
            changes in prop::collection::vec((quote(), any::<bool>()), 0..80),
        ) {
            let compared = ListOptions::default().with_sort(|a: &Quote, b| {
                b.price.cmp(&a.price).then_with(|| a.name.cmp(&b.name))
            });
            let keyed = ListOptions::default()
                .with_sort_key(|quote: &Quote| (Reverse(quote.price), quote.name.clone()));
            let mut lists = [compared, keyed].map(KeyedList::new);
            let by_name = ViewOptions::default().with_sort_key(|quote: &Quote| quote.name.clone());
            let mut view = ListView::new(&by_name);
            for list in &mut lists {
                list.replace(Instant::ZERO, fetched.clone());
            }
            view.follow(&lists[1].snapshot());
            for (quote, is_gone) in changes {
                for list in &mut lists {
                    if is_gone {
                        list.remove(Instant::ZERO, &quote.id, None);
                    } else {
                        list.upsert(Instant::ZERO, quote.clone());
                    }
                }
                let [expected, found] = [0, 1].map(|of| -> Vec<_> {
                    let list: &KeyedList<Quote> = &lists[of];
                    list.snapshot().iter().cloned().collect()
                });
                prop_assert_eq!(&expected, &found);
                view.follow(&lists[1].snapshot());
                let mut by_name = expected;
                by_name.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
                prop_assert_eq!(view.snapshot().iter().cloned().collect::<Vec<_>>(), by_name);
            }
            prop_assert_eq!(lists[1].stats().scans, 0);
        }
    }
}
