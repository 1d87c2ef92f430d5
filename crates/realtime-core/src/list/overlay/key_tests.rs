//! Keys of rows, whatever ids the server gives and peers forge.

use super::*;
use crate::key;
use crate::list::{KeyedList, ListItem, item::json_of};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A row that tells under which id its author made it, or says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    made_as: Option<u32>,
}

impl ListItem for Row {
    fn id(&self) -> RowId {
        self.id.into()
    }

    fn temporary_id(&self) -> Option<RowId> {
        self.made_as.map(RowId::from)
    }
}

const NOW: Instant = Instant::ZERO;

fn row(id: u32) -> Row {
    Row { id, made_as: None }
}

/// Few ids, so that temporary and real ones meet.
#[derive(Clone, Debug)]
enum Step {
    Insert(u32),
    Edit(u32),
    Upsert(u32, Option<u32>),
    Remove(u32),
    Replace(Vec<(u32, Option<u32>)>),
    Answer(usize, u32),
    Echo(usize, u32, Option<u32>),
    Revoke(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..6_u32;
    let row = (id.clone(), prop::option::of(id.clone()));
    prop_oneof![
        4 => id.clone().prop_map(Step::Insert),
        1 => id.clone().prop_map(Step::Edit),
        4 => row.clone().prop_map(|(id, made_as)| Step::Upsert(id, made_as)),
        1 => id.clone().prop_map(Step::Remove),
        1 => prop::collection::vec(row.clone(), 0..6).prop_map(Step::Replace),
        3 => (0..20_usize, id.clone()).prop_map(|(at, id)| Step::Answer(at, id)),
        2 => (0..20_usize, row).prop_map(|(at, (id, made_as))| Step::Echo(at, id, made_as)),
        1 => (0..20_usize).prop_map(Step::Revoke),
    ]
}

#[derive(Default)]
struct Play {
    list: KeyedList<Row>,
    last: u64,
}

impl Play {
    fn push(&mut self, id: u32, change: Change<dyn AnyItem, Spot>) -> MutationId {
        self.last += 1;
        let mutation = MutationId(self.last);
        let layer = LayerId { mutation, edit: 0 };
        let list = &mut self.list;
        list.list
            .push_layer(&key!["rows"], layer, &id.into(), change, json_of::<Row>())
            .unwrap();
        list.list.expect(mutation, &message(mutation));
        mutation
    }

    fn insert(&mut self, id: u32) -> MutationId {
        self.push(id, Change::Insert(Rc::new(row(id))))
    }

    fn any(&self, at: usize) -> MutationId {
        MutationId(1 + at as u64 % self.last.max(1))
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Insert(id) => drop(self.insert(id)),
            Step::Edit(id) => drop(self.push(id, Change::Patch(r#"{}"#.into()))),
            Step::Upsert(id, made_as) => drop(self.list.upsert(NOW, Row { id, made_as })),
            Step::Remove(id) => drop(self.list.remove(NOW, id, None)),
            Step::Replace(rows) => {
                let rows = rows.into_iter().map(|(id, made_as)| Row { id, made_as });
                self.list.list.fetch_began();
                self.list.replace(NOW, rows.collect());
            }
            Step::Answer(at, id) => {
                let answer = format!(r#"{{"id":{id}}}"#);
                self.list.list.confirm(NOW, self.any(at), &answer);
            }
            Step::Echo(at, id, made_as) => {
                let item = serde_json::to_string(&Row { id, made_as }).unwrap();
                let data = format!(r#"{{"action":"create","item":{item}}}"#);
                self.list
                    .list
                    .echo(NOW, &message(self.any(at)), Echo::Coming(&data));
                self.list.apply(NOW, &data).unwrap();
            }
            Step::Revoke(at) => self.list.list.revoke(NOW, self.any(at)),
        }
    }

    fn keys(&self) -> Vec<u32> {
        let rows = self.list.snapshot();
        rows.keys().map(number).collect()
    }
}

fn number(id: RowId) -> u32 {
    id.to_string().parse().unwrap()
}

fn message(mutation: MutationId) -> MessageId {
    format!("m{}", mutation.as_u64()).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_two_rows_share_a_key_or_an_id(steps in prop::collection::vec(step(), 1..40)) {
        let mut play = Play::default();
        for step in steps {
            let before = play.keys();
            play.list.take_changes();
            play.take(step);
            let keys = play.keys();
            let unique: BTreeSet<u32> = keys.iter().copied().collect();
            prop_assert_eq!(unique.len(), keys.len(), "keys: {:?}", keys);
            let rows = play.list.snapshot();
            let ids: BTreeSet<RowId> = rows.ids().collect();
            prop_assert_eq!(ids.len(), rows.len());
            prop_assert!(keys == before || play.list.take_changes().order);
        }
    }
}

#[test]
fn a_real_row_outranks_an_alias() {
    let mut play = Play::default();
    let mutation = play.insert(1);
    play.list.list.confirm(NOW, mutation, r#"{"id":10}"#);
    play.list.upsert(NOW, row(10));
    assert_eq!(play.keys(), [1], "the row keeps the key it had");
    play.list.list.take_news();
    play.list.upsert(NOW, row(1));
    assert_eq!(play.keys(), [10, 1]);
    assert_eq!(play.list.get(1).map(|row| row.id), Some(1));
    assert_eq!(*play.list.list.current_id(&1.into()), 1);
    assert_eq!(play.list.list.take_news().outranked, [1]);
}

#[test]
fn a_real_row_in_a_snapshot_outranks_an_alias() {
    let mut play = Play::default();
    let mutation = play.insert(1);
    play.list.list.confirm(NOW, mutation, r#"{"id":10}"#);
    play.list.replace(NOW, vec![row(1), row(10)]);
    assert_eq!(play.keys(), [1, 10]);
}

#[test]
fn a_forged_temporary_id_adopts_nothing() {
    let forged = |id, made_as| Row {
        id,
        made_as: Some(made_as),
    };
    let mut play = Play::default();
    play.list.upsert(NOW, row(7));
    play.insert(1);
    // Of a row that was there before we made ours.
    play.list.upsert(NOW, forged(7, 1));
    assert_eq!(play.keys(), [7, 1]);
    // Of a row of the server's, which is nobody's temporary id.
    play.list.upsert(NOW, forged(8, 7));
    assert_eq!(play.keys(), [7, 8, 1]);
    // Of nothing of ours.
    play.list.upsert(NOW, forged(9, 5));
    assert_eq!(play.keys(), [7, 8, 9, 1]);
    // What the server keeps in the row that it made for us does.
    play.list.upsert(NOW, forged(10, 1));
    assert_eq!(play.keys(), [7, 8, 9, 1]);
    assert_eq!(*play.list.list.current_id(&1.into()), 10);
}

#[test]
fn an_edit_that_holds_another_id_is_refused_and_shows_nothing() {
    let mut play = Play::default();
    play.list.replace(NOW, vec![row(1), row(2)]);
    let patch = |id: u32| Change::Patch(format!(r#"{{"id":{id},"made_as":9}}"#).into());
    let layer = |mutation| LayerId {
        mutation: MutationId(mutation),
        edit: 0,
    };
    let refused = play.list.list.push_layer(
        &key!["rows"],
        layer(1),
        &1.into(),
        patch(2),
        json_of::<Row>(),
    );
    assert!(refused.unwrap_err().to_string().contains("changes the id"));
    let ids: Vec<RowId> = play.list.snapshot().ids().collect();
    assert_eq!(ids, [1, 2]);
    assert!(play.list.list.edited_rows().is_empty());
    // The id that the row has may well be there.
    play.list
        .list
        .push_layer(
            &key!["rows"],
            layer(2),
            &1.into(),
            patch(1),
            json_of::<Row>(),
        )
        .unwrap();
    assert_eq!(play.list.get(1).and_then(|row| row.made_as), Some(9));
}

#[test]
fn an_edit_that_names_a_new_row_by_its_temporary_id_goes_on_when_the_server_names_it() {
    let mut play = Play::default();
    let mutation = play.insert(1);
    play.push(1, Change::Patch(r#"{"id":1,"made_as":9}"#.into()));
    play.list.list.confirm(NOW, mutation, r#"{"id":10}"#);
    let rows = play.list.snapshot();
    assert_eq!(rows.ids().collect::<Vec<_>>(), [10]);
    assert_eq!(rows.get(0).and_then(|row| row.made_as), Some(9));
}
