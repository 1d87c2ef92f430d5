//! One row of a list.

use super::{list::ListRef, watch::Watch};
use crate::{provider::use_realtime_client, snapshot::use_snapshot};
use realtime_core::{Client, ItemHash, ListItem, Topic};
use std::rc::Rc;
use yew::prelude::*;

/// One row of a list that another component has mounted; `None` if there is no such row.
///
/// The component renders again only when this row changes. It does not keep the list alive: that
/// is done by the [`use_realtime_list_order`](crate::use_realtime_list_order), or
/// [`use_realtime_list`](crate::use_realtime_list), whose `list_ref` this is.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
/// #[component]
/// fn FirstTask() -> Html {
///     let list = use_memo((), |()| ListRef::<Task>::from(key!["tasks"]));
///     let task = use_realtime_item(&list, &1);
///     html! { <p>{ task.map(|task| task.title.clone()) }</p> }
/// }
/// ```
#[hook]
pub fn use_realtime_item<T>(list: &ListRef<T>, id: &T::Id) -> Option<Rc<T>>
where
    T: ListItem,
{
    let (item, _) = use_row(list, id, |_| ());
    item
}

/// Watches one row, and what `look` says of it: what both row hooks do.
#[hook]
pub(super) fn use_row<T, S, L>(list: &ListRef<T>, id: &T::Id, look: L) -> (Option<Rc<T>>, Option<S>)
where
    T: ListItem,
    S: Clone + PartialEq + 'static,
    L: Fn(&Client) -> S + 'static,
{
    let client = use_realtime_client();
    let key = list.key().clone();
    let hash = ItemHash::of(id);
    let read = {
        let (client, list, id) = (client.clone(), list.clone(), id.clone());
        move || {
            let known = client.read(|client| (client.item::<T>(list.key(), &id), look(client)));
            let (item, state) = known.unzip();
            Row(item.flatten().or_else(|| list.initial_item(&id)), state)
        }
    };
    let source = client.clone();
    let deps = (key.clone(), id.clone());
    let Row(item, state) = use_snapshot(&client, deps, read, move |changed| {
        let topics = move |entry| vec![Topic::Item(entry, hash), Topic::Items(entry)];
        Watch::attach(&source, &key, topics, changed)
    });
    (item, state)
}

/// Rows that share a pointer are equal without a look into them.
struct Row<T, S>(Option<Rc<T>>, Option<S>);

impl<T, S: Clone> Clone for Row<T, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

impl<T: PartialEq, S: PartialEq> PartialEq for Row<T, S> {
    fn eq(&self, other: &Self) -> bool {
        let same_item = match (&self.0, &other.0) {
            (Some(one), Some(two)) => Rc::ptr_eq(one, two) || one == two,
            (None, None) => true,
            _ => false,
        };
        same_item && self.1 == other.1
    }
}
