//! Order: rows are sorted, or stand as they arrived and were moved.

use crate::list_fixture::*;
use proptest::{prelude::*, sample::Index};
use realtime_core::{ListOptions, list::KeyedList};
use serde_json::{Value, json};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

fn arrivals(ids: &[&str]) -> KeyedList<Task> {
    let mut list = KeyedList::default();
    list.replace(NOW, ids.iter().map(|id| Task::new(id, None, 0)).collect());
    list
}

fn moved(id: &str, side: &str, neighbour: Option<&str>) -> Value {
    json!({ "action": "move", "item": { "id": id }, side: neighbour })
}

#[test]
fn a_row_goes_where_its_new_value_sorts_with_the_id_as_tie_break() {
    let mut list = sorted();
    for (id, rank) in [("b", 1), ("a", 1), ("c", 0)] {
        apply(&mut list, create(&Task::new(id, None, rank)));
    }
    assert_eq!(ids(&list), ["c", "a", "b"]);
    list.take_changes();
    apply(&mut list, update(json!({ "id": "c", "rank": 1 })));
    assert_eq!(ids(&list), ["a", "b", "c"]);
    assert!(list.take_changes().order);
    apply(&mut list, update(json!({ "id": "c", "rank": 5 })));
    let changes = list.take_changes();
    assert!(!changes.order, "still the last");
    assert_eq!(changes.items, ["c"]);
}

#[test]
fn a_move_puts_a_row_next_to_its_neighbour_or_at_an_end() {
    let mut list = arrivals(&["a", "b", "c", "d"]);
    for (event, order) in [
        (moved("d", "before", Some("b")), ["a", "d", "b", "c"]),
        (moved("a", "after", Some("b")), ["d", "b", "a", "c"]),
        (moved("d", "before", None), ["b", "a", "c", "d"]),
        (moved("c", "after", None), ["c", "b", "a", "d"]),
    ] {
        assert!(apply(&mut list, event.clone()).changed, "{event}");
        assert_eq!(ids(&list), order, "{event}");
        assert!(list.take_changes().order);
    }
    for event in [
        moved("c", "before", Some("c")),
        moved("c", "after", Some("c")),
        moved("c", "before", Some("b")),
        moved("d", "after", Some("a")),
    ] {
        assert!(!apply(&mut list, event.clone()).changed, "{event}");
    }
    assert!(list.take_changes().is_empty());
}

#[test]
fn a_move_carries_changed_fields_and_counts_what_it_cannot_find() {
    let mut list = arrivals(&["a", "b"]);
    let event = json!({ "action": "move", "item": { "id": "b", "rank": 3 }, "after": null });
    assert!(apply(&mut list, event).changed);
    assert_eq!(ids(&list), ["b", "a"]);
    assert_eq!(list.get("b").unwrap().rank, 3);
    assert!(!apply(&mut list, moved("b", "before", Some("x"))).changed);
    assert!(!apply(&mut list, moved("x", "before", Some("b"))).changed);
    assert_eq!(list.stats().unknown_moves, 2);
}

#[test]
fn a_move_next_to_a_row_that_is_deleted_already_is_doubted() {
    let mut list = KeyedList::default();
    let rows = ["a", "b", "c"].map(|id| Task::new(id, 2, 0));
    list.replace(NOW, rows.to_vec());
    apply(&mut list, delete(json!({ "id": "a", "version": 3 })));
    let to = |version: u64, neighbour: &str| json!({ "action": "move", "item": { "id": "c", "version": version }, "before": neighbour });
    for (version, neighbour, doubted) in [
        (3, "a", 1),
        (2, "a", 0),
        (3, "x", 0),
        (4, "b", 0),
        (4, "a", 0),
    ] {
        let applied = apply(&mut list, to(version, neighbour));
        assert_eq!(applied.doubted, doubted, "{version} before {neighbour}");
    }
    assert_eq!(ids(&list), ["c", "b"]);
}

#[test]
fn an_older_move_that_comes_late_moves_nothing() {
    let mut list = KeyedList::default();
    let rows = ["a", "b", "c"].map(|id| Task::new(id, 1, 0));
    list.replace(NOW, rows.to_vec());
    let to = |version: u64, side: &str| json!({ "action": "move", "item": { "id": "b", "version": version }, side: null });
    apply(&mut list, to(3, "after"));
    apply(&mut list, to(2, "before"));
    assert_eq!(ids(&list), ["b", "a", "c"]);
    apply(
        &mut list,
        update(json!({ "id": "b", "version": 6, "rank": 1 })),
    );
    apply(&mut list, to(5, "before"));
    assert_eq!(
        ids(&list),
        ["a", "c", "b"],
        "an update in between chooses no place"
    );
}

#[test]
fn a_move_in_a_sorted_list_only_merges() {
    let mut list = sorted();
    for (id, rank) in [("a", 1), ("b", 2)] {
        apply(&mut list, create(&Task::new(id, None, rank)));
    }
    let event = json!({ "action": "move", "item": { "id": "b", "title": "B" }, "after": null });
    apply(&mut list, event);
    assert_eq!(ids(&list), ["a", "b"]);
    assert_eq!(list.get("b").unwrap().title.as_deref(), Some("B"));
    assert_eq!(list.stats().sorted_moves, 1);
}

#[test]
fn another_comparator_sorts_anew_and_none_keeps_the_order_there_is() {
    let mut list = arrivals(&["b", "a", "c"]);
    let first = list.get("a").unwrap();
    list.take_changes();
    list.set_sort(&ListOptions::default().with_sort(|a: &Task, b| b.id.cmp(&a.id)));
    assert_eq!(ids(&list), ["c", "b", "a"]);
    assert!(list.take_changes().order);
    list.set_sort(&ListOptions::default());
    assert!(list.take_changes().is_empty());
    apply(&mut list, moved("a", "before", Some("b")));
    apply(&mut list, create(&Task::new("aa", None, 0)));
    assert_eq!(ids(&list), ["c", "a", "b", "aa"]);
    assert!(Rc::ptr_eq(&first, &list.get("a").unwrap()));
    check(&list);
}

#[test]
fn ten_thousand_moves_to_one_spot_keep_the_order() {
    let names: Vec<_> = (0..300).map(|n| format!("{n:03}")).collect();
    let mut list = arrivals(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut model = names.clone();
    for step in 0..10_000 {
        let id = &names[step * 7 % 299 + 1];
        list.move_after(NOW, id, Some(&names[0].as_str().into()));
        model.retain(|other| other != id);
        let at = model.iter().position(|other| *other == names[0]).unwrap();
        model.insert(at + 1, id.clone());
    }
    assert_eq!(ids(&list), model);
    check(&list);
}

#[derive(Clone, Debug)]
enum Step {
    Create(String, Fields),
    Update(String, Fields),
    Delete(String),
    Move(String, bool, Option<String>),
    Snapshot(BTreeSet<String>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = || "[a-h]";
    let step = prop_oneof![
        4 => (id(), fields()).prop_map(|(id, fields)| Step::Create(id, fields)),
        3 => (id(), fields()).prop_map(|(id, fields)| Step::Update(id, fields)),
        1 => id().prop_map(Step::Delete),
        4 => (id(), any::<bool>(), prop::option::of(id()))
            .prop_map(|(id, before, other)| Step::Move(id, before, other)),
        1 => prop::collection::btree_set(id(), 0..6).prop_map(Step::Snapshot),
    ];
    prop::collection::vec(step, 0..60)
}

/// The rules for events without versions, over plain vectors.
#[derive(Default)]
struct Naive {
    rows: Vec<Task>,
    deleted: BTreeSet<String>,
    parked: BTreeMap<String, Vec<Fields>>,
}

impl Naive {
    fn at(&self, id: &str) -> Option<usize> {
        self.rows.iter().position(|task| task.id == id)
    }

    fn step(&mut self, step: &Step) -> Value {
        match step {
            Step::Create(id, fields) => {
                let mut task = Task::new(id, None, 0);
                fields.change(&mut task);
                let event = create(&task);
                self.deleted.remove(id);
                for fields in self.parked.remove(id).unwrap_or_default() {
                    fields.change(&mut task);
                }
                match self.at(id) {
                    Some(at) => self.rows[at] = task,
                    None => self.rows.push(task),
                }
                event
            }
            Step::Update(id, fields) => {
                if let Some(at) = self.at(id) {
                    fields.change(&mut self.rows[at]);
                } else if !self.deleted.contains(id) {
                    self.parked
                        .entry(id.clone())
                        .or_default()
                        .push(fields.clone());
                }
                update(fields.json(id, None))
            }
            Step::Delete(id) => {
                self.rows.retain(|task| task.id != *id);
                self.parked.remove(id);
                self.deleted.insert(id.clone());
                delete(json!({ "id": id }))
            }
            Step::Move(id, before, other) => {
                let neighbour = other.as_ref().map(|other| self.at(other));
                if let Some(at) = self.at(id)
                    && neighbour != Some(None)
                    && other.as_ref() != Some(id)
                {
                    let task = self.rows.remove(at);
                    let to = match (other, before) {
                        (Some(other), true) => self.at(other).unwrap(),
                        (Some(other), false) => self.at(other).unwrap() + 1,
                        (None, true) => self.rows.len(),
                        (None, false) => 0,
                    };
                    self.rows.insert(to, task);
                }
                moved(
                    id,
                    if *before { "before" } else { "after" },
                    other.as_deref(),
                )
            }
            Step::Snapshot(ids) => {
                self.deleted.clear();
                self.parked.clear();
                self.rows = ids.iter().rev().map(|id| Task::new(id, None, 9)).collect();
                json!({ "action": "snapshot", "items": self.rows })
            }
        }
    }
}

proptest! {
    #[test]
    fn events_without_versions_do_in_order_what_a_plain_vector_does(steps in steps()) {
        let mut naive = Naive::default();
        let mut list = KeyedList::default();
        for step in steps {
            let before = tasks(&list);
            list.take_changes();
            let applied = apply(&mut list, naive.step(&step));
            prop_assert_eq!(tasks(&list), naive.rows.clone());
            check(&list);
            prop_assert_eq!(applied.changed, before != naive.rows);
            let order = before.iter().map(|t| &t.id).ne(naive.rows.iter().map(|t| &t.id));
            let changes = list.take_changes();
            prop_assert_eq!(changes.order, order);
            for id in before.iter().chain(&naive.rows).map(|task| &task.id) {
                let row = |rows: &[Task]| rows.iter().find(|task| task.id == *id).cloned();
                prop_assert_eq!(changes.items.contains(&id.into()), row(&before) != row(&naive.rows));
            }
        }
    }

    #[test]
    fn a_comparator_that_lies_loses_no_row(
        answers in prop::collection::vec(-1_i8..=1, 1..40),
        events in prop::collection::vec((any::<Index>(), 0_i64..5, 0_u8..8), 1..100),
    ) {
        let names: Vec<_> = (0..100).map(|n| format!("{n:02}")).collect();
        let next = std::cell::Cell::new(0);
        let options = ListOptions::default().with_sort(move |_: &Task, _: &Task| {
            next.set((next.get() + 1) % answers.len());
            answers[next.get()].cmp(&0)
        });
        let mut list = KeyedList::new(options);
        let start: Vec<_> = names[..50].iter().map(|id| Task::new(id, None, 0)).collect();
        let mut model: BTreeMap<_, _> =
            start.iter().map(|task| (task.id.clone(), task.clone())).collect();
        list.replace(NOW, start);
        for (index, rank, action) in events {
            let id = index.get(&names);
            if action == 0 {
                model.remove(id);
                list.remove(NOW, id, None);
            } else {
                model.insert(id.clone(), Task::new(id, None, rank));
                list.upsert(NOW, Task::new(id, None, rank));
            }
            prop_assert!(list.rank(id).is_some() == model.contains_key(id));
        }
        let mut rows = tasks(&list);
        rows.sort_by_key(|task| task.id.clone());
        prop_assert_eq!(rows, model.into_values().collect::<Vec<_>>());
    }
}

#[test]
fn a_row_that_the_comparator_hides_is_found_by_looking_at_all_and_counted() {
    let options = ListOptions::default().with_sort(|a: &Task, b: &Task| {
        // Like a bare `partial_cmp` where 3 is not a number: never equal to, always less.
        if a.rank == 3 || b.rank == 3 {
            Ordering::Less
        } else {
            a.rank.cmp(&b.rank)
        }
    });
    let mut list = KeyedList::new(options);
    for n in 0..100 {
        list.upsert(NOW, Task::new(&format!("{n:02}"), None, n % 7));
    }
    for n in 0..100 {
        assert!(list.remove(NOW, format!("{n:02}"), None).changed);
    }
    assert!(list.snapshot().is_empty());
    assert!(list.stats().scans > 0);
}
