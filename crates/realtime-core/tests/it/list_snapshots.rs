//! Snapshots taken from a server, and snapshots handed to readers.

use crate::list_fixture::*;
use proptest::prelude::*;
use realtime_core::{
    ListSnapshot,
    list::{KeyedList, ListChanges},
};
use serde_json::json;
use std::rc::Rc;

#[test]
fn a_fetched_snapshot_replaces_the_rows_and_equal_ones_keep_their_pointer() {
    let mut list = KeyedList::default();
    list.replace(
        NOW,
        ["a", "b", "c"].map(|id| Task::new(id, None, 0)).to_vec(),
    );
    let kept = list.get("c").unwrap();
    list.take_changes();
    let fetched = vec![
        Task::new("c", None, 0),
        Task::new("a", None, 1),
        Task::new("d", None, 0),
    ];
    assert!(list.replace(NOW, fetched).changed);
    assert_eq!(ids(&list), ["c", "a", "d"]);
    assert!(Rc::ptr_eq(&kept, &list.get("c").unwrap()));
    let changes = list.take_changes();
    assert!(changes.order);
    assert_eq!(changes.items, ["a", "b", "d"]);
    check(&list);
}

#[test]
fn the_same_snapshot_again_changes_nothing() {
    for mut list in [sorted(), KeyedList::default()] {
        let fetched: Vec<_> = (0..500)
            .map(|n| Task::new(&n.to_string(), 1, n % 9))
            .collect();
        list.replace(NOW, fetched.clone());
        let before = list.snapshot();
        list.take_changes();
        assert!(!list.replace(NOW, fetched).changed);
        assert!(list.snapshot().ptr_eq(&before));
        assert!(list.take_changes().is_empty());
    }
}

#[test]
fn what_is_newer_by_version_outranks_the_fetched_snapshot() {
    let mut list = KeyedList::default();
    apply(&mut list, create(&Task::new("newer", 5, 5)));
    apply(&mut list, create(&Task::new("older", 1, 1)));
    apply(&mut list, create(&Task::new("absent", 9, 9)));
    apply(&mut list, delete(json!({ "id": "deleted", "version": 5 })));
    apply(&mut list, delete(json!({ "id": "again", "version": 5 })));
    apply(&mut list, delete(json!({ "id": "plain" })));
    apply(
        &mut list,
        update(json!({ "id": "parked", "version": 6, "rank": 6 })),
    );
    let fetched = ["newer", "older", "deleted", "plain", "parked"].map(|id| Task::new(id, 4, 4));
    let applied = list.replace(
        NOW,
        fetched
            .into_iter()
            .chain([Task::new("again", 6, 4)])
            .collect(),
    );
    assert_eq!(applied.ignored, 2);
    let rows: Vec<_> = tasks(&list)
        .into_iter()
        .map(|task| (task.id, task.rank))
        .collect();
    let expected = [
        ("newer", 5),
        ("older", 4),
        ("plain", 4),
        ("parked", 6),
        ("again", 4),
    ];
    assert_eq!(rows, expected.map(|(id, rank)| (id.to_owned(), rank)));
}

#[test]
fn a_delete_repeated_with_a_version_outranks_an_older_snapshot() {
    let mut list = KeyedList::default();
    apply(&mut list, delete(json!({ "id": "a" })));
    apply(&mut list, delete(json!({ "id": "a", "version": 5 })));
    assert_eq!(list.replace(NOW, vec![Task::new("a", 4, 4)]).ignored, 1);
    assert!(list.is_empty());
}

#[test]
fn a_move_from_before_a_snapshot_does_not_undo_its_order() {
    let mut list = KeyedList::default();
    list.replace(NOW, ["a", "b"].map(|id| Task::new(id, 1, 0)).to_vec());
    list.replace(NOW, ["b", "a"].map(|id| Task::new(id, 3, 0)).to_vec());
    let late = json!({ "action": "move", "item": { "id": "b", "version": 2 }, "before": null });
    assert!(!apply(&mut list, late).changed);
    assert_eq!(ids(&list), ["b", "a"]);
}

#[test]
fn a_move_that_a_snapshot_does_not_have_counts_again_after_it() {
    // The change to version 2 was missed, so the move lies over version 1 until a fetch brings it.
    let rows = |version| vec![Task::new("a", version, 0), Task::new("b", 1, 0)];
    let to_the_end =
        json!({ "action": "move", "item": { "id": "a", "version": 3 }, "before": null });
    let to_the_end = to_the_end.to_string();
    let mut list = KeyedList::default();
    list.replace(NOW, rows(1));
    list.apply(NOW, &to_the_end).unwrap();
    assert_eq!(ids(&list), ["b", "a"]);
    list.replace(NOW, rows(2));
    list.apply(NOW, &to_the_end).unwrap();
    assert_eq!(ids(&list), ["b", "a"]);
    check(&list);
}

#[test]
fn a_row_that_left_with_a_snapshot_leaves_no_patches_behind() {
    let mut list = KeyedList::default();
    apply(&mut list, create(&Task::new("a", 1, 0)));
    apply(
        &mut list,
        update(json!({ "id": "a", "version": 5, "rank": 5 })),
    );
    list.replace(NOW, Vec::new());
    assert_eq!((list.stats().recent_now, list.next_deadline()), (0, None));
}

#[test]
fn a_parked_patch_without_a_version_does_not_survive_a_snapshot() {
    let mut list = KeyedList::default();
    apply(&mut list, update(json!({ "id": "a", "rank": 6 })));
    list.replace(NOW, vec![Task::new("a", 4, 4)]);
    assert_eq!(list.get("a").unwrap().rank, 4);
    assert_eq!(list.stats().parked_dropped, 1);
}

#[test]
fn of_an_id_that_stands_twice_in_a_snapshot_the_last_one_counts() {
    let mut list = KeyedList::default();
    let fetched = vec![
        Task::new("a", None, 1),
        Task::new("b", None, 1),
        Task::new("a", None, 2),
    ];
    list.replace(NOW, fetched);
    assert_eq!(ids(&list), ["b", "a"]);
    assert_eq!(list.get("a").unwrap().rank, 2);
    assert_eq!(list.stats().duplicates, 1);
}

#[test]
fn a_snapshot_of_very_many_rows_says_that_any_may_have_changed() {
    let mut list = KeyedList::default();
    list.replace(
        NOW,
        (0..5_000)
            .map(|n| Task::new(&n.to_string(), None, n))
            .collect(),
    );
    let all = ListChanges {
        order: true,
        items: Vec::new(),
        reset: true,
    };
    assert_eq!(list.take_changes(), all);
    list.upsert(NOW, Task::new("7", None, 0));
    assert_eq!(list.take_changes().items, ["7"], "only once");
}

#[test]
fn snapshots_read_like_slices_and_compare_by_rows() {
    let mut list = sorted();
    for n in 0..200 {
        list.upsert(NOW, Task::new(&format!("{n:03}"), None, n));
    }
    let snapshot = list.snapshot();
    assert_eq!(snapshot.len(), 200);
    assert_eq!(snapshot.get(150).unwrap().rank, 150);
    assert!(snapshot.get(200).is_none());
    let window: Vec<_> = snapshot.range(95..103).map(|task| task.rank).collect();
    assert_eq!(window, (95..103).collect::<Vec<_>>());
    assert_eq!(snapshot.range(195..900).len(), 5);
    assert_eq!(snapshot.iter().next_back().unwrap().rank, 199);

    list.upsert(NOW, Task::new("100", None, -1));
    assert_ne!(list.snapshot(), snapshot);
    list.upsert(NOW, Task::new("100", None, 100));
    assert!(!list.snapshot().ptr_eq(&snapshot));
    assert_eq!(list.snapshot(), snapshot);
    assert_eq!(
        ListSnapshot::<Task>::default(),
        KeyedList::default().snapshot()
    );
}

proptest! {
    #[test]
    fn a_snapshot_handed_out_never_changes(
        start in 0_i64..200,
        changes in prop::collection::vec((0_i64..220, 0_i64..50, 0_u8..10), 1..80),
        in_order_of_arrival: bool,
    ) {
        let mut list = if in_order_of_arrival { KeyedList::default() } else { sorted() };
        list.replace(NOW, (0..start).map(|n| Task::new(&n.to_string(), None, n)).collect());
        let mut taken = vec![(list.snapshot(), tasks(&list))];
        for (n, rank, action) in changes {
            let id = n.to_string();
            let _ = match action {
                0 | 1 => list.remove(NOW, &id, None),
                2 | 3 => list.move_before(NOW, &id, Some(&rank.to_string().into())),
                4 => list.replace(NOW, vec![Task::new(&id, None, rank)]),
                _ => list.upsert(NOW, Task::new(&id, None, rank)),
            };
            taken.push((list.snapshot(), tasks(&list)));
        }
        for (snapshot, rows) in taken {
            prop_assert!(snapshot.iter().map(|task| Task::clone(&task)).eq(rows.iter().cloned()));
        }
    }
}
