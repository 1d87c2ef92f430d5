//! Decoding: one message, as JSON and as MessagePack, into the same types.

use crate::{case::Workload, lists::Events, row::Patched};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// A message as the envelope has it, and a snapshot of rows in it.
#[derive(Serialize, Deserialize)]
struct Message<'a> {
    event: &'a str,
    channel: &'a str,
    seq: u64,
    epoch: &'a str,
    data: Data,
}

#[derive(Serialize, Deserialize)]
struct Data {
    action: Action,
    items: Vec<Patched>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Snapshot,
}

/// Messages that have come as `M`: text or bytes.
struct Decoding<M> {
    events: Events,
    write: fn(&Message<'_>) -> M,
    read: fn(&M) -> usize,
    waiting: Vec<M>,
}

fn boxed<M: 'static>(
    rows: u32,
    write: fn(&Message<'_>) -> M,
    read: fn(&M) -> usize,
) -> Box<dyn Workload> {
    Box::new(Decoding {
        events: Events::new(rows),
        write,
        read,
        waiting: Vec::new(),
    })
}

pub(crate) fn json(rows: u32) -> Box<dyn Workload> {
    boxed(
        rows,
        |message| serde_json::to_string(message).expect("it is JSON"),
        |text| {
            let message: Result<Message<'_>, _> = serde_json::from_str(text);
            message.map_or(0, |message| message.data.items.len())
        },
    )
}

pub(crate) fn message_pack(rows: u32) -> Box<dyn Workload> {
    boxed(
        rows,
        |message| rmp_serde::to_vec_named(message).expect("it is MessagePack"),
        |bytes| {
            let message: Result<Message<'_>, _> = rmp_serde::from_slice(bytes);
            message.map_or(0, |message| message.data.items.len())
        },
    )
}

impl<M> Workload for Decoding<M> {
    fn prepare(&mut self, count: usize) {
        self.waiting = (0..count)
            .map(|_| {
                (self.write)(&Message {
                    event: "list:update",
                    channel: "quotes",
                    seq: 1,
                    epoch: "e",
                    data: Data {
                        action: Action::Snapshot,
                        items: self.events.rows(),
                    },
                })
            })
            .collect();
    }

    fn run(&mut self) {
        for message in &self.waiting {
            assert!(black_box((self.read)(message)) > 0, "it is read");
        }
    }
}
