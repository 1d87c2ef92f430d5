//! Keeper of the store that a client has: whose it is, and that nobody hears of one that it had before.

use crate::{session::Session, store::Store};
use realtime_core::StoreCommand;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// The store in use, if there is one.
#[derive(Default)]
pub(super) struct Keeper {
    current: RefCell<Option<(String, Rc<dyn Store>)>>,
    /// Who was last said to use the client.
    session: RefCell<Option<Session>>,
    number: Cell<u64>,
}

impl Keeper {
    /// Whether the store of this name is in use.
    pub(super) fn has(&self, name: &str) -> bool {
        let current = self.current.borrow();
        current.as_ref().is_some_and(|(of, _)| of == name)
    }

    /// Whether any store is in use.
    pub(super) fn has_any(&self) -> bool {
        self.current.borrow().is_some()
    }

    /// Remembers who uses the client.
    pub(super) fn note(&self, session: &Session) {
        self.session.replace(Some(session.clone()));
    }

    /// Who was last said to use the client; the default session, if nobody was.
    pub(super) fn session(&self) -> Session {
        self.session.borrow().clone().unwrap_or_default()
    }

    /// The number of the next store, for [`is_current`](Self::is_current).
    pub(super) fn next(&self) -> u64 {
        let number = self.number.get() + 1;
        self.number.set(number);
        number
    }

    /// Whether a store is the last that there was.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.number.get() == number
    }

    pub(super) fn set(&self, name: String, store: Rc<dyn Store>) {
        let before = self.current.replace(Some((name, store)));
        drop(before);
    }

    /// The store is used no more. What it has under way it ends.
    pub(super) fn let_go(&self) {
        let before = self.current.take();
        drop(before);
    }

    /// Has the store carry a command out. One that is wiped is used no more.
    pub(super) fn carry_out(&self, command: StoreCommand) {
        let is_last = command == StoreCommand::Wipe;
        let store = {
            let current = self.current.borrow();
            current.as_ref().map(|(_, store)| Rc::clone(store))
        };
        if is_last {
            self.let_go();
        }
        if let Some(store) = store {
            store.carry_out(command);
        }
    }
}
