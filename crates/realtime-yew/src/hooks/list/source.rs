//! What [`use_realtime_list_source`](crate::use_realtime_list_source) returns.

use super::{ListRef, UseRealtimeListHandle};
use realtime_core::{ChannelError, ListItem, Liveness, QueryError, QueryKey, QueryStatus};
use std::fmt;
use yew::{Callback, html::ImplicitClone};

/// A list that is kept fresh for others, from
/// [`use_realtime_list_source`](crate::use_realtime_list_source): how it stands, but not what is in
/// it.
pub struct UseRealtimeListSourceHandle<T: ListItem>(UseRealtimeListHandle<T>);

impl<T: ListItem> UseRealtimeListSourceHandle<T> {
    pub(in crate::hooks) const fn new(list: UseRealtimeListHandle<T>) -> Self {
        Self(list)
    }

    /// Names the list, for the components and hooks that show it.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.0.list_ref()
    }

    /// There is no data yet, but it is on its way: time for a spinner.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.0.is_loading()
    }

    /// There is data, and newer is on its way.
    #[must_use]
    pub fn is_refetching(&self) -> bool {
        self.0.is_refetching()
    }

    /// Why the last fetch failed for good, or why the list cannot be observed. There may be rows
    /// all the same, of before.
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

impl<T: ListItem> Clone for UseRealtimeListSourceHandle<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ListItem> PartialEq for UseRealtimeListSourceHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeListSourceHandle<T> {}

impl<T: ListItem> fmt::Debug for UseRealtimeListSourceHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListSourceHandle")
            .field("key", self.key())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
