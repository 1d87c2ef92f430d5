//! What the query hooks return.

use super::View;
use crate::client::RealtimeClient;
use realtime_core::{
    ChannelError, Client, Continuity, DecodeError, FetchStatus, ItemState, Liveness, QueryError,
    QueryKey, QueryMeta, QueryStatus,
};
use std::{fmt, marker::PhantomData, rc::Rc, time::Duration};
use yew::{Callback, html::ImplicitClone};

/// One record, from [`use_realtime_query`](crate::use_realtime_query) and its kin. `T` is what the
/// cache holds, `S` what this hook selects of it.
///
/// Reading shows what was there at the render; commands work at any time, also after the component
/// has unmounted.
pub struct UseRealtimeQueryHandle<T, S = T> {
    client: RealtimeClient,
    key: QueryKey,
    view: View<S>,
    refetch: Callback<()>,
    record: PhantomData<fn() -> T>,
}

impl<T, S> UseRealtimeQueryHandle<T, S> {
    const fn new_with(
        client: RealtimeClient,
        key: QueryKey,
        view: View<S>,
        refetch: Callback<()>,
    ) -> Self {
        Self {
            client,
            key,
            view,
            refetch,
            record: PhantomData,
        }
    }

    pub(super) fn new(
        client: &RealtimeClient,
        key: &QueryKey,
        view: View<S>,
        refetch: Callback<()>,
    ) -> Self {
        Self::new_with(client.clone(), key.clone(), view, refetch)
    }

    /// The data, if there is some. A value that did not change keeps its pointer.
    #[must_use]
    pub fn data(&self) -> Option<Rc<S>> {
        self.view.data.clone()
    }

    /// How the record stands between us and the server: whether an edit of it is on its way, or has
    /// failed and is kept.
    #[must_use]
    pub const fn state(&self) -> &ItemState {
        &self.view.state
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

    /// Why the last fetch failed for good, or why the record cannot be observed. There may be
    /// data all the same, of before.
    #[must_use]
    pub fn error(&self) -> Option<&QueryError> {
        self.meta().error.as_ref()
    }

    /// Why no events keep the record fresh, if the channel is to blame: the server refuses it, or it
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

    /// Whether the data is, or may be, out of date.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.meta().is_stale
    }

    /// Whether events keep the data fresh, with nothing missing.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.meta().is_live
    }

    /// How the subscription stands that is to keep the record fresh.
    /// [`Liveness::Unknown`]: it was asked for, and neither an answer nor an event has come.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.meta().liveness
    }

    /// How the last (re)subscription turned out: nothing missed, so many events recovered, or a gap,
    /// which one fetch heals. Read at the call; `None` before the first.
    #[must_use]
    pub fn recovery(&self) -> Option<Continuity> {
        let look = |client: &Client| client.recovery(&self.key);
        self.client.read(look).flatten()
    }

    /// How long ago the data last changed or was confirmed, as of now and not of the render.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let updated_at = self
            .client
            .read(|client| client.query_meta(&self.key)?.updated_at)
            .flatten()?;
        Some(self.client.now().saturating_since(updated_at))
    }

    /// The record's key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        &self.key
    }

    /// Fetches the record again now.
    pub fn refetch(&self) {
        self.client.refetch(&self.key);
    }

    /// [`refetch`](Self::refetch) as a callback that is the same in every render of one key.
    #[must_use]
    pub fn refetch_callback(&self) -> Callback<()> {
        self.refetch.clone()
    }

    /// Marks the record, and all whose keys begin with its key, as out of date.
    pub fn invalidate(&self) {
        self.client.invalidate(&self.key);
    }

    /// Shows `data` as if it had been fetched; says whether anyone observes the record, as nothing
    /// is kept otherwise.
    ///
    /// # Errors
    ///
    /// If the key holds another type by now.
    pub fn set_data(&self, data: T) -> Result<bool, QueryError>
    where
        T: PartialEq + 'static,
    {
        self.client.set_data(&self.key, data)
    }

    const fn meta(&self) -> &QueryMeta {
        &self.view.meta
    }
}

impl<T, S> Clone for UseRealtimeQueryHandle<T, S> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            key: self.key.clone(),
            view: self.view.clone(),
            refetch: self.refetch.clone(),
            record: PhantomData,
        }
    }
}

impl<T, S: PartialEq> PartialEq for UseRealtimeQueryHandle<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client && self.key == other.key && self.view == other.view
    }
}

impl<T, S> ImplicitClone for UseRealtimeQueryHandle<T, S> {}

impl<T, S: fmt::Debug> fmt::Debug for UseRealtimeQueryHandle<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeQueryHandle")
            .field("key", &self.key)
            .field("data", &self.view.data)
            .field("meta", &self.view.meta)
            .finish_non_exhaustive()
    }
}
