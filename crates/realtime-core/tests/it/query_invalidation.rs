//! Invalidation: by prefix, by event, in storms, and out of sight.

use crate::query_harness::{Harness, INVALIDATE, channel, seconds};
use realtime_core::{QueryOptions, key, query::Feed};
use std::time::Duration;

/// Fresh until someone says otherwise.
fn options() -> QueryOptions {
    QueryOptions::default().with_stale_time(Duration::MAX)
}

#[test]
fn invalidation_by_prefix_fetches_what_is_in_use_and_marks_the_rest() {
    let mut h = Harness::new();
    let unused = h.observe(&key!["a", 1], options(), &Feed::None);
    h.observe(&key!["a", 2], options(), &Feed::None);
    h.observe(&key!["b"], options(), &Feed::None);
    for _ in 0..3 {
        h.answer(1);
    }
    h.unobserve(unused);
    h.invalidate(&key!["a"]);
    assert_eq!(h.running.len(), 1);
    assert_eq!(h.running[0].1, key!["a", 2]);
    assert!(h.meta(&key!["a", 1]).is_stale && !h.meta(&key!["b"]).is_stale);
    h.answer(2);
    assert!(!h.meta(&key!["a", 2]).is_stale);
    h.observe(&key!["a", 1], options(), &Feed::None);
    assert_eq!(h.started, 5);
}

#[test]
fn a_storm_of_invalidations_costs_two_fetches() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.advance(seconds(10));
    let before = h.started;
    for _ in 0..1_000 {
        h.event(&k, INVALIDATE, "null", None).unwrap();
        h.invalidate(&k);
    }
    assert_eq!(h.started, before + 1);
    h.answer(2);
    assert_eq!(h.started, before + 2);
    h.answer(3);
    h.advance(seconds(60));
    assert_eq!(h.started, before + 2);
    assert_eq!(h.cache.stats().invalidations, 2_000);
}

#[test]
fn a_fetch_that_began_before_an_invalidation_does_not_answer_it() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.invalidate(&k);
    h.answer(1);
    assert!(h.meta(&k).is_stale);
    h.answer(2);
    assert!(!h.meta(&k).is_stale);
}

#[test]
fn events_that_invalidate_all_the_time_cost_a_fetch_per_second() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.advance(seconds(5));
    let before = h.started;
    for _ in 0..100 {
        h.event(&k, INVALIDATE, "null", None).unwrap();
        while !h.running.is_empty() {
            h.answer(1);
        }
        h.advance(Duration::from_millis(100));
    }
    let per_second = h.started - before;
    assert!((9..=11).contains(&per_second), "{per_second} in 10 s");
}

#[test]
fn an_event_invalidates_other_entries_by_prefix() {
    let mut h = Harness::new();
    let source = key!["source"];
    h.live(&source, 1);
    h.observe(&key!["n", 1], options(), &Feed::None);
    h.answer(1);
    h.advance(seconds(5));
    h.event(&source, INVALIDATE, "null", None).unwrap();
    assert_eq!(h.running.len(), 1);
    assert_eq!(h.running[0].1, key!["n", 1]);
}

#[test]
fn an_invalidation_out_of_sight_waits_until_seen() {
    let mut h = Harness::new();
    let k = key!["n"];
    let no_focus = options().with_refetch_on_focus(false);
    h.observe(&k, no_focus, &Feed::None);
    h.answer(1);
    h.set_visible(false);
    h.invalidate(&k);
    h.invalidate(&k);
    assert_eq!(h.started, 1);
    assert!(h.meta(&k).is_stale);
    h.set_visible(true);
    assert_eq!(h.started, 2);
    h.answer(2);
    h.set_visible(false);
    h.set_visible(true);
    assert_eq!(h.started, 2);
}

#[test]
fn an_invalidation_out_of_sight_during_a_fetch_is_not_forgotten() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.set_visible(false);
    h.invalidate(&k);
    h.answer(1);
    assert_eq!(h.started, 1);
    h.set_visible(true);
    assert_eq!(h.started, 2);
}

#[test]
fn an_invalidation_during_the_wait_for_a_retry_is_answered_by_it() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &channel());
    h.advance(seconds(2));
    h.fail();
    h.invalidate(&k);
    assert!(h.running.is_empty());
    h.advance(seconds(1));
    h.answer(1);
    assert_eq!((h.started, h.running.len()), (2, 0));
}
