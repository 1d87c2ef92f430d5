//! List, kept fresh by what happens to its items.

use super::{
    list::{ListRef, ListRender, RenderOn, UseRealtimeListHandle, UseRealtimeListOptions},
    observation::{Observation, use_observation, use_pausing},
    query_handle::use_query_handle,
};
use crate::{
    client::RealtimeClient,
    fetcher::IntoFetcher,
    provider::use_realtime_client,
    snapshot::{Held, use_snapshot},
};
use realtime_core::{ListItem, ListSnapshot, QueryKey, Topic};
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
///     type Id = u64;
///     fn id(&self) -> u64 { self.id }
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
/// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
/// #[derive(PartialEq, Properties)]
/// struct RowProps { list: ListRef<Task>, id: u64 }
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
///                 <Row key={id} {id} list={tasks.list_ref()} />
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
    let client = use_realtime_client();
    let observation = use_observation(fetcher.into_fetcher().into_run());
    // Sorted once for each key, not in each render.
    let initial = use_memo(key.clone(), |_| options.initial_snapshot());
    let query = Rc::new(ListQuery {
        client,
        key,
        options,
        initial: (*initial).clone(),
        observation,
    });
    let source = query.options.source();
    let render = {
        let (reader, observed) = (Rc::clone(&query), Rc::clone(&query));
        let render_on = query.options.render_on();
        let deps = (query.key.clone(), query.options.binding(), render_on);
        let read = move || reader.render();
        use_snapshot(&query.client, deps, read, move |changed| {
            observed.attach(changed)
        })
    };
    use_pausing(&query.observation, &query.client, &query.key, source);
    let (client, key) = (query.client.clone(), query.key.clone());
    let handle = use_query_handle(client, key.clone(), render.standing.clone());
    UseRealtimeListHandle::new(handle, ListRef::new(key, query.initial.clone()), render)
}

/// A list as one render asks for it.
struct ListQuery<T: ListItem> {
    client: RealtimeClient,
    key: QueryKey,
    options: UseRealtimeListOptions<T>,
    initial: Option<ListSnapshot<T>>,
    observation: Rc<Observation>,
}

impl<T: ListItem> ListQuery<T> {
    /// What a render shows now.
    fn render(&self) -> ListRender<T> {
        let render_on = self.options.render_on();
        let known = self.client.read(|client| {
            (
                client.entry(&self.key),
                client.order_version(&self.key),
                client.list::<T>(&self.key),
                match render_on {
                    RenderOn::Rows => client.item_states::<T>(&self.key),
                    RenderOn::Order | RenderOn::Status => Vec::new(),
                },
            )
        });
        let (entry, order_version, list, states) = known.unwrap_or_default();
        let items = list.or_else(|| self.initial.clone());
        let source = self.options.source();
        let standing =
            (self.observation).standing(&self.client, &self.key, source, items.is_some());
        ListRender {
            render_on,
            entry,
            order_version,
            has_data: items.is_some(),
            items: items.unwrap_or_default(),
            states,
            standing,
        }
    }

    /// Observes the list, and calls `changed` whenever what is shown of it may be another.
    fn attach(&self, changed: Rc<dyn Fn()>) -> Held {
        let (client, source) = (&self.client, self.options.source());
        let entry = (self.observation).begin(client, &self.key, source, &|client, now, options| {
            client.observe_list(now, &self.key, self.options.spec(), options)
        });
        let topic = entry.map(|entry| match self.options.render_on() {
            RenderOn::Rows => Topic::Query(entry),
            RenderOn::Order | RenderOn::Status => Topic::Order(entry),
        });
        Box::new(topic.map(|topic| client.subscribe(vec![topic], changed)))
    }
}
