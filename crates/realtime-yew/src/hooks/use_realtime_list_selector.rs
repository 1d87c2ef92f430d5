//! Selector: a value derived from a list.

use super::{list::ListRef, watch::Watch};
use crate::{provider::use_realtime_client, snapshot::use_snapshot};
use realtime_core::{
    ListItem, ListSnapshot, QueryKey, Topic,
    list::{ListSelector, Selected},
};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

/// A value derived from a list that another component has mounted: how many rows match, the sum of
/// a field, the first row.
///
/// The component renders again only when the value is another. [`ListSelector::new`] looks at all
/// rows whenever one differs; [`ListSelector::tally`] counts rows in and out, and costs O(log n)
/// for a row that differs, however long the list is. Keep `selector` with `use_memo`: another one
/// goes through the whole list.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, done: bool }
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// #[derive(PartialEq, Properties)]
/// struct OpenProps { list: ListRef<Task> }
///
/// #[component]
/// fn Open(props: &OpenProps) -> Html {
///     let open = use_memo((), |()| {
///         ListSelector::tally(
///             0_usize,
///             |open, task: &Task| *open += usize::from(!task.done),
///             |open, task| *open -= usize::from(!task.done),
///         )
///     });
///     let open = use_realtime_list_selector(&props.list, &open);
///     html! { <p>{ format!("{open} to do") }</p> }
/// }
/// ```
#[hook]
pub fn use_realtime_list_selector<T, S>(list: &ListRef<T>, selector: &ListSelector<T, S>) -> Rc<S>
where
    T: ListItem,
    S: Clone + PartialEq + 'static,
{
    let client = use_realtime_client();
    let keeper = use_mut_ref(|| None::<Kept<T, S>>);
    let read = {
        let (client, list, selector) = (client.clone(), list.clone(), selector.clone());
        move || {
            let rows = list.rows(&client).unwrap_or_default();
            // Taken out while the app's selector runs, which might ask for it.
            let mut kept = match keeper.take() {
                Some(kept) if kept.key == *list.key() && kept.selector == selector => kept,
                _ => Kept::new(list.key(), &selector),
            };
            kept.follow(&rows);
            let value = Value(kept.selected.value());
            RefCell::replace(&keeper, Some(kept));
            value
        }
    };
    let (source, key) = (client.clone(), list.key().clone());
    let Value(value) = use_snapshot(&client, key.clone(), read, move |changed: Rc<dyn Fn()>| {
        Watch::attach(&source, &key, |entry| vec![Topic::Query(entry)], changed)
    });
    value
}

/// A selected value that a component keeps from render to render.
struct Kept<T: ListItem, S> {
    key: QueryKey,
    selector: ListSelector<T, S>,
    selected: Selected<T, S>,
}

impl<T: ListItem, S: Clone + PartialEq> Kept<T, S> {
    fn new(key: &QueryKey, selector: &ListSelector<T, S>) -> Self {
        Self {
            key: key.clone(),
            selector: selector.clone(),
            selected: Selected::new(selector.clone()),
        }
    }

    fn follow(&mut self, rows: &ListSnapshot<T>) {
        self.selected.follow(rows);
    }
}

/// One pointer is one value, without a look at it.
struct Value<S>(Rc<S>);

impl<S> Clone for Value<S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<S: PartialEq> PartialEq for Value<S> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
