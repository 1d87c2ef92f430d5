//! Keeper of the store that a client has: whose it is, and that nobody hears of one that it had before.

use super::{
    Host, Keeping, Store, StoreSink, database, gate::StoreGate, indexed_db::IndexedDb, page::Page,
    unsaved::untold,
};
use crate::session::Session;
use realtime_core::{
    Client, Instant, MutationError, MutationEvent, MutationId, PersistOptions, StoreCommand,
    StoreError,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use yew::prelude::*;

/// Has a client begin to keep something.
type Begin = fn(&mut Client, Instant, PersistOptions);

/// Opens the store of this name.
type Open = fn(String, StoreSink) -> Rc<dyn Store>;

/// The store in use, if there is one.
pub(super) struct Keeper {
    options: PersistOptions,
    begin: Begin,
    open: Open,
    current: RefCell<Option<(String, Rc<dyn Store>)>>,
    /// Who was last said to use the client.
    session: RefCell<Option<Session>>,
    /// The number of the last store that there was.
    number: Rc<Cell<u64>>,
}

impl Keeper {
    /// One that keeps queries.
    pub(super) fn of_queries(options: &PersistOptions) -> Box<dyn Keeping> {
        Box::new(Self::new(options, Client::persist, |name, sink| {
            IndexedDb::open(name, None, sink)
        }))
    }

    /// One that keeps mutations, too.
    pub(super) fn of_queries_and_mutations(options: &PersistOptions) -> Box<dyn Keeping> {
        Box::new(Self::new(
            options,
            Client::persist_mutations,
            |name, sink| {
                let owner = Page::in_database(&name);
                IndexedDb::open(name, Some(owner), sink)
            },
        ))
    }

    fn new(options: &PersistOptions, begin: Begin, open: Open) -> Self {
        Self {
            options: options.clone(),
            begin,
            open,
            current: RefCell::default(),
            session: RefCell::default(),
            number: Rc::default(),
        }
    }

    /// What a session's store is called, if it has a name.
    fn name(&self, session: &Session) -> Option<String> {
        Some(database::name(&self.options.app, &session.name()?))
    }

    /// Whether the store of this name is in use.
    fn has(&self, name: &str) -> bool {
        let current = self.current.borrow();
        current.as_ref().is_some_and(|(of, _)| of == name)
    }

    /// Whether any store is in use.
    fn has_any(&self) -> bool {
        self.current.borrow().is_some()
    }

    /// The store is used no more. What it has under way it ends.
    fn let_go(&self) {
        let before = self.current.take();
        drop(before);
    }
}

impl Keeping for Keeper {
    fn open(&self, host: &dyn Host, session: &Session) {
        if host.is_server() {
            return;
        }
        self.session.replace(Some(session.clone()));
        let name = self.name(session);
        if name.as_deref().is_some_and(|name| self.has(name)) {
            return;
        }
        self.close(host);
        let Some(name) = name else {
            return host.refuse(StoreError::Unnamed);
        };
        let number = self.number.get() + 1;
        self.number.set(number);
        let (last, tell) = (Rc::clone(&self.number), host.sink());
        let sink = Rc::new(move |event| {
            if last.get() == number {
                tell(event);
            }
        });
        let store = (self.open)(name.clone(), sink);
        let before = self.current.replace(Some((name, store)));
        drop(before);
        let (begin, options) = (self.begin, self.options.clone());
        host.post(Box::new(move |client, now| begin(client, now, options)));
    }

    fn reopen(&self, host: &dyn Host) {
        if !self.has_any() {
            let session = self.session.borrow().clone().unwrap_or_default();
            if self.name(&session).is_some() {
                self.open(host, &session);
            }
        }
    }

    fn close(&self, host: &dyn Host) {
        if self.has_any() {
            host.post(Box::new(Client::close_store));
            self.let_go();
        }
    }

    fn farewell(&self, client: &mut Client, now: Instant) {
        client.close_store(now);
    }

    fn carry_out(&self, command: StoreCommand) {
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

    fn is_loading(&self, client: &Client) -> bool {
        client.is_loading_store()
    }

    fn untold(
        &self,
        client: &RefCell<Client>,
        mutation: MutationId,
        event: MutationEvent,
    ) -> Option<MutationError> {
        untold(client, mutation, event)
    }

    fn gate(&self, loading: Rc<dyn super::Loading>, fallback: Html, app: Html) -> Html {
        html! { <StoreGate {loading} {fallback}>{ app }</StoreGate> }
    }
}
