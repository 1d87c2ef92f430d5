//! Optimistic edits that wait for the server.

use crate::{
    case::Workload,
    link::Link,
    lists::{Events, PER_FRAME, framed, listing, rows},
    row::{Patched, id},
};
use realtime_core::{Edit, ListEdit, ListSnapshot, Message, Mutation};

/// How many edits wait.
const PENDING: u32 = 100;

/// Which events come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Beside,
    Beneath,
    Make,
}

/// One event to come.
struct Step {
    number: u32,
    seq: u64,
    /// The frame or, for an edit whose id is not known yet, its data.
    text: String,
}

struct Edits {
    link: Link,
    events: Events,
    kind: Kind,
    size: u32,
    seq: u64,
    turn: u32,
    waiting: Vec<Step>,
    shown: Option<ListSnapshot<Patched>>,
}

fn boxed(size: u32, kind: Kind) -> Box<dyn Workload> {
    let mut events = Events::new(size);
    let mut edits = Edits {
        link: listing::<Patched>(&mut events),
        events,
        kind,
        size,
        seq: 0,
        turn: 0,
        waiting: Vec::new(),
        shown: None,
    };
    for number in 0..PENDING.min(size) {
        edits.edit(number);
    }
    Box::new(edits)
}

pub(crate) fn beside(size: u32) -> Box<dyn Workload> {
    // With no row beside those that wait, there is one more.
    boxed(size.max(PENDING + 1), Kind::Beside)
}

pub(crate) fn beneath(size: u32) -> Box<dyn Workload> {
    boxed(size, Kind::Beneath)
}

pub(crate) fn make(size: u32) -> Box<dyn Workload> {
    boxed(size.max(PENDING + 1), Kind::Make)
}

impl Edits {
    fn edit(&mut self, number: u32) {
        let edit = ListEdit::<Patched>::Update {
            id: id(number).into(),
            patch: r#"{"note":"mine"}"#.into(),
        };
        let mutation = Mutation::new(Message::new("quote:edit", "{}").on("c"))
            .with_edit(Edit::list(rows(), edit))
            .with_data(|_| "{}".into());
        self.link.client.mutate(Link::NOW, mutation);
        self.link.pump();
    }

    /// The next row that no edit waits on.
    fn free(&mut self) -> u32 {
        self.turn += 1;
        PENDING + self.turn % (self.size - PENDING)
    }
}

impl Workload for Edits {
    fn prepare(&mut self, count: usize) {
        self.waiting = (0..count)
            .map(|_| {
                let number = match self.kind {
                    Kind::Beneath => {
                        self.turn += 1;
                        self.turn % PENDING.min(self.size)
                    }
                    Kind::Beside | Kind::Make => self.free(),
                };
                self.seq += 1;
                let data = self.events.patch_of(number);
                let text = match self.kind {
                    Kind::Make => data,
                    Kind::Beside | Kind::Beneath => framed(self.seq, None, &data),
                };
                Step {
                    number,
                    seq: self.seq,
                    text,
                }
            })
            .collect();
    }

    fn run(&mut self) {
        for events in std::mem::take(&mut self.waiting).chunks(PER_FRAME) {
            for Step { number, seq, text } in events {
                if self.kind != Kind::Make {
                    self.link.frame(text);
                    continue;
                }
                self.edit(*number);
                let id = self.link.sent.pop().unwrap_or_default();
                self.link.frame(&framed(*seq, Some(&id), text));
                self.link
                    .frame(&format!(r#"{{"event":"ack","re":"{id}"}}"#));
                debug_assert_eq!(self.link.client.overlay_len(&rows()), PENDING as usize);
            }
            self.link.publish();
            self.shown = self.link.client.list(&rows());
        }
    }
}
