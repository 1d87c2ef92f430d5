//! Optimistic edits over a list.

use crate::{
    lists::{framed, listing, rows},
    quote::{Quote, quote, quotes},
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{Edit, ListEdit, Message, Mutation};

pub(crate) fn edit(wire: &mut Wire, row: u32) {
    let edit = ListEdit::<Quote>::Update {
        id: row.into(),
        patch: format!(r#"{{"price":{row}}}"#).into(),
    };
    let mutation = Mutation::new(Message::new("edit", "{}").on("c"))
        .with_edit(Edit::list(rows(), edit))
        .with_data(|_| "{}".into());
    wire.client.mutate(NOW, mutation);
    wire.pump();
}

/// A sorted list of so many rows with edits that wait on the first of them.
fn edited(size: u32, pending: u32) -> Wire {
    let mut wire = listing(size, true);
    for row in 0..pending {
        edit(&mut wire, row);
    }
    assert_eq!(wire.client.overlay_len(&rows()), pending as usize);
    wire.client.take_changes();
    wire
}

fn publish(wire: &mut Wire) {
    wire.client.take_changes();
    drop(wire.client.list::<Quote>(&rows()));
}

/// The work of updates of rows from `first` on.
fn work(size: u32, pending: u32, first: u32) -> Tally {
    let mut wire = edited(size, pending);
    let mut tally = None;
    for number in 0..40 {
        let (seq, version) = (number + 1, 2 + number / 10);
        let row = first + number % 10;
        let data = format!(
            r#"{{"action":"update","item":{{"id":{row},"version":{version},"price":{}}}}}"#,
            number << 20
        );
        let frame = framed(u64::from(seq), &data);
        let work = Tally::of(|| {
            wire.frame(&frame);
            publish(&mut wire);
        });
        if number >= 20 {
            tally = Some(tally.map_or(work, |tally| tally + work));
        }
    }
    assert_eq!(wire.client.overlay_len(&rows()), pending as usize);
    tally.unwrap()
}

/// The work of an edit and of the echo that settles it.
fn work_of_one(size: u32, pending: u32) -> Tally {
    let mut wire = edited(size, pending);
    let mut tally = None;
    for number in 0..20 {
        let row = 500 + number;
        let work = Tally::of(|| {
            edit(&mut wire, row);
            let id = wire.sent.pop().unwrap();
            let data =
                format!(r#"{{"action":"update","item":{{"id":{row},"version":2,"price":{row}}}}}"#);
            wire.frame(&format!(
                r#"{{"event":"list:update","channel":"c","seq":{},"epoch":"e","id":"{id}","data":{data}}}"#,
                number + 1
            ));
            wire.frame(&format!(r#"{{"event":"ack","re":"{id}"}}"#));
            publish(&mut wire);
        });
        if number >= 10 {
            tally = Some(tally.map_or(work, |tally| tally + work));
        }
    }
    assert_eq!(wire.client.overlay_len(&rows()), pending as usize);
    tally.unwrap()
}

#[test]
fn an_event_beside_edits_costs_the_same_whatever_waits() {
    let few = work(1_000, 10, 500);
    work(1_000, 100, 500).is_at_most(2, few, "an event beside 100 edits");
    work(100_000, 100, 500).is_at_most(3, few, "the same among 100,000 rows");
}

#[test]
fn an_event_beneath_an_edit_costs_the_same_among_many_rows_and_edits() {
    let few = work(1_000, 10, 0);
    work(1_000, 100, 0).is_at_most(2, few, "an event beneath one of 100 edits");
    work(100_000, 100, 0).is_at_most(3, few, "the same among 100,000 rows");
}

#[test]
fn an_edit_is_made_and_settled_as_cheaply_while_others_wait() {
    let few = work_of_one(1_000, 10);
    work_of_one(1_000, 100).is_at_most(2, few, "an edit beside 100 others");
    work_of_one(100_000, 100).is_at_most(3, few, "the same among 100,000 rows");
}

/// What is in one mutation of many edits.
#[derive(Clone, Copy)]
enum Bulk {
    Updates,
    Inserts,
}

/// The ids that the server gives to rows that are inserted.
const GIVEN: u32 = 1 << 20;

/// The work of one mutation of so many edits, and of what `settles` it: the frames it makes of the message's id
/// and of what it says of the rows, and a fetch at last.
fn work_of_bulk(edits: u32, bulk: Bulk, settles: fn(&str, &str) -> Vec<String>) -> Tally {
    let mut wire = listing(1_000, true);
    wire.client.take_changes();
    let made = (0..edits).fold(
        Mutation::new(Message::new("edit", "{}").on("c")).with_data(|_| "{}".into()),
        |mutation, row| {
            let edit = match bulk {
                Bulk::Updates => ListEdit::<Quote>::Update {
                    id: row.into(),
                    patch: format!(r#"{{"price":{row}}}"#).into(),
                },
                Bulk::Inserts => ListEdit::Insert(quote(10_000 + row)),
            };
            mutation.with_edit(Edit::list(rows(), edit))
        },
    );
    let row = |row| match bulk {
        Bulk::Updates => (row, 2),
        Bulk::Inserts => (GIVEN + row, 1),
    };
    let said = (0..edits).map(row).map(|(row, version)| {
        format!(r#"{{"action":"upsert","item":{{"id":{row},"version":{version},"price":{row}}}}}"#)
    });
    let said: Vec<_> = said.collect();
    let tally = Tally::of(|| {
        wire.client.mutate(NOW, made);
        wire.pump();
        let id = wire.sent.pop().unwrap();
        for frame in settles(&id, &said.join(",")) {
            wire.frame(&frame);
        }
        publish(&mut wire);
    });
    assert_eq!(wire.client.stats().faults, 0);
    tally
}

fn by_echo(id: &str, said: &str) -> Vec<String> {
    let data = format!(r#"{{"action":"batch","changes":[{said}]}}"#);
    vec![format!(
        r#"{{"event":"list:update","channel":"c","seq":1,"epoch":"e","id":"{id}","data":{data}}}"#
    )]
}

fn by_answer(id: &str, said: &str) -> Vec<String> {
    let items = said
        .replace(r#"{"action":"upsert","item":"#, "")
        .replace("}}", "}");
    vec![format!(
        r#"{{"event":"ack","re":"{id}","data":{{"items":[{items}]}}}}"#
    )]
}

#[test]
fn many_edits_in_one_mutation_cost_little_more_than_each_by_itself() {
    for (what, bulk) in [("updates", Bulk::Updates), ("inserts", Bulk::Inserts)] {
        for (how, settles) in [
            ("an echo", by_echo as fn(&str, &str) -> Vec<String>),
            ("an answer", by_answer),
        ] {
            let (few, many) = (
                work_of_bulk(50, bulk, settles),
                work_of_bulk(800, bulk, settles),
            );
            // 16 times as many, and each search among them takes log n steps.
            many.is_at_most(16 * 2, few, &format!("{what} by {how}"));
        }
    }
}

#[test]
fn a_fetch_takes_many_confirmed_edits_as_cheaply_as_few() {
    let work = |edits: u32| {
        let mut wire = edited(1_000, edits);
        for id in std::mem::take(&mut wire.sent) {
            wire.frame(&format!(r#"{{"event":"ack","re":"{id}"}}"#));
        }
        wire.client.invalidate(NOW, &rows());
        wire.pump();
        let tally = Tally::of(|| wire.land(|| quotes(1_000)));
        assert_eq!(wire.client.overlay_len(&rows()), 0);
        tally
    };
    work(800).is_at_most(5, work(50), "a fetch with 800 confirmed edits");
}
