//! Window into a long list.

use super::{
    list::ListRef,
    watch::Watch,
    window::{Cut, Pane, UseRealtimeWindowHandle},
};
use crate::{provider::use_realtime_client, snapshot::use_snapshot, window::WindowOptions};
use realtime_core::{ListItem, Topic, list::ViewOptions};
use std::rc::Rc;
use yew::prelude::*;

/// A window into a list that another component has mounted: of 100 000 rows, those that are seen.
///
/// The component renders again only when other rows are to be on the page, or when they have other
/// ranks, or the list another length; rows watch themselves with
/// [`use_realtime_item`](crate::use_realtime_item). Rows that come, go or move elsewhere leave
/// those on the screen where they are. `view` may leave rows out or sort them otherwise: keep it
/// with `use_memo`, as another one begins at the top.
///
/// The three elements get their styles from the hook: the one that scrolls, which must have a
/// height, the content in it, and the rows in that. [`VirtualList`](crate::components::VirtualList)
/// is all of this put together, with roles, keys and slots; use the hook for another shape.
///
/// A list that is taller than an element is made (4 million pixels) is scrolled all the same: a
/// turn of the wheel goes as far as anywhere, and the scroll bar is to scale.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Line { id: u64, text: String, is_error: bool }
/// # impl ListItem for Line { fn id(&self) -> RowId { self.id.into() } }
/// #[derive(PartialEq, Properties)]
/// struct LogProps { list: ListRef<Line>, errors_only: bool }
///
/// #[component]
/// fn Log(props: &LogProps) -> Html {
///     let view = use_memo(props.errors_only, |errors_only| match errors_only {
///         true => ViewOptions::default().with_filter(|line: &Line| line.is_error),
///         false => ViewOptions::default(),
///     });
///     let lines = use_realtime_window(&props.list, &view, WindowOptions::fixed(24.0));
///     html! {
///         <div class="log" ref={lines.scroller_ref()} tabindex="0" role="log">
///             <div ref={lines.content_ref()}>
///                 <div ref={lines.rows_ref()}>
///                     for id in lines.ids().iter() {
///                         <LogLine key={lines.row_key(id)} list={&props.list} {id} />
///                     }
///                 </div>
///             </div>
///         </div>
///     }
/// }
///
/// #[derive(PartialEq, Properties)]
/// struct LineProps { list: ListRef<Line>, id: RowId }
///
/// #[component]
/// fn LogLine(props: &LineProps) -> Html {
///     let line = use_realtime_item(&props.list, &props.id).item();
///     html! { <p>{ line.map(|line| line.text.clone()) }</p> }
/// }
/// ```
#[hook]
pub fn use_realtime_window<T>(
    list: &ListRef<T>,
    view: &ViewOptions<T>,
    options: WindowOptions,
) -> UseRealtimeWindowHandle<T>
where
    T: ListItem,
{
    let client = use_realtime_client();
    let pane = use_memo(client.clone(), Pane::new);
    let pane = Rc::clone(&*pane);
    let cut = Cut {
        list: list.clone(),
        view: view.clone(),
        options,
    };
    pane.rendering();
    let render = {
        let (reader, read_cut) = (Rc::clone(&pane), cut.clone());
        let (holder, source) = (Rc::clone(&pane), client.clone());
        let deps = cut.clone();
        let Cut { list, view, .. } = cut.clone();
        use_snapshot(
            &client,
            deps,
            move || reader.read(&read_cut),
            move |render| {
                let changed = Rc::clone(&holder);
                let is_all = view.is_all();
                let topics = move |entry| match is_all {
                    true => vec![Topic::Order(entry)],
                    // Any change of a row may let it into the view, or out of it.
                    false => vec![Topic::Query(entry)],
                };
                let changed = Rc::new(move || changed.list_changed());
                let watch = Watch::attach(&source, list.key(), topics, changed);
                holder.attach(render, watch)
            },
        )
    };
    use_effect({
        let (pane, render) = (Rc::clone(&pane), render.clone());
        move || pane.rendered(&render)
    });
    use_effect_with((), {
        let pane = Rc::clone(&pane);
        move |()| move || pane.unmounted()
    });
    UseRealtimeWindowHandle::new(pane, cut, render)
}
