//! What an edit that goes leaves to those that were made on top of it.
//!
//! The base of an edit is what people saw when they made it, and so it has in it what the edits
//! below were to become. When one of these goes, the base gets what it *did* become, or what was
//! there before it if it became nothing: else the outcome of our own edit would pass for somebody
//! else's. That concerns the fields which that edit changed, and no others: the rest of the base
//! stays as it was, so that what others have changed since is known as theirs.

use super::conflict::{difference, prune};
use serde_json::Value;

/// What became of an edit that goes.
#[derive(Debug)]
pub(crate) enum Became<'a, T> {
    /// What the server says: the fields that it made different at least, or all, as a JSON object.
    Said(&'a str),
    /// What the server has since, as far as can be known.
    Item(&'a T),
    /// What it was meant to.
    AsMeant,
    /// Nothing.
    Nothing,
}

/// What one edit tells the next one above it. All values are JSON.
#[derive(Debug)]
pub(super) struct Inheritance {
    /// The fields that are concerned: a merge patch of which only the names matter. What has no
    /// fields is concerned as a whole.
    fields: Value,
    /// What there was to be below the next edit.
    meant: Value,
    /// What there is instead.
    is: Value,
    /// Fields that others seemed to have won.
    won: Vec<Vec<String>>,
}

impl Inheritance {
    /// That of an edit which was to make `meant` of `base`, and has come to nothing.
    pub(super) fn of_nothing(base: Value, meant: Value) -> Option<Self> {
        Some(Self {
            fields: difference(&base, &meant)?,
            meant,
            is: base,
            won: Vec::new(),
        })
    }

    /// That of an edit which was to make `meant` of `base`, and of which `source` is known: the
    /// whole value if it `is_whole`, else at least what is different. Others have got the fields
    /// in `lost`: what there is of them is not what the edit became, unless that is what it was to
    /// become.
    pub(super) fn of_done(
        base: &Value,
        meant: Value,
        (source, is_whole): (&Value, bool),
        lost: &[Vec<String>],
    ) -> Option<Self> {
        let mut fields = difference(base, &meant)?;
        let (won, lost): (Vec<_>, Vec<_>) =
            (lost.iter().cloned()).partition(|path| at(&meant, path) == at(source, path));
        for path in lost {
            prune(&mut fields, &path);
        }
        let mut is = meant.clone();
        renew(&mut is, &fields, &mut |_, path| {
            find(source, path)
                .cloned()
                .or(is_whole.then_some(Value::Null))
        });
        Some(Self {
            fields,
            meant,
            is,
            won,
        })
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.won.is_empty() && self.meant == self.is
    }

    /// Gives a base what it inherits: the fields in which it has what was meant.
    pub(super) fn give(&self, base: &mut Value) {
        let Self {
            fields,
            meant,
            is,
            won,
        } = self;
        renew(base, fields, &mut |old, path| {
            let inherits = old == at(meant, path) || won.iter().any(|won| won == path);
            inherits.then(|| at(is, path).clone())
        });
    }

    /// What the next edit tells in its turn: it would have made `meant`, and makes `is`.
    pub(super) fn next(mut self, meant: Value, is: Value) -> Self {
        if let Some(more) = difference(&meant, &is) {
            add(&mut self.fields, more);
        }
        Self { meant, is, ..self }
    }
}

/// What these names lead to, if there is such a thing.
fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The same; what is not there is null.
fn at<'a>(value: &'a Value, path: &[String]) -> &'a Value {
    find(value, path).unwrap_or(&Value::Null)
}

/// Gives those of the `fields` of a value another value for which there is one.
fn renew(
    value: &mut Value,
    fields: &Value,
    new: &mut impl FnMut(&Value, &[String]) -> Option<Value>,
) {
    fn go(
        value: &mut Value,
        fields: &Value,
        path: &mut Vec<String>,
        new: &mut impl FnMut(&Value, &[String]) -> Option<Value>,
    ) {
        let (Value::Object(inner), Value::Object(fields)) = (&mut *value, fields) else {
            if let Some(new) = new(value, path) {
                *value = new;
            }
            return;
        };
        for (name, fields) in fields {
            let mut field = inner.remove(name).unwrap_or_default();
            path.push(name.clone());
            go(&mut field, fields, path, new);
            path.pop();
            if !field.is_null() {
                inner.insert(name.clone(), field);
            }
        }
    }
    go(value, fields, &mut Vec::new(), new);
}

fn add(fields: &mut Value, more: Value) {
    match (fields, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, more) in more {
                match fields.get_mut(&name) {
                    Some(fields) => add(fields, more),
                    None => drop(fields.insert(name, more)),
                }
            }
        }
        (fields, more) => *fields = more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::MutationId,
        overlay::{Change, ConflictPolicy, JsonOf, LayerId, Rules, Side, Stack},
    };
    use serde_json::json;
    use std::{cell::Cell, convert::Infallible, rc::Rc};

    const POLICY: ConflictPolicy<Value> = ConflictPolicy::MergeFields {
        same_field: Side::Theirs,
    };

    /// Edits, numbered from 1, over a state.
    struct Edits {
        state: Rc<Value>,
        stack: Stack<Value, Infallible>,
        count: u64,
    }

    fn rules() -> Rules<'static, Value> {
        Rules {
            policy: &POLICY,
            json: JsonOf::new(),
        }
    }

    fn over(state: Value) -> Edits {
        Edits {
            state: Rc::new(state),
            stack: Stack::new(),
            count: 0,
        }
    }

    impl Edits {
        fn make(mut self, change: Change<Value, Infallible>) -> Self {
            self.count += 1;
            let id = LayerId {
                mutation: MutationId(self.count),
                edit: 0,
            };
            let state = Some(&self.state);
            self.stack.push(id, change, state, &rules()).unwrap();
            self
        }

        fn patch(self, patch: &Value) -> Self {
            self.make(Change::Patch(patch.to_string().into()))
        }

        /// Others change the state, and it is shown.
        fn others(mut self, state: Value) -> Self {
            self.state = Rc::new(state);
            self.stack.fold(Some(&self.state), &rules(), true);
            self
        }

        fn goes(mut self, number: u64, became: Became<'_, Value>) -> Self {
            let became = Cell::new(Some(became));
            let removed = self.stack.remove(&rules(), |layer| {
                let is_it = layer.id.mutation == MutationId(number);
                is_it.then(|| became.take()).flatten()
            });
            assert_eq!(removed.len(), 1);
            self
        }

        /// What shows over `state`, and how many edits lose to it.
        fn shown(&mut self, state: Value) -> (Value, usize) {
            let folded = self.stack.fold(Some(&Rc::new(state)), &rules(), true);
            let conflicts = folded.conflicts.len();
            (Value::clone(&folded.item.unwrap()), conflicts)
        }
    }

    #[test]
    fn what_an_edit_became_is_no_conflict_with_the_next_one_and_what_others_make_of_it_is() {
        let edits = || {
            over(json!({"title": "old"}))
                .patch(&json!({"title": "one"}))
                .patch(&json!({"title": "two"}))
                .goes(1, Became::Said(r#"{"title":"ONE","version":2}"#))
        };
        assert_eq!(
            edits().shown(json!({"title": "ONE"})),
            (json!({"title": "two"}), 0)
        );
        assert_eq!(
            edits().shown(json!({"title": "theirs"})),
            (json!({"title": "theirs"}), 1)
        );
    }

    #[test]
    fn what_others_did_to_fields_that_the_edit_below_did_not_change_stays_a_conflict() {
        let state = json!({"title": "theirs", "note": "mine"});
        for became in [
            Became::Said(r#"{"note":"mine"}"#),
            Became::Item(&state),
            Became::AsMeant,
        ] {
            let mut edits = over(json!({"title": "old", "note": "old"}))
                .patch(&json!({"note": "mine"}))
                .patch(&json!({"title": "mine"}))
                .goes(1, became);
            assert_eq!(edits.shown(state.clone()), (state.clone(), 1));
        }
    }

    #[test]
    fn an_edit_that_came_to_nothing_leaves_what_was_there_before_it() {
        let edits = || {
            over(json!({"title": "old"}))
                .patch(&json!({"title": "one"}))
                .patch(&json!({"title": "two"}))
                .goes(1, Became::Nothing)
        };
        assert_eq!(
            edits().shown(json!({"title": "old"})),
            (json!({"title": "two"}), 0)
        );
        assert_eq!(
            edits().shown(json!({"title": "theirs"})),
            (json!({"title": "theirs"}), 1)
        );
        let field = over(json!({}))
            .patch(&json!({"note": "one"}))
            .patch(&json!({"note": "two"}))
            .goes(1, Became::Nothing)
            .shown(json!({}));
        assert_eq!(field, (json!({"note": "two"}), 0));
    }

    #[test]
    fn an_edit_between_hides_what_became_of_the_one_below_it() {
        let mut edits = over(json!({"title": "old"}))
            .patch(&json!({"title": "one"}))
            .patch(&json!({"title": "two"}))
            .patch(&json!({"title": "three"}))
            .goes(1, Became::Said(r#"{"title":"ONE"}"#));
        assert_eq!(
            edits.shown(json!({"title": "ONE"})),
            (json!({"title": "three"}), 0)
        );
        let mut edits = edits.goes(2, Became::Nothing);
        assert_eq!(
            edits.shown(json!({"title": "ONE"})),
            (json!({"title": "three"}), 0)
        );
    }

    #[test]
    fn a_field_that_an_edit_lost_did_not_become_what_others_made_of_it() {
        let theirs = json!({"title": "theirs", "note": "mine"});
        let mut edits = over(json!({"title": "old", "note": "old"}))
            .patch(&json!({"title": "one", "note": "mine"}))
            .patch(&json!({"title": "two"}))
            .others(json!({"title": "theirs", "note": "old"}))
            .goes(1, Became::Item(&theirs));
        // It has been reported.
        assert_eq!(edits.shown(theirs.clone()), (theirs.clone(), 0));
    }

    #[test]
    fn a_field_that_seemed_lost_and_was_not_is_no_conflict_with_the_next_edit() {
        // The server took ours after theirs.
        let mut edits = over(json!({"title": "old"}))
            .patch(&json!({"title": "one"}))
            .others(json!({"title": "theirs"}))
            .patch(&json!({"title": "two"}))
            .goes(1, Became::Said(r#"{"title":"one"}"#));
        assert_eq!(
            edits.shown(json!({"title": "one"})),
            (json!({"title": "two"}), 0)
        );
    }

    #[test]
    fn an_edit_that_was_made_on_what_others_made_keeps_that_as_its_base() {
        // The first edit has lost its title; the second was made on theirs.
        let edits = || {
            over(json!({"title": "old", "note": "old"}))
                .patch(&json!({"title": "one", "note": "mine"}))
                .others(json!({"title": "theirs", "note": "old"}))
                .patch(&json!({"title": "two"}))
        };
        let state = json!({"title": "theirs", "note": "old"});
        let mut failed = edits().goes(1, Became::Nothing);
        assert_eq!(
            failed.shown(state.clone()),
            (json!({"title": "two", "note": "old"}), 0)
        );
        let state = json!({"title": "theirs", "note": "mine"});
        for became in [Became::Item(&state), Became::Said(r#"{"note":"mine"}"#)] {
            let mut done = edits().goes(1, became);
            assert_eq!(
                done.shown(state.clone()),
                (json!({"title": "two", "note": "mine"}), 0)
            );
        }
    }

    #[test]
    fn only_the_nested_fields_that_were_changed_are_handed_on() {
        let mut edits = over(json!({"meta": {"color": "red", "size": 1}}))
            .patch(&json!({"meta": {"color": "blue"}}))
            .patch(&json!({"meta": {"color": "green", "size": 2}}))
            .goes(1, Became::Said(r#"{"meta":{"color":"BLUE","size":3}}"#));
        let (shown, conflicts) = edits.shown(json!({"meta": {"color": "BLUE", "size": 3}}));
        assert_eq!(shown, json!({"meta": {"color": "green", "size": 3}}));
        assert_eq!(conflicts, 1);
    }

    #[test]
    fn what_has_no_fields_is_handed_on_as_a_whole() {
        let add = |by: i64| {
            let sum = move |value: &Value| json!(value.as_i64().unwrap_or_default() + by);
            Change::Apply(Rc::new(sum))
        };
        let edits = || over(json!(5)).make(add(2)).make(add(3)).make(add(4));
        let mut failed = edits().goes(1, Became::Nothing);
        assert_eq!(failed.shown(json!(5)), (json!(12), 0));
        let mut done = edits().goes(1, Became::Item(&json!(7)));
        assert_eq!(done.shown(json!(7)), (json!(14), 0));
    }

    #[test]
    fn over_a_delete_that_came_to_nothing_the_row_is_what_it_was() {
        let mut edits = over(json!({"title": "old"}))
            .make(Change::Delete)
            .patch(&json!({"title": "mine"}))
            .goes(1, Became::Nothing);
        assert_eq!(
            edits.shown(json!({"title": "theirs"})),
            (json!({"title": "theirs"}), 1)
        );
    }
}
