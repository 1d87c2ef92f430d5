//! Shared record: a document as the client's cache holds it, the same for all components of a page.

use crate::{Document, Form, SavedDocument, TextLimits, UpdatePayload};
use realtime_yew::AckError;
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error},
    ser::Serializer,
};
use std::{
    cell::{Cell, RefCell, RefMut},
    rc::Rc,
};

/// A document, and a number by which two states of it are told apart: cloning copies a pointer.
#[derive(Clone)]
pub(crate) struct Shared {
    state: Rc<State>,
    version: u64,
}

struct State {
    document: RefCell<Document>,
    versions: Cell<u64>,
    /// How the server writes byte strings.
    form: Cell<Form>,
    is_sending: Cell<bool>,
    is_sync_due: Cell<bool>,
    refusal: RefCell<Option<AckError>>,
}

impl Shared {
    pub(crate) fn new(document: Document) -> Self {
        Self {
            state: Rc::new(State {
                document: RefCell::new(document),
                versions: Cell::new(0),
                form: Cell::default(),
                is_sending: Cell::new(false),
                is_sync_due: Cell::new(false),
                refusal: RefCell::default(),
            }),
            version: 0,
        }
    }

    /// The document. Nobody keeps it over a call to anything else.
    pub(crate) fn document(&self) -> RefMut<'_, Document> {
        self.state.document.borrow_mut()
    }

    /// Whether the two are states of one document.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    /// The same document in a newer state.
    pub(crate) fn changed(&self) -> Self {
        let version = self.state.versions.get() + 1;
        self.state.versions.set(version);
        Self {
            state: Rc::clone(&self.state),
            version,
        }
    }

    /// The document after an event, if that has changed what people see.
    pub(crate) fn receive(&self, event: &UpdatePayload) -> Option<Self> {
        let received = self.document().receive(&event.update.bytes);
        // What is missing now must come by another way.
        let is_due = received.is_err() || self.document().is_behind();
        if is_due {
            self.state.is_sync_due.set(true);
        }
        (is_due || received == Ok(true)).then(|| self.changed())
    }

    /// Whether what is missing must be asked for; the next call says no.
    pub(crate) fn take_sync_due(&self) -> bool {
        self.state.is_sync_due.take()
    }

    pub(crate) fn form(&self) -> Form {
        self.state.form.get()
    }

    pub(crate) fn set_form(&self, form: Form) {
        self.state.form.set(form);
    }

    /// Whether somebody sends already; who was told no does, until [`end_sending`](Self::end_sending).
    pub(crate) fn begin_sending(&self) -> bool {
        self.state.is_sending.replace(true)
    }

    pub(crate) fn end_sending(&self) {
        self.state.is_sending.set(false);
    }

    /// Why the server does not take what waits.
    pub(crate) fn refusal(&self) -> Option<AckError> {
        self.state.refusal.borrow().clone()
    }

    pub(crate) fn set_refusal(&self, refusal: Option<AckError>) {
        *self.state.refusal.borrow_mut() = refusal;
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) && self.version == other.version
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SavedDocument::from(&*self.document()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = SavedDocument::deserialize(deserializer)?;
        let document = saved
            .restore(TextLimits::default())
            .map_err(Error::custom)?;
        Ok(Self::new(document))
    }
}
