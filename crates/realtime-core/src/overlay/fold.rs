//! Fold: what one edit makes of the state under it.

use super::{
    conflict::{ConflictPolicy, FieldConflict, IsOwn, merge3},
    outcome::{at, put},
};
use crate::{error::DecodeError, merge::merge_patch};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, rc::Rc};

/// Makes another value of one.
type Apply<T> = Rc<dyn Fn(&T) -> Rc<T>>;

/// An edit of one row or record. `P` says where a row can be put.
pub(crate) enum Change<T: ?Sized, P> {
    /// A new row; over a row that is there already, nothing.
    Insert(Rc<T>),
    /// Another value.
    Set(Rc<T>),
    /// A merge patch, as JSON.
    Patch(Rc<str>),
    /// Whatever the function makes of the value.
    Apply(Apply<T>),
    /// No row any more.
    Delete,
    /// Another place.
    Place(P),
}

impl<T: ?Sized, P: Clone> Clone for Change<T, P> {
    fn clone(&self) -> Self {
        match self {
            Self::Insert(item) => Self::Insert(Rc::clone(item)),
            Self::Set(item) => Self::Set(Rc::clone(item)),
            Self::Patch(patch) => Self::Patch(Rc::clone(patch)),
            Self::Apply(apply) => Self::Apply(Rc::clone(apply)),
            Self::Delete => Self::Delete,
            Self::Place(place) => Self::Place(place.clone()),
        }
    }
}

impl<T: ?Sized, P: fmt::Debug> fmt::Debug for Change<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(_) => f.write_str("Insert"),
            Self::Set(_) => f.write_str("Set"),
            Self::Patch(patch) => f.debug_tuple("Patch").field(patch).finish(),
            Self::Apply(_) => f.write_str("Apply"),
            Self::Delete => f.write_str("Delete"),
            Self::Place(place) => f.debug_tuple("Place").field(place).finish(),
        }
    }
}

/// How a type goes to JSON and back, for those who know no more of it than its name.
pub(crate) struct JsonOf<T: ?Sized> {
    pub(crate) merge: fn(&T, &str) -> Result<Rc<T>, DecodeError>,
    pub(crate) write: fn(&T) -> Result<Value, serde_json::Error>,
    pub(crate) read: fn(Value) -> Result<Rc<T>, serde_json::Error>,
}

impl<T: Serialize + DeserializeOwned> JsonOf<T> {
    pub(crate) fn new() -> Self {
        Self {
            merge: |value, patch| merge_patch(value, patch).map(Rc::new),
            write: |value| serde_json::to_value(value),
            read: |value| serde_json::from_value(value).map(Rc::new),
        }
    }
}

impl<T: ?Sized> Clone for JsonOf<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for JsonOf<T> {}

impl<T: ?Sized> fmt::Debug for JsonOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonOf")
    }
}

/// How edits are folded.
#[derive(Debug)]
pub(crate) struct Rules<T: ?Sized> {
    pub(crate) policy: ConflictPolicy<T>,
    pub(crate) json: JsonOf<T>,
}

impl<T: PartialEq + ?Sized, P> Change<T, P> {
    /// What this edit, made on `base`, makes of `under`; `None` is no row. Of the fields in `lost` it
    /// makes nothing.
    ///
    /// Without a base, or with one that is still what lies under, the edit is simply made again.
    pub(super) fn over(
        &self,
        under: Option<&Rc<T>>,
        base: Option<&Rc<T>>,
        rules: &Rules<T>,
        lost: &[Vec<String>],
        is_own: &IsOwn<'_>,
        conflicts: &mut Vec<FieldConflict>,
    ) -> Option<Rc<T>> {
        let (policy, json) = (&rules.policy, rules.json);
        let Some(under) = under else {
            return match self {
                Self::Insert(item) | Self::Set(item) => Some(Rc::clone(item)),
                _ => None,
            };
        };
        match self {
            Self::Insert(_) | Self::Place(_) => return Some(Rc::clone(under)),
            Self::Delete => return None,
            Self::Set(_) | Self::Patch(_) | Self::Apply(_) => {}
        }
        let changed_under = |base: &&Rc<T>| !Rc::ptr_eq(base, under) && base != &under;
        let counts = |base: &&Rc<T>| !lost.is_empty() || changed_under(base);
        let merged = base.filter(counts).and_then(|base| {
            let ours = self.made_on(base, json).ok()?;
            match policy {
                ConflictPolicy::LastWriterWins => None,
                ConflictPolicy::Custom(resolve) => Some(resolve(base, &ours, under)),
                ConflictPolicy::MergeFields { same_field } => {
                    let value = |of: &T| (json.write)(of).ok();
                    let (base, mut ours, theirs) = (value(base)?, value(&ours)?, value(under)?);
                    for path in lost {
                        put(&mut ours, path, at(&base, path));
                    }
                    let mut found = Vec::new();
                    let merged = merge3(
                        &base,
                        &ours,
                        &theirs,
                        *same_field,
                        is_own,
                        &mut Vec::new(),
                        &mut found,
                    );
                    let merged = (json.read)(merged).ok()?;
                    conflicts.append(&mut found);
                    Some(merged)
                }
            }
        });
        let plain = || {
            self.made_on(under, json)
                .unwrap_or_else(|_| Rc::clone(under))
        };
        Some(merged.unwrap_or_else(plain))
    }

    /// What this edit makes of `value`, whatever it was made on.
    pub(super) fn made_on(&self, value: &Rc<T>, json: JsonOf<T>) -> Result<Rc<T>, DecodeError> {
        Ok(match self {
            Self::Set(item) => Rc::clone(item),
            Self::Patch(patch) => (json.merge)(value, patch)?,
            Self::Apply(apply) => apply(value),
            Self::Insert(_) | Self::Delete | Self::Place(_) => Rc::clone(value),
        })
    }
}
