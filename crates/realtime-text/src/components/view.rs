//! View: what a field shows, and of which revision, between the document and the element.

use super::element::{Element, Selection};
use crate::{
    Splice, UseSharedTextHandle,
    hooks::Shared,
    splice::{Shift, units},
};
use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

/// What a field shows. The element is ahead of it after a key, and the document after an edit of somebody else.
#[derive(Debug, Default)]
pub(super) struct View {
    shown: RefCell<String>,
    revision: Cell<u64>,
    is_composing: Cell<bool>,
}

impl View {
    /// Shows the document as it is, with the selection where it was between its letters. While an input method composes
    /// the element belongs to it: edits of others show when it is done.
    pub(super) fn show(&self, element: &Element, handle: &UseSharedTextHandle) {
        if self.is_composing.get() {
            return;
        }
        let Some(shared) = handle.shared() else {
            return;
        };
        let (text, revision) = now(&shared, handle.name());
        let text = element.shows(&text);
        if element.value() != text {
            let selection = element.selection();
            let moved = selection.map(|selection| {
                let piece = selection.start..selection.end;
                let piece = self.map(&shared, handle.name(), &text, piece);
                Selection {
                    start: piece.start,
                    end: piece.end,
                    ..selection
                }
            });
            element.set_value(&text);
            if let Some(selection) = moved {
                element.select(selection);
            }
        }
        self.shown.replace(text);
        self.revision.set(revision);
    }

    /// Takes what the user has typed into the document. Gives why it was not taken; the element shows the document
    /// again then.
    pub(super) fn take(
        &self,
        element: &Element,
        handle: &UseSharedTextHandle,
    ) -> Result<(), crate::TextError> {
        if self.is_composing.get() {
            return Ok(());
        }
        let value = element.value();
        let selection = element.selection();
        let caret = selection.map(|selection| selection.end);
        let splice = Splice::between(&self.shown.borrow(), &value, caret);
        if splice.is_empty() {
            return Ok(());
        }
        let Some(shared) = handle.shared() else {
            return Err(crate::TextError::NotLoaded);
        };
        // Others may have written since it was shown.
        let (text, _) = now(&shared, handle.name());
        let text = element.shows(&text);
        let piece = splice.at..splice.at + splice.delete;
        let Range { start: at, end } = self.map(&shared, handle.name(), &text, piece);
        let inserted = units(&splice.insert);
        let result = handle.edit(&Splice {
            at,
            delete: end - at,
            insert: splice.insert,
        });
        let (text, revision) = now(&shared, handle.name());
        let text = element.shows(&text);
        if element.value() != text {
            element.set_value(&text);
            let caret = at + inserted * u32::from(result.is_ok());
            element.select(Selection {
                start: caret,
                end: caret,
                is_backward: false,
            });
        }
        self.shown.replace(text);
        self.revision.set(revision);
        result
    }

    /// An input method begins to compose, or is done.
    pub(super) fn set_composing(&self, is_composing: bool) {
        self.is_composing.set(is_composing);
    }

    pub(super) fn is_composing(&self) -> bool {
        self.is_composing.get()
    }

    /// Where a piece of what is shown is in the document now, whose text is `text`.
    fn map(&self, shared: &Shared, name: &str, text: &str, piece: Range<u32>) -> Range<u32> {
        let mapped = shared
            .document()
            .map(name, self.revision.get(), piece.clone());
        mapped.unwrap_or_else(|| {
            // More has changed since than is known one by one.
            let shown = self.shown.borrow();
            Shift::from(&Splice::between(&shown, text, None)).map(piece)
        })
    }
}

fn now(shared: &Shared, name: &str) -> (std::rc::Rc<str>, u64) {
    let mut document = shared.document();
    (document.text(name), document.revision())
}
