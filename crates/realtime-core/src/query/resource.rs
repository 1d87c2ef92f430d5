//! Resource: what the cache asks of the thing an entry holds.

use crate::{
    error::DecodeError,
    id::{History, MessageId, Position},
    key::QueryKey,
    overlay::Overlay,
    time::Instant,
};
use serde::Deserialize;
use std::any::{Any, TypeId};

/// Which of a resource's event bindings an event was routed by; numbered from 0 in the order the
/// resource declares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingIndex(usize);

impl BindingIndex {
    /// The binding declared as number `index`.
    #[must_use]
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    /// The number of the binding.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// An event as a resource sees it: borrowed from the frame, its payload not parsed yet.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// The event's name.
    pub event: &'a str,
    /// The channel it came on, if it named one.
    pub channel: Option<&'a str>,
    /// The payload as JSON text.
    pub data: &'a str,
    /// Its place in the channel's history, if the server counts.
    pub position: Option<&'a Position>,
    /// The id of the message that caused it, if the server says.
    pub id: Option<&'a MessageId>,
}

impl<'a> EventView<'a> {
    /// The payload, read as a `T`.
    ///
    /// # Errors
    /// When the payload's JSON has not the shape of `T`.
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        serde_json::from_str(self.data)
            .map_err(|error| DecodeError::new(format!("data of `{}`", self.event), error))
    }
}

/// What an event did to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that anyone can see.
    Unchanged,
    /// What people see is another now.
    Changed,
    /// As [`Changed`](Self::Changed), but some of the event could not be read and was left out.
    Partly(DecodeError),
    /// Everything whose key begins with this prefix is out of date.
    Invalidate(QueryKey),
    /// The resource cannot go on from here: its own entry has to be fetched again. What people see
    /// may be another now all the same.
    Refetch,
}

/// What an entry holds: a [`Record`](super::Record), or, plugged in from outside, something else
/// that a fetch fills and events keep fresh.
pub trait Resource: 'static {
    /// The resource itself, to be downcast by those who know its type.
    fn as_any(&self) -> &dyn Any;

    /// As [`as_any`](Self::as_any), to change it.
    fn as_any_mut(&mut self) -> &mut dyn Any;

    /// The type of the data, which all who use a key must agree on.
    fn data_type(&self) -> TypeId {
        self.as_any().type_id()
    }

    /// Whether there is something to show.
    fn has_data(&self) -> bool;

    /// Takes a fetch's result as the new truth; says whether what people see changed.
    ///
    /// # Errors
    /// When `data` is of a type this resource cannot hold. The resource is then as it was.
    fn land(&mut self, now: Instant, data: Box<dyn Any>) -> Result<bool, DecodeError>;

    /// What was put in before anything was fetched is known to be all there is, even if it is nothing.
    fn confirm(&mut self) {}

    /// Forgets all data, and the edits over it, as if nothing had ever come.
    fn clear(&mut self);

    /// The history of the server's events has broken off: what is remembered to put changes of one
    /// thing in order may have lost its meaning. Changes nothing that anyone can see.
    fn begin_history(&mut self, history: History) {
        let _ = history;
    }

    /// Applies an event that `binding` asked for.
    ///
    /// # Errors
    /// When the payload cannot be read. The resource is then as it was.
    fn apply(
        &mut self,
        now: Instant,
        binding: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<Effect, DecodeError>;

    /// Whether replaying `binding`'s events, in order, over a result that may already contain
    /// some of them does no harm. True of a replacement, false of a sum.
    fn is_idempotent(&self, binding: BindingIndex) -> bool;

    /// Whether `binding`'s events change this resource's data. False for one that only
    /// invalidates: such an event is passed on even when a fetch already contains it.
    fn patches_data(&self, binding: BindingIndex) -> bool {
        let _ = binding;
        true
    }

    /// The optimistic edits over this resource, if it takes any.
    fn overlay(&self) -> Option<&dyn Overlay> {
        None
    }

    /// As [`overlay`](Self::overlay), to change them.
    fn overlay_mut(&mut self) -> Option<&mut dyn Overlay> {
        None
    }

    /// What takes optimistic edits, to be downcast by those who know its type. An
    /// [`overlay`](Self::overlay) may be there only from the first edit on.
    fn layered(&mut self) -> Option<&mut dyn Any> {
        None
    }

    /// When [`expire`](Self::expire) wants to be called, if ever.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Lets go of what is due at `now`; says whether what people see changed. Afterwards
    /// [`next_deadline`](Self::next_deadline) must lie in the future.
    fn expire(&mut self, now: Instant) -> bool {
        let _ = now;
        false
    }
}
