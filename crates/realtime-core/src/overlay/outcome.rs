//! Outcomes of edits that go, and what they mean for the bases of those that stay.
//!
//! An edit that is carried out changes the synced state, and that is nobody else's doing. So where
//! synced state has what the server made of the edit, the bases of the others get it as well.

use serde_json::{Map, Value};

/// What became of an edit that goes.
#[derive(Debug)]
pub(crate) enum Became<'a, T: ?Sized> {
    /// What the server says: the fields that it made different at least, or all, as a JSON object.
    Said(&'a str),
    /// What the server has since, as far as can be known.
    Item(&'a T),
    /// What it was meant to.
    AsMeant,
    /// Nothing.
    Nothing,
}

/// Makes of an edit, given as a merge patch, what became of it. `source` is what is known: the whole
/// value if it `is_whole`, else at least what is different. What others have won, the fields in
/// `lost`, is not what the edit became, unless that is what it was to become.
pub(super) fn outcome(
    edit: &Value,
    (source, is_whole): (&Value, bool),
    lost: &[Vec<String>],
) -> Option<Value> {
    each_field(edit, &mut |path, meant| {
        let unsaid = || if is_whole { &Value::Null } else { meant };
        let is = find(source, path).unwrap_or_else(unsaid);
        let is_lost = lost.iter().any(|lost| path.starts_with(lost));
        (!is_lost || is == meant).then(|| is.clone())
    })
}

/// The fields of a merge patch that a value has.
pub(super) fn agreed(patch: &Value, value: &Value) -> Option<Value> {
    each_field(patch, &mut |path, new| {
        (at(value, path) == new).then(|| new.clone())
    })
}

/// What these names lead to, if there is such a thing.
pub(super) fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The same; what is not there is null.
pub(super) fn at<'a>(value: &'a Value, path: &[String]) -> &'a Value {
    find(value, path).unwrap_or(&Value::Null)
}

/// Puts a value where these names lead; null takes away what is there.
pub(super) fn put(value: &mut Value, path: &[String], new: &Value) {
    let Some((first, rest)) = path.split_first() else {
        value.clone_from(new);
        return;
    };
    if let Value::Object(fields) = value {
        let mut field = fields.remove(first).unwrap_or_default();
        put(&mut field, rest, new);
        if !field.is_null() {
            fields.insert(first.clone(), field);
        }
    }
}

/// Takes another merge patch into one: that counts where both say something.
pub(super) fn add(patch: &mut Value, more: Value) {
    match (patch, more) {
        (Value::Object(patch), Value::Object(more)) => {
            for (name, more) in more {
                match patch.get_mut(&name) {
                    Some(patch) => add(patch, more),
                    None => drop(patch.insert(name, more)),
                }
            }
        }
        (patch, more) => *patch = more,
    }
}

/// A merge patch with another value in each of its fields, without those for which there is none;
/// `None` if that leaves nothing.
fn each_field(
    patch: &Value,
    new: &mut impl FnMut(&[String], &Value) -> Option<Value>,
) -> Option<Value> {
    fn go(
        patch: &Value,
        path: &mut Vec<String>,
        new: &mut impl FnMut(&[String], &Value) -> Option<Value>,
    ) -> Option<Value> {
        let Value::Object(fields) = patch else {
            return new(path, patch);
        };
        let mut kept = Map::new();
        for (name, field) in fields {
            path.push(name.clone());
            if let Some(value) = go(field, path, new) {
                kept.insert(name.clone(), value);
            }
            path.pop();
        }
        (!kept.is_empty()).then_some(Value::Object(kept))
    }
    go(patch, &mut Vec::new(), new)
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
        state: Option<Rc<Value>>,
        stack: Stack<Value, Infallible>,
        count: u64,
    }

    fn rules() -> Rules<Value> {
        Rules {
            policy: POLICY,
            json: JsonOf::new(),
        }
    }

    fn over(state: Value) -> Edits {
        Edits {
            state: Some(Rc::new(state)),
            stack: Stack::new(),
            count: 0,
        }
    }

    fn over_nothing() -> Edits {
        Edits {
            state: None,
            ..over(Value::Null)
        }
    }

    impl Edits {
        fn make(mut self, change: Change<Value, Infallible>) -> Self {
            self.count += 1;
            let id = LayerId {
                mutation: MutationId(self.count),
                edit: 0,
            };
            let state = self.state.as_ref();
            self.stack.push(id, change, state, &rules()).unwrap();
            self
        }

        fn patch(self, patch: &Value) -> Self {
            self.make(Change::Patch(patch.to_string().into()))
        }

        /// Others change the state, and it is shown.
        fn others(mut self, state: Value) -> Self {
            self.state = Some(Rc::new(state));
            self.stack.fold(self.state.as_ref(), &rules(), true);
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
            let sum = move |value: &Value| Rc::new(json!(value.as_i64().unwrap_or_default() + by));
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

    #[test]
    fn what_a_newer_edit_became_is_no_conflict_with_an_older_one() {
        // Nothing keeps the two in order, and the second is carried out first.
        let mut edits = over(json!({"title": "old"}))
            .patch(&json!({"title": "one"}))
            .patch(&json!({"title": "two"}))
            .goes(2, Became::Said(r#"{"title":"TWO"}"#));
        assert_eq!(
            edits.shown(json!({"title": "TWO"})),
            (json!({"title": "one"}), 0)
        );
        assert_eq!(
            edits.shown(json!({"title": "theirs"})),
            (json!({"title": "theirs"}), 1)
        );
    }

    #[test]
    fn what_became_of_an_edit_made_before_there_was_anything_is_no_conflict_with_the_next_one() {
        let mut edits = over_nothing()
            .patch(&json!({"title": "one"}))
            .others(json!({"title": "theirs"}))
            .patch(&json!({"title": "two"}))
            .goes(1, Became::Said(r#"{"title":"ONE"}"#));
        assert_eq!(
            edits.shown(json!({"title": "ONE"})),
            (json!({"title": "two"}), 0)
        );
    }

    #[test]
    fn what_is_made_on_a_new_row_of_our_own_is_in_conflict_with_no_edit_of_it() {
        let insert = Change::Insert(Rc::new(json!({"title": "new"})));
        let mut edits = over_nothing()
            .patch(&json!({"title": "one"}))
            .make(insert)
            .patch(&json!({"title": "two"}))
            .others(json!({"title": "theirs"}))
            .goes(1, Became::Said(r#"{"title":"one"}"#));
        assert_eq!(
            edits.shown(json!({"title": "one"})),
            (json!({"title": "two"}), 0)
        );
    }

    #[test]
    fn a_row_that_was_there_and_is_made_anew_by_ours_is_no_conflict_with_the_next_edit() {
        // Others take the row away before our insert arrives, which makes another one then.
        let insert = Change::Insert(Rc::new(json!({"title": "mine"})));
        let mut edits = over(json!({"title": "theirs"}))
            .make(insert)
            .patch(&json!({"title": "two"}))
            .goes(1, Became::Said(r#"{"title":"MINE"}"#));
        assert_eq!(
            edits.shown(json!({"title": "MINE"})),
            (json!({"title": "two"}), 0)
        );
    }

    #[test]
    fn a_field_that_others_have_won_stays_theirs_when_they_set_it_back() {
        let mut edits = over(json!({"done": false}))
            .patch(&json!({"done": 1}))
            .others(json!({"done": true}))
            .patch(&json!({"done": 2}));
        // Both have lost, and neither to the other.
        assert_eq!(
            edits.shown(json!({"done": false})),
            (json!({"done": false}), 1)
        );
    }

    #[test]
    fn what_an_edit_under_way_seems_to_have_lost_is_no_conflict_with_the_next_when_it_shows() {
        // A fetch shows before its echo that the server took it after theirs.
        let mut edits = over(json!({"title": "old"}))
            .patch(&json!({"title": "one"}))
            .others(json!({"title": "theirs"}))
            .patch(&json!({"title": "two"}));
        assert_eq!(
            edits.shown(json!({"title": "one"})),
            (json!({"title": "two"}), 0)
        );
    }

    #[test]
    fn what_others_made_of_a_field_after_an_outcome_is_a_conflict_though_its_echo_comes_late() {
        let mut edits = over(json!({"title": "old"}))
            .patch(&json!({"title": "one"}))
            .others(json!({"title": "theirs"}))
            .patch(&json!({"title": "two"}))
            .goes(1, Became::Said(r#"{"title":"one"}"#));
        // It was made on theirs, which are still there.
        assert_eq!(
            edits.shown(json!({"title": "theirs"})),
            (json!({"title": "two"}), 0)
        );
        assert_eq!(
            edits.shown(json!({"title": "newer"})),
            (json!({"title": "newer"}), 1)
        );
    }
}
