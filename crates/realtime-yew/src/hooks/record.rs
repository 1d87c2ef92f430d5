//! Record: what the hooks of one share, which are its options, its handle, and how it is watched.

mod handle;
mod options;

pub use handle::UseRealtimeQueryHandle;
pub use options::UseRealtimeQueryOptions;

use super::{
    observation::{Observation, use_pausing},
    query_handle::{Standing, use_query_handle},
};
use crate::{
    client::RealtimeClient,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{Client, EntryId, ItemState, QueryKey, Topic};
use std::rc::Rc;
use yew::prelude::*;

/// What one render of a record shows.
pub(super) struct RecordRender<S> {
    pub(super) data: Option<Rc<S>>,
    state: ItemState,
    pub(super) standing: Standing,
}

impl<S> Clone for RecordRender<S> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
            state: self.state.clone(),
            standing: self.standing.clone(),
        }
    }
}

impl<S: PartialEq> PartialEq for RecordRender<S> {
    fn eq(&self, other: &Self) -> bool {
        let same_data = match (&self.data, &other.data) {
            (Some(one), Some(two)) => Rc::ptr_eq(one, two) || one == two,
            (None, None) => true,
            _ => false,
        };
        same_data && self.state == other.state && self.standing == other.standing
    }
}

/// A record as one render asks for it.
pub(super) struct RecordQuery<T, S> {
    pub(super) client: RealtimeClient,
    pub(super) key: QueryKey,
    pub(super) options: UseRealtimeQueryOptions<T, S>,
    pub(super) observation: Rc<Observation>,
    /// Whether it is shown from the cache in the first pass over a page, too.
    pub(super) is_first: bool,
}

impl<T: PartialEq + 'static, S> RecordQuery<T, S> {
    /// What a render shows now.
    pub(super) fn render(&self) -> RecordRender<S> {
        let look = |client: &Client| {
            (
                client.record::<T>(&self.key),
                client.query_state::<T>(&self.key),
            )
        };
        let known = self.client.read_in_pass(self.is_first, look);
        let (record, state) = known.unwrap_or((None, ItemState::Synced));
        // Until the effect has put it into the cache, and for ever on a server.
        let data = record.or_else(|| self.options.initial_data());
        let source = self.options.source();
        let standing = (self.observation).standing(
            &self.client,
            &self.key,
            source,
            data.is_some(),
            self.is_first,
        );
        RecordRender {
            data: data.as_ref().map(|data| self.options.select(data)),
            state,
            standing,
        }
    }

    /// Observes the record, unless that is done already.
    pub(super) fn observe(&self) -> Option<EntryId> {
        let source = self.options.source();
        (self.observation).begin(&self.client, &self.key, source, &|client, now, options| {
            client.observe_record(now, &self.key, self.options.spec(), options)
        })
    }

    /// Observes the record, and calls `changed` whenever it may be another.
    fn attach(&self, changed: Rc<dyn Fn()>) -> Held {
        let topic = self.observe().map(|entry| vec![Topic::Query(entry)]);
        Box::new(topic.map(|topic| self.client.subscribe(topic, changed)))
    }
}

/// Watches one record: what all query hooks do.
#[hook]
pub(super) fn use_record<T, S>(
    query: RecordQuery<T, S>,
) -> (Rc<RecordQuery<T, S>>, UseRealtimeQueryHandle<T, S>)
where
    T: PartialEq + 'static,
    S: PartialEq + 'static,
{
    let query = Rc::new(query);
    let source = query.options.source();
    let render = {
        let (reader, observed) = (Rc::clone(&query), Rc::clone(&query));
        let deps = (
            query.key.clone(),
            query.options.bindings(),
            source.subscription(),
        );
        let read = move || reader.render();
        use_snapshot(&query.client, deps, read, move |changed| {
            observed.attach(changed)
        })
    };
    use_pausing(&query.observation, &query.client, &query.key, source);
    let handle = use_query_handle(query.client.clone(), query.key.clone(), render.standing);
    let handle = UseRealtimeQueryHandle::new(handle, render.data, render.state);
    (query, handle)
}
