//! Render of a mutation's hook: what it shows.

use crate::error::MutateError;
use realtime_core::MutationStatus;
use std::rc::Rc;

/// How the last mutation stands, and how many do.
pub(in crate::hooks) struct MutationRender<I, O> {
    pub(super) status: Option<MutationStatus>,
    pub(super) error: Option<MutateError>,
    pub(super) variables: Option<Rc<I>>,
    pub(super) data: Option<Rc<O>>,
    pub(super) pending: usize,
}

impl<I, O> MutationRender<I, O> {
    pub(super) fn is_pending(&self) -> bool {
        self.status.as_ref().is_some_and(is_pending)
    }
}

impl<I, O> Clone for MutationRender<I, O> {
    fn clone(&self) -> Self {
        Self {
            status: self.status.clone(),
            error: self.error.clone(),
            variables: self.variables.clone(),
            data: self.data.clone(),
            pending: self.pending,
        }
    }
}

/// Inputs and answers are told apart by their pointers, as they need not be comparable.
impl<I, O> PartialEq for MutationRender<I, O> {
    fn eq(&self, other: &Self) -> bool {
        fn same<T>(one: Option<&Rc<T>>, two: Option<&Rc<T>>) -> bool {
            one.map(Rc::as_ptr) == two.map(Rc::as_ptr)
        }
        self.status == other.status
            && self.error == other.error
            && self.pending == other.pending
            && same(self.variables.as_ref(), other.variables.as_ref())
            && same(self.data.as_ref(), other.data.as_ref())
    }
}

/// Whether a mutation has no outcome.
pub(super) const fn is_pending(status: &MutationStatus) -> bool {
    matches!(status, MutationStatus::Queued | MutationStatus::Sending)
}
