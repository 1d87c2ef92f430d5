//! Reference to a list, for the components that show its rows.

use crate::client::RealtimeClient;
use realtime_core::{Client, Edit, ListEdit, ListItem, ListSnapshot, QueryKey, RowId, list::Rows};
use serde::Serialize;
use std::{fmt, marker::PhantomData, rc::Rc};
use yew::html::ImplicitClone;

/// Which list a row is of: what a list component passes to its rows, for
/// [`use_realtime_item`](crate::use_realtime_item). It also makes the edits of the list that a
/// [`MutationSpec`](crate::MutationSpec) shows.
///
/// Get it from a list's handle, or make it of the list's key. It stays equal whatever happens to
/// the list, so it never makes a row render again.
pub struct ListRef<T: ListItem> {
    key: QueryKey,
    /// For rows that are rendered before the list is in the cache.
    initial: Option<Rows>,
    item: PhantomData<fn() -> T>,
}

impl<T: ListItem> ListRef<T> {
    pub(in crate::hooks) const fn new(key: QueryKey, initial: Option<Rows>) -> Self {
        Self {
            key,
            initial,
            item: PhantomData,
        }
    }

    /// The list's key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        &self.key
    }

    /// The edit that adds a row; see [`ListEdit::Insert`]. Where the server chooses ids, give it a
    /// [`temporary_id`](crate::RealtimeClient::temporary_id).
    #[must_use]
    pub fn insert(&self, item: T) -> Edit {
        self.edit(ListEdit::Insert(item))
    }

    /// The edit that changes the fields in `patch`, an object, of the row `id`; `null` removes one.
    ///
    /// A patch that does not turn into JSON makes its mutation fail as invalid.
    #[must_use]
    pub fn update(&self, id: impl Into<RowId>, patch: &(impl Serialize + ?Sized)) -> Edit {
        // No JSON is no patch, and the list says why when the edit is made.
        let patch = serde_json::to_string(patch).unwrap_or_else(|error| error.to_string());
        self.edit(ListEdit::Update {
            id: id.into(),
            patch: patch.into(),
        })
    }

    /// The edit that takes the row `id` away.
    #[must_use]
    pub fn delete(&self, id: impl Into<RowId>) -> Edit {
        self.edit(ListEdit::Delete { id: id.into() })
    }

    /// The edit that puts the row `id` before another one, or at the end, in a list in arrival
    /// order; in a sorted one, [`update`](Self::update) the field it sorts by.
    #[must_use]
    pub fn move_before(&self, id: impl Into<RowId>, before: Option<&RowId>) -> Edit {
        self.edit(ListEdit::MoveBefore {
            id: id.into(),
            before: before.cloned(),
        })
    }

    /// As [`move_before`](Self::move_before): after another one, or to the start.
    #[must_use]
    pub fn move_after(&self, id: impl Into<RowId>, after: Option<&RowId>) -> Edit {
        self.edit(ListEdit::MoveAfter {
            id: id.into(),
            after: after.cloned(),
        })
    }

    /// Any edit of the list.
    #[must_use]
    pub fn edit(&self, edit: ListEdit<T>) -> Edit {
        Edit::list(self.key.clone(), edit)
    }

    /// Looks something up of the list; in the first pass over a page only where it was handed down with
    /// its rows.
    pub(in crate::hooks) fn known<R>(
        &self,
        client: &RealtimeClient,
        look: impl FnOnce(&Client) -> R,
    ) -> Option<R> {
        client.read_in_pass(self.initial.is_some(), look)
    }

    /// The rows as they are now; as the initial data has them before the list is in the cache.
    pub(in crate::hooks) fn rows(&self, client: &RealtimeClient) -> Option<ListSnapshot<T>> {
        let rows = self.known(client, |client| client.list::<T>(&self.key));
        rows.flatten()
            .or_else(|| Some(self.initial.clone()?.typed()))
    }

    /// The row as the initial data has it.
    pub(in crate::hooks) fn initial_item(&self, id: &RowId) -> Option<Rc<T>> {
        self.initial
            .as_ref()?
            .iter()
            .find(|item: &Rc<T>| item.id() == *id)
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
