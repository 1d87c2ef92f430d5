//! List, for a component that is not rendered before its rows are there.

use super::{
    list::{ListQuery, ListRef, UseRealtimeListHandle, UseRealtimeListOptions, use_list},
    observation::Observation,
    suspense::{Asked, Awaited, Suspendable, use_suspendable},
};
use crate::{
    client::RealtimeClient,
    fetcher::{IntoFetcher, Positioned},
};
use realtime_core::{EntryId, ListItem, QueryKey, QueryStatus};
use std::cell::Cell;
use yew::{prelude::*, suspense::SuspensionResult};

/// As [`use_realtime_list`](crate::use_realtime_list), but suspends the component until there are rows,
/// the fetch has failed for good, or the list is paused: put a `<Suspense>` around it.
///
/// On a server the list is fetched before the component is rendered, unless it has initial data; with
/// [`with_seed`](UseRealtimeListOptions::with_seed) a [`ServerPage`](crate::ServerPage) hands it over to
/// the browser, which neither fetches it nor suspends. What a page is sent without, because its time was
/// over or the fetch failed, is rendered as loading: look at
/// [`is_loading`](crate::QueryHandle::is_loading).
///
/// # Errors
///
/// The suspension, to be passed on with `?`.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// #[component]
/// fn Tasks() -> HtmlResult {
///     let tasks = use_realtime_list_suspense(
///         key!["tasks"],
///         || async { Ok::<Vec<Task>, FetchError>(Vec::new()) },
///         UseRealtimeListOptions::default().with_channel("tasks").with_seed(),
///     )?;
///     if tasks.is_loading() {
///         return Ok(html! { <p>{ "Loading…" }</p> });
///     }
///     Ok(html! { <ul>for task in tasks.iter() { <li key={task.id}>{ &task.title }</li> }</ul> })
/// }
///
/// #[component]
/// fn Page() -> Html {
///     html! { <Suspense fallback={html! { <p>{ "Loading…" }</p> }}><Tasks /></Suspense> }
/// }
/// ```
#[hook]
pub fn use_realtime_list_suspense<T, F>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeListOptions<T>,
) -> SuspensionResult<UseRealtimeListHandle<T>>
where
    T: ListItem,
    F: IntoFetcher<Data = Vec<T>>,
{
    // Sorted once for each key, not in each render.
    let initial = use_memo(key.clone(), |_| options.initial_rows());
    let asked = Asked {
        key: &key,
        is_enabled: options.source().enabled,
        has_initial: initial.is_some(),
        is_seeded: options.is_seeded(),
    };
    let Suspendable {
        client,
        observation,
        suspending,
        mut start,
    } = use_suspendable(fetcher.into_fetcher().into_run(), &asked);
    let given = start.given();
    let was_given = given.is_some();
    if let Some(Positioned { data, position }) = given {
        let spec = Cell::new(Some(options.spec().with_initial(data, position)));
        observation.begin(&client, &key, options.source(), &|client, now, query| {
            let spec = spec.take().unwrap_or_else(|| options.spec());
            client.observe_list(now, &key, spec, query)
        });
    }
    let initial = (*initial).clone();
    let mut query = ListQuery::new(client, key, options, initial, observation);
    query.is_first = start.observe(&query, was_given);
    if query.is_first && query.client.runtime().first_pass().is_on() {
        // For the components that show rows, which look at nothing else in this pass.
        query.initial = query.cached().or(query.initial);
        if query.initial.is_none() && query.is_restored() {
            suspending.show_empty(&query.key);
        }
    }
    if suspending.is_shown_empty(&query.key) {
        query.initial.get_or_insert_default();
    }
    let list = ListRef::new(query.key.clone(), query.initial.clone());
    let (query, handle, render) = use_list(query);
    suspending.settle(start, query)?;
    Ok(UseRealtimeListHandle::new(handle, list, render))
}

impl Awaited for ListQuery {
    fn client(&self) -> &RealtimeClient {
        &self.client
    }

    fn key(&self) -> &QueryKey {
        &self.key
    }

    fn observation(&self) -> &Observation {
        &self.observation
    }

    fn observe(&self) -> Option<EntryId> {
        Self::observe(self)
    }

    fn is_settled(&self) -> bool {
        let render = self.render();
        render.has_data || render.standing.meta.status == QueryStatus::Error
    }
}
