//! Edits: what a mutation does to lists and records, as far as the client can tell.

use super::{MutationError, ServerIds, queue::keeping_is_used};
use crate::{
    id::RowId,
    key::QueryKey,
    list::{AnyItem, ErasedList, Item, ListItem, Spot, json_of},
    overlay::{Change, JsonOf, LayerId},
    query::{LayOnRecord, Record},
    seed::Seeding,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{any::Any, convert::Infallible, fmt, rc::Rc};

/// What lays an edit over a resource's data, whatever its type.
trait Lay {
    fn lay(&self, layered: &mut dyn Any, at: &Place<'_>) -> Result<bool, MutationError>;

    /// The change as it is kept; `None` if it cannot be, or nobody keeps any.
    fn stored(&self, resolve: &dyn Fn(&RowId) -> RowId) -> Option<StoredChange>;
}

/// Where an edit is laid.
struct Place<'a> {
    key: &'a QueryKey,
    /// How the query's data goes into a seed and back.
    seeding: Option<&'static Seeding>,
    layer: LayerId,
    ids: &'a ServerIds,
}

impl Place<'_> {
    /// The query holds another type.
    fn mismatch(&self) -> MutationError {
        MutationError::TypeMismatch {
            key: self.key.clone(),
        }
    }
}

/// A change as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredChange {
    Insert(Box<RawValue>),
    Set(Box<RawValue>),
    Patch(Box<RawValue>),
    Delete,
    Before(Option<RowId>),
    After(Option<RowId>),
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EditKind {
    Insert { id_field: Rc<str> },
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
    lay: Rc<dyn Lay>,
}

impl Edit {
    /// An edit of the list `key`.
    #[must_use]
    pub fn list<T: ListItem>(key: QueryKey, edit: ListEdit<T>) -> Self {
        let (id, change, kind) = match edit {
            ListEdit::Insert(item) => {
                let kind = EditKind::Insert {
                    id_field: T::ID_FIELD.into(),
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
        let lay = OfList {
            id: id.clone(),
            change,
            json: json_of::<T>(),
            holds: ErasedList::holds::<T>,
        };
        Self {
            key,
            target: Some(Target { id, kind }),
            lay: Rc::new(lay),
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
        Self {
            key,
            target: None,
            lay: Rc::new(OfRecord { change }),
        }
    }

    /// An edit that was kept while the page was away. What it is of, its query knows.
    pub(super) fn restored(
        key: QueryKey,
        id: Option<RowId>,
        change: StoredChange,
        id_field: Option<Rc<str>>,
    ) -> Self {
        let target = id.clone().map(|id| Target {
            id,
            kind: match (&change, id_field) {
                (StoredChange::Insert(_), Some(id_field)) => EditKind::Insert { id_field },
                (StoredChange::Delete, _) => EditKind::Delete,
                _ => EditKind::Change,
            },
        });
        Self {
            key,
            target,
            lay: Rc::new(Kept { id, change }),
        }
    }

    /// Lays the edit over a resource's data; whether what people see changed.
    pub(crate) fn apply(
        &self,
        layered: &mut dyn Any,
        seeding: Option<&'static Seeding>,
        layer: LayerId,
        ids: &ServerIds,
    ) -> Result<bool, MutationError> {
        let at = Place {
            key: &self.key,
            seeding,
            layer,
            ids,
        };
        self.lay.lay(layered, &at)
    }

    /// The change as it is kept; `None` if it cannot be.
    pub(super) fn stored(&self, resolve: &dyn Fn(&RowId) -> RowId) -> Option<StoredChange> {
        self.lay.stored(resolve)
    }
}

/// An edit of a list.
struct OfList {
    id: RowId,
    change: Change<dyn AnyItem, Spot>,
    json: JsonOf<dyn AnyItem>,
    holds: fn(&ErasedList) -> bool,
}

impl Lay for OfList {
    fn lay(&self, layered: &mut dyn Any, at: &Place<'_>) -> Result<bool, MutationError> {
        let list = layered.downcast_mut::<ErasedList>();
        let list = list.filter(|list| (self.holds)(list));
        let list = list.ok_or_else(|| at.mismatch())?;
        lay_on_list(list, at, &self.id, &self.change, self.json)
    }

    fn stored(&self, resolve: &dyn Fn(&RowId) -> RowId) -> Option<StoredChange> {
        if !keeping_is_used() {
            return None;
        }
        let near = |id: &Option<RowId>| id.as_ref().map(resolve);
        Some(match &self.change {
            Change::Insert(item) => StoredChange::Insert(raw(&(self.json.write)(&**item).ok()?)?),
            Change::Patch(patch) => StoredChange::Patch(raw(patch)?),
            Change::Delete => StoredChange::Delete,
            Change::Place(Spot::Before(id)) => StoredChange::Before(near(id)),
            Change::Place(Spot::After(id)) => StoredChange::After(near(id)),
            Change::Set(_) | Change::Apply(_) => return None,
        })
    }
}

/// An edit of a record.
struct OfRecord<T> {
    change: Change<T, Infallible>,
}

impl<T> Lay for OfRecord<T>
where
    T: PartialEq + Serialize + DeserializeOwned + 'static,
{
    fn lay(&self, layered: &mut dyn Any, at: &Place<'_>) -> Result<bool, MutationError> {
        let record = layered.downcast_mut::<Record<T>>();
        let record = record.ok_or_else(|| at.mismatch())?;
        Ok(record.push_layer(at.key, at.layer, self.change.clone(), JsonOf::new())?)
    }

    fn stored(&self, _: &dyn Fn(&RowId) -> RowId) -> Option<StoredChange> {
        if !keeping_is_used() {
            return None;
        }
        Some(match &self.change {
            Change::Set(value) => StoredChange::Set(raw(&(JsonOf::new().write)(&**value).ok()?)?),
            Change::Patch(patch) => StoredChange::Patch(raw(patch)?),
            _ => return None,
        })
    }
}

/// An edit that was kept while the page was away.
struct Kept {
    id: Option<RowId>,
    change: StoredChange,
}

impl Lay for Kept {
    fn lay(&self, layered: &mut dyn Any, at: &Place<'_>) -> Result<bool, MutationError> {
        let mismatch = || at.mismatch();
        let edits = at.seeding.and_then(|seeding| seeding.edits);
        let edits = edits.ok_or_else(mismatch)?;
        if let Some(json) = edits.downcast_ref::<JsonOf<dyn AnyItem>>() {
            let list = layered.downcast_mut::<ErasedList>().ok_or_else(mismatch)?;
            let id = self.id.as_ref().ok_or_else(mismatch)?;
            let change = self.change.of_list(*json).ok_or_else(mismatch)?;
            return lay_on_list(list, at, id, &change, *json);
        }
        let lay = edits.downcast_ref::<LayOnRecord>().ok_or_else(mismatch)?;
        let (value, is_patch) = match &self.change {
            StoredChange::Set(value) => (value, false),
            StoredChange::Patch(patch) => (patch, true),
            _ => return Err(mismatch()),
        };
        Ok((lay.0)(layered, at.key, at.layer, value.get(), is_patch)?)
    }

    fn stored(&self, resolve: &dyn Fn(&RowId) -> RowId) -> Option<StoredChange> {
        Some(match &self.change {
            StoredChange::Before(id) => StoredChange::Before(id.as_ref().map(resolve)),
            StoredChange::After(id) => StoredChange::After(id.as_ref().map(resolve)),
            other => other.clone(),
        })
    }
}

impl StoredChange {
    fn of_list(&self, json: JsonOf<dyn AnyItem>) -> Option<Change<dyn AnyItem, Spot>> {
        Some(match self {
            Self::Insert(item) => {
                let item = serde_json::from_str(item.get()).ok()?;
                Change::Insert((json.read)(item).ok()?)
            }
            Self::Patch(patch) => Change::Patch(patch.get().into()),
            Self::Delete => Change::Delete,
            Self::Before(id) => Change::Place(Spot::Before(id.clone())),
            Self::After(id) => Change::Place(Spot::After(id.clone())),
            Self::Set(_) => return None,
        })
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

fn lay_on_list(
    list: &mut ErasedList,
    at: &Place<'_>,
    id: &RowId,
    change: &Change<dyn AnyItem, Spot>,
    json: JsonOf<dyn AnyItem>,
) -> Result<bool, MutationError> {
    let (id, change) = (at.ids.resolve(id), resolved(change, at.ids));
    Ok(list.push_layer(at.key, at.layer, &id, change, json)?)
}

fn raw(json: &dyn fmt::Display) -> Option<Box<RawValue>> {
    RawValue::from_string(json.to_string()).ok()
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
