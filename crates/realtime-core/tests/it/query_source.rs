//! A query and the channel that feeds it: nothing falls between the fetch and the events.

use crate::query_harness::{Harness, at, channel, seconds};
use realtime_core::{
    Continuity, FetchStatus, GapReason, QueryOptions, QueryStatus, key, query::Feed,
};
use std::time::Duration;

fn options() -> QueryOptions {
    QueryOptions::default()
}

#[test]
fn the_first_fetch_waits_until_the_channel_is_subscribed() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &channel());
    assert_eq!(h.started, 0);
    assert!(h.meta(&k).is_loading());
    h.advance(seconds(1));
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 1);
    h.answer(1);
    assert!(h.meta(&k).is_live);
    h.advance(seconds(60));
    assert_eq!(
        h.started, 1,
        "the fetch under the subscription is proof enough"
    );
}

#[test]
fn a_subscription_that_does_not_come_is_not_waited_for_for_long() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &channel());
    h.advance(Duration::from_millis(1_499));
    assert_eq!(h.started, 0);
    h.advance(Duration::from_millis(1));
    assert_eq!(h.started, 1);
    h.answer(1);
    let meta = h.meta(&k);
    assert_eq!(meta.status, QueryStatus::Success);
    assert!(!meta.is_live);

    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 2, "one more fetch, now under the subscription");
    h.source_down(&k);
    h.source_live(&k, Continuity::Recovered { missed: 0 });
    h.answer(2);
    assert!(h.meta(&k).is_live);
    assert_eq!(h.started, 2);
}

#[test]
fn a_subscription_that_comes_during_the_fetch_asks_for_one_more() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &channel());
    h.advance(seconds(2));
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 1);
    h.answer(1);
    assert!(!h.meta(&k).is_live);
    assert_eq!(h.started, 2);
    h.answer(2);
    assert!(h.meta(&k).is_live && h.running.is_empty());
}

#[test]
fn a_refused_subscription_lets_the_fetch_go_ahead() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options().with_stale_time(Duration::MAX), &channel());
    let entry = h.entry(&k);
    h.cache.source_refused(h.now, entry);
    h.drain();
    h.answer(1);
    assert_eq!((h.started, h.meta(&k).is_stale), (1, false));
}

#[test]
fn losing_the_channel_keeps_the_data_and_a_recovery_costs_no_fetch() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.source_down(&k);
    assert_eq!(h.data(&k), Some(1));
    assert!(!h.meta(&k).is_live);
    h.advance(seconds(60));
    h.source_live(&k, Continuity::Recovered { missed: 0 });
    assert!(h.meta(&k).is_live);
    assert_eq!(h.started, 1);
}

#[test]
fn a_gap_costs_exactly_one_fetch_for_what_is_in_use() {
    for continuity in [
        Continuity::Gap(GapReason::NotRecovered),
        Continuity::Unknown,
    ] {
        let mut h = Harness::new();
        let used = key!["used"];
        let unused = key!["unused"];
        h.live(&used, 1);
        let observer = h.live(&unused, 1);
        h.unobserve(observer);
        for key in [&used, &unused] {
            h.source_down(key);
            h.source_live(key, continuity);
        }
        assert_eq!(h.started, 3);
        assert_eq!(h.running[0].1, used);
        assert!(!h.meta(&used).is_live && h.meta(&unused).is_stale);
        h.answer(2);
        assert!(h.meta(&used).is_live);
        h.advance(seconds(60));
        assert_eq!(h.started, 3);
        assert_eq!(h.cache.stats().gaps, 2);
    }
}

#[test]
fn a_gap_only_marks_as_stale_where_no_refetch_is_wanted() {
    let mut h = Harness::new();
    let k = key!["n"];
    let quiet = options()
        .with_refetch_on_reconnect(false)
        .with_stale_time(Duration::MAX);
    h.observe(&k, quiet, &channel());
    h.source_live(&k, Continuity::Fresh);
    h.answer(1);
    assert!(!h.meta(&k).is_stale);
    h.source_down(&k);
    h.source_live(&k, Continuity::Gap(GapReason::NotRecovered));
    assert_eq!(h.started, 1);
    assert!(h.meta(&k).is_stale && !h.meta(&k).is_live);
}

#[test]
fn a_hole_noticed_while_live_is_a_gap() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    let entry = h.entry(&k);
    h.cache.source_gap(h.now, entry, None, None);
    h.cache.source_gap(h.now, entry, None, None);
    h.drain();
    h.answer(2);
    assert_eq!(h.started, 2);
    h.advance(seconds(1));
    assert_eq!(h.started, 3, "the second hole came while the fetch ran");
    h.answer(3);
    assert!(h.running.is_empty() && h.meta(&k).is_live);
}

#[test]
fn a_gap_during_a_fetch_asks_for_one_more() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.refetch(&k);
    h.source_down(&k);
    h.source_live(&k, Continuity::Gap(GapReason::NotRecovered));
    assert_eq!(h.started, 2);
    h.answer(2);
    assert!(!h.meta(&k).is_live);
    assert_eq!(h.started, 3);
    h.answer(3);
    assert!(h.meta(&k).is_live);
}

#[test]
fn a_fetch_while_the_link_is_down_is_confirmed_after_the_recovery() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.source_down(&k);
    h.refetch(&k);
    assert_eq!(h.started, 1, "the link may be back soon");
    h.advance(seconds(2));
    h.answer(2);
    assert_eq!((h.started, h.data(&k)), (2, Some(2)));
    h.source_live(&k, Continuity::Recovered { missed: 0 });
    assert_eq!(h.started, 3);
}

#[test]
fn a_query_that_failed_while_the_server_was_away_recovers_with_the_link() {
    for continuity in [
        Continuity::Fresh,
        Continuity::Gap(GapReason::NotRecovered),
        Continuity::Recovered { missed: 0 },
    ] {
        let mut h = Harness::new();
        let k = key!["n"];
        h.observe(&k, options().with_retry(0), &channel());
        h.advance(seconds(2));
        h.fail();
        assert_eq!(h.meta(&k).status, QueryStatus::Error);
        h.source_live(&k, continuity);
        assert_eq!(h.started, 2);
        assert_eq!(h.meta(&k).status, QueryStatus::Pending);
        h.answer(1);
        assert!(h.meta(&k).is_live);
    }
}

#[test]
fn a_returning_observer_waits_for_the_new_subscription_and_fetches_once() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.live(&k, 1);
    h.unobserve(observer);
    h.source_down(&k);
    h.advance(seconds(60));
    h.observe(&k, options(), &channel());
    assert_eq!(h.data(&k), Some(1));
    assert_eq!(h.started, 1);
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 2);
    h.answer(2);
    assert!(h.running.is_empty() && h.meta(&k).is_live);
}

#[test]
fn an_observer_that_leaves_and_returns_does_not_lose_the_fetch_that_was_to_follow() {
    let mut h = Harness::new();
    let k = key!["n"];
    let observer = h.observe(&k, options(), &channel());
    h.advance(seconds(2));
    h.source_live(&k, Continuity::Fresh);
    h.unobserve(observer);
    h.observe(&k, options(), &channel());
    assert_eq!(h.started, 1);
    h.answer(1);
    assert_eq!(h.started, 2);
    h.answer(2);
    assert!(h.meta(&k).is_live && h.running.is_empty());
}

#[test]
fn data_that_was_fetched_before_there_was_a_channel_is_fetched_again_under_it() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &Feed::None);
    h.answer(1);
    let fresh = options().with_refetch_on_mount(false);
    h.observe(&k, fresh, &channel());
    assert_eq!(h.started, 1);
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 2);
}

#[test]
fn being_told_twice_that_a_channel_is_live_changes_nothing() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.live(&k, 1);
    h.source_live(&k, Continuity::Fresh);
    assert_eq!(h.started, 1);
}

#[test]
fn a_result_older_than_the_subscription_is_shown_and_fetched_again() {
    let mut h = Harness::new();
    let k = key!["n"];
    h.observe(&k, options(), &channel());
    let entry = h.entry(&k);
    h.cache
        .source_live(h.now, entry, Continuity::Fresh, Some(at("a", 9)));
    h.drain();
    h.answer_at(1, at("a", 8));
    assert_eq!((h.data(&k), h.started), (Some(1), 2));
    h.answer_at(2, at("a", 9));
    assert_eq!((h.data(&k), h.running.len()), (Some(2), 0));
    assert_eq!(h.meta(&k).fetch_status, FetchStatus::Idle);
}
