//! What the list hooks share: how they watch one list, whole or by its order.

mod handle;
mod options;
mod order;
mod reference;
mod source;
mod view;

pub use handle::UseRealtimeListHandle;
pub use options::UseRealtimeListOptions;
pub use order::UseRealtimeListOrderHandle;
pub use reference::ListRef;
pub use source::UseRealtimeListSourceHandle;
pub use view::UseRealtimeListViewHandle;
pub(super) use view::ViewKeeper;

use super::channel_access::ChannelAccess;
use super::record::{
    ObservationSlot, RefusalSlot, observe_into, same_meta, unknown_meta, use_fetcher_slot,
    use_pausing, use_refetch, use_slots,
};
use crate::{
    client::{Observation, RealtimeClient},
    fetcher::Fetcher,
    provider::use_realtime_client,
    runtime::FetcherSlot,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    ChannelError, EntryId, ItemState, ListItem, ListSnapshot, QueryError, QueryKey, QueryMeta,
    QueryStatus, Topic,
};
use std::rc::Rc;
use yew::prelude::*;

/// What of a list a component shows, and so what makes it render again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every row.
    Rows,
    /// Which rows there are, and in which order.
    Order,
    /// Whether there is data, and how the list stands.
    Status,
}

/// What one render of a list shows.
pub(super) struct ListView<T: ListItem> {
    depth: Depth,
    entry: Option<EntryId>,
    order_version: u64,
    items: Option<ListSnapshot<T>>,
    /// The rows that wait for the server, where every row is shown.
    states: Vec<(T::Id, ItemState)>,
    meta: QueryMeta,
    channel_error: Option<ChannelError>,
}

impl<T: ListItem> Clone for ListView<T> {
    fn clone(&self) -> Self {
        Self {
            depth: self.depth,
            entry: self.entry,
            order_version: self.order_version,
            items: self.items.clone(),
            states: self.states.clone(),
            meta: self.meta.clone(),
            channel_error: self.channel_error.clone(),
        }
    }
}

impl<T: ListItem> PartialEq for ListView<T> {
    fn eq(&self, other: &Self) -> bool {
        let same_rows = match self.depth {
            Depth::Status => self.items.is_some() == other.items.is_some(),
            Depth::Order if self.entry.is_some() => self.order_version == other.order_version,
            _ => match (&self.items, &other.items) {
                (Some(one), Some(two)) => one.ptr_eq(two),
                (None, None) => true,
                _ => false,
            },
        };
        self.entry == other.entry
            && same_rows
            && self.states == other.states
            && same_meta(&self.meta, &other.meta)
            && self.channel_error == other.channel_error
    }
}

/// Everything a list hook needs to observe its list.
struct ListQuery<T: ListItem> {
    client: RealtimeClient,
    key: QueryKey,
    options: UseRealtimeListOptions<T>,
    initial: Option<ListSnapshot<T>>,
    fetcher: FetcherSlot,
    slot: ObservationSlot,
    refused: RefusalSlot,
    access: Rc<ChannelAccess>,
}

impl<T: ListItem> Clone for ListQuery<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            key: self.key.clone(),
            options: self.options.clone(),
            initial: self.initial.clone(),
            fetcher: Rc::clone(&self.fetcher),
            slot: Rc::clone(&self.slot),
            refused: Rc::clone(&self.refused),
            access: Rc::clone(&self.access),
        }
    }
}

impl<T: ListItem> ListQuery<T> {
    fn view(&self, depth: Depth) -> ListView<T> {
        let known = self.client.read(|client| {
            (
                client.entry(&self.key),
                client.order_version(&self.key),
                client.list::<T>(&self.key),
                match depth {
                    Depth::Rows => client.item_states::<T>(&self.key),
                    Depth::Order | Depth::Status => Vec::new(),
                },
                client.query_meta(&self.key).cloned(),
                client.channel_error(&self.key),
            )
        });
        let (entry, order_version, list, states, meta, refusal) = known.unwrap_or_default();
        let items = list.or_else(|| self.initial.clone());
        let refused = self.refused.of(&self.key);
        let meta = match (meta, refused) {
            (Some(meta), None) if meta.status != QueryStatus::Pending || items.is_none() => meta,
            (_, refused) => unknown_meta(self.options.is_enabled(), items.is_some(), refused),
        };
        ListView {
            depth,
            entry,
            order_version,
            items,
            states,
            meta,
            channel_error: self.access.error().or(refusal),
        }
    }

    fn attach(&self, depth: Depth, changed: Rc<dyn Fn()>) -> Held {
        self.refused.set(&self.key, self.observe().err());
        let entry = self.slot.borrow().as_ref().and_then(Observation::entry);
        let subscription = entry.map(|entry| {
            let topic = match depth {
                Depth::Rows => Topic::Query(entry),
                Depth::Order | Depth::Status => Topic::Order(entry),
            };
            self.client.subscribe(vec![topic], changed)
        });
        Box::new(subscription)
    }

    fn observe(&self) -> Result<(), QueryError> {
        let (channel, subscribe) = self.options.subscription();
        let enabled = self.options.is_enabled();
        self.access.hold(&self.client, channel, subscribe, enabled);
        observe_into(&self.slot, &self.client, &self.key, || {
            let defaults = self.client.runtime().app().query_defaults;
            let options = self.options.query_options(defaults);
            let spec = self.options.spec();
            self.client
                .observe(&self.key, Rc::clone(&self.fetcher), |client, now| {
                    client.observe_list(now, &self.key, spec, &options)
                })
        })
    }
}

/// Watches one list: what the list hooks do.
#[hook]
pub(super) fn use_list<T>(
    key: QueryKey,
    fetcher: Fetcher<Vec<T>>,
    options: UseRealtimeListOptions<T>,
    depth: Depth,
) -> UseRealtimeListHandle<T>
where
    T: ListItem,
{
    let client = use_realtime_client();
    let enabled = options.is_enabled();
    let slots = use_slots();
    // Sorted once for each key, not in each render.
    let initial = use_memo(key.clone(), |_| options.initial_snapshot());
    let query = ListQuery {
        fetcher: use_fetcher_slot(fetcher.into_run()),
        refused: slots.refused,
        slot: Rc::clone(&slots.observation),
        access: Rc::clone(&slots.access),
        initial: (*initial).clone(),
        client,
        key,
        options,
    };
    let (channel, subscribe) = query.options.subscription();
    let wish = (channel.cloned(), subscribe.clone());
    let view = {
        let reader = query.clone();
        let source = query.clone();
        let deps = (query.key.clone(), query.options.binding(), wish.clone());
        use_snapshot(
            &query.client,
            deps,
            move || reader.view(depth),
            move |changed| source.attach(depth, changed),
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
    let list = ListRef::new(query.key, query.initial);
    UseRealtimeListHandle::new(query.client, list, view, refetch)
}
