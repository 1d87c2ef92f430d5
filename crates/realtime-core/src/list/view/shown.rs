//! The rows that a view shows.

use crate::{
    id::RowId,
    list::{
        item::Item,
        sequence::{Entry, Sequence},
        tree::Tree,
    },
};
use std::{collections::BTreeMap, rc::Rc};

/// The rows that a view shows, as far as they are not the list's own.
pub(super) enum Shown {
    /// All, as the list has them.
    Source,
    /// Some, in the order of the list.
    Filtered(Tree<Entry>),
    /// All or some, in an order of their own.
    Sorted(Sequence),
}

/// How what is shown differs from before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) rows: bool,
    pub(super) order: bool,
}

impl Shown {
    /// Shows just these rows, given in the order of the list; whether the order of ids changed.
    pub(super) fn rebuild(&mut self, rows: Vec<Item>) -> bool {
        match self {
            Self::Source => true,
            Self::Sorted(shown) => shown.rebuild(rows),
            Self::Filtered(shown) => {
                let mut both = shown.iter().zip(&rows);
                let order =
                    shown.len() != rows.len() || both.any(|(old, new)| old.item.id() != new.id());
                *shown = Tree::from_vec(rows.into_iter().map(Entry::new).collect());
                order
            }
        }
    }
}

/// One round of changes of what is shown. Places are among the rows that the filter lets through,
/// in the order of the list.
pub(super) struct Turnover<'a> {
    shown: &'a mut Shown,
    changed: Changed,
    /// Of a view with its own order: rows that left, and those that came. A row may do both, when
    /// it moves in the list, and need not move in the view.
    left: BTreeMap<RowId, Item>,
    came: Vec<Item>,
}

impl<'a> Turnover<'a> {
    pub(super) const fn new(shown: &'a mut Shown) -> Self {
        Self {
            shown,
            changed: Changed {
                rows: false,
                order: false,
            },
            left: BTreeMap::new(),
            came: Vec::new(),
        }
    }

    pub(super) fn leave(&mut self, place: usize, item: &Item) {
        match self.shown {
            Shown::Source => {}
            Shown::Filtered(rows) => {
                rows.remove(place);
                self.changed.order = true;
            }
            Shown::Sorted(_) => {
                self.left.insert(item.id(), Rc::clone(item));
            }
        }
    }

    pub(super) fn enter(&mut self, place: usize, item: &Item) {
        match self.shown {
            Shown::Source => {}
            Shown::Filtered(rows) => {
                rows.insert(place, Entry::new(Rc::clone(item)));
                self.changed.order = true;
            }
            Shown::Sorted(_) => self.came.push(Rc::clone(item)),
        }
    }

    pub(super) fn change(&mut self, place: usize, before: &Item, item: &Item) {
        if let Shown::Filtered(rows) = self.shown {
            rows.replace(place, Entry::new(Rc::clone(item)));
            self.changed.rows = true;
        } else {
            self.leave(place, before);
            self.enter(place, item);
        }
    }

    pub(super) fn finish(mut self) -> Changed {
        let Shown::Sorted(rows) = self.shown else {
            return self.changed;
        };
        for item in self.came {
            match self.left.remove(&item.id()) {
                Some(before) if Rc::ptr_eq(&before, &item) => {}
                Some(before) => {
                    let (_, moved) = rows.replace(&rows.entry(before), item);
                    self.changed.rows = true;
                    self.changed.order |= moved;
                }
                None => {
                    rows.insert(item);
                    self.changed.order = true;
                }
            }
        }
        for item in self.left.into_values() {
            rows.remove(&rows.entry(item));
            self.changed.order = true;
        }
        self.changed
    }
}
