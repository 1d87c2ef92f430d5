//! Observation of one key by one hook: what the hooks of records and of lists are made of.

use super::{
    channel_access::{ChannelAccess, ChannelTerms},
    query_handle::Standing,
    refusal::Refusal,
};
use crate::{
    client::{Observer, RealtimeClient},
    fetcher::RunFetch,
    runtime::FetcherSlot,
};
use realtime_core::{
    ChannelName, Client, EntryId, FetchStatus, Instant, ObserverId, QueryError, QueryKey,
    QueryMeta, QueryOptions, QueryStatus, SubscribeOptions,
};
use std::{cell::RefCell, rc::Rc, time::Duration};
use yew::prelude::*;

/// What the options of a record and of a list have in common.
#[derive(Clone, Debug)]
pub(super) struct SourceOptions {
    pub(super) channel: Option<ChannelName>,
    pub(super) subscribe: ChannelTerms,
    pub(super) query: Option<QueryOptions>,
    pub(super) stale_time: Option<Duration>,
    pub(super) enabled: bool,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            channel: None,
            subscribe: ChannelTerms::default(),
            query: None,
            stale_time: None,
            enabled: true,
        }
    }
}

impl SourceOptions {
    /// The channel, and what it is asked for with: others mean to observe anew.
    pub(super) fn subscription(&self) -> (Option<ChannelName>, SubscribeOptions) {
        (self.channel.clone(), self.subscribe.options().clone())
    }

    fn query_options(&self, defaults: QueryOptions) -> QueryOptions {
        let mut options = self.query.unwrap_or(defaults);
        options.enabled &= self.enabled;
        options.stale_time = self.stale_time.unwrap_or(options.stale_time);
        options
    }
}

/// What a hook keeps of its key from render to render, apart from its effects: a suspended
/// component has none, but observes all the same.
pub(super) struct Observation {
    /// The newest: every render puts its own in.
    fetcher: FetcherSlot,
    observer: RefCell<Option<Observer>>,
    /// Why the cache would not have the key.
    refused: Refusal<QueryKey, QueryError>,
    access: ChannelAccess,
}

impl Observation {
    /// The observation of this component, with its newest fetcher.
    fn new(run: &RunFetch) -> Self {
        Self {
            fetcher: Rc::new(RefCell::new(Rc::clone(run))),
            observer: RefCell::default(),
            refused: Refusal::default(),
            access: ChannelAccess::default(),
        }
    }

    /// Observes `key`, unless that is done already, and drops the observer of another key. Gives the
    /// key's entry, if it is observed.
    pub(super) fn begin(
        &self,
        client: &RealtimeClient,
        key: &QueryKey,
        source: &SourceOptions,
        observe: &dyn Fn(&mut Client, Instant, &QueryOptions) -> Result<ObserverId, QueryError>,
    ) -> Option<EntryId> {
        self.hold(client, source);
        let is_kept = |kept: &Observer| kept.key() == key && kept.client() == client;
        if !self.observer.borrow().as_ref().is_some_and(is_kept) {
            let mut options = source.query_options(client.runtime().app().query_defaults);
            // Nothing is subscribed there, and what is fetched is fetched before.
            options.enabled &= !client.is_on_server();
            let new = client.observe(key, Rc::clone(&self.fetcher), &|client, now| {
                observe(client, now, &options)
            });
            let (new, error) = match new {
                Ok(new) => (Some(new), None),
                Err(error) => (None, Some(error)),
            };
            let old = self.observer.replace(new);
            drop(old);
            self.refuse(key, error);
        }
        self.observer.borrow().as_ref().and_then(Observer::entry)
    }

    /// Remembers why `key` cannot be observed, if so.
    pub(super) fn refuse(&self, key: &QueryKey, error: Option<QueryError>) {
        self.refused.set(key, error);
    }

    /// Whether `key` cannot be observed.
    pub(super) fn is_refused(&self, key: &QueryKey) -> bool {
        self.refused.of(key).is_some()
    }

    /// How `key` stands in a render that `has_data`; in the first pass over a page as the server and the
    /// browser both can tell.
    pub(super) fn standing(
        &self,
        client: &RealtimeClient,
        key: &QueryKey,
        source: &SourceOptions,
        has_data: bool,
        is_first: bool,
    ) -> Standing {
        let look = |client: &Client| (client.query_meta(key).cloned(), client.channel_error(key));
        let known = client.read_in_pass(false, look);
        let is_handed_over =
            known.is_none() && is_first && has_data && client.runtime().first_pass().is_on();
        let (meta, refusal) = known.unwrap_or_default();
        let refused = self.refused.of(key);
        let meta = match (meta, refused) {
            (Some(meta), None) if meta.status != QueryStatus::Pending || !has_data => meta,
            (_, refused) => unknown_meta(source.enabled && !is_handed_over, has_data, refused),
        };
        Standing {
            meta,
            channel_error: self.access.error().or(refusal),
        }
    }

    fn hold(&self, client: &RealtimeClient, source: &SourceOptions) {
        let SourceOptions {
            channel,
            subscribe,
            enabled,
            ..
        } = source;
        let enabled = *enabled && !client.is_on_server();
        self.access
            .hold(client, channel.as_ref(), subscribe, enabled);
    }

    fn end(&self) {
        let gone = self.observer.take();
        drop(gone);
        self.access.release();
    }
}

/// The state of a query that the cache knows nothing of: the first render, or a server's.
fn unknown_meta(is_fetched: bool, has_data: bool, error: Option<QueryError>) -> QueryMeta {
    let mut meta = QueryMeta::default();
    meta.status = match (has_data, &error) {
        (true, _) => QueryStatus::Success,
        (false, Some(_)) => QueryStatus::Error,
        (false, None) => QueryStatus::Pending,
    };
    if is_fetched && error.is_none() {
        // It is about to be, as soon as the component has mounted.
        meta.fetch_status = FetchStatus::Fetching;
    }
    meta.is_stale = true;
    meta.error = error;
    meta
}

/// The observation of this component, from now on with `run` as its fetcher.
#[hook]
pub(super) fn use_observation(run: RunFetch) -> Rc<Observation> {
    let observation = use_memo((), |()| Observation::new(&run));
    let old = observation.fetcher.replace(run);
    drop(old);
    observation
}

/// Pauses the observation and the access to the channel while the options say so, and ends both
/// when the component unmounts.
#[hook]
pub(super) fn use_pausing(
    observation: &Rc<Observation>,
    client: &RealtimeClient,
    key: &QueryKey,
    source: &SourceOptions,
) {
    let deps = (
        client.clone(),
        key.clone(),
        source.subscription(),
        source.enabled,
    );
    use_effect_with(deps, {
        let (observation, source) = (Rc::clone(observation), source.clone());
        move |(client, ..)| {
            observation.hold(client, &source);
            if let Some(observer) = &*observation.observer.borrow() {
                observer.set_enabled(source.enabled);
            }
        }
    });
    use_effect_with((), {
        let observation = Rc::clone(observation);
        move |()| move || observation.end()
    });
}
