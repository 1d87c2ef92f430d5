//! Events on a query: on screen at once, and in the right order with fetches.

use crate::query_harness::{ADD, Harness, INVALIDATE, REPLACE, at, channel, seconds};
use realtime_core::{
    Continuity, FetchStatus, QueryOptions, QueryStatus, key,
    query::{Feed, QueryLimits},
};

#[test]
fn an_event_replaces_the_data_at_once() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.changed.clear();
    h.set(&k, 2);
    assert_eq!((h.data(&k), h.started), (Some(2), 1));
    assert_eq!(h.changed, [k]);
}

#[test]
fn an_event_that_changes_nothing_is_not_announced() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.changed.clear();
    h.set(&k, 1);
    assert!(h.changed.is_empty());
}

#[test]
fn many_changes_are_announced_once_until_drained() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.changed.clear();
    let entry = h.entry(&k);
    for value in ["2", "3", "4"] {
        let event = realtime_core::query::EventView {
            event: "set",
            channel: None,
            data: value,
            position: None,
            id: None,
        };
        h.cache.apply_event(h.now, entry, REPLACE, &event).unwrap();
    }
    h.drain();
    assert_eq!(h.changed.len(), 1);
    h.set(&k, 5);
    assert_eq!(h.changed.len(), 2);
}

#[test]
fn an_event_before_the_first_fetch_shows_and_the_fetch_still_happens() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, QueryOptions::default(), &channel());
    h.set(&k, 5);
    assert_eq!(h.data(&k), Some(5));
    assert_eq!(h.meta(&k).status, QueryStatus::Success);
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 1);
    h.answer(6);
    assert_eq!((h.data(&k), h.started), (Some(6), 1));
}

#[test]
fn a_result_never_overwrites_an_event_that_came_during_the_fetch() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.refetch(&k);
    h.set(&k, 2);
    assert_eq!(h.data(&k), Some(2), "on screen before the fetch ends");
    h.answer(1);
    assert_eq!((h.data(&k), h.running.len()), (Some(2), 0));
}

#[test]
fn events_during_the_first_fetch_are_added_to_its_result_by_position() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, QueryOptions::default(), &channel());
    h.source_live(&k, Continuity::Fresh);
    for seq in 4..=7 {
        h.add(&k, 1, Some(at("a", seq)));
    }
    assert_eq!(h.data(&k), None);
    h.answer_at(105, at("a", 5));
    assert_eq!(h.data(&k), Some(107));
    assert_eq!((h.started, h.meta(&k).is_live), (1, true));
}

#[test]
fn an_event_that_arrives_after_a_result_which_contains_it_counts_once() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.refetch(&k);
    h.answer_at(103, at("a", 3));
    h.add(&k, 1, Some(at("a", 2)));
    h.add(&k, 1, Some(at("a", 3)));
    assert_eq!(h.data(&k), Some(103));
    h.add(&k, 1, Some(at("a", 4)));
    assert_eq!(h.data(&k), Some(104));
    assert_eq!(h.cache.stats().covered_events, 2);
}

#[test]
fn an_invalidation_that_a_result_contains_still_reaches_the_others() {
    let mut h = Harness::new();
    let k = key!["source"];
    h.live(&k, 1);
    h.observe(&key!["n", 1], QueryOptions::default(), &Feed::None);
    h.answer(1);
    h.advance(seconds(5));
    h.refetch(&k);
    h.answer_at(2, at("a", 3));
    h.event(&k, INVALIDATE, "null", Some(at("a", 3))).unwrap();
    assert_eq!(h.running[0].1, key!["n", 1]);
}

#[test]
fn positions_of_several_channels_are_not_compared() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, QueryOptions::default(), &Feed::Several);
    h.source_live(&k, Continuity::Fresh);
    h.answer_at(103, at("a", 3));
    h.add(&k, 1, Some(at("a", 2)));
    assert_eq!(h.data(&k), Some(104));
}

#[test]
fn a_result_older_than_the_screen_is_left_and_fetched_again() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.event(&k, REPLACE, "9", Some(at("a", 9))).unwrap();
    h.refetch(&k);
    h.answer_at(8, at("a", 8));
    assert_eq!((h.data(&k), h.started), (Some(9), 3));
    h.answer_at(9, at("a", 9));
    assert_eq!((h.data(&k), h.running.len()), (Some(9), 0));
    assert_eq!(h.cache.stats().outdated_results, 1);
}

#[test]
fn a_result_of_another_epoch_is_fetched_again_once() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.event(&k, REPLACE, "9", Some(at("a", 9))).unwrap();
    h.refetch(&k);
    h.answer_at(10, at("b", 1));
    assert_eq!((h.data(&k), h.started), (Some(9), 3));
    h.answer_at(11, at("b", 2));
    h.advance(seconds(120));
    assert_eq!((h.data(&k), h.started), (Some(11), 3));
}

#[test]
fn a_result_of_the_new_epoch_contains_the_events_of_the_old() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.refetch(&k);
    h.event(&k, REPLACE, "2", Some(at("a", 2))).unwrap();
    h.event(&k, REPLACE, "3", Some(at("b", 1))).unwrap();
    h.answer_at(3, at("b", 1));
    assert_eq!((h.data(&k), h.running.len()), (Some(3), 0));
}

#[test]
fn sums_without_positions_take_the_result_and_fetch_once_more() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 100);
    h.refetch(&k);
    h.add(&k, 1, None);
    assert_eq!(h.data(&k), Some(101));
    h.answer(101);
    assert_eq!((h.data(&k), h.started), (Some(101), 3));
    h.answer(101);
    assert_eq!((h.data(&k), h.running.len()), (Some(101), 0));
    assert_eq!(h.cache.stats().trailing_refetches, 1);
}

#[test]
fn a_stream_of_sums_without_positions_does_not_become_a_stream_of_fetches() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 0);
    h.refetch(&k);
    for _ in 0..600 {
        h.add(&k, 1, None);
        while !h.running.is_empty() {
            h.add(&k, 1, None);
            h.answer(7);
        }
        h.advance(seconds(1));
    }
    let fetches = h.started;
    assert!((10..=30).contains(&fetches), "{fetches} in 10 minutes");
    assert_eq!(
        h.meta(&k).fetch_status,
        FetchStatus::Idle,
        "no spinner meanwhile"
    );

    h.advance(seconds(30));
    h.answer(500);
    h.advance(seconds(120));
    assert_eq!((h.data(&k), h.started), (Some(500), fetches + 1));
}

#[test]
fn an_unreadable_event_leaves_the_data_and_is_reported() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    let error = h.event(&k, REPLACE, "{broken", None).unwrap_err();
    assert_eq!(h.meta(&k).event_error, Some(error));
    assert_eq!((h.data(&k), h.cache.stats().event_errors), (Some(1), 1));
    h.event(&k, ADD, "\"one\"", None).unwrap_err();
    h.set(&k, 2);
    assert_eq!((h.data(&k), h.meta(&k).event_error), (Some(2), None));
}

#[test]
fn more_events_than_are_remembered_leave_the_screen_and_ask_for_one_more_fetch() {
    let mut h = Harness::with_limits(QueryLimits::default().with_log_events(10));
    let k = key!["n"];
    h.live(&k, 0);
    h.refetch(&k);
    for value in 1..=20 {
        h.set(&k, value);
    }
    h.answer(15);
    assert_eq!((h.data(&k), h.started), (Some(20), 3));
    assert_eq!(h.cache.stats().log_overflows, 1);
    h.answer(20);
    h.advance(seconds(60));
    assert_eq!((h.data(&k), h.started), (Some(20), 3));
}

#[test]
fn events_reach_an_entry_whose_observers_are_paused_or_gone() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.live(&k, 1);
    h.set_enabled(observer, false);
    h.set(&k, 2);
    assert_eq!(h.data(&k), Some(2));
    h.unobserve(observer);
    h.changed.clear();
    h.set(&k, 3);
    assert_eq!(h.data(&k), Some(3));
    assert!(h.changed.is_empty(), "nobody is there to be told");
}

#[test]
fn an_event_for_a_removed_entry_or_an_unknown_binding_is_harmless() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    let unknown = realtime_core::query::BindingIndex::new(99);
    h.event(&k, unknown, "5", None).unwrap();
    let entry = h.entry(&k);
    h.cache.remove(&k);
    let event = realtime_core::query::EventView {
        event: "set",
        channel: None,
        data: "2",
        position: None,
        id: None,
    };
    h.cache.apply_event(h.now, entry, REPLACE, &event).unwrap();
    assert_eq!(h.cache.stats().entries, 0);
}
