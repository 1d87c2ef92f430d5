//! Observers: what hooks hold while they are mounted.

use super::RealtimeClient;
use crate::runtime::{FetcherSlot, Registration, Subscription};
use realtime_core::{Client, EntryId, Instant, ObserverId, QueryError, QueryKey};
use std::rc::Rc;

/// Does something when it is dropped: gives back what a hook had taken.
#[must_use = "dropping it gives back what it holds"]
pub(crate) struct Lease(Option<Box<dyn FnOnce()>>);

impl Lease {
    pub(crate) fn new(give_back: impl FnOnce() + 'static) -> Self {
        Self(Some(Box::new(give_back)))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(give_back) = self.0.take() {
            give_back();
        }
    }
}

/// A hook's interest in one key: an observer in the core, and a fetcher for it here.
#[must_use = "dropping it ends the interest"]
pub(crate) struct Observer {
    client: RealtimeClient,
    key: QueryKey,
    observer: ObserverId,
    entry: Option<EntryId>,
    _fetcher: Registration,
}

impl Observer {
    pub(crate) fn key(&self) -> &QueryKey {
        &self.key
    }

    pub(crate) fn client(&self) -> &RealtimeClient {
        &self.client
    }

    /// The entry of the key; `None` only if the cache has let it go at once.
    pub(crate) fn entry(&self) -> Option<EntryId> {
        self.entry
    }

    /// Pauses the observer, or lets it go on.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        let observer = self.observer;
        self.client
            .runtime()
            .post(move |client, now| client.set_enabled(now, observer, enabled));
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        let observer = self.observer;
        self.client
            .runtime()
            .post(move |client, now| client.unobserve(now, observer));
    }
}

impl RealtimeClient {
    /// Observes `key` by way of `observe`, with `fetcher` to fetch it.
    pub(crate) fn observe(
        &self,
        key: &QueryKey,
        fetcher: FetcherSlot,
        observe: &dyn Fn(&mut Client, Instant) -> Result<ObserverId, QueryError>,
    ) -> Result<Observer, QueryError> {
        // First the fetcher: observing may start a fetch before it returns.
        let registration = self.runtime().fetches().register(key.clone(), fetcher);
        let (observer, entry) = self
            .runtime()
            .run(|client, now| {
                let observer = observe(client, now)?;
                Ok((observer, client.entry(key)))
            })
            .unwrap_or(Err(QueryError::Busy))?;
        self.runtime().announce_entry(key);
        Ok(Observer {
            client: self.clone(),
            key: key.clone(),
            observer,
            entry,
            _fetcher: registration,
        })
    }

    /// Calls `call` whenever somebody begins to observe `key`, whose entry may be a new one then.
    pub(crate) fn on_observed(&self, key: &QueryKey, call: Rc<dyn Fn()>) -> Subscription<QueryKey> {
        self.runtime().subscribe_entry(key.clone(), call)
    }
}
