//! Fetches: when they begin, how they fail, and who shares them.

use crate::query_harness::{Harness, number, seconds};
use realtime_core::{
    FetchError, FetchStatus, QueryError, QueryOptions, QueryStatus, key,
    query::{Feed, Fetched, RecordSpec},
};
use std::{rc::Rc, time::Duration};

fn options() -> QueryOptions {
    QueryOptions::default()
}

#[test]
fn a_first_fetch_goes_from_pending_to_success() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    let meta = h.meta(&k);
    assert_eq!(
        (meta.status, meta.fetch_status),
        (QueryStatus::Pending, FetchStatus::Fetching)
    );
    assert!(meta.is_loading() && meta.is_stale);

    h.changed.clear();
    h.answer(7);
    let meta = h.meta(&k);
    assert_eq!(
        (meta.status, meta.fetch_status),
        (QueryStatus::Success, FetchStatus::Idle)
    );
    assert_eq!(h.data(&k), Some(7));
    assert_eq!(meta.updated_at, Some(h.now));
    assert_eq!(h.changed, [k]);
}

#[test]
fn two_observers_share_one_fetch_and_its_data() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.observe(&k, options(), &Feed::None);
    assert_eq!(h.started, 1);
    h.answer(7);
    assert_eq!((h.started, h.data(&k)), (1, Some(7)));
}

#[test]
fn an_equal_result_keeps_the_old_pointer() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.answer(7);
    let before = h.rc(&k).unwrap();
    h.refetch(&k);
    h.answer(7);
    assert!(Rc::ptr_eq(&before, &h.rc(&k).unwrap()));
}

#[test]
fn many_refetches_during_a_fetch_become_one_more_fetch() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    for _ in 0..5 {
        h.refetch(&k);
    }
    assert_eq!(h.started, 1);
    h.answer(1);
    assert_eq!(h.started, 2);
    h.answer(2);
    assert_eq!((h.started, h.running.len()), (2, 0));
}

#[test]
fn a_failed_fetch_is_tried_three_times_more_and_then_reported() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    for failures in 1..=3 {
        h.fail();
        let meta = h.meta(&k);
        assert_eq!(
            (meta.status, meta.fetch_status, meta.failure_count),
            (QueryStatus::Pending, FetchStatus::Fetching, failures)
        );
        assert!(h.running.is_empty(), "a retry waits");
        h.advance(seconds(4));
        assert_eq!(h.running.len(), 1);
    }
    h.fail();
    let meta = h.meta(&k);
    assert_eq!(
        (meta.status, meta.fetch_status, meta.failure_count),
        (QueryStatus::Error, FetchStatus::Idle, 4)
    );
    assert_eq!(
        meta.error,
        Some(QueryError::Fetch(FetchError::new("no luck")))
    );
    h.advance(seconds(60));
    assert_eq!(h.started, 4);
}

#[test]
fn a_failure_in_the_background_keeps_the_data_and_says_so() {
    let mut h = Harness::new();
    let k = key!["n"];
    let fresh_for_ever = options().with_stale_time(Duration::MAX);
    h.observe(&k, fresh_for_ever, &Feed::None);
    h.answer(7);
    assert!(!h.meta(&k).is_stale);
    h.refetch(&k);
    h.finish(Err(FetchError::permanent("gone")));
    let meta = h.meta(&k);
    assert_eq!(meta.status, QueryStatus::Success);
    assert!(meta.error.is_some() && meta.is_stale);
    assert_eq!(h.data(&k), Some(7));

    h.refetch(&k);
    h.answer(8);
    let meta = h.meta(&k);
    assert!(meta.error.is_none() && !meta.is_stale && meta.failure_count == 0);
}

#[test]
fn a_permanent_failure_is_not_retried() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.finish(Err(FetchError::permanent("gone")));
    assert_eq!(h.meta(&k).status, QueryStatus::Error);
    h.advance(seconds(60));
    assert_eq!(h.started, 1);
}

#[test]
fn the_servers_retry_after_is_honoured() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.finish(Err(FetchError::new("busy").with_retry_after(seconds(20))));
    h.advance(Duration::from_millis(19_999));
    assert_eq!(h.started, 1);
    h.advance(Duration::from_millis(1));
    assert_eq!(h.started, 2);
}

#[test]
fn a_refetch_does_not_wait_for_the_retry() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.fail();
    h.refetch(&k);
    assert_eq!(h.running.len(), 1);
    h.answer(7);
    h.advance(seconds(60));
    assert_eq!(h.started, 2);
}

#[test]
fn a_fetch_that_never_answers_times_out_and_its_late_result_is_ignored() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options().with_retry(0), &Feed::None);
    let (late, _) = h.running[0].clone();
    h.advance(seconds(30));
    assert_eq!(h.cancelled, [late]);
    assert_eq!(h.meta(&k).error, Some(QueryError::Timeout(seconds(30))));
    h.cache.fetch_finished(h.now, late, Ok(Fetched::new(1_i64)));
    h.drain();
    assert_eq!(h.data(&k), None);
    assert_eq!(h.cache.stats().late_results, 1);
    assert_eq!(h.cache.stats().timeouts, 1);
}

#[test]
fn a_timeout_is_retried() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.advance(seconds(31));
    assert_eq!((h.started, h.running.len()), (2, 1));
}

#[test]
fn a_result_of_the_wrong_type_is_a_typed_error_and_not_retried() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.finish(Ok(Fetched::new("seven")));
    let meta = h.meta(&k);
    assert_eq!(meta.status, QueryStatus::Error);
    assert!(matches!(meta.error, Some(QueryError::Decode(error)) if error.message.contains("i64")));
    h.advance(seconds(60));
    assert_eq!(h.started, 1);
}

#[test]
fn one_key_holds_one_type() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    let make = || Box::new(RecordSpec::<String>::new().build()) as Box<_>;
    let error = h.cache.observe(h.now, &k, &options(), make, &Feed::None);
    assert_eq!(error, Err(QueryError::TypeMismatch { key: k }));
    assert_eq!(h.cache.stats().observers, 1);
}

#[test]
fn offline_a_fetch_is_paused_until_online() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.set_online(false);
    h.observe(&k, options(), &Feed::None);
    assert_eq!(h.started, 0);
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Paused);
    assert!(!h.meta(&k).is_loading());
    h.set_online(true);
    assert_eq!(h.started, 1);
}

#[test]
fn offline_a_retry_is_paused_until_online() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.set_online(false);
    h.fail();
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Paused);
    h.advance(seconds(60));
    assert_eq!(h.started, 1);
    h.set_online(true);
    assert_eq!(h.started, 2);
    assert_eq!(h.meta(&k).failure_count, 1);
}

#[test]
fn coming_online_refetches_stale_data_that_no_channel_feeds() {
    let mut h = Harness::new();
    let stale = key!["stale"];
    let unwilling = key!["unwilling"];
    h.observe(&stale, options(), &Feed::None);
    h.answer(1);
    let never = options().with_refetch_on_reconnect(false);
    h.observe(&unwilling, never, &Feed::None);
    h.answer(1);
    h.set_online(false);
    h.set_online(true);
    assert_eq!(h.running.len(), 1);
    assert_eq!(h.running[0].1, stale);
}

#[test]
fn a_disabled_query_does_not_fetch_until_enabled() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options().with_enabled(false), &Feed::None);
    h.invalidate(&key![]);
    h.set_visible(false);
    h.set_visible(true);
    assert_eq!(h.started, 0);
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Idle);
    h.set_enabled(observer, true);
    assert_eq!(h.started, 1);
}

#[test]
fn a_disabled_query_fetches_when_asked_by_name() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options().with_enabled(false), &Feed::None);
    h.refetch(&k);
    h.fail();
    h.advance(seconds(1));
    h.answer(7);
    assert_eq!((h.started, h.data(&k)), (2, Some(7)));
}

#[test]
fn disabling_stops_the_retries() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options(), &Feed::None);
    h.fail();
    h.set_enabled(observer, false);
    h.advance(seconds(60));
    assert_eq!(h.started, 1);
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Idle);
}

#[test]
fn a_cancelled_fetch_leaves_the_data_and_its_result_is_ignored() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.answer(7);
    h.refetch(&k);
    h.refetch(&k);
    let (fetch, _) = h.running[0].clone();
    h.cache.cancel(h.now, &k);
    h.drain();
    assert_eq!(h.cancelled, [fetch]);
    h.cache
        .fetch_finished(h.now, fetch, Ok(Fetched::new(8_i64)));
    h.drain();
    assert_eq!((h.started, h.data(&k)), (2, Some(7)));
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Idle);
}

#[test]
fn data_set_by_hand_is_not_overwritten_by_a_fetch_that_began_before() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    assert_eq!(h.cache.set_data(h.now, &k, Box::new(42_i64)), Ok(true));
    h.drain();
    assert_eq!(h.data(&k), Some(42));
    h.answer(23);
    assert_eq!(h.data(&k), Some(42));
    assert_eq!(h.started, 2, "one more fetch brings the truth");
    h.answer(43);
    assert_eq!((h.started, h.data(&k)), (2, Some(43)));
}

#[test]
fn data_set_by_hand_must_have_a_place_and_a_type() {
    let mut h = Harness::new();
    let k = key!["n"];
    let set = h.cache.set_data(h.now, &k, Box::new(42_i64));
    assert_eq!(set, Ok(false));
    h.observe(&k, options(), &Feed::None);
    let set = h.cache.set_data(h.now, &k, Box::new("42"));
    assert!(matches!(set, Err(QueryError::Decode(_))));
}

#[test]
fn editing_a_resource_announces_it() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.changed.clear();
    let entry = h.entry(&k);
    type Number = realtime_core::query::Record<i64>;
    let built = h.cache.edit(h.now, entry, |record: &mut Number| {
        *record = number().build();
    });
    h.drain();
    assert!(built.is_some());
    assert_eq!(h.changed, [k]);
}
