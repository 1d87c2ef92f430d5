//! What the query hooks share: their options, their handle, and how they watch one record.

mod handle;
mod options;

pub use handle::UseRealtimeQueryHandle;
pub use options::UseRealtimeQueryOptions;

use super::{channel_access::ChannelAccess, refusal::Refusal};
use crate::{
    client::{Observation, RealtimeClient},
    fetcher::{Fetcher, RunFetch},
    provider::use_realtime_client,
    runtime::FetcherSlot,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    ChannelError, ChannelName, FetchStatus, ItemState, QueryError, QueryKey, QueryMeta,
    QueryStatus, SubscribeOptions, Topic,
};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

/// A hook's observation, kept apart from its effect: a suspended component has no effects, but
/// observes all the same.
pub(super) type ObservationSlot = Rc<RefCell<Option<Observation>>>;

/// Why the cache would not have a query.
pub(super) type RefusalSlot = Rc<Refusal<QueryKey, QueryError>>;

/// What a query hook keeps from render to render, beside its snapshot.
pub(super) struct Slots {
    pub(super) observation: ObservationSlot,
    pub(super) refused: RefusalSlot,
    pub(super) access: Rc<ChannelAccess>,
}

#[hook]
pub(super) fn use_slots() -> Slots {
    Slots {
        observation: use_mut_ref(|| None),
        refused: use_memo((), |()| Refusal::default()),
        access: use_memo((), |()| ChannelAccess::default()),
    }
}

/// What one render of a query shows.
pub(super) struct View<S> {
    pub(super) data: Option<Rc<S>>,
    pub(super) state: ItemState,
    pub(super) meta: QueryMeta,
    pub(super) channel_error: Option<ChannelError>,
}

impl<S> Clone for View<S> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
            state: self.state.clone(),
            meta: self.meta.clone(),
            channel_error: self.channel_error.clone(),
        }
    }
}

/// Whether a user can tell the two apart. When the data was last confirmed and how often the
/// fetch has failed so far is no reason to render.
impl<S: PartialEq> PartialEq for View<S> {
    fn eq(&self, other: &Self) -> bool {
        let same_data = match (&self.data, &other.data) {
            (Some(one), Some(two)) => Rc::ptr_eq(one, two) || one == two,
            (None, None) => true,
            _ => false,
        };
        same_data
            && self.state == other.state
            && same_meta(&self.meta, &other.meta)
            && self.channel_error == other.channel_error
    }
}

/// As [`View`]'s equality says, of the state alone.
pub(super) fn same_meta(one: &QueryMeta, two: &QueryMeta) -> bool {
    one.status == two.status
        && one.fetch_status == two.fetch_status
        && one.is_stale == two.is_stale
        && one.is_live == two.is_live
        && one.liveness == two.liveness
        && one.error == two.error
        && one.event_error == two.event_error
}

/// The state of a query that the cache knows nothing of: the first render, or a server's.
pub(super) fn unknown_meta(enabled: bool, has_data: bool, error: Option<QueryError>) -> QueryMeta {
    let mut meta = QueryMeta::default();
    meta.status = match (has_data, &error) {
        (true, _) => QueryStatus::Success,
        (false, Some(_)) => QueryStatus::Error,
        (false, None) => QueryStatus::Pending,
    };
    if enabled && error.is_none() {
        // It is about to be, as soon as the component has mounted.
        meta.fetch_status = FetchStatus::Fetching;
    }
    meta.is_stale = true;
    meta.error = error;
    meta
}

/// A place for the newest fetcher: every render puts its own in.
#[hook]
pub(super) fn use_fetcher_slot(run: RunFetch) -> FetcherSlot {
    let slot = use_mut_ref(|| Rc::clone(&run));
    let old = slot.replace(run);
    drop(old);
    slot
}

/// Observes unless `slot` does so already, and drops the observation of another key.
pub(super) fn observe_into(
    slot: &RefCell<Option<Observation>>,
    client: &RealtimeClient,
    key: &QueryKey,
    observe: impl FnOnce() -> Result<Observation, QueryError>,
) -> Result<(), QueryError> {
    let kept = slot
        .borrow()
        .as_ref()
        .is_some_and(|kept| kept.key() == key && kept.client() == client);
    if kept {
        return Ok(());
    }
    let new = observe();
    let (new, result) = match new {
        Ok(new) => (Some(new), Ok(())),
        Err(error) => (None, Err(error)),
    };
    let old = slot.replace(new);
    drop(old);
    result
}

/// Everything a query hook needs to observe its record.
pub(super) struct RecordQuery<T> {
    pub(super) client: RealtimeClient,
    pub(super) key: QueryKey,
    pub(super) options: UseRealtimeQueryOptions<T>,
    pub(super) fetcher: FetcherSlot,
    pub(super) slot: ObservationSlot,
    pub(super) refused: RefusalSlot,
    pub(super) access: Rc<ChannelAccess>,
}

impl<T> Clone for RecordQuery<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            key: self.key.clone(),
            options: self.options.clone(),
            fetcher: Rc::clone(&self.fetcher),
            slot: Rc::clone(&self.slot),
            refused: Rc::clone(&self.refused),
            access: Rc::clone(&self.access),
        }
    }
}

impl<T: PartialEq + 'static> RecordQuery<T> {
    /// What a render shows now.
    pub(super) fn view<S>(&self, select: impl Fn(&Rc<T>) -> Rc<S>) -> View<S> {
        let known = self.client.read(|client| {
            (
                client.record::<T>(&self.key),
                client.query_state::<T>(&self.key),
                client.query_meta(&self.key).cloned(),
                client.channel_error(&self.key),
            )
        });
        let (record, state, meta, refusal) = known.unwrap_or((None, ItemState::Synced, None, None));
        // Until the effect has put it into the cache, and for ever on a server.
        let data = record.or_else(|| self.options.initial_data());
        let refused = self.refused.of(&self.key);
        let meta = match (meta, refused) {
            (Some(meta), None) if meta.status != QueryStatus::Pending || data.is_none() => meta,
            (_, refused) => unknown_meta(self.options.is_enabled(), data.is_some(), refused),
        };
        View {
            data: data.as_ref().map(select),
            state,
            meta,
            channel_error: self.access.error().or(refusal),
        }
    }

    /// Observes the record, and calls `changed` whenever it may be another.
    pub(super) fn attach(&self, changed: Rc<dyn Fn()>) -> Held {
        self.refused.set(&self.key, self.observe().err());
        let entry = self.slot.borrow().as_ref().and_then(Observation::entry);
        let subscription =
            entry.map(|entry| self.client.subscribe(vec![Topic::Query(entry)], changed));
        Box::new(subscription)
    }

    /// Observes the record, unless that is done already.
    pub(super) fn observe(&self) -> Result<(), QueryError> {
        let (channel, subscribe) = self.options.subscription();
        let enabled = self.options.is_enabled();
        self.access.hold(&self.client, channel, subscribe, enabled);
        observe_into(&self.slot, &self.client, &self.key, || {
            let defaults = self.client.runtime().app().query_defaults;
            let options = self.options.query_options(defaults);
            let spec = self.options.spec();
            self.client
                .observe(&self.key, Rc::clone(&self.fetcher), |client, now| {
                    client.observe_record(now, &self.key, spec, &options)
                })
        })
    }
}

/// Watches one record: what all query hooks do.
#[hook]
pub(super) fn use_record<T, S, R>(
    key: QueryKey,
    fetcher: Fetcher<T>,
    options: UseRealtimeQueryOptions<T>,
    slots: Slots,
    select: R,
) -> (RecordQuery<T>, UseRealtimeQueryHandle<T, S>)
where
    T: PartialEq + 'static,
    S: PartialEq + 'static,
    R: Fn(&Rc<T>) -> Rc<S> + 'static,
{
    let client = use_realtime_client();
    let enabled = options.is_enabled();
    let query = RecordQuery {
        fetcher: use_fetcher_slot(fetcher.into_run()),
        refused: slots.refused,
        slot: Rc::clone(&slots.observation),
        access: Rc::clone(&slots.access),
        client,
        key,
        options,
    };
    let (channel, subscribe) = query.options.subscription();
    let wish = (channel.cloned(), subscribe.clone());
    let view = {
        let reader = query.clone();
        let source = query.clone();
        let deps = (query.key.clone(), query.options.bindings(), wish.clone());
        use_snapshot(
            &query.client,
            deps,
            move || reader.view(&select),
            move |changed| source.attach(changed),
        )
    };
    use_pausing(
        &query.client,
        &query.key,
        wish,
        enabled,
        (slots.observation, slots.access),
    );
    let refetch = use_refetch(&query.client, &query.key);
    let handle = UseRealtimeQueryHandle::new(&query.client, &query.key, view, refetch);
    (query, handle)
}

/// Pauses the observation and the access to the channel while `enabled` is false, and ends both
/// when the component unmounts.
#[hook]
pub(super) fn use_pausing(
    client: &RealtimeClient,
    key: &QueryKey,
    wish: (Option<ChannelName>, SubscribeOptions),
    enabled: bool,
    held: (ObservationSlot, Rc<ChannelAccess>),
) {
    let (slot, access) = held;
    let deps = (client.clone(), key.clone(), wish, enabled);
    use_effect_with(deps, {
        let (slot, access) = (Rc::clone(&slot), Rc::clone(&access));
        move |(client, _, (channel, subscribe), enabled)| {
            access.hold(client, channel.as_ref(), subscribe, *enabled);
            if let Some(observation) = &*slot.borrow() {
                observation.set_enabled(*enabled);
            }
        }
    });
    use_effect_with((), move |()| {
        move || {
            let gone = slot.borrow_mut().take();
            drop(gone);
            access.release();
        }
    });
}

/// A callback that fetches `key` again, the same in every render.
#[hook]
pub(super) fn use_refetch(client: &RealtimeClient, key: &QueryKey) -> Callback<()> {
    let refetch = use_memo((client.clone(), key.clone()), |(client, key)| {
        let (client, key) = (client.clone(), key.clone());
        Callback::from(move |()| client.refetch(&key))
    });
    (*refetch).clone()
}
