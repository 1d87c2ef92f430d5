//! Two edits of one thing: how they come together, and who hears of it.

use super::text::text;
use crate::{id::RowId, key::QueryKey};
use serde_json::{Map, Value};
use std::{fmt, rc::Rc};

type Resolve<T> = Rc<dyn Fn(&T, &Rc<T>, &T) -> Rc<T>>;

/// How an edit of ours and a change by someone else come together, when both began from the same
/// state. Set per list ([`ListOptions::with_conflicts`](crate::ListOptions::with_conflicts)) or
/// record ([`RecordSpec::with_conflicts`](crate::RecordSpec::with_conflicts)).
///
/// The policy decides what is shown while our edit is pending, and what our message says if it is
/// made from [`Sending::patch`](crate::mutation::Sending::patch). Once the server has answered, what the server
/// says is shown.
#[derive(Default)]
pub enum ConflictPolicy<T: ?Sized> {
    /// Our edit lies over the newer state as it was made: a patch sets its fields, a whole value
    /// everything. The server takes edits as they come and the greatest version is the truth.
    #[default]
    LastWriterWins,
    /// Three-way merge, field by field and into objects: a field that only one side changed is
    /// that side's, so edits to different fields both survive. A field that both changed
    /// differently goes to `same_field`, and the loser is reported as a [`Conflict`].
    MergeFields {
        /// Who gets a field that both changed.
        same_field: Side,
    },
    /// Calls a function of the state we edited, our value and theirs. Nothing is reported.
    Custom(Resolve<T>),
}

impl<T> ConflictPolicy<T> {
    /// A policy that merges by `resolve(base, ours, theirs)`.
    #[must_use]
    pub fn custom(resolve: impl Fn(&T, &T, &T) -> T + 'static) -> Self
    where
        T: 'static,
    {
        Self::Custom(Rc::new(move |base, ours, theirs| {
            Rc::new(resolve(base, ours, theirs))
        }))
    }
}

impl<T: ?Sized> ConflictPolicy<T> {
    /// Whether what an edit was made on matters.
    pub(crate) const fn merges(&self) -> bool {
        !matches!(self, Self::LastWriterWins)
    }

    /// Whether a field that others changed too is left to them.
    pub(super) const fn yields(&self) -> bool {
        matches!(
            self,
            Self::MergeFields {
                same_field: Side::Theirs
            }
        )
    }
}

impl<T: ?Sized> Clone for ConflictPolicy<T> {
    fn clone(&self) -> Self {
        match self {
            Self::LastWriterWins => Self::LastWriterWins,
            Self::MergeFields { same_field } => Self::MergeFields {
                same_field: *same_field,
            },
            Self::Custom(resolve) => Self::Custom(Rc::clone(resolve)),
        }
    }
}

impl<T: ?Sized> fmt::Debug for ConflictPolicy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastWriterWins => f.write_str("LastWriterWins"),
            Self::MergeFields { same_field } => f
                .debug_struct("MergeFields")
                .field("same_field", same_field)
                .finish(),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// One of the two sides of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// This client's edit.
    Ours,
    /// What came from the server meanwhile.
    Theirs,
}

/// A field that this client and someone else changed at once, to different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The query that holds it.
    pub key: QueryKey,
    /// The row's id; `None` in a record.
    pub id: Option<RowId>,
    /// The field, with dots between the names of nested ones.
    pub field: Rc<str>,
    /// What it was when our edit was made, as JSON.
    pub base: Rc<str>,
    /// What our edit made of it, as JSON.
    pub ours: Rc<str>,
    /// What they made of it, as JSON.
    pub theirs: Rc<str>,
    /// Who got it; the other is the loser.
    pub kept: Side,
}

/// Whether a field, by the names on the way to it, has a value that an edit of our own gives it.
pub(super) type IsOwn<'a> = dyn Fn(&[String], &Value) -> bool + 'a;

/// A [`Conflict`] before it is known where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldConflict {
    /// The names on the way to the field.
    pub(super) path: Vec<String>,
    pub(super) base: Value,
    pub(super) ours: Value,
    pub(super) theirs: Value,
    pub(super) kept: Side,
}

impl FieldConflict {
    pub(super) fn at(self, key: QueryKey, id: Option<RowId>) -> Conflict {
        Conflict {
            key,
            id,
            field: self.path.join(".").into(),
            base: text(&self.base).into(),
            ours: text(&self.ours).into(),
            theirs: text(&self.theirs).into(),
            kept: self.kept,
        }
    }
}

/// The three-way merge of JSON values; notes the fields that both sides changed. What `is_own`, of a
/// field and its value, is not theirs but ours too, and no conflict. The depth is that of the values,
/// which a parser has bounded.
pub(super) fn merge3(
    base: &Value,
    ours: &Value,
    theirs: &Value,
    same_field: Side,
    is_own: &IsOwn<'_>,
    path: &mut Vec<String>,
    conflicts: &mut Vec<FieldConflict>,
) -> Value {
    if ours == base || ours == theirs {
        return theirs.clone();
    }
    if theirs == base {
        return ours.clone();
    }
    if let (Value::Object(base), Value::Object(ours), Value::Object(theirs)) = (base, ours, theirs)
    {
        let mut merged = Map::new();
        let in_both = |name: &str| theirs.contains_key(name) && ours.contains_key(name);
        let names = theirs
            .keys()
            .chain(ours.keys().filter(|name| !theirs.contains_key(*name)));
        for name in names {
            let of = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
            path.push(name.clone());
            let (base, ours, theirs) = (of(base), of(ours), of(theirs));
            let value = merge3(&base, &ours, &theirs, same_field, is_own, path, conflicts);
            path.pop();
            if !value.is_null() || in_both(name) {
                merged.insert(name.clone(), value);
            }
        }
        return Value::Object(merged);
    }
    if is_own(path, theirs) {
        return ours.clone();
    }
    conflicts.push(FieldConflict {
        path: path.clone(),
        base: base.clone(),
        ours: ours.clone(),
        theirs: theirs.clone(),
        kept: same_field,
    });
    match same_field {
        Side::Ours => ours.clone(),
        Side::Theirs => theirs.clone(),
    }
}

/// Takes the field out of a merge patch that these names lead to.
pub(super) fn prune(patch: &mut Value, path: &[String]) {
    let Value::Object(fields) = patch else { return };
    match path {
        [] => fields.clear(),
        [last] => {
            fields.remove(last);
        }
        [first, rest @ ..] => {
            if let Some(inner) = fields.get_mut(first) {
                prune(inner, rest);
                if inner.as_object().is_some_and(Map::is_empty) {
                    fields.remove(first);
                }
            }
        }
    }
}

/// The merge patch that makes `new` of `old`; `None` if they are equal.
pub(super) fn difference(old: &Value, new: &Value) -> Option<Value> {
    if old == new {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return Some(new.clone());
    };
    let mut patch = Map::new();
    for (name, value) in new {
        let before = old.get(name).unwrap_or(&Value::Null);
        if let Some(value) = difference(before, value) {
            patch.insert(name.clone(), value);
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(ours: Value, theirs: Value, same_field: Side) -> (Value, Vec<FieldConflict>) {
        let base = json!({"title": "a", "done": false, "meta": {"color": "red", "size": 1}});
        let mut conflicts = Vec::new();
        let value = merge3(
            &base,
            &ours,
            &theirs,
            same_field,
            &|_, _| false,
            &mut vec![],
            &mut conflicts,
        );
        (value, conflicts)
    }

    #[test]
    fn different_fields_both_survive_nested_ones_too() {
        let ours = json!({"title": "b", "done": false, "meta": {"color": "blue", "size": 1}});
        let theirs = json!({"title": "a", "done": true, "meta": {"color": "red", "size": 2}});
        let both = json!({"title": "b", "done": true, "meta": {"color": "blue", "size": 2}});
        assert_eq!(merged(ours, theirs, Side::Theirs), (both, vec![]));
    }

    #[test]
    fn the_same_field_goes_to_the_chosen_side_and_the_loser_is_named() {
        let ours = json!({"title": "b", "done": false, "meta": {"color": "blue", "size": 1}});
        let theirs = json!({"title": "c", "done": false, "meta": {"color": "blue", "size": 1}});
        for (side, title) in [(Side::Ours, "b"), (Side::Theirs, "c")] {
            let (value, conflicts) = merged(ours.clone(), theirs.clone(), side);
            assert_eq!(value["title"], title);
            assert_eq!(conflicts.len(), 1);
            assert_eq!(
                (conflicts[0].path.join("."), conflicts[0].kept),
                ("title".to_owned(), side)
            );
        }
    }

    #[test]
    fn a_field_that_one_side_removed_stays_removed() {
        let base = json!({"title": "a", "due": 7, "done": false});
        let ours = json!({"title": "b", "due": 7, "done": false});
        let theirs = json!({"title": "a", "done": false});
        let mut conflicts = Vec::new();
        let value = merge3(
            &base,
            &ours,
            &theirs,
            Side::Ours,
            &|_, _| false,
            &mut vec![],
            &mut conflicts,
        );
        assert_eq!(value, json!({"title": "b", "done": false}));
        assert_eq!(conflicts, []);
    }

    #[test]
    fn what_was_lost_is_taken_out_of_the_patch_and_nothing_else() {
        let ours = json!({"title": "b", "done": false, "meta": {"color": "blue", "size": 3}});
        let theirs = json!({"title": "c", "done": false, "meta": {"color": "red", "size": 2}});
        let (_, conflicts) = merged(ours, theirs, Side::Theirs);
        let mut patch = json!({"title": "b", "meta": {"color": "blue", "size": 3}});
        for conflict in conflicts {
            prune(&mut patch, &conflict.path);
        }
        assert_eq!(patch, json!({"meta": {"color": "blue"}}));
    }

    #[test]
    fn a_difference_is_the_patch_that_makes_it() {
        let old = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": 4});
        let new = json!({"a": 1, "b": {"c": 5, "d": 3}, "f": 6});
        let patch = difference(&old, &new).unwrap();
        assert_eq!(patch, json!({"b": {"c": 5}, "e": null, "f": 6}));
        assert_eq!(difference(&old, &old), None);
        assert_eq!(crate::merge_patch(&old, &patch.to_string()).unwrap(), new);
    }
}
