//! Patch: what one event does to a record.

use super::resource::EventView;
use crate::{error::DecodeError, key::QueryKey};
use serde::de::DeserializeOwned;
use std::{fmt, rc::Rc};

type Merge<T> = Rc<dyn Fn(&T, &str) -> Result<T, DecodeError>>;
type Reducer<T> = Rc<dyn Fn(&EventView<'_>, Option<&T>) -> Result<Option<T>, DecodeError>>;

/// What an event does to a record.
pub struct Patch<T>(pub(super) Kind<T>);

pub(super) enum Kind<T> {
    Replace(fn(&EventView<'_>) -> Result<T, DecodeError>),
    Merge(Merge<T>),
    Reduce {
        reduce: Reducer<T>,
        idempotent: bool,
    },
    Invalidate(QueryKey),
}

impl<T: 'static> Patch<T> {
    /// The event's data is the whole new record. An event may arrive before the first fetch does:
    /// it is then shown at once.
    #[must_use]
    pub fn replace() -> Self
    where
        T: DeserializeOwned,
    {
        Self(Kind::Replace(|event| event.decode()))
    }

    /// The event's data, as JSON text, holds only what changed, and `merge` puts it into the
    /// record. Must come out the same when events are merged again in their order.
    pub fn merge(merge: impl Fn(&T, &str) -> Result<T, DecodeError> + 'static) -> Self {
        Self(Kind::Merge(Rc::new(merge)))
    }

    /// `reduce` makes the new record from the event and the old record; `None` changes nothing.
    ///
    /// Such an event counts as one that must not be applied twice. See
    /// [`idempotent`](Self::idempotent), and [`QueryCache`](super::QueryCache) for what it means.
    pub fn reduce(reduce: impl Fn(&EventView<'_>, Option<&T>) -> Option<T> + 'static) -> Self {
        Self(Kind::Reduce {
            reduce: Rc::new(move |event, old| Ok(reduce(event, old))),
            idempotent: false,
        })
    }

    /// As [`reduce`](Self::reduce), with the event's data read as an `E` first. Data that is not
    /// an `E` becomes the query's `event_error`, and changes nothing.
    pub fn reduce_as<E: DeserializeOwned>(
        reduce: impl Fn(E, Option<&T>) -> Option<T> + 'static,
    ) -> Self {
        Self(Kind::Reduce {
            reduce: Rc::new(move |event, old| Ok(reduce(event.decode()?, old))),
            idempotent: false,
        })
    }

    /// The event says that everything whose key begins with `prefix` has to be fetched again.
    #[must_use]
    pub const fn invalidate(prefix: QueryKey) -> Self {
        Self(Kind::Invalidate(prefix))
    }

    /// Promises that the reducer only sets values and never counts up, so that replaying events
    /// in order over a newer record ends at the same record. Saves refetches with a server that
    /// gives no positions. Without effect on the other kinds.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        if let Kind::Reduce { idempotent, .. } = &mut self.0 {
            *idempotent = true;
        }
        self
    }
}

impl<T> Clone for Patch<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kind::Replace(decode) => Kind::Replace(*decode),
            Kind::Merge(merge) => Kind::Merge(merge.clone()),
            Kind::Reduce { reduce, idempotent } => Kind::Reduce {
                reduce: reduce.clone(),
                idempotent: *idempotent,
            },
            Kind::Invalidate(prefix) => Kind::Invalidate(prefix.clone()),
        })
    }
}

impl<T> fmt::Debug for Patch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Replace(_) => f.write_str("Replace"),
            Kind::Merge(_) => f.write_str("Merge"),
            Kind::Reduce { idempotent, .. } => f
                .debug_struct("Reduce")
                .field("idempotent", idempotent)
                .finish_non_exhaustive(),
            Kind::Invalidate(prefix) => f.debug_tuple("Invalidate").field(prefix).finish(),
        }
    }
}
