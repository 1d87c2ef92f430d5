//! Differences of snapshots, what follows them, and values derived from a list.

use crate::list_rows::{Quote, event, long, quote};
use proptest::prelude::*;
use realtime_core::{
    Instant, ListSnapshot, RowId,
    list::{KeyedList, ListSelector, Selected, Weights},
};
use std::{cell::Cell, collections::BTreeSet, rc::Rc};

const NOW: Instant = Instant::ZERO;

/// The older snapshot's ids after the gaps were taken one by one.
fn replay(older: &ListSnapshot<Quote>, newer: &ListSnapshot<Quote>) -> Vec<RowId> {
    let mut ids: Vec<RowId> = older.ids().collect();
    for gap in newer.diff(older).gaps() {
        let come = newer.range(gap.new.clone()).map(|row| row.id.into());
        ids.splice(gap.new.start..gap.new.start + gap.old.len(), come);
    }
    ids
}

proptest! {
    #[test]
    fn a_diff_says_of_every_row_whether_it_is_kept_and_what_became_of_it(
        start in prop_oneof![0_u32..10, 60_u32..100],
        events in prop::collection::vec(event(100), 0..60),
    ) {
        let mut list = long(start, false);
        let older = list.snapshot();
        for event in &events {
            event.happen(&mut list);
        }
        let newer = list.snapshot();
        let diff = newer.diff(&older);
        prop_assert_eq!(replay(&older, &newer), newer.ids().collect::<Vec<_>>());
        prop_assert_eq!(diff.new_len(), newer.len());
        prop_assert_eq!(diff.is_same_order(), older.ids().eq(newer.ids()));
        let changed: BTreeSet<_> = diff.changed().iter().copied().collect();
        let mut last = None;
        for (rank, before) in older.iter().enumerate() {
            let Some(new_rank) = diff.kept(rank) else { continue };
            prop_assert!(last < Some(new_rank), "kept rows do not cross");
            last = Some(new_rank);
            let after = newer.get(new_rank).expect("it is kept");
            prop_assert_eq!(before.id, after.id);
            prop_assert_eq!(changed.contains(&(rank, new_rank)), !Rc::ptr_eq(&before, &after));
        }
        prop_assert_eq!(diff.kept(older.len()), None);
    }

    #[test]
    fn weights_that_follow_are_those_that_would_be_asked_for_anew(
        start in prop_oneof![0_u32..10, 60_u32..100],
        events in prop::collection::vec((event(100), any::<bool>()), 0..60),
    ) {
        let mut list = long(start, false);
        let (mut seen, mut weights) = (ListSnapshot::default(), Weights::new());
        for (event, is_seen) in &events {
            event.happen(&mut list);
            if !is_seen {
                continue;
            }
            let now = list.snapshot();
            weights.follow(&now.diff(&seen), |rank| now.get(rank).map_or(0, |row| row.price));
            seen = now;
            let anew: Vec<u32> = seen.iter().map(|row| row.price).collect();
            let kept: Vec<u32> = (0..weights.len()).filter_map(|rank| weights.get(rank)).collect();
            prop_assert_eq!(&kept, &anew);
            prop_assert_eq!(weights.total(), anew.iter().copied().map(u64::from).sum::<u64>());
        }
    }

    #[test]
    fn a_tally_is_what_counting_everything_anew_gives(
        start in 0_u32..30,
        events in prop::collection::vec(event(40), 0..60),
    ) {
        let mut list = long(start, true);
        let mut tally = Selected::new(sum());
        let mut whole = Selected::new(ListSelector::new(sum_of));
        for event in &events {
            event.happen(&mut list);
            let now = list.snapshot();
            let before = tally.value();
            let is_other = tally.follow(&now);
            prop_assert_eq!(*tally.value(), sum_of(&now));
            prop_assert_eq!(is_other, before != tally.value());
            prop_assert_eq!(is_other, !Rc::ptr_eq(&before, &tally.value()));
            prop_assert_eq!(whole.follow(&now), is_other);
        }
    }
}

fn sum_of(rows: &ListSnapshot<Quote>) -> u64 {
    rows.iter().map(|row| u64::from(row.price)).sum()
}

fn sum() -> ListSelector<Quote, u64> {
    ListSelector::tally(
        0,
        |sum, row: &Quote| *sum += u64::from(row.price),
        |sum, row| *sum -= u64::from(row.price),
    )
}

#[test]
fn a_row_that_moves_is_gone_from_one_place_and_come_to_another_and_the_others_are_kept() {
    let mut list = long(1_000, true);
    let older = list.snapshot();
    list.upsert(NOW, quote(10, 5_005));
    let newer = list.snapshot();
    let diff = newer.diff(&older);
    let gaps: Vec<_> = diff.gaps().map(|gap| (gap.old, gap.new)).collect();
    assert_eq!(gaps, [(10..11, 10..10), (501..501, 500..501)]);
    assert_eq!(
        (diff.kept(9), diff.kept(10), diff.kept(11)),
        (Some(9), None, Some(10))
    );
    assert_eq!((diff.kept(500), diff.kept(501)), (Some(499), Some(501)));
    assert!(diff.changed().is_empty() && !diff.is_wholesale());
}

#[test]
fn a_diff_of_a_few_events_looks_at_a_few_hundred_rows_and_nodes_of_100_000() {
    let most = |len: u32| {
        let mut list = long(len, true);
        let visits = (0..500_u32).map(|n| {
            let older = list.snapshot();
            list.upsert(NOW, quote(n * 7_919 % len, n * 104_729 % (len * 10)));
            list.snapshot().diff(&older).visited()
        });
        visits.max().unwrap_or_default()
    };
    let (short, long) = (most(1_000), most(100_000));
    assert!(
        short <= 400 && long <= 600,
        "{short} of 1,000 and {long} of 100,000"
    );
}

#[test]
fn a_selected_value_is_derived_only_when_a_row_differs() {
    let derived = Rc::new(Cell::new(0));
    let count = Rc::clone(&derived);
    let mut first = Selected::new(ListSelector::new(move |rows: &ListSnapshot<Quote>| {
        count.set(count.get() + 1);
        rows.get(0).map(|row| row.id)
    }));
    let mut list = long(100, true);
    assert!(first.follow(&list.snapshot()));
    assert!(!first.follow(&list.snapshot()));
    list.upsert(NOW, quote(50, 501));
    assert!(
        !first.follow(&list.snapshot()),
        "another row, but the same first one"
    );
    list.upsert(NOW, quote(50, 0));
    assert!(!first.follow(&list.snapshot()), "equal prices stand by id");
    list.remove(NOW, 0, None);
    assert!(first.follow(&list.snapshot()));
    assert_eq!((*first.value(), derived.get()), (Some(50), 5));
}

#[test]
fn a_tally_counts_two_rows_for_one_that_changes_among_100_000() {
    let mut list = long(100_000, true);
    let mut tally = Selected::new(sum());
    tally.follow(&list.snapshot());
    assert_eq!(tally.counted(), 100_000);
    list.upsert(NOW, quote(70_000, 3));
    assert!(tally.follow(&list.snapshot()));
    assert_eq!(tally.counted(), 100_002);
    let mut empty = KeyedList::<Quote>::default();
    empty.replace(NOW, Vec::new());
    tally.follow(&empty.snapshot());
    assert_eq!(*tally.value(), 0);
}
