//! List as one render asks for it, whatever is in it, and how it is watched.

use super::{Binding, ListRender, RenderOn, UseRealtimeListOptions};
use crate::{
    client::RealtimeClient,
    hooks::{
        QueryHandle,
        observation::{Observation, SourceOptions, use_pausing},
        query_handle::use_query_handle,
    },
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    Client, Continuity, EntryId, Instant, ListItem, ObserverId, QueryError, QueryKey, QueryOptions,
    Topic, list::Rows,
};
use std::rc::Rc;
use yew::prelude::*;

type Observe =
    dyn Fn(&mut Client, Instant, &QueryKey, &QueryOptions) -> Result<ObserverId, QueryError>;

/// A list as one render asks for it, whatever is in it.
pub(in crate::hooks) struct ListQuery {
    pub(in crate::hooks) client: RealtimeClient,
    pub(in crate::hooks) key: QueryKey,
    pub(in crate::hooks) source: SourceOptions,
    binding: Binding,
    render_on: RenderOn,
    /// What is shown before the list is in the cache.
    pub(in crate::hooks) initial: Option<Rows>,
    rows: fn(&Client, &QueryKey) -> Option<Rows>,
    observe: Box<Observe>,
    pub(in crate::hooks) observation: Rc<Observation>,
    /// Whether it is shown from the cache in the first pass over a page, too.
    pub(in crate::hooks) is_first: bool,
}

/// Watches a list: what is done without its type.
#[hook]
pub(in crate::hooks) fn use_list(query: ListQuery) -> (Rc<ListQuery>, QueryHandle, ListRender) {
    let query = Rc::new(query);
    let render = {
        let (reader, observed) = (Rc::clone(&query), Rc::clone(&query));
        let deps = (query.key.clone(), query.binding.clone(), query.render_on);
        let read = move || reader.render();
        use_snapshot(&query.client, deps, read, move |changed| {
            observed.attach(changed)
        })
    };
    use_pausing(&query.observation, &query.client, &query.key, &query.source);
    let (client, key) = (query.client.clone(), query.key.clone());
    let handle = use_query_handle(client, key, render.standing.clone());
    (query, handle, render)
}

impl ListQuery {
    /// `initial` is shown before the list is in the cache.
    pub(in crate::hooks) fn new<T: ListItem>(
        client: RealtimeClient,
        key: QueryKey,
        options: UseRealtimeListOptions<T>,
        initial: Option<Rows>,
        observation: Rc<Observation>,
    ) -> Self {
        Self {
            client,
            key,
            source: options.source().clone(),
            binding: options.binding(),
            render_on: options.render_on(),
            initial,
            rows: |client, key| Some(client.list::<T>(key)?.rows().clone()),
            observe: Box::new(move |client, now, key, query| {
                client.observe_list(now, key, options.spec(), query)
            }),
            observation,
            is_first: false,
        }
    }

    /// The rows that the cache has.
    pub(in crate::hooks) fn cached(&self) -> Option<Rows> {
        let look = |client: &Client| (self.rows)(client, &self.key);
        self.client.read(look).flatten()
    }

    /// Whether the list began with a seed and nothing has confirmed it yet.
    pub(in crate::hooks) fn is_restored(&self) -> bool {
        let look = |client: &Client| client.recovery(&self.key);
        self.client.read(look).flatten() == Some(Continuity::Restored)
    }

    /// What a render shows now.
    pub(in crate::hooks) fn render(&self) -> ListRender {
        let known = self.client.read_in_pass(self.is_first, |client| {
            (
                client.entry(&self.key),
                client.order_version(&self.key),
                (self.rows)(client, &self.key),
                match self.render_on {
                    RenderOn::Rows => client.item_states(&self.key),
                    RenderOn::Order | RenderOn::Status => Vec::new(),
                },
            )
        });
        let (entry, order_version, rows, states) = known.unwrap_or_default();
        let rows = rows.or_else(|| self.initial.clone());
        let standing = (self.observation).standing(
            &self.client,
            &self.key,
            &self.source,
            rows.is_some(),
            self.is_first,
        );
        ListRender {
            render_on: self.render_on,
            entry,
            order_version,
            has_data: rows.is_some(),
            rows: rows.unwrap_or_default(),
            states,
            standing,
        }
    }

    /// Observes the list, unless that is done already.
    pub(in crate::hooks) fn observe(&self) -> Option<EntryId> {
        let observe: &dyn Fn(&mut Client, Instant, &QueryOptions) -> _ =
            &|client, now, options| (self.observe)(client, now, &self.key, options);
        (self.observation).begin(&self.client, &self.key, &self.source, observe)
    }

    /// Observes the list, and calls `changed` whenever what is shown of it may be another.
    fn attach(&self, changed: Rc<dyn Fn()>) -> Held {
        let topic = self.observe().map(|entry| match self.render_on {
            RenderOn::Rows => Topic::Query(entry),
            RenderOn::Order | RenderOn::Status => Topic::Order(entry),
        });
        Box::new(topic.map(|topic| self.client.subscribe(vec![topic], changed)))
    }
}
