//! Limits: what a list remembers is bounded and expires, and no input makes it panic.

use crate::list_fixture::*;
use proptest::prelude::*;
use realtime_core::{Instant, ListOptions, list::KeyedList};
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn rows_beyond_the_maximum_are_refused_and_counted() {
    let mut list = KeyedList::new(ListOptions::default().with_max_items(2));
    let fetched = ["a", "b", "c"].map(|id| Task::new(id, None, 0)).to_vec();
    assert_eq!(list.replace(NOW, fetched).rejected, 1);
    assert_eq!(list.upsert(NOW, Task::new("d", None, 0)).rejected, 1);
    assert!(
        list.upsert(NOW, Task::new("b", None, 1)).changed,
        "known rows still change"
    );
    assert_eq!(ids(&list), ["a", "b"]);
    assert_eq!(list.stats().rejected, 2);
}

#[test]
fn tombstones_expire_and_the_oldest_makes_room() {
    let mut list = KeyedList::new(ListOptions::default().with_tombstones(2, 10 * MINUTE));
    for id in ["a", "b", "c"] {
        apply(&mut list, delete(json!({ "id": id, "version": 2 })));
    }
    assert_eq!(
        (list.stats().tombstones, list.stats().tombstones_dropped),
        (2, 1)
    );
    assert!(list.upsert(NOW, Task::new("a", 1, 0)).changed, "forgotten");
    assert_eq!(list.upsert(NOW, Task::new("b", 1, 0)).ignored, 1);
    assert_eq!(list.next_deadline(), Some(NOW + 10 * MINUTE));
    list.expire(NOW + 10 * MINUTE);
    assert_eq!((list.stats().tombstones, list.next_deadline()), (0, None));
    assert!(list.upsert(NOW, Task::new("b", 1, 0)).changed);
}

#[test]
fn a_repeated_delete_is_one_tombstone_that_lasts_from_the_repeat() {
    let mut list: KeyedList<Task> = KeyedList::default();
    list.remove(NOW, "a", Some(2));
    list.remove(NOW + MINUTE, "a", Some(2));
    assert_eq!(list.stats().tombstones, 1);
    assert_eq!(list.next_deadline(), Some(NOW + 11 * MINUTE));
}

#[test]
fn parked_patches_expire_and_the_oldest_makes_room() {
    let mut list: KeyedList<Task> = KeyedList::new(ListOptions::default().with_parked(2, MINUTE));
    for version in 2..5 {
        let patch = json!({ "version": version, "tags": { format!("v{version}"): 1 } });
        list.update(NOW, "a", &patch.to_string()).unwrap();
    }
    assert_eq!(
        (list.stats().parked_now, list.stats().parked_dropped),
        (2, 1)
    );
    list.upsert(NOW, Task::new("a", 1, 0));
    let tags: Vec<_> = list.get("a").unwrap().tags.keys().cloned().collect();
    assert_eq!(tags, ["v3", "v4"]);

    list.update(NOW, "b", "{}").unwrap();
    list.expire(NOW + MINUTE);
    assert_eq!(
        (list.stats().parked_now, list.stats().parked_dropped),
        (0, 2)
    );
}

#[test]
fn patches_are_bounded_by_bytes_too() {
    let mut list: KeyedList<Task> = KeyedList::default();
    let patch = json!({ "title": "x".repeat(1024 * 1024) }).to_string();
    for n in 0..6 {
        list.update(NOW, n.to_string(), &patch).unwrap();
    }
    assert_eq!(
        (list.stats().parked_now, list.stats().parked_dropped),
        (3, 3)
    );
}

#[test]
fn a_recent_patch_that_grew_old_becomes_final() {
    let mut list = KeyedList::default();
    apply(&mut list, create(&Task::new("a", 1, 0)));
    apply(
        &mut list,
        update(json!({ "id": "a", "version": 10, "rank": 10 })),
    );
    assert_eq!(list.stats().recent_now, 1);
    let shown = list.snapshot();
    let later = list.next_deadline().unwrap();
    assert_eq!(later, NOW + MINUTE);
    list.expire(later);
    assert_eq!((list.stats().recent_now, list.next_deadline()), (0, None));
    assert!(list.snapshot().ptr_eq(&shown), "expiry changes no row");
    let late = update(json!({ "id": "a", "version": 9, "title": "nine" })).to_string();
    assert_eq!(list.apply(later, &late).unwrap().ignored, 1);
}

#[test]
fn recent_patches_of_one_row_and_of_all_are_bounded_without_losing_a_change() {
    let mut list: KeyedList<Task> = KeyedList::new(ListOptions::default().with_recent(100, MINUTE));
    for id in ["a", "b", "c"] {
        apply(&mut list, create(&Task::new(id, 0, 0)));
        for n in 1..=80 {
            apply(
                &mut list,
                update(json!({ "id": id, "version": n * 2, "rank": n })),
            );
        }
    }
    let stats = list.stats();
    assert_eq!((stats.recent_now, stats.recent_dropped), (100, 140));
    assert!(tasks(&list).iter().all(|task| task.rank == 80));
    let late = update(json!({ "id": "c", "version": 159, "rank": 0, "title": "late" }));
    assert!(apply(&mut list, late).changed);
    let row = list.get("c").unwrap();
    assert_eq!((row.rank, row.title.as_deref()), (80, Some("late")));
}

#[test]
fn an_item_that_comes_when_its_update_is_forgotten_is_doubted() {
    let mut list: KeyedList<Task> = KeyedList::new(ListOptions::default().with_parked(1, MINUTE));
    for id in ["a", "b"] {
        let patch = json!({ "version": 3, "rank": 3 }).to_string();
        list.update(NOW, id, &patch).unwrap();
    }
    list.expire(NOW + MINUTE);
    assert_eq!(list.stats().parked_dropped, 2, "one for room, one for age");
    for (id, version, doubted) in [("a", 2, 1), ("b", 3, 0), ("c", 1, 0)] {
        let applied = list.upsert(NOW + MINUTE, Task::new(id, version, 0));
        assert_eq!((applied.changed, applied.doubted), (true, doubted), "{id}");
    }
    list.update(NOW, "d", &json!({ "version": 3 }).to_string())
        .unwrap();
    list.expire(NOW + MINUTE);
    list.expire(NOW + 12 * MINUTE);
    let applied = list.upsert(NOW + 12 * MINUTE, Task::new("d", 1, 0));
    assert_eq!(applied.doubted, 0, "forgotten like a delete");
}

#[test]
fn a_change_that_comes_when_a_newer_patch_has_become_final_is_doubted() {
    let patched = || {
        let mut list = KeyedList::default();
        apply(&mut list, create(&Task::new("a", 1, 0)));
        let newer = update(json!({ "id": "a", "version": 3, "rank": 3 }));
        apply(&mut list, newer);
        list.expire(NOW + MINUTE);
        list
    };
    let mut list = patched();
    let late = apply(&mut list, update(json!({ "id": "a", "version": 2 })));
    assert_eq!((late.ignored, late.doubted), (1, 1));
    let late = apply(&mut list, create(&Task::new("a", 2, 2)));
    assert_eq!((late.ignored, late.doubted), (1, 1));
    let repeat = apply(
        &mut list,
        update(json!({ "id": "a", "version": 3, "rank": 3 })),
    );
    assert_eq!((repeat.ignored, repeat.doubted), (1, 0));
    let whole = apply(&mut list, create(&Task::new("a", 3, 30)));
    assert!(whole.changed, "the row had but a part of this version");
    let late = apply(&mut list, update(json!({ "id": "a", "version": 2 })));
    assert_eq!((late.ignored, late.doubted), (1, 0));

    let mut list = patched();
    list.replace(NOW, vec![Task::new("a", 3, 3)]);
    let late = apply(&mut list, update(json!({ "id": "a", "version": 2 })));
    assert_eq!((late.ignored, late.doubted), (1, 0));
}

#[test]
fn a_list_that_remembers_nothing_still_takes_events_in_order() {
    let options = ListOptions::default()
        .with_recent(0, MINUTE)
        .with_parked(0, MINUTE)
        .with_tombstones(0, MINUTE);
    let mut list = KeyedList::new(options);
    apply(&mut list, create(&Task::new("a", 1, 0)));
    apply(
        &mut list,
        update(json!({ "id": "a", "version": 5, "rank": 5 })),
    );
    apply(
        &mut list,
        update(json!({ "id": "b", "version": 5, "rank": 5 })),
    );
    apply(&mut list, delete(json!({ "id": "c", "version": 5 })));
    assert_eq!(list.get("a").unwrap().rank, 5);
    assert_eq!(list.next_deadline(), None);
}

/// JSON near enough to an event to get past the first checks.
fn nearly_events() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<u64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "\"[a-c]\"",
        "\"\\PC{0,4}\"",
        Just("18446744073709551615".to_owned()),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            4 => "(action|item|items|changes|before|after|id|version|rank|title|tags)",
            1 => "[a-z]{0,3}",
        ];
        let field = (key, inner.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(field, 0..5).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    });
    let action = "(create|update|delete|upsert|move|batch|snapshot|[a-z]{0,3})";
    let id = prop_oneof!["[a-c]"];
    let event = (
        action,
        id,
        prop::option::of(0_u64..9),
        value.clone(),
        value.clone(),
    )
        .prop_map(|(action, id, version, rank, rest)| {
            let version = version.map_or_else(String::new, |v| format!("\"version\":{v},"));
            format!(
                "{{\"action\":\"{action}\",\"item\":{{\"id\":\"{id}\",{version}\"rank\":{rank}}},\
                 \"before\":{rest}}}"
            )
        });
    prop_oneof![1 => "\\PC{0,40}", 2 => value, 6 => event]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_the_list_panic_or_lose_its_bearings(
        events in prop::collection::vec((nearly_events(), 0_u64..40_000), 1..60),
        in_order_of_arrival: bool,
    ) {
        let mut options = ListOptions::default()
            .with_max_items(2)
            .with_recent(3, MINUTE)
            .with_parked(2, MINUTE)
            .with_tombstones(2, MINUTE);
        if !in_order_of_arrival {
            options = options.with_sort(by_rank);
        }
        let mut list: KeyedList<Task> = KeyedList::new(options);
        let mut now = 0;
        let mut refused = 0;
        for (event, pause) in events {
            now += pause;
            match list.apply(Instant::from_millis(now), &event) {
                Ok(applied) => refused += applied.malformed as u64,
                Err(_) => refused += 1,
            }
            check(&list);
            let stats = list.stats();
            prop_assert!(list.len() <= 2 && stats.recent_now <= 3);
            prop_assert!(stats.parked_now <= 2 && stats.tombstones <= 2);
            prop_assert!(stats.malformed >= refused);
        }
    }
}
