//! Handle of one record.

use crate::hooks::QueryHandle;
use realtime_core::{ItemState, QueryError};
use std::{fmt, marker::PhantomData, ops::Deref, rc::Rc};
use yew::html::ImplicitClone;

/// One record, from [`use_realtime_query`](crate::use_realtime_query) and its kin. `T` is what the
/// cache holds, `S` what this hook selects of it. How the record stands, and commands on it, are
/// those of [`QueryHandle`].
pub struct UseRealtimeQueryHandle<T, S = T> {
    query: QueryHandle,
    data: Option<Rc<S>>,
    state: ItemState,
    record: PhantomData<fn() -> T>,
}

impl<T, S> UseRealtimeQueryHandle<T, S> {
    pub(super) const fn new(query: QueryHandle, data: Option<Rc<S>>, state: ItemState) -> Self {
        Self {
            query,
            data,
            state,
            record: PhantomData,
        }
    }

    /// The data, if there is some. A value that did not change keeps its pointer.
    #[must_use]
    pub fn data(&self) -> Option<Rc<S>> {
        self.data.clone()
    }

    /// How the record stands between us and the server: whether an edit of it is on its way, or has
    /// failed and is kept.
    #[must_use]
    pub const fn state(&self) -> &ItemState {
        &self.state
    }

    /// Shows `data` as if it had been fetched; says whether anyone observes the record, as nothing
    /// is kept otherwise.
    ///
    /// # Errors
    ///
    /// If the key holds another type by now.
    pub fn set_data(&self, data: T) -> Result<bool, QueryError>
    where
        T: PartialEq + 'static,
    {
        self.client().set_data(self.key(), data)
    }
}

impl<T, S> Deref for UseRealtimeQueryHandle<T, S> {
    type Target = QueryHandle;

    fn deref(&self) -> &QueryHandle {
        &self.query
    }
}

impl<T, S> Clone for UseRealtimeQueryHandle<T, S> {
    fn clone(&self) -> Self {
        Self::new(self.query.clone(), self.data.clone(), self.state.clone())
    }
}

impl<T, S: PartialEq> PartialEq for UseRealtimeQueryHandle<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query && self.data == other.data && self.state == other.state
    }
}

impl<T, S> ImplicitClone for UseRealtimeQueryHandle<T, S> {}

impl<T, S: fmt::Debug> fmt::Debug for UseRealtimeQueryHandle<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeQueryHandle")
            .field("query", &self.query)
            .field("data", &self.data)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
