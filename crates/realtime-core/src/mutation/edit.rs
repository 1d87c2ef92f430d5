//! Edits: what a mutation does to lists and records, as far as the client can tell.

use super::{MutationError, ServerIds};
use crate::{
    id::RowId,
    key::QueryKey,
    list::{AnyItem, ErasedList, Item, ListItem, Spot, json_of},
    overlay::{Change, JsonOf, LayerId},
    query::Record,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::Any, fmt, rc::Rc};

type Apply = Rc<dyn Fn(&mut dyn Any, LayerId, &ServerIds) -> Result<bool, MutationError>>;

/// A change of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListEdit<T: ListItem> {
    /// A new row. Its id may be the final one, if clients choose ids, or a temporary one, which the
    /// server's answer or echo replaces: it must not have been used before, and the row keeps its [key](crate::ListSnapshot::key). In
    /// arrival order it stands at the end until the server knows it, after rows that come
    /// meanwhile.
    Insert(T),
    /// Other fields of a row.
    Update {
        /// Which row; also by its temporary id.
        id: RowId,
        /// The fields, as a JSON merge patch.
        patch: Rc<str>,
    },
    /// No row any more.
    Delete {
        /// Which row; also by its temporary id.
        id: RowId,
    },
    /// Another place, in a list in arrival order. In a sorted list an `Update` of the field that it
    /// sorts by moves a row.
    MoveBefore {
        /// Which row; also by its temporary id.
        id: RowId,
        /// Before which; `None` is the end.
        before: Option<RowId>,
    },
    /// As [`MoveBefore`](Self::MoveBefore).
    MoveAfter {
        /// Which row; also by its temporary id.
        id: RowId,
        /// After which; `None` is the start.
        after: Option<RowId>,
    },
}

/// A change of a record.
#[derive(Clone)]
pub enum RecordEdit<T> {
    /// Another value. With [`ConflictPolicy::MergeFields`](crate::ConflictPolicy::MergeFields), only the fields that differ.
    Set(T),
    /// Other fields, as a JSON merge patch.
    Patch(Rc<str>),
    /// What the function makes of the value; it is called again whenever the value under it changes.
    Apply(Rc<dyn Fn(&T) -> T>),
}

impl<T: fmt::Debug> fmt::Debug for RecordEdit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(value) => f.debug_tuple("Set").field(value).finish(),
            Self::Patch(patch) => f.debug_tuple("Patch").field(patch).finish(),
            Self::Apply(_) => f.write_str("Apply"),
        }
    }
}

/// How a row or record stands between this client and the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemState {
    /// It is as the server has it, or the server has said that it will be.
    Synced,
    /// An edit of it waits for the server: "sending…".
    Pending,
    /// An edit of it failed and is kept: "retry?".
    Failed {
        /// The mutation, to retry or dismiss.
        mutation: crate::MutationId,
        /// Why it failed.
        error: MutationError,
    },
}

/// What an edit does to the row it is about, as far as others depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EditKind {
    Insert { id_field: &'static str },
    Change,
    Delete,
}

/// A row, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: RowId,
    pub(super) kind: EditKind,
}

/// One edit of one query. Queries that are not in the cache get it when they come, as long as the
/// mutation has no outcome.
#[derive(Clone)]
pub struct Edit {
    pub(crate) key: QueryKey,
    pub(super) target: Option<Target>,
    apply: Apply,
}

impl Edit {
    /// An edit of the list `key`.
    #[must_use]
    pub fn list<T: ListItem>(key: QueryKey, edit: ListEdit<T>) -> Self {
        let (id, change, kind) = match edit {
            ListEdit::Insert(item) => {
                let kind = EditKind::Insert {
                    id_field: T::ID_FIELD,
                };
                let (id, item): (_, Item) = (item.id(), Rc::new(item));
                (id, Change::Insert(item), kind)
            }
            ListEdit::Update { id, patch } => (id, Change::Patch(patch), EditKind::Change),
            ListEdit::Delete { id } => (id, Change::Delete, EditKind::Delete),
            ListEdit::MoveBefore { id, before } => {
                (id, Change::Place(Spot::Before(before)), EditKind::Change)
            }
            ListEdit::MoveAfter { id, after } => {
                (id, Change::Place(Spot::After(after)), EditKind::Change)
            }
        };
        let target = Target {
            id: id.clone(),
            kind,
        };
        let json = json_of::<T>();
        let home = key.clone();
        let apply = move |layered: &mut dyn Any, layer: LayerId, ids: &ServerIds| {
            let list = layered.downcast_mut::<ErasedList>();
            let Some(list) = list.filter(|list| list.holds::<T>()) else {
                return Err(MutationError::TypeMismatch { key: home.clone() });
            };
            let change = resolved(&change, ids);
            let id = ids.resolve(&id);
            Ok(list.push_layer(&home, layer, &id, change, json)?)
        };
        Self {
            key,
            target: Some(target),
            apply: Rc::new(apply),
        }
    }

    /// An edit of the record `key`.
    #[must_use]
    pub fn record<T>(key: QueryKey, edit: RecordEdit<T>) -> Self
    where
        T: PartialEq + Serialize + DeserializeOwned + 'static,
    {
        let change = match edit {
            RecordEdit::Set(value) => Change::Set(Rc::new(value)),
            RecordEdit::Patch(patch) => Change::Patch(patch),
            RecordEdit::Apply(apply) => Change::Apply(Rc::new(move |value| Rc::new(apply(value)))),
        };
        let home = key.clone();
        let apply = move |layered: &mut dyn Any, layer: LayerId, _: &ServerIds| {
            let Some(record) = layered.downcast_mut::<Record<T>>() else {
                return Err(MutationError::TypeMismatch { key: home.clone() });
            };
            Ok(record.push_layer(&home, layer, change.clone(), JsonOf::new())?)
        };
        Self {
            key,
            target: None,
            apply: Rc::new(apply),
        }
    }

    /// Lays the edit over a resource's data; whether what people see changed.
    pub(crate) fn apply(
        &self,
        layered: &mut dyn Any,
        layer: LayerId,
        ids: &ServerIds,
    ) -> Result<bool, MutationError> {
        (self.apply)(layered, layer, ids)
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("key", &self.key)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// The change with the server's ids for its neighbours.
fn resolved(change: &Change<dyn AnyItem, Spot>, ids: &ServerIds) -> Change<dyn AnyItem, Spot> {
    let neighbour = |id: &Option<RowId>| id.as_ref().map(|id| ids.resolve(id));
    match change {
        Change::Place(Spot::Before(id)) => Change::Place(Spot::Before(neighbour(id))),
        Change::Place(Spot::After(id)) => Change::Place(Spot::After(neighbour(id))),
        other => other.clone(),
    }
}
