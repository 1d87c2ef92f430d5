//! Handle of changes of one kind.

use super::{render::MutationRender, tracker::Tracker};
use crate::{client::RealtimeClient, error::MutateError};
use realtime_core::MutationStatus;
use std::{fmt, rc::Rc};
use yew::{Callback, html::ImplicitClone};

/// Changes of one kind, from [`use_realtime_mutation`](crate::use_realtime_mutation): begins them,
/// and shows how the last one stands. `I` is the input, `O` the server's answer.
///
/// Reading shows what was there at the render; commands work at any time, also after the component
/// has unmounted.
pub struct UseRealtimeMutationHandle<I, O = ()> {
    client: RealtimeClient,
    tracker: Rc<Tracker<I, O>>,
    render: MutationRender<I, O>,
    mutate: Callback<I>,
}

impl<I: 'static, O: 'static> UseRealtimeMutationHandle<I, O> {
    pub(in crate::hooks) const fn new(
        client: RealtimeClient,
        tracker: Rc<Tracker<I, O>>,
        render: MutationRender<I, O>,
        mutate: Callback<I>,
    ) -> Self {
        Self {
            client,
            tracker,
            render,
            mutate,
        }
    }

    /// Begins a mutation: shows its edits at once, and sends it as soon as it may be sent. Others
    /// may be under way.
    pub fn mutate(&self, input: I) {
        self.mutate.emit(input);
    }

    /// [`mutate`](Self::mutate) as a callback that is the same in every render.
    #[must_use]
    pub fn mutate_callback(&self) -> Callback<I> {
        self.mutate.clone()
    }

    /// How the last mutation stands; `None` before the first, and after
    /// [`dismiss`](Self::dismiss).
    #[must_use]
    pub const fn status(&self) -> Option<&MutationStatus> {
        self.render.status.as_ref()
    }

    /// Whether the last mutation has no outcome: it waits, or has been sent.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.render.is_pending()
    }

    /// Why the last mutation failed, if it did.
    #[must_use]
    pub const fn error(&self) -> Option<&MutateError> {
        self.render.error.as_ref()
    }

    /// The last answer that came, of whichever mutation.
    #[must_use]
    pub fn data(&self) -> Option<Rc<O>> {
        self.render.data.clone()
    }

    /// The input of the last mutation.
    #[must_use]
    pub fn variables(&self) -> Option<Rc<I>> {
        self.render.variables.clone()
    }

    /// How many mutations of this hook have no outcome.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.render.pending
    }

    /// Gives the last mutation up, if it has no outcome: its edits go. If it was sent already, the
    /// server may carry it out all the same.
    pub fn cancel(&self) {
        if let Some(id) = self.tracker.under_way(&self.client) {
            self.client.cancel_mutation(id);
        }
    }

    /// Tries the last mutation again, if it has failed: the same one if it was kept, else a new
    /// one with the same input.
    pub fn retry(&self) {
        self.tracker.retry(&self.client);
    }

    /// Forgets how the last mutation ended; if it failed and was kept, its edits go. One that is
    /// under way stays.
    pub fn dismiss(&self) {
        self.tracker.dismiss(&self.client);
    }
}

impl<I, O> Clone for UseRealtimeMutationHandle<I, O> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            tracker: Rc::clone(&self.tracker),
            render: self.render.clone(),
            mutate: self.mutate.clone(),
        }
    }
}

impl<I, O> PartialEq for UseRealtimeMutationHandle<I, O> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.tracker, &other.tracker) && self.render == other.render
    }
}

impl<I, O> ImplicitClone for UseRealtimeMutationHandle<I, O> {}

impl<I, O> fmt::Debug for UseRealtimeMutationHandle<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeMutationHandle")
            .field("status", &self.render.status)
            .field("error", &self.render.error)
            .field("pending", &self.render.pending)
            .finish_non_exhaustive()
    }
}
