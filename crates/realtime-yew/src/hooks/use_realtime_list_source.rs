//! A list that is kept fresh for others to show.

use super::list::{Depth, UseRealtimeListOptions, UseRealtimeListSourceHandle, use_list};
use crate::fetcher::IntoFetcher;
use realtime_core::{ListItem, QueryKey};
use yew::prelude::*;

/// As [`use_realtime_list`](crate::use_realtime_list), but the component shows no rows and renders
/// again only when the list's status changes. Its children show the list: a
/// [`VirtualList`](crate::components::VirtualList), or a component with
/// [`use_realtime_window`](crate::use_realtime_window),
/// [`use_realtime_list_view`](crate::use_realtime_list_view) or
/// [`use_realtime_list_with`](crate::use_realtime_list_with).
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
/// #[component]
/// fn Tasks() -> Html {
///     let tasks = use_realtime_list_source(
///         key!["tasks"],
///         || async { Ok::<Vec<Task>, FetchError>(Vec::new()) },
///         UseRealtimeListOptions::default().with_channel("tasks"),
///     );
///     html! {
///         <section>
///             if let Some(error) = tasks.error() { <p role="alert">{ error.to_string() }</p> }
///             <Count list={tasks.list_ref()} />
///         </section>
///     }
/// }
///
/// #[derive(PartialEq, Properties)]
/// struct CountProps { list: ListRef<Task> }
///
/// #[component]
/// fn Count(props: &CountProps) -> Html {
///     let count = use_memo((), |()| ListSelector::new(|tasks: &ListSnapshot<Task>| tasks.len()));
///     let count = use_realtime_list_with(&props.list, &count);
///     html! { <p>{ format!("{count} tasks") }</p> }
/// }
/// ```
#[hook]
pub fn use_realtime_list_source<T, F>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeListOptions<T>,
) -> UseRealtimeListSourceHandle<T>
where
    T: ListItem,
    F: IntoFetcher<Data = Vec<T>>,
{
    let list = use_list(key, fetcher.into_fetcher(), options, Depth::Status);
    UseRealtimeListSourceHandle::new(list)
}
