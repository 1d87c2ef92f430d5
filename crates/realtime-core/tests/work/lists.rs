//! Events of lists, from the frame to what a hook reads.

use crate::{
    quote::{Quote, options, quote, quotes},
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{ListItem, ListSnapshot, ListSpec, QueryKey, QueryOptions, Topic, key};

/// Events whose work is added up, at rows all over the list.
const EVENTS: u32 = 64;
const FEW: u32 = 1_000;
const MANY: u32 = 100_000;
/// log₂ of 100,000 is 1.7 times that of 1,000; nodes of a tree have room for chance.
const GROWTH: u64 = 3;

pub(crate) fn rows() -> QueryKey {
    key!["rows"]
}

/// A client that shows a list of so many rows on the channel `c`.
pub(crate) fn listing(size: u32, sorted: bool) -> Wire {
    let mut wire = Wire::new();
    let spec = ListSpec::new(Some("c".into())).with_options(options(sorted));
    wire.client
        .observe_list(NOW, &rows(), spec, &QueryOptions::default())
        .unwrap();
    wire.pump();
    wire.land(|| quotes(size));
    wire.client.take_changes();
    wire
}

pub(crate) fn framed(seq: u64, data: &str) -> String {
    format!(r#"{{"event":"list:update","channel":"c","seq":{seq},"epoch":"e","data":{data}}}"#)
}

/// What a hook does at the end of a frame.
fn publish(wire: &mut Wire) -> (Vec<Topic>, Option<ListSnapshot<Quote>>) {
    (wire.client.take_changes(), wire.client.list(&rows()))
}

/// The work of events that `event` makes of their number and the list's size, each published by itself while the
/// snapshot before is still on screen.
fn work(size: u32, sorted: bool, event: fn(u32, u32) -> String) -> Tally {
    let mut wire = listing(size, sorted);
    let mut shown = wire.client.list(&rows());
    // What is allocated once, such as the room that queues keep, is not counted.
    let mut tally = None;
    for number in 0..2 * EVENTS {
        let frame = framed(u64::from(number) + 1, &event(number, size));
        let work = Tally::of(|| {
            wire.frame(&frame);
            shown = publish(&mut wire).1;
        });
        if number >= EVENTS {
            tally = Some(tally.map_or(work, |tally| tally + work));
        }
    }
    let stats = wire.client.stats();
    assert_eq!((stats.events, stats.faults), (u64::from(2 * EVENTS), 0));
    drop(shown);
    tally.unwrap()
}

/// A row somewhere in the list, another for each number.
fn somewhere(number: u32, size: u32) -> u32 {
    number.wrapping_mul(7_919) % size
}

#[track_caller]
fn grows_little(what: &str, sorted: bool, event: fn(u32, u32) -> String) -> Tally {
    let many = work(MANY, sorted, event);
    many.is_at_most(GROWTH, work(FEW, sorted, event), what);
    many
}

fn update(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    let price = quote(row).price;
    format!(
        r#"{{"action":"update","item":{{"id":{row},"version":2,"price":{}}}}}"#,
        price ^ 1
    )
}

fn moving_update(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    let price = quote(row).price.wrapping_add(1 << 31);
    format!(r#"{{"action":"update","item":{{"id":{row},"version":2,"price":{price}}}}}"#)
}

fn upsert(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    let price = quote(row).price.wrapping_add(1 << 31);
    format!(r#"{{"action":"upsert","item":{{"id":{row},"version":9,"price":{price}}}}}"#)
}

fn create(number: u32, size: u32) -> String {
    let row = size + number;
    let price = quote(row).price;
    format!(r#"{{"action":"create","item":{{"id":{row},"version":1,"price":{price}}}}}"#)
}

fn delete(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    format!(r#"{{"action":"delete","item":{{"id":{row},"version":2}}}}"#)
}

fn moved(number: u32, size: u32) -> String {
    let (row, before) = (somewhere(number, size), somewhere(number + 31, size));
    format!(r#"{{"action":"move","item":{{"id":{row},"version":2}},"before":{before}}}"#)
}

fn moved_beside(number: u32, size: u32) -> String {
    // All to one place, so that the room between two rows is used up again and again.
    let row = 1 + somewhere(number, size - 1);
    format!(r#"{{"action":"move","item":{{"id":{row},"version":2}},"before":0}}"#)
}

fn old_news(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    format!(r#"{{"action":"update","item":{{"id":{row},"version":1,"price":7}}}}"#)
}

fn ahead_of_its_row(number: u32, size: u32) -> String {
    let row = size + number;
    format!(r#"{{"action":"update","item":{{"id":{row},"version":2,"price":7}}}}"#)
}

fn out_of_turn(number: u32, size: u32) -> String {
    let row = somewhere(number, size);
    format!(r#"{{"action":"update","item":{{"id":{row},"version":5,"price":7}}}}"#)
}

#[test]
fn an_update_costs_as_little_among_many_rows() {
    grows_little("an update in place, in arrival order", false, update);
    grows_little("an update in place, sorted", true, update);
    grows_little("an update in arrival order", false, moving_update);
    grows_little("an update that moves a sorted row", true, moving_update);
    grows_little("a whole row, in arrival order", false, upsert);
    grows_little("a whole row, sorted", true, upsert);
}

#[test]
fn a_row_comes_and_goes_as_cheaply_among_many() {
    for sorted in [false, true] {
        grows_little("a create", sorted, create);
        grows_little("a delete", sorted, delete);
    }
}

#[test]
fn a_move_costs_as_little_among_many_rows() {
    grows_little("a move", false, moved);
    grows_little("moves to one place", false, moved_beside);
}

#[test]
fn what_is_late_early_or_out_of_turn_costs_as_little_among_many_rows() {
    for sorted in [false, true] {
        grows_little("an old update", sorted, old_news);
        grows_little("an update of a row to come", sorted, ahead_of_its_row);
        grows_little("an update that leaves out versions", sorted, out_of_turn);
    }
}

#[test]
fn a_sorted_row_finds_its_place_in_some_log_n_comparisons() {
    let Tally {
        comparisons, rows, ..
    } = work(MANY, true, moving_update);
    // log₂ of 100,000 is 17: found once, compared with its neighbours, placed once, and a search ends in a node.
    let each = comparisons / u64::from(EVENTS);
    assert!((17..=3 * 17).contains(&each), "{each} comparisons");
    let each = rows / u64::from(EVENTS);
    assert!(each <= 8, "{each} rows looked at");
}

#[test]
fn a_snapshot_is_handed_over_without_looking_at_a_row_or_allocating() {
    let wire = listing(MANY, true);
    let (key, mut shown) = (rows(), None);
    let tally = Tally::of(|| shown = wire.client.list::<Quote>(&key));
    let shown = shown.unwrap();
    let mut same = false;
    let compared = Tally::of(|| same = wire.client.list::<Quote>(&key) == Some(shown.clone()));
    assert!(same);
    for tally in [tally, compared] {
        assert_eq!((tally.rows, tally.allocations), (0, 0));
    }
}

#[test]
fn what_is_published_is_as_much_as_changed() {
    let mut wire = listing(MANY, true);
    for number in 0..10 {
        wire.frame(&framed(u64::from(number) + 1, &update(number, MANY)));
    }
    let (topics, _) = publish(&mut wire);
    let items = topics
        .iter()
        .filter(|topic| matches!(topic, Topic::Item(..)));
    assert_eq!(items.count(), 10);
    assert!(topics.len() <= 12, "{topics:?}");
    let (topics, _) = publish(&mut wire);
    assert!(topics.is_empty());
}

#[test]
fn a_window_is_read_without_the_rows_before_it() {
    let wire = listing(MANY, true);
    let list = wire.client.list::<Quote>(&rows()).unwrap();
    for start in [0, 50_000, 99_950] {
        let mut last = None;
        let tally = Tally::of(|| {
            for row in list.range(start..start + 50) {
                last = Some(row.id());
            }
        });
        assert_eq!(last, list.get(start + 49).map(|row| row.id()));
        assert_eq!((tally.rows, tally.allocations), (50, 0));
    }
}
