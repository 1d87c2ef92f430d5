//! Caching: how long data is fresh, how long it is kept, and how much of it.

use crate::query_harness::{Harness, seconds};
use realtime_core::{
    FetchStatus, QueryError, QueryOptions, QueryStatus, key,
    query::{Feed, QueryLimits},
};
use std::time::Duration;

fn options() -> QueryOptions {
    QueryOptions::default()
}

#[test]
fn a_mount_refetches_stale_data_and_leaves_fresh_data_alone() {
    let mut h = Harness::new();
    let k = key!["n"];
    let fresh = options().with_stale_time(seconds(10));
    h.observe(&k, fresh, &Feed::None);
    h.answer(1);
    h.observe(&k, fresh, &Feed::None);
    assert_eq!(h.started, 1);
    h.advance(seconds(10));
    h.observe(&k, fresh, &Feed::None);
    assert_eq!(h.started, 2);
    h.answer(2);
    h.observe(&k, options().with_refetch_on_mount(false), &Feed::None);
    assert_eq!(h.started, 2);
}

#[test]
fn turning_stale_is_announced() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options().with_stale_time(seconds(10)), &Feed::None);
    h.answer(1);
    h.changed.clear();
    assert!(!h.meta(&k).is_stale);
    h.advance(seconds(10));
    assert!(h.meta(&k).is_stale);
    assert_eq!(h.changed, [k]);
}

#[test]
fn an_unused_entry_is_kept_for_its_time_and_then_removed() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options(), &Feed::None);
    h.answer(1);
    h.advance(seconds(1_000));
    assert!(h.removed.is_empty(), "an entry in use is kept");
    h.unobserve(observer);
    h.advance(Duration::from_millis(299_999));
    assert_eq!(h.data(&k), Some(1));
    h.advance(Duration::from_millis(1));
    assert_eq!(h.cache.entry_id(&k), None);
    assert_eq!(h.removed, [k]);
    assert_eq!(h.cache.next_deadline(), None);
    assert_eq!(h.cache.stats().collected, 1);
}

#[test]
fn a_returning_observer_finds_the_data_and_stops_the_clock() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options(), &Feed::None);
    h.answer(1);
    h.unobserve(observer);
    h.advance(seconds(299));
    h.observe(&k, options(), &Feed::None);
    assert_eq!(h.data(&k), Some(1));
    h.advance(seconds(10));
    assert!(h.removed.is_empty());
}

#[test]
fn the_longest_gc_time_ever_asked_for_wins() {
    let mut h = Harness::new();
    let k = key!["n"];
    let long = h.observe(&k, options().with_gc_time(seconds(60)), &Feed::None);
    let short = h.observe(&k, options().with_gc_time(seconds(1)), &Feed::None);
    h.answer(1);
    h.unobserve(long);
    h.unobserve(short);
    h.advance(seconds(59));
    assert!(h.removed.is_empty());
    h.advance(seconds(1));
    assert_eq!(h.removed, [k]);
}

#[test]
fn data_kept_for_ever_sets_no_timer() {
    let mut h = Harness::new();
    let for_ever = options().with_gc_time(Duration::MAX);
    let observer = h.observe(&key!["n"], for_ever, &Feed::None);
    h.answer(1);
    h.unobserve(observer);
    assert_eq!(h.cache.next_deadline(), None);
}

#[test]
fn a_fetch_outlives_its_last_observer_and_fills_the_cache_without_retrying() {
    let mut h = Harness::new();
    let kept = key!["kept"];
    let observer = h.observe(&kept, options().with_gc_time(seconds(1)), &Feed::None);
    h.unobserve(observer);
    h.advance(seconds(20));
    assert!(h.removed.is_empty(), "not while it fetches");
    h.answer(1);
    assert_eq!(h.data(&kept), Some(1));
    h.advance(seconds(1));
    assert_eq!(h.removed, [kept]);

    let failed = key!["failed"];
    let observer = h.observe(&failed, options(), &Feed::None);
    h.unobserve(observer);
    h.fail();
    h.advance(seconds(60));
    assert_eq!(h.started, 2);
    h.observe(&failed, options(), &Feed::None);
    assert_eq!(h.meta(&failed).status, QueryStatus::Pending);
    assert_eq!(h.started, 3);
}

#[test]
fn leaving_during_the_wait_for_a_retry_ends_it() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options(), &Feed::None);
    h.fail();
    h.unobserve(observer);
    h.advance(seconds(60));
    assert_eq!(h.started, 1);
}

#[test]
fn a_full_cache_drops_the_entry_that_was_unused_for_longest() {
    let mut h = Harness::with_limits(QueryLimits::default().with_max_entries(3));
    let first = h.observe(&key![1], options(), &Feed::None);
    let second = h.observe(&key![2], options(), &Feed::None);
    h.observe(&key![3], options(), &Feed::None);
    h.unobserve(second);
    h.unobserve(first);
    h.observe(&key![4], options(), &Feed::None);
    assert_eq!(h.removed, [key![2]]);
    assert_eq!(h.cancelled.len(), 1, "its fetch is of no use any more");
    h.observe(&key![1], options(), &Feed::None);
    assert_eq!(h.cache.stats().evicted, 1);
    let error = h.try_observe(&key![5], options(), &Feed::None);
    assert_eq!(error, Err(QueryError::TooManyEntries { limit: 3 }));
    assert_eq!(h.cache.stats().entries, 3);
}

#[test]
fn removing_by_prefix_takes_fetches_and_observers_along() {
    let mut h = Harness::new();
    let gone = h.observe(&key!["a", 1], options(), &Feed::None);
    h.observe(&key!["b"], options(), &Feed::None);
    h.cache.remove(&key!["a"]);
    h.drain();
    assert_eq!(h.removed, [key!["a", 1]]);
    assert_eq!((h.cancelled.len(), h.running.len()), (1, 1));
    assert_eq!(h.cache.stats().observers, 1);
    h.unobserve(gone);
    h.set_enabled(gone, true);
    assert_eq!(h.cache.stats().entries, 1);
}

#[test]
fn focus_refetches_what_is_stale_and_in_use_and_not_fetched_just_now() {
    let mut h = Harness::new();
    let stale = key!["stale"];
    h.observe(&stale, options(), &Feed::None);
    h.answer(1);
    let fresh = options().with_stale_time(seconds(60));
    h.observe(&key!["fresh"], fresh, &Feed::None);
    h.answer(1);
    let unwilling = options().with_refetch_on_focus(false);
    h.observe(&key!["unwilling"], unwilling, &Feed::None);
    h.answer(1);
    let unused = h.observe(&key!["unused"], options(), &Feed::None);
    h.answer(1);
    h.unobserve(unused);

    h.set_visible(false);
    h.set_visible(true);
    assert_eq!(h.started, 4, "all were fetched just now");
    h.advance(seconds(1));
    h.set_visible(false);
    h.set_visible(true);
    assert_eq!(h.started, 5);
    assert_eq!(h.running[0].1, stale);
    h.set_visible(false);
    h.set_visible(true);
    h.answer(2);
    assert_eq!(
        (h.started, h.meta(&stale).fetch_status),
        (5, FetchStatus::Idle)
    );
}
