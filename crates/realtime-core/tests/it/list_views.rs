//! Views of a list: filtered, in another order, and what it costs to keep them.

use crate::{
    list_rows::{Event, Quote, by_price, event, long, quote},
    mutation_board::{Card, SECOND, cards, create, delete, member, mutate, put, serve, title},
};
use proptest::prelude::*;
use realtime_core::{
    ConflictPolicy, Instant, ListSnapshot, RowId,
    list::{KeyedList, ListView, ViewOptions},
    testing::World,
};
use std::{cmp::Reverse, collections::BTreeMap};

fn cheap(quote: &Quote) -> bool {
    quote.price < 25
}

fn dearest_first(a: &Quote, b: &Quote) -> std::cmp::Ordering {
    b.price.cmp(&a.price)
}

/// All kinds of views.
fn kinds() -> [ViewOptions<Quote>; 4] {
    let all = ViewOptions::default;
    [
        all(),
        all().with_filter(cheap),
        all().with_sort(dearest_first),
        all().with_filter(cheap).with_sort(dearest_first),
    ]
}

/// What a view of the given kind should show.
fn expected(list: &KeyedList<Quote>, kind: usize) -> Vec<Quote> {
    let rows = list.snapshot();
    let mut rows: Vec<_> = rows.iter().map(|row| Quote::clone(&row)).collect();
    if kind % 2 == 1 {
        rows.retain(cheap);
    }
    if kind >= 2 {
        rows.sort_by_key(|row| (Reverse(row.price), row.id));
    }
    rows
}

fn rows(snapshot: &ListSnapshot<Quote>) -> Vec<Quote> {
    snapshot.iter().map(|row| Quote::clone(&row)).collect()
}

proptest! {
    #[test]
    fn a_view_shows_what_filtering_and_sorting_everything_anew_would(
        start in prop_oneof![0_u32..10, 60_u32..100],
        events in prop::collection::vec((event(100), any::<bool>()), 0..60),
    ) {
        let mut list = long(start, false);
        let mut views = kinds().map(|options| ListView::new(&options));
        for (event, is_seen) in &events {
            event.happen(&mut list);
            if !is_seen {
                continue;
            }
            for (kind, view) in views.iter_mut().enumerate() {
                let before = view.snapshot();
                let version = view.order_version();
                let is_other = view.follow(&list.snapshot());
                let after = view.snapshot();
                prop_assert_eq!(rows(&after), expected(&list, kind));
                prop_assert!(is_other || before == after, "{:?} went unnoticed", event);
                let same_order = before.ids().eq(after.ids());
                prop_assert!(view.order_version() > version || same_order);
                prop_assert_eq!(view.len(), after.len());
                let places: BTreeMap<_, _> = after.ids().zip(0_usize..).collect();
                for (rank, id) in list.snapshot().ids().enumerate() {
                    prop_assert_eq!(view.rank(rank), places.get(&id).copied());
                }
            }
        }
    }
}

#[test]
fn a_row_enters_when_its_change_lets_it_through_and_leaves_when_it_does_not() {
    let mut list = long(100, true);
    let [_, options, ..] = kinds();
    let mut view = ListView::new(&options);
    assert!(view.follow(&list.snapshot()));
    assert!(view.snapshot().ids().eq([0, 1, 2]));
    let steps: [(Quote, &[u32]); 4] = [
        (quote(50, 15), &[0, 1, 50, 2]),
        (quote(1, 26), &[0, 50, 2]),
        (quote(60, 700), &[0, 50, 2]),
        (quote(50, 3), &[0, 50, 2]),
    ];
    let noticed = steps.map(|(row, ids)| {
        list.upsert(Instant::ZERO, row);
        let is_other = view.follow(&list.snapshot());
        assert!(view.snapshot().ids().eq(ids.iter().copied()));
        is_other
    });
    assert_eq!(
        noticed,
        [true, true, false, true],
        "what it hides is nobody's business"
    );
}

/// What one event costs each kind of view of a list of `len` rows, at most, among many events of
/// all kinds: rows and nodes looked at, rows tested, pairs compared.
fn costs(len: u32, is_sorted: bool) -> [(u64, u64, u64); 4] {
    let mut list = long(len, is_sorted);
    let mut views = kinds().map(|options| ListView::new(&options));
    for view in &mut views {
        view.follow(&list.snapshot());
    }
    let mut most = [(0, 0, 0); 4];
    for n in 0..50_u32 {
        let id = n * 7_919 % len;
        let events = [
            Event::Put(id, n * 104_729 % (len * 10)),
            Event::Put(id, n * 104_729 % (len * 10) + 1),
            Event::Remove(id),
            Event::Put(id, id * 10),
            Event::MoveBefore(id, Some(n * 31 % len)),
        ];
        for event in events {
            event.happen(&mut list);
            for (view, most) in views.iter_mut().zip(&mut most) {
                let before = view.stats();
                view.follow(&list.snapshot());
                let after = view.stats();
                most.0 = most.0.max(after.visited - before.visited);
                most.1 = most.1.max(after.tested - before.tested);
                most.2 = most.2.max(after.compared - before.compared);
                assert_eq!(
                    (after.rebuilds, after.scans),
                    (before.rebuilds, before.scans)
                );
            }
        }
    }
    most
}

#[test]
fn an_event_costs_a_view_the_same_few_looks_however_long_the_list() {
    for is_sorted in [false, true] {
        let short = costs(1_000, is_sorted);
        let long = costs(100_000, is_sorted);
        for (kind, (one, hundred)) in short.into_iter().zip(long).enumerate() {
            let (visited, tested, compared) = one;
            assert!(visited <= 600, "{kind}: looked at {visited} rows and nodes");
            assert!(tested <= 2, "{kind}: tested {tested} rows");
            assert!(compared <= 60, "{kind}: compared {compared} pairs");
            assert!(
                hundred.0 <= visited * 2,
                "{kind}: {one:?} became {hundred:?}"
            );
            assert_eq!(hundred.1, tested);
            assert!(
                hundred.2 <= compared * 2,
                "{kind}: {one:?} became {hundred:?}"
            );
        }
    }
}

#[test]
fn a_replaced_list_is_gone_through_once_and_rows_that_are_the_same_are_not_tested_again() {
    let mut list = long(1_000, true);
    let [_, _, _, options] = kinds();
    let mut view = ListView::new(&options);
    view.follow(&list.snapshot());
    assert_eq!((view.stats().rebuilds, view.stats().tested), (1, 1_000));
    // The same rows: nothing to do.
    list.replace(
        Instant::ZERO,
        (0..1_000).map(|id| quote(id, id * 10)).collect(),
    );
    assert!(!view.follow(&list.snapshot()));
    assert_eq!((view.stats().rebuilds, view.stats().tested), (1, 1_000));
    // Half of the rows are others.
    let half = |id| quote(id, id * 10 + u32::from(id % 2 == 0));
    list.replace(Instant::ZERO, (0..1_000).map(half).collect());
    assert!(view.follow(&list.snapshot()));
    assert_eq!((view.stats().rebuilds, view.stats().tested), (2, 1_500));
}

#[test]
fn views_of_a_comparator_that_lies_lose_no_row() {
    let options = ViewOptions::default().with_sort(|a: &Quote, b: &Quote| {
        if a.price.is_multiple_of(3) || b.price.is_multiple_of(3) {
            std::cmp::Ordering::Less
        } else {
            by_price(a, b)
        }
    });
    let mut list = long(100, true);
    let mut view = ListView::new(&options);
    view.follow(&list.snapshot());
    for id in 0..100 {
        list.upsert(Instant::ZERO, quote(id, id % 7));
        view.follow(&list.snapshot());
    }
    for id in 0..50 {
        list.remove(Instant::ZERO, id, None);
        view.follow(&list.snapshot());
    }
    let mut ids: Vec<RowId> = view.snapshot().ids().collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq((50..100).map(RowId::from)));
    assert!(view.stats().scans > 0);
}

#[test]
fn options_are_the_same_only_if_they_hold_the_same_closures() {
    let [all, filtered, sorted, both] = kinds();
    assert_eq!(all, ViewOptions::default());
    assert_eq!(both, both.clone());
    assert_ne!(filtered, sorted);
    assert_ne!(filtered, ViewOptions::default().with_filter(cheap));
}

#[test]
fn optimistic_edits_show_in_a_view_at_once_and_go_when_they_are_refused() {
    let mut world = World::new(3);
    let board = serve(&mut world);
    for (id, title) in [("x0", "buy"), ("x1", "call"), ("x2", "sell")] {
        put(&mut world, &board, id, |card| card.title = title.into());
    }
    let peer = member(&mut world, ConflictPolicy::LastWriterWins);
    let short = ViewOptions::default().with_filter(|card: &Card| card.title.len() < 5);
    let mut view = ListView::new(&short);
    let mut shown = |world: &World| {
        view.follow(
            &world
                .client(peer)
                .list(&cards())
                .expect("the list is there"),
        );
        let rows = view.snapshot();
        rows.iter()
            .map(|card| card.title.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&world), ["buy", "call", "sell"]);
    mutate(&mut world, peer, title("x1", "telephone"));
    assert_eq!(shown(&world), ["buy", "sell"]);
    mutate(&mut world, peer, create("temp-1", "dig"));
    mutate(&mut world, peer, delete("x0"));
    assert_eq!(shown(&world), ["dig", "sell"]);
    mutate(&mut world, peer, title("x2", "refused"));
    assert_eq!(shown(&world), ["dig"]);
    world.run(SECOND);
    assert_eq!(
        shown(&world),
        ["dig", "sell"],
        "the refused edit is gone, the others are true"
    );
    let list = world
        .client(peer)
        .list::<Card>(&cards())
        .expect("the list is there");
    let dig = list
        .iter()
        .find(|card| card.title == "dig")
        .expect("it is there");
    assert_ne!(dig.id, "temp-1", "the server has named it");
    assert_eq!(
        view.snapshot().key(&dig.id),
        "temp-1",
        "and its key is as before"
    );
}
