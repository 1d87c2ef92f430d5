//! Handle of one list, and what one render of it shows.

use super::{ListRef, RenderOn};
use crate::hooks::{QueryHandle, query_handle::Standing};
use realtime_core::{
    EntryId, ItemState, ListItem, ListSnapshot, QueryError, RowId,
    list::{ListIter, Rows},
};
use std::{fmt, ops::Deref, rc::Rc};
use yew::{html::ImplicitClone, virtual_dom::Key};

/// What one render of a list shows.
#[derive(Clone)]
pub(in crate::hooks) struct ListRender {
    pub(in crate::hooks) render_on: RenderOn,
    pub(in crate::hooks) entry: Option<EntryId>,
    pub(in crate::hooks) order_version: u64,
    pub(in crate::hooks) has_data: bool,
    pub(in crate::hooks) rows: Rows,
    /// The rows that wait for the server, where every row is shown.
    pub(in crate::hooks) states: Vec<(RowId, ItemState)>,
    pub(in crate::hooks) standing: Standing,
}

impl PartialEq for ListRender {
    fn eq(&self, other: &Self) -> bool {
        let same_rows = || match self.render_on {
            RenderOn::Status => true,
            RenderOn::Order if self.entry.is_some() => self.order_version == other.order_version,
            _ => !self.has_data || self.rows.ptr_eq(&other.rows),
        };
        self.render_on == other.render_on
            && self.entry == other.entry
            && self.has_data == other.has_data
            && same_rows()
            && self.states == other.states
            && self.standing == other.standing
    }
}

/// A list, from [`use_realtime_list`](crate::use_realtime_list). How it stands, and commands on it,
/// are those of [`QueryHandle`].
///
/// Rows are those of the render: a component that does not [render on](RenderOn) their changes is
/// to ask no more than their ids, or their number, of it.
pub struct UseRealtimeListHandle<T: ListItem> {
    query: QueryHandle,
    list: ListRef<T>,
    render: ListRender,
}

impl<T: ListItem> UseRealtimeListHandle<T> {
    pub(in crate::hooks) const fn new(
        query: QueryHandle,
        list: ListRef<T>,
        render: ListRender,
    ) -> Self {
        Self {
            query,
            list,
            render,
        }
    }

    /// All rows, in order; none while there is no data.
    #[must_use]
    pub fn items(&self) -> ListSnapshot<T> {
        self.render.rows.clone().typed()
    }

    /// Walks the rows in order.
    pub fn iter(&self) -> ListIter<'_, T> {
        self.render.rows.iter()
    }

    /// The rows' ids, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = RowId> + ExactSizeIterator {
        self.render.rows.ids()
    }

    /// What to give the row `id` as key: the same for the row's whole life, also when the server
    /// names a row that was made under a temporary id.
    #[must_use]
    pub fn row_key(&self, id: impl Into<RowId>) -> Key {
        Key::from(self.render.rows.key(id).to_string())
    }

    /// How the row `id` stands between us and the server, where the component renders on
    /// [any row](RenderOn::Rows). Elsewhere rows ask
    /// [`use_realtime_item`](crate::use_realtime_item), and this is [`ItemState::Synced`].
    #[must_use]
    pub fn item_state(&self, id: impl Into<RowId>) -> ItemState {
        let id = id.into();
        let mut states = self.render.states.iter();
        let found = states.find(|(of, _)| *of == id);
        found.map_or(ItemState::Synced, |(_, state)| state.clone())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids().len()
    }

    /// Whether there are no rows: none at all, or none yet (see
    /// [`is_loading`](QueryHandle::is_loading)).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names the list, for rows that watch themselves and for all who show it.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.list.clone()
    }

    /// Shows `items` as if they had been fetched; says whether anyone observes the list, as
    /// nothing is kept otherwise.
    ///
    /// # Errors
    ///
    /// If the key holds another type by now.
    pub fn set_data(&self, items: Vec<T>) -> Result<bool, QueryError> {
        self.client().set_list(self.key(), items)
    }
}

impl<T: ListItem> Deref for UseRealtimeListHandle<T> {
    type Target = QueryHandle;

    fn deref(&self) -> &QueryHandle {
        &self.query
    }
}

impl<T: ListItem> Clone for UseRealtimeListHandle<T> {
    fn clone(&self) -> Self {
        Self::new(self.query.clone(), self.list.clone(), self.render.clone())
    }
}

impl<T: ListItem> PartialEq for UseRealtimeListHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query && self.render == other.render
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeListHandle<T> {}

impl<T: ListItem + fmt::Debug> fmt::Debug for UseRealtimeListHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListHandle")
            .field("query", &self.query)
            .field("items", &self.items())
            .finish_non_exhaustive()
    }
}

impl<'a, T: ListItem> IntoIterator for &'a UseRealtimeListHandle<T> {
    type Item = Rc<T>;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.render.rows.iter()
    }
}
