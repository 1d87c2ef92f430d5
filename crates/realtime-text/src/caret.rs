//! Caret: where somebody is in a text, tied to the letters around and not to a number.

use crate::{document::Document, splice::units};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use yrs::{Assoc, IndexedSequence, StickyIndex, Transact};

/// Where somebody's selection is, from `anchor` to `head`, tied to the letters around it: it stays between them whatever
/// others write. As JSON it is what `y-protocols` calls a relative position, so that clients in JavaScript read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caret {
    anchor: StickyIndex,
    head: StickyIndex,
}

/// What a member's presence says of its caret: the `cursor` of the awareness states of Yjs' editors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaretMetadata {
    /// Which text of the channel it is in.
    pub text: String,
    /// Where.
    pub cursor: Caret,
}

impl Document {
    /// The selection between two places in the text of this name; `None` if it has no such places.
    pub fn caret(&mut self, name: &str, anchor: u32, head: u32) -> Option<Caret> {
        let length = units(&self.text(name));
        let (named, doc) = self.named(name);
        let transaction = doc.transact();
        let stick = |place, assoc| {
            (place <= length).then(|| named.text.sticky_index(&transaction, place, assoc))?
        };
        // What others write at the edges of a selection is not selected, and at a caret it stands behind it.
        let (first, last) = match anchor.cmp(&head) {
            Ordering::Less => (Assoc::After, Assoc::Before),
            Ordering::Equal => (Assoc::Before, Assoc::Before),
            Ordering::Greater => (Assoc::Before, Assoc::After),
        };
        Some(Caret {
            anchor: stick(anchor, first)?,
            head: stick(head, last)?,
        })
    }

    /// Where a selection is in the text of this name now, anchor and head; `None` if it is in another text, or in what has not
    /// come yet.
    pub fn place(&mut self, name: &str, caret: &Caret) -> Option<(u32, u32)> {
        let (named, doc) = self.named(name);
        let transaction = doc.transact();
        let place = |index: &StickyIndex| {
            let offset = index.get_offset(&transaction)?;
            let text: &yrs::branch::Branch = named.text.as_ref();
            let found: &yrs::branch::Branch = &offset.branch;
            std::ptr::eq(text, found).then_some(offset.index)
        };
        Some((place(&caret.anchor)?, place(&caret.head)?))
    }
}
