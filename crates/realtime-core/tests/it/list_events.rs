//! List events: what each action does, and what unreadable ones do.

use crate::list_fixture::*;
use realtime_core::{ListItem, RowId, list::KeyedList};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::rc::Rc;

fn three() -> KeyedList<Task> {
    let mut list = KeyedList::default();
    for id in ["a", "b", "c"] {
        apply(&mut list, create(&Task::new(id, None, 0)));
    }
    list.take_changes();
    list
}

fn refusal(list: &mut KeyedList<Task>, data: Value) -> String {
    let before = list.snapshot();
    let error = list.apply(NOW, &data.to_string()).unwrap_err();
    assert!(
        list.snapshot().ptr_eq(&before),
        "a refused event changes nothing"
    );
    error.to_string()
}

#[test]
fn the_protocols_examples_apply_as_they_stand() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Todo {
        id: Rc<str>,
        #[serde(default)]
        version: Option<u64>,
        #[serde(default)]
        title: String,
        #[serde(default)]
        done: bool,
    }
    impl ListItem for Todo {
        fn id(&self) -> RowId {
            RowId::from(&self.id)
        }
        fn version(&self) -> Option<u64> {
            self.version
        }
    }
    let mut list: KeyedList<Todo> = KeyedList::default();
    let protocol = include_str!("../../../../docs/PROTOCOL.md");
    let lists = protocol.split("### Lists").nth(1).unwrap();
    let block = lists.split("```").nth(1).unwrap();
    let events: Vec<_> = block.lines().filter(|line| line.starts_with('{')).collect();
    assert!(events.len() >= 8);
    for event in events {
        list.apply(NOW, event).unwrap();
    }
    let titles: Vec<_> = list
        .snapshot()
        .iter()
        .map(|todo| todo.title.clone())
        .collect();
    assert!(
        titles.is_empty(),
        "t1's delete at version 3 outranks the snapshot's version 2"
    );
}

#[test]
fn create_update_and_delete_change_one_row_and_say_so() {
    let mut list = three();
    assert!(apply(&mut list, update(json!({ "id": "b", "rank": 7 }))).changed);
    let changes = list.take_changes();
    assert_eq!((changes.order, changes.items), (false, vec!["b".into()]));
    assert!(apply(&mut list, delete(json!({ "id": "b" }))).changed);
    let changes = list.take_changes();
    assert_eq!((changes.order, changes.items), (true, vec!["b".into()]));
    assert_eq!(ids(&list), ["a", "c"]);
    assert!(list.take_changes().is_empty());
}

#[test]
fn a_create_of_a_known_id_replaces_the_row_in_its_place() {
    let mut list = three();
    apply(&mut list, create(&Task::new("b", None, 5)));
    assert_eq!(ids(&list), ["a", "b", "c"]);
    assert_eq!(list.get("b").unwrap().rank, 5);
}

#[test]
fn an_equal_item_or_patch_keeps_the_pointer_and_changes_nothing() {
    let mut list = three();
    let before = list.get("b").unwrap();
    let snapshot = list.snapshot();
    assert!(!apply(&mut list, create(&Task::new("b", None, 0))).changed);
    assert!(!apply(&mut list, update(json!({ "id": "b", "rank": 0 }))).changed);
    assert!(Rc::ptr_eq(&before, &list.get("b").unwrap()));
    assert!(list.snapshot().ptr_eq(&snapshot));
    assert!(list.take_changes().is_empty());
}

#[test]
fn without_versions_an_update_after_a_delete_is_ignored_and_a_create_is_not() {
    let mut list = three();
    apply(&mut list, delete(json!({ "id": "a" })));
    assert_eq!(
        apply(&mut list, update(json!({ "id": "a", "rank": 1 }))).ignored,
        1
    );
    assert_eq!(list.stats().parked_now, 0);
    apply(&mut list, create(&Task::new("a", None, 0)));
    assert_eq!(ids(&list), ["b", "c", "a"]);
}

#[test]
fn a_bad_element_of_a_batch_is_reported_and_the_others_apply() {
    let mut list = three();
    let applied = apply(
        &mut list,
        json!({ "action": "batch", "changes": [
            { "action": "delete", "item": { "id": "a" } },
            { "action": "update", "item": { "id": "b", "rank": "high" } },
            { "action": "batch", "changes": [] },
            { "action": "update", "item": { "id": "c", "rank": 4 } },
        ] }),
    );
    assert!(applied.changed);
    assert_eq!(applied.malformed, 2);
    assert!(applied.error.unwrap().to_string().contains("invalid type"));
    assert_eq!(ids(&list), ["b", "c"]);
    assert_eq!(list.get("c").unwrap().rank, 4);
    assert_eq!(list.stats().malformed, 2);
}

#[test]
fn an_unreadable_event_changes_nothing_and_the_error_says_what_is_wrong() {
    let mut list = three();
    for (data, says) in [
        (json!({ "action": "explode", "item": {} }), "`explode`"),
        (json!({ "item": { "id": "a" } }), "`action`"),
        (json!({ "action": "create" }), "`item`"),
        (
            json!({ "action": "create", "item": { "id": "x" } }),
            "`rank`",
        ),
        (json!({ "action": "update", "item": { "rank": 1 } }), "`id`"),
        (json!({ "action": "update", "item": "a" }), "a JSON object"),
        (
            json!({ "action": "update", "item": { "id": 7.5 } }),
            "expected a string",
        ),
        (
            json!({ "action": "update", "item": { "id": "a", "rank": null } }),
            "`rank`",
        ),
        (json!({ "action": "delete", "item": null }), "`item`"),
        (json!({ "action": "batch" }), "`changes`"),
        (json!({ "action": "snapshot", "item": {} }), "`items`"),
        (
            json!({ "action": "move", "item": { "id": "a" } }),
            "`before` or `after`",
        ),
        (
            json!({ "action": "move", "item": { "id": "a" }, "before": [5] }),
            "`move`",
        ),
        (json!([1]), "expected"),
    ] {
        let error = refusal(&mut list, data.clone());
        assert!(error.contains(says), "{data}: {error}");
    }
    assert_eq!(list.stats().malformed, 14);
}

#[test]
fn an_event_snapshot_with_one_bad_item_is_refused_whole() {
    let mut list = three();
    let items = json!([Task::new("z", None, 0), { "id": "y" }]);
    let error = refusal(&mut list, json!({ "action": "snapshot", "items": items }));
    assert!(error.contains("`rank`"), "{error}");
}

#[test]
fn a_patch_that_sets_another_id_through_an_escape_is_refused() {
    let mut list = three();
    let error = list.update(NOW, "a", r#"{"\u0069d":"b"}"#).unwrap_err();
    assert!(error.to_string().contains("changes the id"), "{error}");
    assert_eq!(ids(&list), ["a", "b", "c"]);
}

#[test]
fn the_calls_do_what_the_events_do() {
    let mut list = three();
    assert!(list.upsert(NOW, Task::new("d", 4, 0)).changed);
    assert_eq!(list.upsert(NOW, Task::new("d", 3, 9)).ignored, 1);
    let applied = list.update(NOW, "d", r#"{"version":5,"rank":2}"#);
    assert!(applied.unwrap().changed);
    assert_eq!(list.remove(NOW, "d", Some(4)).ignored, 1);
    assert!(list.remove(NOW, "d", Some(6)).changed);
    assert!(list.move_before(NOW, "c", Some(&"a".into())).changed);
    assert!(list.move_after(NOW, "b", None).changed);
    assert_eq!(ids(&list), ["b", "c", "a"]);
}

#[test]
fn ids_and_fields_may_be_numbers_and_named_otherwise() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        order_no: u64,
        total: u32,
    }
    impl ListItem for Order {
        const ID_FIELD: &'static str = "orderNo";
        const VERSION_FIELD: &'static str = "rev";
        fn id(&self) -> RowId {
            self.order_no.into()
        }
    }
    let mut list: KeyedList<Order> = KeyedList::default();
    for event in [
        r#"{"action":"create","item":{"orderNo":18446744073709551615,"total":1,"rev":"7"}}"#,
        r#"{"action":"update","item":{"orderNo":18446744073709551615,"total":2,"rev":"8"}}"#,
        r#"{"action":"update","item":{"orderNo":18446744073709551615,"total":3,"rev":6}}"#,
    ] {
        list.apply(NOW, event).unwrap();
    }
    assert_eq!(list.get(u64::MAX).unwrap().total, 2);
    assert_eq!(list.stats().ignored_old, 1);
}

#[test]
fn a_list_of_values_is_no_event() {
    let mut list = three();
    let created = json!(["create", Task::new("d", None, 0)]);
    let error = refusal(&mut list, created);
    assert!(error.contains("a list event"), "{error}");
}
