//! Shared texts: a document is opened, and somebody else types a letter into it.

use crate::case::Workload;
use fastrand::Rng;
use realtime_text::{Document, SavedDocument, Splice, TextLimits};

const NAME: &str = "notes";
/// Somebody goes elsewhere in the text after so many keys.
const RUN: u32 = 40;

/// A text written in so many edits, most of them one key after the other, one in ten a backspace.
fn written(edits: u32) -> Document {
    let mut rng = Rng::with_seed(1);
    let mut document = Document::new(TextLimits::default());
    let (mut length, mut at) = (0_u32, 0_u32);
    for edit in 0..edits {
        if edit % RUN == 0 {
            at = rng.u32(0..=length);
        }
        let deletes = at > 0 && rng.u8(..10) == 0;
        let splice = Splice {
            at: at - u32::from(deletes),
            delete: u32::from(deletes),
            insert: if deletes { String::new() } else { "x".into() },
        };
        (document.edit(NAME, &splice, u64::from(edit) * 100)).expect("there is room");
        if deletes {
            (length, at) = (length - 1, at - 1);
        } else {
            (length, at) = (length + 1, at + 1);
        }
    }
    document
}

struct Open {
    kept: String,
    count: usize,
}

pub(crate) fn open(edits: u32) -> Box<dyn Workload> {
    let mut document = written(edits);
    while document.take_outgoing().is_some() {
        document.confirm();
    }
    let kept = serde_json::to_string(&SavedDocument::from(&document)).expect("it is JSON");
    Box::new(Open { kept, count: 0 })
}

impl Workload for Open {
    fn prepare(&mut self, count: usize) {
        self.count = count;
    }

    fn run(&mut self) {
        for _ in 0..self.count {
            let saved: SavedDocument = serde_json::from_str(&self.kept).expect("it was written so");
            let mut document = saved.restore(TextLimits::default()).expect("it is whole");
            assert!(!document.text(NAME).is_empty());
        }
    }
}

struct Receive {
    reader: Document,
    author: Document,
    /// How many letters, one after the other.
    typed: u32,
    updates: Vec<Vec<u8>>,
}

pub(crate) fn receive(edits: u32) -> Box<dyn Workload> {
    let document = written(edits);
    let copy = || {
        let saved = SavedDocument::from(&document);
        saved.restore(TextLimits::default()).expect("it is whole")
    };
    let mut author = copy();
    while author.take_outgoing().is_some() {
        author.confirm();
    }
    Box::new(Receive {
        reader: copy(),
        author,
        typed: 0,
        updates: Vec::new(),
    })
}

impl Workload for Receive {
    fn prepare(&mut self, count: usize) {
        self.updates.clear();
        for _ in 0..count {
            let splice = Splice {
                at: self.typed,
                insert: "y".into(),
                ..Splice::default()
            };
            self.typed += 1;
            self.author.edit(NAME, &splice, 0).expect("there is room");
            self.updates.extend(self.author.take_outgoing());
            self.author.confirm();
        }
    }

    fn run(&mut self) {
        for update in &self.updates {
            assert_eq!(self.reader.receive(update), Ok(true));
            assert!(!self.reader.text(NAME).is_empty());
        }
    }
}
