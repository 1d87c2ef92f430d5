//! What a reader holds: all rows, in order, as they were at one moment.

use super::{
    alias::{Aliases, RowKey},
    item::ListItem,
    sequence::Entry,
    tree::{self, Tree},
};
use std::{fmt, ops::Range, rc::Rc};

/// All rows of a list, in order, at the moment [`KeyedList::snapshot`](super::KeyedList::snapshot)
/// was called.
///
/// Taking and cloning one costs the same for ten rows as for 100 000, and it never changes: what
/// the list does later copies only what differs. Comparing two that share everything is a
/// comparison of pointers.
pub struct ListSnapshot<T: ListItem> {
    rows: Tree<Entry<T>>,
    aliases: Rc<Aliases<T::Id>>,
}

impl<T: ListItem> ListSnapshot<T> {
    pub(super) const fn new(rows: Tree<Entry<T>>, aliases: Rc<Aliases<T::Id>>) -> Self {
        Self { rows, aliases }
    }

    pub(super) const fn tree(&self) -> &Tree<Entry<T>> {
        &self.rows
    }

    /// Other rows of the same list.
    pub(super) fn with_rows(&self, rows: Tree<Entry<T>>) -> Self {
        Self::new(rows, Rc::clone(&self.aliases))
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
    pub fn get(&self, rank: usize) -> Option<&Rc<T>> {
        self.rows.get(rank).map(|entry| &entry.item)
    }

    /// The rows in order.
    #[must_use]
    pub fn iter(&self) -> ListIter<'_, T> {
        ListIter(self.rows.iter())
    }

    /// The rows of these ranks, in order; ranks past the end are left out.
    ///
    /// Costs O(log n) plus the rows read, so a window into a long list is cheap.
    #[must_use]
    pub fn range(&self, ranks: Range<usize>) -> ListIter<'_, T> {
        ListIter(self.rows.range(ranks))
    }

    /// The rows' ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = T::Id> + ExactSizeIterator {
        self.iter().map(|item| item.id())
    }

    /// What a renderer is to tell the row `id` by: the id, or, for a row that this client made under
    /// a temporary one, still that. So the row keeps its element, and its focus, when the server
    /// names it.
    #[must_use]
    pub fn key(&self, id: &T::Id) -> RowKey<T::Id> {
        self.aliases.key(id)
    }

    /// The rows' keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = RowKey<T::Id>> + ExactSizeIterator {
        self.iter().map(|item| self.key(&item.id()))
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
        Self {
            rows: self.rows.clone(),
            aliases: Rc::clone(&self.aliases),
        }
    }
}

impl<T: ListItem> Default for ListSnapshot<T> {
    fn default() -> Self {
        Self::new(Tree::new(), Rc::default())
    }
}

/// Equal rows in equal order. Rows that share a pointer are not looked into.
impl<T: ListItem> PartialEq for ListSnapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        let mut rows = self.iter().zip(other);
        self.ptr_eq(other)
            || self.len() == other.len() && rows.all(|(a, b)| Rc::ptr_eq(a, b) || a == b)
    }
}

impl<T: ListItem + fmt::Debug> fmt::Debug for ListSnapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: ListItem> IntoIterator for &'a ListSnapshot<T> {
    type Item = &'a Rc<T>;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

/// Walks the rows of a [`ListSnapshot`], from either end.
pub struct ListIter<'a, T: ListItem>(tree::Iter<'a, Entry<T>>);

impl<'a, T: ListItem> Iterator for ListIter<'a, T> {
    type Item = &'a Rc<T>;

    fn next(&mut self) -> Option<&'a Rc<T>> {
        self.0.next().map(|entry| &entry.item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: ListItem> DoubleEndedIterator for ListIter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|entry| &entry.item)
    }
}

impl<T: ListItem> ExactSizeIterator for ListIter<'_, T> {}

impl<T: ListItem> Clone for ListIter<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
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
        type Id = u32;

        fn id(&self) -> u32 {
            self.id
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
                    some.map(|id| list.get(&id).map(Rc::as_ptr)).collect()
                };
                let old = pointers(&list);
                list.apply(Instant::ZERO, event).unwrap();
                let after = list.snapshot();
                // A remove and an insert, each along one path of four nodes and a neighbour.
                let copied = after.rows.nodes_not_in(&before.rows);
                assert!(copied <= 16, "{event} copied {copied} nodes");
                let rows = pointers(&list);
                let changed = old.iter().zip(&rows).filter(|(old, new)| old != new);
                assert!(changed.count() <= 1, "{event}");
                before = after;
            }
        }
    }
}
