//! View of a list: a filter, or another order.

use super::{
    list::{ListRef, UseRealtimeListViewHandle, ViewKeeper},
    watch::Watch,
};
use crate::{provider::use_realtime_client, snapshot::use_snapshot};
use realtime_core::{ListItem, Topic, list::ViewOptions};
use std::rc::Rc;
use yew::prelude::*;

/// The rows of a list that `view` lets through, in its order, of a list that another component has
/// mounted.
///
/// The component renders again only when rows come into the view, leave it or stand in another
/// order; a row that enters or leaves costs O(log n), however long the list is. Keep `view` with
/// `use_memo`: another one goes through the whole list.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// # #[derive(PartialEq, Properties)]
/// # struct RowProps { list: ListRef<Task>, id: RowId }
/// # #[component]
/// # fn Row(_: &RowProps) -> Html { html! { <li /> } }
/// #[derive(PartialEq, Properties)]
/// struct FoundProps { list: ListRef<Task>, text: AttrValue }
///
/// #[component]
/// fn Found(props: &FoundProps) -> Html {
///     let view = use_memo(props.text.clone(), |text| {
///         let text = text.clone();
///         ViewOptions::default().with_filter(move |task: &Task| task.title.contains(text.as_str()))
///     });
///     let tasks = use_realtime_list_view(&props.list, &view);
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
pub fn use_realtime_list_view<T>(
    list: &ListRef<T>,
    view: &ViewOptions<T>,
) -> UseRealtimeListViewHandle<T>
where
    T: ListItem,
{
    let client = use_realtime_client();
    let keeper = use_memo((), |()| ViewKeeper::default());
    let read = {
        let (client, list, view) = (client.clone(), list.clone(), view.clone());
        let keeper = Rc::clone(&keeper);
        move || keeper.read(&client, &list, &view)
    };
    let (source, key) = (client.clone(), list.key().clone());
    let render = use_snapshot(&client, key.clone(), read, move |changed: Rc<dyn Fn()>| {
        Watch::attach(&source, &key, |entry| vec![Topic::Query(entry)], changed)
    });
    UseRealtimeListViewHandle::new(keeper, list.clone(), render)
}
