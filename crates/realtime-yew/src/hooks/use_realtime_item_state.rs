//! One row of a list, and how it stands between us and the server.

use super::{list::ListRef, use_realtime_item::use_row};
use crate::{client::RealtimeClient, provider::use_realtime_client};
use realtime_core::{ItemState, ListItem, MutationError, MutationId};
use std::{fmt, rc::Rc};
use yew::{html::ImplicitClone, prelude::*};

/// One row of a list, from [`use_realtime_item_state`].
///
/// Reading shows what was there at the render; commands work at any time.
pub struct UseRealtimeItemStateHandle<T> {
    client: RealtimeClient,
    item: Option<Rc<T>>,
    state: ItemState,
}

impl<T> UseRealtimeItemStateHandle<T> {
    /// The row, with the edits that wait for the server; `None` if there is no such row.
    #[must_use]
    pub fn item(&self) -> Option<Rc<T>> {
        self.item.clone()
    }

    /// How the row stands.
    #[must_use]
    pub const fn state(&self) -> &ItemState {
        &self.state
    }

    /// Whether an edit of the row waits for the server: "saving…".
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, ItemState::Pending)
    }

    /// Why an edit of the row failed that still shows, as it was made with
    /// [`with_keep_failed`](crate::MutationSpec::with_keep_failed).
    #[must_use]
    pub const fn error(&self) -> Option<&MutationError> {
        match &self.state {
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
        match self.state {
            ItemState::Failed { mutation, .. } => Some(mutation),
            ItemState::Synced | ItemState::Pending => None,
        }
    }
}

impl<T> Clone for UseRealtimeItemStateHandle<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            item: self.item.clone(),
            state: self.state.clone(),
        }
    }
}

impl<T: PartialEq> PartialEq for UseRealtimeItemStateHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client && self.item == other.item && self.state == other.state
    }
}

impl<T> ImplicitClone for UseRealtimeItemStateHandle<T> {}

impl<T: fmt::Debug> fmt::Debug for UseRealtimeItemStateHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeItemStateHandle")
            .field("item", &self.item)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// As [`use_realtime_item`](crate::use_realtime_item), and whether the row is saved, on its way or
/// failed.
///
/// The component renders again when the row or its state changes, and for no other row.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, title: String }
/// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
/// #[derive(PartialEq, Properties)]
/// struct RowProps { tasks: ListRef<Task>, id: u64 }
///
/// #[component]
/// fn Row(props: &RowProps) -> Html {
///     let row = use_realtime_item_state(&props.tasks, &props.id);
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
pub fn use_realtime_item_state<T>(list: &ListRef<T>, id: &T::Id) -> UseRealtimeItemStateHandle<T>
where
    T: ListItem,
{
    let client = use_realtime_client();
    let (item, state) = use_row(list, id, {
        let (key, id) = (list.key().clone(), id.clone());
        move |client| client.item_state::<T>(&key, &id)
    });
    UseRealtimeItemStateHandle {
        client,
        item,
        state: state.unwrap_or(ItemState::Synced),
    }
}
