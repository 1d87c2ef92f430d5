//! What [`use_realtime_list_order`](crate::use_realtime_list_order) returns.

use super::{ListRef, UseRealtimeListHandle};
use realtime_core::{ChannelError, ListItem, Liveness, QueryError, QueryKey, QueryStatus};
use std::fmt;
use yew::{Callback, html::ImplicitClone, virtual_dom::Key};

/// A list's order, from [`use_realtime_list_order`](crate::use_realtime_list_order): which rows
/// there are, but not what is in them.
pub struct UseRealtimeListOrderHandle<T: ListItem>(UseRealtimeListHandle<T>);

impl<T: ListItem> UseRealtimeListOrderHandle<T> {
    pub(in crate::hooks) const fn new(list: UseRealtimeListHandle<T>) -> Self {
        Self(list)
    }

    /// The rows' ids, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = T::Id> + ExactSizeIterator {
        self.0.ids()
    }

    /// The ids of the rows at these ranks, in order; ranks past the end are left out. For a window
    /// into a long list.
    pub fn ids_in(&self, ranks: std::ops::Range<usize>) -> Vec<T::Id> {
        self.0.items().range(ranks).map(|item| item.id()).collect()
    }

    /// What to give the row `id` as key: the same for the row's whole life, also when the server
    /// names a row that was made under a temporary id.
    #[must_use]
    pub fn row_key(&self, id: &T::Id) -> Key {
        self.0.row_key(id)
    }

    /// Names the list, for [`use_realtime_item`](crate::use_realtime_item) in its rows.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.0.list_ref()
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no rows, or none yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// There is no data yet, but it is on its way: time for a spinner.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.0.is_loading()
    }

    /// Why the last fetch failed for good, or why the list cannot be observed.
    #[must_use]
    pub fn error(&self) -> Option<&QueryError> {
        self.0.error()
    }

    /// Why no events keep the list fresh, if the channel is to blame: the server refuses it, or it
    /// cannot be asked for. Fetches go on all the same.
    #[must_use]
    pub fn channel_error(&self) -> Option<&ChannelError> {
        self.0.channel_error()
    }

    /// Whether there is data.
    #[must_use]
    pub fn status(&self) -> QueryStatus {
        self.0.status()
    }

    /// Whether events keep the list fresh, with nothing missing.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// How the subscription stands that is to keep the list fresh.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.0.liveness()
    }

    /// The list's key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        self.0.key()
    }

    /// Fetches the list again now.
    pub fn refetch(&self) {
        self.0.refetch();
    }

    /// [`refetch`](Self::refetch) as a callback that is the same in every render of one key.
    #[must_use]
    pub fn refetch_callback(&self) -> Callback<()> {
        self.0.refetch_callback()
    }

    /// Marks the list, and all whose keys begin with its key, as out of date.
    pub fn invalidate(&self) {
        self.0.invalidate();
    }
}

impl<T: ListItem> Clone for UseRealtimeListOrderHandle<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ListItem> PartialEq for UseRealtimeListOrderHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeListOrderHandle<T> {}

impl<T: ListItem> fmt::Debug for UseRealtimeListOrderHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListOrderHandle")
            .field("key", self.key())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
