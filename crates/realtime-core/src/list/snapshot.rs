//! Snapshots: all rows, in order, as they were at one moment.

use super::{
    alias::Aliases,
    item::{Item, ListItem, shared},
    sequence::Entry,
    tree::{self, Tree},
};
use crate::id::RowId;
use std::{fmt, marker::PhantomData, ops::Range, rc::Rc};

/// The rows of a list of any type, in order, at one moment: what needs no more than ids of them holds
/// this, and is compiled once.
#[derive(Clone, Default)]
pub struct Rows {
    pub(super) rows: Tree<Entry>,
    /// None of a list that nobody has edited.
    pub(super) aliases: Option<Rc<Aliases>>,
}

impl Rows {
    /// Their ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = RowId> + ExactSizeIterator {
        self.items().map(|item| item.id())
    }

    /// See [`ListSnapshot::key`].
    #[must_use]
    pub fn key(&self, id: impl Into<RowId>) -> RowId {
        self.key_of(&id.into())
    }

    /// See [`ListSnapshot::ptr_eq`].
    #[doc(hidden)]
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.rows.ptr_eq(&other.rows)
    }

    /// The rows as those of a list of `T`s. If they are none, there is none to be read.
    #[must_use]
    pub const fn typed<T: ListItem>(self) -> ListSnapshot<T> {
        ListSnapshot {
            rows: self,
            item: PhantomData,
        }
    }

    /// Walks the rows as those of a list of `T`s, as [`typed`](Self::typed) has them.
    #[must_use]
    pub fn iter<T: ListItem>(&self) -> ListIter<'_, T> {
        self.range(0..self.len())
    }

    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn range<T: ListItem>(&self, ranks: Range<usize>) -> ListIter<'_, T> {
        ListIter {
            rows: self.rows.range(ranks),
            item: PhantomData,
        }
    }

    pub(super) fn get(&self, rank: usize) -> Option<&Item> {
        self.rows.get(rank).map(|entry| &entry.item)
    }

    pub(super) fn items_in(
        &self,
        ranks: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = &Item> + ExactSizeIterator {
        self.rows.range(ranks).map(|entry| &entry.item)
    }

    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Item> + ExactSizeIterator {
        self.items_in(0..self.len())
    }

    pub(super) fn key_of(&self, id: &RowId) -> RowId {
        let aliases = self.aliases.as_ref();
        aliases.map_or(id, |aliases| aliases.key(id)).clone()
    }

    /// Other rows of the same list.
    pub(super) fn with_rows(&self, rows: Tree<Entry>) -> Self {
        Self {
            rows,
            aliases: self.aliases.clone(),
        }
    }
}

/// Equal rows in equal order. Rows that share a pointer are not looked into.
impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        let mut rows = self.items().zip(other.items());
        self.rows.ptr_eq(&other.rows)
            || self.len() == other.len() && rows.all(|(a, b)| Rc::ptr_eq(a, b) || a == b)
    }
}

/// All rows of a list, in order, at the moment [`KeyedList::snapshot`](super::KeyedList::snapshot)
/// was called.
///
/// Taking and cloning one costs the same for ten rows as for 100 000, and it never changes: what
/// the list does later copies only what differs. Comparing two that share everything is a
/// comparison of pointers.
pub struct ListSnapshot<T: ListItem> {
    rows: Rows,
    item: PhantomData<fn() -> T>,
}

impl<T: ListItem> ListSnapshot<T> {
    /// The rows, for those who need not know their type.
    #[doc(hidden)]
    #[must_use]
    pub const fn rows(&self) -> &Rows {
        &self.rows
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at `rank`, counted from zero, in O(log n).
    #[must_use]
    pub fn get(&self, rank: usize) -> Option<Rc<T>> {
        shared(self.rows.get(rank)?)
    }

    /// The rows in order.
    #[must_use]
    pub fn iter(&self) -> ListIter<'_, T> {
        self.rows.iter()
    }

    /// The rows of these ranks, in order; ranks past the end are left out.
    ///
    /// Costs O(log n) plus the rows read, so a window into a long list is cheap.
    #[must_use]
    pub fn range(&self, ranks: Range<usize>) -> ListIter<'_, T> {
        self.rows.range(ranks)
    }

    /// The rows' ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = RowId> + ExactSizeIterator {
        self.rows.ids()
    }

    /// What a renderer is to tell the row `id` by: the id, or, for a row that this client made under
    /// a temporary one, still that. So the row keeps its element, and its focus, when the server
    /// names it.
    #[must_use]
    pub fn key(&self, id: impl Into<RowId>) -> RowId {
        self.rows.key(id)
    }

    /// The rows' keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = RowId> + ExactSizeIterator {
        self.rows.items().map(|item| self.rows.key_of(&item.id()))
    }

    /// Whether both are the same snapshot, without looking at a row.
    ///
    /// True means equal; false says nothing.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.rows.ptr_eq(&other.rows)
    }
}

impl<T: ListItem> Clone for ListSnapshot<T> {
    fn clone(&self) -> Self {
        self.rows.clone().typed()
    }
}

impl<T: ListItem> Default for ListSnapshot<T> {
    fn default() -> Self {
        Rows::default().typed()
    }
}

/// Equal rows in equal order. Rows that share a pointer are not looked into.
impl<T: ListItem> PartialEq for ListSnapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl<T: ListItem + fmt::Debug> fmt::Debug for ListSnapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: ListItem> IntoIterator for &'a ListSnapshot<T> {
    type Item = Rc<T>;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

/// Walks the rows of a [`ListSnapshot`], from either end.
pub struct ListIter<'a, T: ListItem> {
    rows: tree::Iter<'a, Entry>,
    item: PhantomData<fn() -> T>,
}

impl<T: ListItem> Iterator for ListIter<'_, T> {
    type Item = Rc<T>;

    fn next(&mut self) -> Option<Rc<T>> {
        shared(&self.rows.next()?.item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl<T: ListItem> DoubleEndedIterator for ListIter<'_, T> {
    fn next_back(&mut self) -> Option<Rc<T>> {
        shared(&self.rows.next_back()?.item)
    }
}

impl<T: ListItem> ExactSizeIterator for ListIter<'_, T> {}

impl<T: ListItem> Clone for ListIter<'_, T> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            item: PhantomData,
        }
    }
}

impl<T: ListItem + fmt::Debug> fmt::Debug for ListIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        id::RowId,
        list::{KeyedList, ListItem, ListOptions},
        time::Instant,
    };
    use serde::{Deserialize, Serialize};
    use std::rc::Rc;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        id: u32,
        price: u32,
    }

    impl ListItem for Row {
        fn id(&self) -> RowId {
            self.id.into()
        }
    }

    #[test]
    fn one_change_among_100_000_rows_copies_a_few_nodes_and_no_row() {
        let by_price = ListOptions::default().with_sort(|a: &Row, b| a.price.cmp(&b.price));
        for options in [ListOptions::default(), by_price] {
            let mut list = KeyedList::new(options);
            let rows = (0..100_000).map(|id| Row { id, price: id * 10 });
            list.replace(Instant::ZERO, rows.collect());
            let mut before = list.snapshot();
            for event in [
                r#"{"action":"update","item":{"id":50000,"price":500001}}"#,
                r#"{"action":"update","item":{"id":50000,"price":15}}"#,
                r#"{"action":"create","item":{"id":100000,"price":777}}"#,
                r#"{"action":"move","item":{"id":70000},"before":20}"#,
                r#"{"action":"delete","item":{"id":31000}}"#,
            ] {
                let pointers = |list: &KeyedList<Row>| -> Vec<_> {
                    let some = (0..100_001).step_by(50);
                    some.map(|id| list.get(id).as_ref().map(Rc::as_ptr))
                        .collect()
                };
                let old = pointers(&list);
                list.apply(Instant::ZERO, event).unwrap();
                let after = list.snapshot();
                // A remove and an insert, each along one path of four nodes and a neighbour.
                let copied = after.rows.rows.nodes_not_in(&before.rows.rows);
                assert!(copied <= 16, "{event} copied {copied} nodes");
                let rows = pointers(&list);
                let changed = old.iter().zip(&rows).filter(|(old, new)| old != new);
                assert!(changed.count() <= 1, "{event}");
                before = after;
            }
        }
    }
}
