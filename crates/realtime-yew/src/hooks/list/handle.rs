//! What [`use_realtime_list`](crate::use_realtime_list) returns.

use super::{ListRef, ListView};
use crate::client::RealtimeClient;
use realtime_core::{
    ChannelError, Client, Continuity, DecodeError, FetchStatus, ItemState, ListItem, ListSnapshot,
    Liveness, QueryError, QueryKey, QueryMeta, QueryStatus,
};
use std::{fmt, rc::Rc};
use yew::{Callback, html::ImplicitClone, virtual_dom::Key};

/// A list with all its rows, from [`use_realtime_list`](crate::use_realtime_list).
///
/// Reading shows what was there at the render; commands work at any time, also after the component
/// has unmounted.
pub struct UseRealtimeListHandle<T: ListItem> {
    client: RealtimeClient,
    list: ListRef<T>,
    items: ListSnapshot<T>,
    view: ListView<T>,
    refetch: Callback<()>,
}

impl<T: ListItem> UseRealtimeListHandle<T> {
    pub(super) fn new(
        client: RealtimeClient,
        list: ListRef<T>,
        view: ListView<T>,
        refetch: Callback<()>,
    ) -> Self {
        Self {
            client,
            list,
            items: view.items.clone().unwrap_or_default(),
            view,
            refetch,
        }
    }

    /// All rows, in order; none while there is no data.
    #[must_use]
    pub fn items(&self) -> ListSnapshot<T> {
        self.items.clone()
    }

    /// Walks the rows in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Rc<T>> + ExactSizeIterator {
        self.items.iter()
    }

    /// The rows' ids, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = T::Id> + ExactSizeIterator {
        self.items.ids()
    }

    /// What to give the row `id` as key: the same for the row's whole life, also when the server
    /// names a row that was made under a temporary id.
    #[must_use]
    pub fn row_key(&self, id: &T::Id) -> Key {
        Key::from(self.items.key(id).to_string())
    }

    /// How the row `id` stands between us and the server.
    #[must_use]
    pub fn item_state(&self, id: &T::Id) -> ItemState {
        let mut states = self.view.states.iter();
        let found = states.find(|(of, _)| of == id);
        found.map_or(ItemState::Synced, |(_, state)| state.clone())
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no rows: none at all, or none yet (see
    /// [`is_loading`](Self::is_loading)).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Names the list, for rows that watch themselves.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.list.clone()
    }

    /// There is no data yet, but it is on its way: time for a spinner.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.meta().is_loading()
    }

    /// There is data, and newer is on its way.
    #[must_use]
    pub fn is_refetching(&self) -> bool {
        self.meta().is_refetching()
    }

    /// Why the last fetch failed for good, or why the list cannot be observed. There may be rows
    /// all the same, of before.
    #[must_use]
    pub fn error(&self) -> Option<&QueryError> {
        self.meta().error.as_ref()
    }

    /// Why no events keep the list fresh, if the channel is to blame: the server refuses it, or it
    /// cannot be asked for. Fetches go on all the same.
    #[must_use]
    pub const fn channel_error(&self) -> Option<&ChannelError> {
        self.view.channel_error.as_ref()
    }

    /// Why the last event could not be read; `None` again after one that could.
    #[must_use]
    pub fn event_error(&self) -> Option<&DecodeError> {
        self.meta().event_error.as_ref()
    }

    /// Whether there is data.
    #[must_use]
    pub fn status(&self) -> QueryStatus {
        self.meta().status
    }

    /// What the fetcher is doing.
    #[must_use]
    pub fn fetch_status(&self) -> FetchStatus {
        self.meta().fetch_status
    }

    /// Whether the list is, or may be, out of date.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.meta().is_stale
    }

    /// Whether events keep the list fresh, with nothing missing.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.meta().is_live
    }

    /// How the subscription stands that is to keep the list fresh.
    /// [`Liveness::Unknown`]: it was asked for, and neither an answer nor an event has come.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.meta().liveness
    }

    /// How the last (re)subscription turned out: nothing missed, so many events recovered, or a gap,
    /// which one fetch heals. Read at the call; `None` before the first.
    #[must_use]
    pub fn recovery(&self) -> Option<Continuity> {
        let look = |client: &Client| client.recovery(self.list.key());
        self.client.read(look).flatten()
    }

    /// The list's key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        self.list.key()
    }

    /// Fetches the list again now.
    pub fn refetch(&self) {
        self.client.refetch(self.key());
    }

    /// [`refetch`](Self::refetch) as a callback that is the same in every render of one key.
    #[must_use]
    pub fn refetch_callback(&self) -> Callback<()> {
        self.refetch.clone()
    }

    /// Marks the list, and all whose keys begin with its key, as out of date.
    pub fn invalidate(&self) {
        self.client.invalidate(self.key());
    }

    /// Shows `items` as if they had been fetched; says whether anyone observes the list, as
    /// nothing is kept otherwise.
    ///
    /// # Errors
    ///
    /// If the key holds another type by now.
    pub fn set_data(&self, items: Vec<T>) -> Result<bool, QueryError> {
        self.client.set_list(self.key(), items)
    }

    const fn meta(&self) -> &QueryMeta {
        &self.view.meta
    }
}

impl<T: ListItem> Clone for UseRealtimeListHandle<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            list: self.list.clone(),
            items: self.items.clone(),
            view: self.view.clone(),
            refetch: self.refetch.clone(),
        }
    }
}

impl<T: ListItem> PartialEq for UseRealtimeListHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client && self.list == other.list && self.view == other.view
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeListHandle<T> {}

impl<T: ListItem + fmt::Debug> fmt::Debug for UseRealtimeListHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListHandle")
            .field("key", self.key())
            .field("items", &self.items)
            .field("meta", self.meta())
            .finish_non_exhaustive()
    }
}

impl<'a, T: ListItem> IntoIterator for &'a UseRealtimeListHandle<T> {
    type Item = &'a Rc<T>;
    type IntoIter = realtime_core::list::ListIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
