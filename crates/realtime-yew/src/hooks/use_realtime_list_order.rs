//! A list's order, for a list whose rows watch themselves.

use super::list::{Depth, UseRealtimeListOptions, UseRealtimeListOrderHandle, use_list};
use crate::fetcher::IntoFetcher;
use realtime_core::{ListItem, QueryKey};
use yew::prelude::*;

/// As [`use_realtime_list`](crate::use_realtime_list), but the component renders again only when
/// rows come, go or move. Each row watches itself with
/// [`use_realtime_item`](crate::use_realtime_item), so a change of one row of a thousand renders
/// one row.
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
///     let task = use_realtime_item(&props.list, &props.id);
///     html! { <li>{ task.map(|task| task.title.clone()) }</li> }
/// }
///
/// #[component]
/// fn Tasks() -> Html {
///     let tasks = use_realtime_list_order(
///         key!["tasks"],
///         || async { Ok::<Vec<Task>, FetchError>(Vec::new()) },
///         UseRealtimeListOptions::default().with_channel("tasks"),
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
pub fn use_realtime_list_order<T, F>(
    key: QueryKey,
    fetcher: F,
    options: UseRealtimeListOptions<T>,
) -> UseRealtimeListOrderHandle<T>
where
    T: ListItem,
    F: IntoFetcher<Data = Vec<T>>,
{
    let list = use_list(key, fetcher.into_fetcher(), options, Depth::Order);
    UseRealtimeListOrderHandle::new(list)
}
