//! Query handle: what the handles of records and of lists have in common.

use crate::client::RealtimeClient;
use realtime_core::{
    ChannelError, Client, Continuity, DecodeError, FetchStatus, Liveness, QueryError, QueryKey,
    QueryMeta, QueryStatus,
};
use std::time::Duration;
use yew::prelude::*;

/// How the data of one key stands, as one render shows it.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) meta: QueryMeta,
    pub(super) channel_error: Option<ChannelError>,
}

/// Whether a user can tell the two apart. When the data was last confirmed and how often the
/// fetch has failed so far is no reason to render.
impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (&self.meta, &other.meta);
        one.status == two.status
            && one.fetch_status == two.fetch_status
            && one.is_stale == two.is_stale
            && one.is_live == two.is_live
            && one.liveness == two.liveness
            && one.error == two.error
            && one.event_error == two.event_error
            && self.channel_error == other.channel_error
    }
}

/// How the data of one key stands, and commands on it: what
/// [`UseRealtimeQueryHandle`](crate::UseRealtimeQueryHandle) and
/// [`UseRealtimeListHandle`](crate::UseRealtimeListHandle) have in common, and lend by `Deref`.
///
/// Reading shows what was there at the render; commands work at any time, also after the component
/// has unmounted.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryHandle {
    client: RealtimeClient,
    key: QueryKey,
    standing: Standing,
    refetch: Callback<()>,
}

impl QueryHandle {
    pub(super) const fn client(&self) -> &RealtimeClient {
        &self.client
    }

    const fn meta(&self) -> &QueryMeta {
        &self.standing.meta
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

    /// Why the last fetch failed for good, or why the key cannot be observed. There may be data all
    /// the same, of before.
    #[must_use]
    pub fn error(&self) -> Option<&QueryError> {
        self.meta().error.as_ref()
    }

    /// Why no events keep the data fresh, if the channel is to blame: the server refuses it, or it
    /// cannot be asked for. Fetches go on all the same.
    #[must_use]
    pub const fn channel_error(&self) -> Option<&ChannelError> {
        self.standing.channel_error.as_ref()
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

    /// How the subscription stands that is to keep the data fresh. [`Liveness::Unknown`]: it was
    /// asked for, and neither an answer nor an event has come.
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
        let look = |client: &Client| client.query_meta(&self.key)?.updated_at;
        let updated_at = self.client.read(look).flatten()?;
        Some(self.client.now().saturating_since(updated_at))
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &QueryKey {
        &self.key
    }

    /// Fetches again now.
    pub fn refetch(&self) {
        self.client.refetch(&self.key);
    }

    /// [`refetch`](Self::refetch) as a callback that is the same in every render of one key.
    #[must_use]
    pub fn refetch_callback(&self) -> Callback<()> {
        self.refetch.clone()
    }

    /// Marks the data, and all whose keys begin with its key, as out of date.
    pub fn invalidate(&self) {
        self.client.invalidate(&self.key);
    }
}

/// The handle of `key` in this render.
#[hook]
pub(super) fn use_query_handle(
    client: RealtimeClient,
    key: QueryKey,
    standing: Standing,
) -> QueryHandle {
    let refetch = use_memo((client.clone(), key.clone()), |(client, key)| {
        let (client, key) = (client.clone(), key.clone());
        Callback::from(move |()| client.refetch(&key))
    });
    QueryHandle {
        client,
        key,
        standing,
        refetch: (*refetch).clone(),
    }
}
