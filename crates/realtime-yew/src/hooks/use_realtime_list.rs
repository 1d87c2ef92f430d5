//! List, kept fresh by what happens to its items.

use super::{
    list::{ListQuery, ListRef, UseRealtimeListHandle, UseRealtimeListOptions, use_list},
    observation::use_observation,
};
use crate::{fetcher::IntoFetcher, provider::use_realtime_client};
use realtime_core::{ListItem, QueryKey};
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
    let client = use_realtime_client();
    let observation = use_observation(fetcher.into_fetcher().into_run());
    // Sorted once for each key, not in each render.
    let initial = use_memo(key.clone(), |_| options.initial_rows());
    let query = ListQuery::new(client, key, options, (*initial).clone(), observation);
    let list = ListRef::new(query.key.clone(), query.initial.clone());
    let (_, handle, render) = use_list(query);
    UseRealtimeListHandle::new(handle, list, render)
}
