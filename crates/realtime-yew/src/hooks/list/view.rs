//! Handle of a view of a list, and how the view is kept.

use super::ListRef;
use crate::client::RealtimeClient;
use realtime_core::{
    ListItem, ListSnapshot, RowId,
    list::{ListView, ViewOptions},
};
use std::{cell::RefCell, fmt, ops::Range, rc::Rc};
use yew::{html::ImplicitClone, virtual_dom::Key};

/// A view of one list that a component keeps from render to render.
pub(in crate::hooks) struct ViewKeeper<T: ListItem> {
    /// `None` while the app's filter or comparator runs, which might ask for it.
    kept: RefCell<Option<Kept<T>>>,
}

struct Kept<T: ListItem> {
    list: ListRef<T>,
    options: ViewOptions<T>,
    view: ListView<T>,
    /// How many views there were before.
    round: u64,
}

/// What one render of a view shows.
pub(in crate::hooks) struct ViewRender<T: ListItem> {
    rows: ListSnapshot<T>,
    has_data: bool,
    round: u64,
    order_version: u64,
}

impl<T: ListItem> Default for ViewKeeper<T> {
    fn default() -> Self {
        Self {
            kept: RefCell::default(),
        }
    }
}

impl<T: ListItem> ViewKeeper<T> {
    /// What a render shows now.
    pub(in crate::hooks) fn read(
        &self,
        client: &RealtimeClient,
        list: &ListRef<T>,
        options: &ViewOptions<T>,
    ) -> ViewRender<T> {
        let rows = list.rows(client);
        let old = self.kept.take();
        let round = old.as_ref().map_or(0, |kept| kept.round + 1);
        let is_same = |kept: &Kept<T>| kept.list == *list && kept.options == *options;
        let mut kept = old.filter(is_same).unwrap_or_else(|| Kept {
            list: list.clone(),
            options: options.clone(),
            view: ListView::new(options),
            round,
        });
        kept.view
            .follow(rows.as_ref().unwrap_or(&ListSnapshot::default()));
        let render = ViewRender {
            rows: kept.view.snapshot(),
            has_data: rows.is_some(),
            round: kept.round,
            order_version: kept.view.order_version(),
        };
        self.kept.replace(Some(kept));
        render
    }
}

impl<T: ListItem> Clone for ViewRender<T> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            ..*self
        }
    }
}

impl<T: ListItem> PartialEq for ViewRender<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.has_data, self.round, self.order_version)
            == (other.has_data, other.round, other.order_version)
    }
}

/// A view of a list, from [`use_realtime_list_view`](crate::use_realtime_list_view): which rows it
/// shows, in which order, but not what is in them.
pub struct UseRealtimeListViewHandle<T: ListItem> {
    keeper: Rc<ViewKeeper<T>>,
    list: ListRef<T>,
    render: ViewRender<T>,
}

impl<T: ListItem> UseRealtimeListViewHandle<T> {
    pub(in crate::hooks) const fn new(
        keeper: Rc<ViewKeeper<T>>,
        list: ListRef<T>,
        render: ViewRender<T>,
    ) -> Self {
        Self {
            keeper,
            list,
            render,
        }
    }

    /// The ids of the rows, in the view's order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = RowId> + ExactSizeIterator {
        self.render.rows.ids()
    }

    /// The ids of the rows at these ranks of the view, in order; ranks past the end are left out.
    #[must_use]
    pub fn ids_in(&self, ranks: Range<usize>) -> Vec<RowId> {
        self.render
            .rows
            .range(ranks)
            .map(|item| item.id())
            .collect()
    }

    /// What to give the row `id` as key: the same for the row's whole life.
    #[must_use]
    pub fn row_key(&self, id: impl Into<RowId>) -> Key {
        Key::from(self.render.rows.key(id).to_string())
    }

    /// Names the list, for [`use_realtime_item`](crate::use_realtime_item) in its rows.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.list.clone()
    }

    /// How many rows the view shows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.render.rows.len()
    }

    /// Whether it shows none: none at all, or none yet (see [`has_data`](Self::has_data)).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the list has been fetched, or has initial data.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        self.render.has_data
    }
}

impl<T: ListItem> Clone for UseRealtimeListViewHandle<T> {
    fn clone(&self) -> Self {
        Self::new(
            Rc::clone(&self.keeper),
            self.list.clone(),
            self.render.clone(),
        )
    }
}

impl<T: ListItem> PartialEq for UseRealtimeListViewHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.keeper, &other.keeper) && self.render == other.render
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeListViewHandle<T> {}

impl<T: ListItem> fmt::Debug for UseRealtimeListViewHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListViewHandle")
            .field("key", self.list.key())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
