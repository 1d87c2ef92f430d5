//! Handle on a shared text: what it says, how it stands, and commands on it.

use super::{sender::Sender, shared::Shared};
use crate::{Caret, Splice, TextError};
use realtime_yew::{AckError, UseRealtimeQueryHandle};
use std::{fmt, ops::Range, rc::Rc};
use yew::html::ImplicitClone;

/// A shared text, from [`use_shared_text`](crate::use_shared_text).
///
/// Reading shows what was there at the render; commands work on what is there at the call, and also after the component
/// has unmounted. Places are UTF-16 units, as in a browser's `selectionStart`.
#[derive(Clone)]
pub struct UseSharedTextHandle {
    pub(super) query: UseRealtimeQueryHandle<Shared>,
    pub(super) sender: Sender,
    pub(super) name: Rc<str>,
    pub(super) text: Rc<str>,
    pub(super) is_saved: bool,
    pub(super) refusal: Option<AckError>,
}

impl ImplicitClone for UseSharedTextHandle {}

impl UseSharedTextHandle {
    /// What it says; empty until it has loaded.
    #[must_use]
    pub fn text(&self) -> Rc<str> {
        Rc::clone(&self.text)
    }

    /// It is on its way, and nothing can be shown yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.query.is_loading()
    }

    /// Whether it is there, so that it can be edited: also offline, if it was there before.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.query.data().is_some()
    }

    /// Whether edits of others are known to arrive, with none missing.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.query.is_live()
    }

    /// Whether the server has confirmed all edits of this page.
    #[must_use]
    pub const fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// Why it could not be fetched, or why the server does not take the edits: in words for people.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        let refusal = self.refusal.as_ref().map(ToString::to_string);
        refusal
            .or_else(|| self.query.error().map(ToString::to_string))
            .or_else(|| self.query.channel_error().map(ToString::to_string))
    }

    /// Writes `text` at a place.
    ///
    /// # Errors
    /// [`TextError::NotLoaded`], [`TextError::OutOfRange`], [`TextError::DocumentTooLarge`].
    pub fn insert(&self, at: u32, text: &str) -> Result<(), TextError> {
        self.replace(at..at, text)
    }

    /// Takes a piece out.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn delete(&self, range: Range<u32>) -> Result<(), TextError> {
        self.replace(range, "")
    }

    /// Puts `text` where a piece was.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn replace(&self, range: Range<u32>, text: &str) -> Result<(), TextError> {
        self.edit(&Splice {
            at: range.start,
            delete: range.end.saturating_sub(range.start),
            insert: text.to_owned(),
        })
    }

    /// Takes back the newest edits of this page, and none of others.
    pub fn undo(&self) {
        self.act(|shared, name| shared.document().undo(name));
    }

    /// Does again what was undone last.
    pub fn redo(&self) {
        self.act(|shared, name| shared.document().redo(name));
    }

    /// Whether there is an edit to undo.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        let shared = self.shared();
        shared.is_some_and(|shared| shared.document().can_undo(&self.name))
    }

    /// Whether there is an edit to do again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        let shared = self.shared();
        shared.is_some_and(|shared| shared.document().can_redo(&self.name))
    }

    /// Sends again what the server has refused.
    pub fn retry(&self) {
        if let Some(shared) = self.shared() {
            shared.set_refusal(None);
            self.sender.send(&shared);
        }
    }

    /// A selection between two places, tied to the letters around it.
    #[must_use]
    pub fn caret(&self, anchor: u32, head: u32) -> Option<Caret> {
        self.shared()?.document().caret(&self.name, anchor, head)
    }

    /// Where somebody's selection is now, anchor and head.
    #[must_use]
    pub fn place(&self, caret: &Caret) -> Option<(u32, u32)> {
        self.shared()?.document().place(&self.name, caret)
    }

    /// The text's name in its document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn edit(&self, splice: &Splice) -> Result<(), TextError> {
        let now = self.sender.client.now().as_millis();
        let mut result = Err(TextError::NotLoaded);
        self.act(|shared, name| {
            result = shared.document().edit(name, splice, now);
            result.is_ok()
        });
        result
    }

    /// The document as it is now.
    pub(crate) fn shared(&self) -> Option<Shared> {
        let cached = self.sender.client.data::<Shared>(self.query.key());
        cached.map(|shared| Shared::clone(&shared))
    }

    /// Changes the document; shows and sends that, if it says that it has.
    fn act(&self, act: impl FnOnce(&Shared, &str) -> bool) {
        let Some(shared) = self.shared() else { return };
        if act(&shared, &self.name) {
            self.sender.tell(&shared);
            self.sender.send(&shared);
        }
    }
}

impl PartialEq for UseSharedTextHandle {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query
            && self.name == other.name
            && self.text == other.text
            && self.is_saved == other.is_saved
            && self.refusal == other.refusal
    }
}

impl fmt::Debug for UseSharedTextHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseSharedTextHandle")
            .field("key", self.query.key())
            .field("name", &self.name)
            .field("is_saved", &self.is_saved)
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}
