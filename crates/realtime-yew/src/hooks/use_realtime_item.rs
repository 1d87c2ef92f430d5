//! Item: one row of a list, and how it stands between us and the server.

use super::{list::ListRef, watch::Watch};
use crate::{client::RealtimeClient, provider::use_realtime_client, snapshot::use_snapshot};
use realtime_core::{ItemHash, ItemState, ListItem, MutationError, MutationId, RowId, Topic};
use std::{fmt, rc::Rc};
use yew::{html::ImplicitClone, prelude::*};

/// One row of a list, from [`use_realtime_item`].
///
/// Reading shows what was there at the render; commands work at any time.
pub struct UseRealtimeItemHandle<T> {
    client: RealtimeClient,
    row: Row<T>,
}

/// What one render of a row shows.
struct Row<T> {
    item: Option<Rc<T>>,
    state: ItemState,
}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        Self {
            item: self.item.clone(),
            state: self.state.clone(),
        }
    }
}

/// Rows that share a pointer are equal without a look into them.
impl<T: PartialEq> PartialEq for Row<T> {
    fn eq(&self, other: &Self) -> bool {
        let same_item = match (&self.item, &other.item) {
            (Some(one), Some(two)) => Rc::ptr_eq(one, two) || one == two,
            (None, None) => true,
            _ => false,
        };
        same_item && self.state == other.state
    }
}

impl<T> UseRealtimeItemHandle<T> {
    /// The row, with the edits that wait for the server; `None` if there is no such row.
    #[must_use]
    pub fn item(&self) -> Option<Rc<T>> {
        self.row.item.clone()
    }

    /// How the row stands.
    #[must_use]
    pub const fn state(&self) -> &ItemState {
        &self.row.state
    }

    /// Whether an edit of the row waits for the server: "saving…".
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.row.state, ItemState::Pending)
    }

    /// Why an edit of the row failed that still shows, as it was made with
    /// [`with_keep_failed`](crate::MutationSpec::with_keep_failed).
    #[must_use]
    pub const fn error(&self) -> Option<&MutationError> {
        match &self.row.state {
            ItemState::Failed { error, .. } => Some(error),
            ItemState::Synced | ItemState::Pending => None,
        }
    }

    /// Tries the failed edit again, whichever component made it.
    pub fn retry(&self) {
        if let Some(mutation) = self.failed() {
            self.client.retry_mutation(mutation);
        }
    }

    /// Lets the failed edit go: the row shows what the server has.
    pub fn dismiss(&self) {
        if let Some(mutation) = self.failed() {
            self.client.dismiss_mutation(mutation);
        }
    }

    const fn failed(&self) -> Option<MutationId> {
        match self.row.state {
            ItemState::Failed { mutation, .. } => Some(mutation),
            ItemState::Synced | ItemState::Pending => None,
        }
    }
}

impl<T> Clone for UseRealtimeItemHandle<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            row: self.row.clone(),
        }
    }
}

impl<T: PartialEq> PartialEq for UseRealtimeItemHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client && self.row == other.row
    }
}

impl<T> ImplicitClone for UseRealtimeItemHandle<T> {}

impl<T: fmt::Debug> fmt::Debug for UseRealtimeItemHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeItemHandle")
            .field("item", &self.row.item)
            .field("state", &self.row.state)
            .finish_non_exhaustive()
    }
}

/// One row of a list that another component has mounted, and whether it is saved, on its way or
/// failed.
///
/// The component renders again when the row or its state changes, and for no other row. It does not
/// keep the list alive: that is done by the [`use_realtime_list`](crate::use_realtime_list) whose
/// `list_ref` this is.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// #[derive(PartialEq, Properties)]
/// struct RowProps { tasks: ListRef<Task>, id: u64 }
///
/// #[component]
/// fn Row(props: &RowProps) -> Html {
///     let row = use_realtime_item(&props.tasks, &props.id);
///     let retry = { let row = row.clone(); move |_| row.retry() };
///     html! {
///         <li>
///             { row.item().map(|task| task.title.clone()) }
///             if row.is_pending() { <small>{ "saving…" }</small> }
///             if let Some(error) = row.error() {
///                 <p role="alert">{ error.to_string() }<button onclick={retry}>{ "Retry" }</button></p>
///             }
///         </li>
///     }
/// }
/// ```
#[hook]
pub fn use_realtime_item<T>(list: &ListRef<T>, id: impl Into<RowId>) -> UseRealtimeItemHandle<T>
where
    T: ListItem,
{
    let client = use_realtime_client();
    let key = list.key().clone();
    let id = id.into();
    let hash = ItemHash::of(&id);
    let read = {
        let (client, list, id) = (client.clone(), list.clone(), id.clone());
        move || {
            let known = list.known(&client, |client| {
                (
                    client.item::<T>(list.key(), &id),
                    client.item_state(list.key(), &id),
                )
            });
            let (item, state) = known.unwrap_or((None, ItemState::Synced));
            let item = item.or_else(|| list.initial_item(&id));
            Row { item, state }
        }
    };
    let source = client.clone();
    let deps = (key.clone(), id.clone());
    let row = use_snapshot(&client, deps, read, move |changed| {
        let topics = move |entry| vec![Topic::Item(entry, hash), Topic::Items(entry)];
        Watch::attach(&source, &key, topics, changed)
    });
    UseRealtimeItemHandle { client, row }
}
