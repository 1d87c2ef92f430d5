//! List, kept fresh by what happens to its items.

use super::{
    QueryHandle,
    list::{Binding, ListRef, ListRender, RenderOn, UseRealtimeListHandle, UseRealtimeListOptions},
    observation::{Observation, SourceOptions, use_observation, use_pausing},
    query_handle::use_query_handle,
};
use crate::{
    client::RealtimeClient,
    fetcher::IntoFetcher,
    provider::use_realtime_client,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{
    Client, Instant, ListItem, ObserverId, QueryError, QueryKey, QueryOptions, Topic, list::Rows,
};
use std::rc::Rc;
use yew::prelude::*;

/// Fetches a list and keeps it fresh by create, update, delete and move events.
///
/// The component renders again when any row changes; for less, see
/// [`with_render_on`](UseRealtimeListOptions::with_render_on). Give each row its id as key, and the
/// list an element of its own.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Task { id: u64, version: u64, title: String }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId { self.id.into() }
///     fn version(&self) -> Option<u64> { Some(self.version) }
/// }
///
/// async fn fetch_tasks() -> Result<Vec<Task>, FetchError> {
///     Ok(Vec::new())
/// }
///
/// #[component]
/// fn Tasks() -> Html {
///     let tasks = use_realtime_list(
///         key!["tasks"],
///         fetch_tasks,
///         UseRealtimeListOptions::default()
///             .with_channel("tasks")
///             .with_sort(|a: &Task, b: &Task| a.title.cmp(&b.title)),
///     );
///     html! {
///         <ul>
///             for task in tasks.iter() {
///                 <li key={task.id}>{ &task.title }</li>
///             }
///         </ul>
///     }
/// }
/// ```
///
/// A list that is long, or whose rows are dear to render, is read in two levels: the list renders
/// when rows come, go or move, and each row when it changes itself.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// #[derive(PartialEq, Properties)]
/// struct RowProps { list: ListRef<Task>, id: RowId }
///
/// #[component]
/// fn Row(props: &RowProps) -> Html {
///     let task = use_realtime_item(&props.list, &props.id).item();
///     html! { <li>{ task.map(|task| task.title.clone()) }</li> }
/// }
///
/// #[component]
/// fn Tasks() -> Html {
///     let tasks = use_realtime_list(
///         key!["tasks"],
///         || async { Ok::<Vec<Task>, FetchError>(Vec::new()) },
///         UseRealtimeListOptions::default().with_channel("tasks").with_render_on(RenderOn::Order),
///     );
///     html! {
///         <ul>
///             for id in tasks.ids() {
///                 <Row key={tasks.row_key(&id)} id={id.clone()} list={tasks.list_ref()} />
///             }
///         </ul>
///     }
/// }
/// ```
#[hook]
pub fn use_realtime_list<T, F>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeListOptions<T>,
) -> UseRealtimeListHandle<T>
where
    T: ListItem,
    F: IntoFetcher<Data = Vec<T>>,
{
    let observation = use_observation(fetcher.into_fetcher().into_run());
    // Sorted once for each key, not in each render.
    let initial = use_memo(key.clone(), |_| options.initial_rows());
    let query = ListQuery {
        client: use_realtime_client(),
        key,
        source: options.source().clone(),
        binding: options.binding(),
        render_on: options.render_on(),
        initial: (*initial).clone(),
        rows: |client, key| Some(client.list::<T>(key)?.rows().clone()),
        observe: Box::new(move |client, now, key, query| {
            client.observe_list(now, key, options.spec(), query)
        }),
        observation,
    };
    let list = ListRef::new(query.key.clone(), query.initial.clone());
    let (handle, render) = use_list(query);
    UseRealtimeListHandle::new(handle, list, render)
}

type Observe =
    dyn Fn(&mut Client, Instant, &QueryKey, &QueryOptions) -> Result<ObserverId, QueryError>;

/// A list as one render asks for it, whatever is in it.
struct ListQuery {
    client: RealtimeClient,
    key: QueryKey,
    source: SourceOptions,
    binding: Binding,
    render_on: RenderOn,
    initial: Option<Rows>,
    rows: fn(&Client, &QueryKey) -> Option<Rows>,
    observe: Box<Observe>,
    observation: Rc<Observation>,
}

/// Watches a list: what is done without its type.
#[hook]
fn use_list(query: ListQuery) -> (QueryHandle, ListRender) {
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
    (
        use_query_handle(client, key, render.standing.clone()),
        render,
    )
}

impl ListQuery {
    /// What a render shows now.
    fn render(&self) -> ListRender {
        let known = self.client.read(|client| {
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
        let standing =
            (self.observation).standing(&self.client, &self.key, &self.source, rows.is_some());
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

    /// Observes the list, and calls `changed` whenever what is shown of it may be another.
    fn attach(&self, changed: Rc<dyn Fn()>) -> Held {
        let client = &self.client;
        let observe: &dyn Fn(&mut Client, Instant, &QueryOptions) -> _ =
            &|client, now, options| (self.observe)(client, now, &self.key, options);
        let entry = (self.observation).begin(client, &self.key, &self.source, observe);
        let topic = entry.map(|entry| match self.render_on {
            RenderOn::Rows => Topic::Query(entry),
            RenderOn::Order | RenderOn::Status => Topic::Order(entry),
        });
        Box::new(topic.map(|topic| client.subscribe(vec![topic], changed)))
    }
}
