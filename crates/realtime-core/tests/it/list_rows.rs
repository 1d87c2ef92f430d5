//! Long lists, and random lives of them.

use proptest::prelude::*;
use realtime_core::{Instant, ListItem, ListOptions, RowId, list::KeyedList};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) id: u32,
    pub(crate) price: u32,
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

pub(crate) const fn quote(id: u32, price: u32) -> Quote {
    Quote { id, price }
}

pub(crate) fn by_price(a: &Quote, b: &Quote) -> Ordering {
    a.price.cmp(&b.price)
}

/// A list of `len` rows, whose prices are ten times their ids.
pub(crate) fn long(len: u32, is_sorted: bool) -> KeyedList<Quote> {
    let options = match is_sorted {
        true => ListOptions::default().with_sort(by_price),
        false => ListOptions::default(),
    };
    let mut list = KeyedList::new(options);
    list.replace(
        Instant::ZERO,
        (0..len).map(|id| quote(id, id * 10)).collect(),
    );
    list
}

/// One thing that happens to a list of [`Quote`]s.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Put(u32, u32),
    Remove(u32),
    MoveBefore(u32, Option<u32>),
    Replace(Vec<(u32, u32)>),
    /// Sorts by price from now on, or no longer.
    Sort(bool),
}

impl Event {
    pub(crate) fn happen(&self, list: &mut KeyedList<Quote>) {
        let now = Instant::ZERO;
        match self {
            Self::Put(id, price) => drop(list.upsert(now, quote(*id, *price))),
            Self::Remove(id) => drop(list.remove(now, id, None)),
            Self::MoveBefore(id, before) => {
                drop(list.move_before(now, id, before.map(RowId::from).as_ref()))
            }
            Self::Replace(rows) => {
                let rows = rows.iter().map(|(id, price)| quote(*id, *price));
                list.replace(now, rows.collect());
            }
            Self::Sort(is_sorted) => {
                let options = ListOptions::default();
                list.set_sort(&match is_sorted {
                    true => options.with_sort(by_price),
                    false => options,
                });
            }
        }
    }
}

/// Any event of a list whose ids are less than `ids`.
pub(crate) fn event(ids: u32) -> impl Strategy<Value = Event> {
    let row = move || (0..ids, 0_u32..50);
    prop_oneof![
        20 => row().prop_map(|(id, price)| Event::Put(id, price)),
        8 => (0..ids).prop_map(Event::Remove),
        8 => (0..ids, prop::option::of(0..ids)).prop_map(|(id, to)| Event::MoveBefore(id, to)),
        1 => prop::collection::vec(row(), 0..ids as usize).prop_map(Event::Replace),
        1 => any::<bool>().prop_map(Event::Sort),
    ]
}
