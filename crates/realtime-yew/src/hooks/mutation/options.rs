//! Options of a mutation's hook: whom it tells of what.

use crate::error::MutateError;
use realtime_core::Conflict;
use std::{fmt, rc::Rc};

type OnSuccess<I, O> = Rc<dyn Fn(&I, Option<&O>)>;
type OnError<I> = Rc<dyn Fn(&I, &MutateError)>;
type OnConflict<I> = Rc<dyn Fn(&I, &Conflict)>;

/// What to do beside rendering. How each mutation is sent is said by its
/// [`MutationSpec`](crate::MutationSpec).
///
/// The functions are called for every mutation of the hook, with its input; the newest ones are.
/// When the component has unmounted, and nobody holds a handle of it any more, nobody is called: a
/// failure then goes to [`on_error`](crate::RealtimeOptions::with_on_error).
pub struct UseRealtimeMutationOptions<I, O> {
    pub(super) on_success: Option<OnSuccess<I, O>>,
    pub(super) on_error: Option<OnError<I>>,
    pub(super) on_conflict: Option<OnConflict<I>>,
}

impl<I, O> UseRealtimeMutationOptions<I, O> {
    /// Calls `on_success` when the server has carried a mutation out, with its answer if that is
    /// known.
    #[must_use]
    pub fn with_on_success(mut self, on_success: impl Fn(&I, Option<&O>) + 'static) -> Self {
        self.on_success = Some(Rc::new(on_success));
        self
    }

    /// Calls `on_error` when a mutation has failed.
    #[must_use]
    pub fn with_on_error(mut self, on_error: impl Fn(&I, &MutateError) + 'static) -> Self {
        self.on_error = Some(Rc::new(on_error));
        self
    }

    /// Calls `on_conflict` for each field that somebody else has changed at the same time; see
    /// [`ConflictPolicy::MergeFields`](realtime_core::ConflictPolicy::MergeFields).
    #[must_use]
    pub fn with_on_conflict(mut self, on_conflict: impl Fn(&I, &Conflict) + 'static) -> Self {
        self.on_conflict = Some(Rc::new(on_conflict));
        self
    }
}

impl<I, O> Default for UseRealtimeMutationOptions<I, O> {
    fn default() -> Self {
        Self {
            on_success: None,
            on_error: None,
            on_conflict: None,
        }
    }
}

impl<I, O> Clone for UseRealtimeMutationOptions<I, O> {
    fn clone(&self) -> Self {
        Self {
            on_success: self.on_success.clone(),
            on_error: self.on_error.clone(),
            on_conflict: self.on_conflict.clone(),
        }
    }
}

impl<I, O> fmt::Debug for UseRealtimeMutationOptions<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeMutationOptions")
            .field("has_on_success", &self.on_success.is_some())
            .field("has_on_error", &self.on_error.is_some())
            .field("has_on_conflict", &self.on_conflict.is_some())
            .finish()
    }
}
