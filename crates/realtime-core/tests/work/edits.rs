//! Optimistic edits over a list.

use crate::{
    lists::{framed, listing, rows},
    quote::{Id, Quote},
    tally::Tally,
    wire::{NOW, Wire},
};
use realtime_core::{Edit, ListEdit, Message, Mutation};

fn edit(wire: &mut Wire, row: u32) {
    let edit = ListEdit::<Quote>::Update {
        id: Id(row),
        patch: format!(r#"{{"price":{row}}}"#).into(),
    };
    let mutation = Mutation::new(Message::new("edit", "{}").on("c"))
        .edit(Edit::list(rows(), edit))
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
