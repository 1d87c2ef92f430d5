//! A list, kept fresh by what happens to its items.

use super::list::{Depth, UseRealtimeListHandle, UseRealtimeListOptions, use_list};
use crate::fetcher::IntoFetcher;
use realtime_core::{ListItem, QueryKey};
use yew::prelude::*;

/// Fetches a list and keeps it fresh by create, update, delete and move events.
///
/// The component renders again when any row changes. For a long list, or rows that are dear to
/// render, use [`use_realtime_list_order`](crate::use_realtime_list_order) and
/// [`use_realtime_item`](crate::use_realtime_item) instead. Give each row its id as key, and the
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
    use_list(key, fetcher.into_fetcher(), options, Depth::Rows)
}
