//! Names a list, for the components that show its rows.

use realtime_core::{ListItem, ListSnapshot, QueryKey};
use std::{fmt, rc::Rc};
use yew::html::ImplicitClone;

/// Which list a row is of: what a list component passes to its rows, for
/// [`use_realtime_item`](crate::use_realtime_item).
///
/// Get it from a list's handle, or make it of the list's key. It stays equal whatever happens to
/// the list, so it never makes a row render again.
pub struct ListRef<T: ListItem> {
    key: QueryKey,
    /// For rows that are rendered before the list is in the cache.
    initial: Option<ListSnapshot<T>>,
}

impl<T: ListItem> ListRef<T> {
    pub(super) const fn new(key: QueryKey, initial: Option<ListSnapshot<T>>) -> Self {
        Self { key, initial }
    }

    /// The list's key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        &self.key
    }

    /// The row as the initial data has it.
    pub(in crate::hooks) fn initial_item(&self, id: &T::Id) -> Option<Rc<T>> {
        self.initial
            .as_ref()?
            .iter()
            .find(|item| item.id() == *id)
            .cloned()
    }
}

impl<T: ListItem> From<QueryKey> for ListRef<T> {
    fn from(key: QueryKey) -> Self {
        Self::new(key, None)
    }
}

impl<T: ListItem> Clone for ListRef<T> {
    fn clone(&self) -> Self {
        Self::new(self.key.clone(), self.initial.clone())
    }
}

impl<T: ListItem> PartialEq for ListRef<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T: ListItem> Eq for ListRef<T> {}

impl<T: ListItem> ImplicitClone for ListRef<T> {}

impl<T: ListItem> fmt::Debug for ListRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ListRef").field(&self.key).finish()
    }
}
