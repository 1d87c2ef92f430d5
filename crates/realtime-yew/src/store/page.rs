//! Page as an owner: what it has done is its own to send while it lives, and a later page's afterwards.
//!
//! A page that owns something holds a lock, which the browser gives back for it when it dies. Whoever finds
//! an owner in the store, and only then no lock of it, knows that it is dead: the lock is there before the
//! first thing that it owns.

use super::{failure::Failure, transaction::Transaction};
use crate::{
    chance,
    locks::{Locks, Request},
};
use realtime_core::{StoreTable, StoreWrite};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use web_sys::IdbDatabase;

/// Who is told which owners are dead.
pub(super) type Tell = Box<dyn FnOnce(BTreeSet<String>)>;

/// What a store needs of the page that owns things in it. Stores that keep no mutations have none.
pub(super) trait Owner {
    /// What stands above the things that it owns.
    fn name(&self) -> &str;

    /// This is about to be written.
    fn writes(&self, writes: &[StoreWrite]);

    /// This is written.
    fn has_written(&self, writes: &[StoreWrite]);

    /// Nothing is being written: it may be that the page owns nothing any more.
    fn rests(&self);

    /// Tells which of these owners, found in the store, live no more, and goes on with claiming what they
    /// owned, until [`has_claimed`](Self::has_claimed).
    fn find_dead(&self, owners: BTreeSet<String>, tell: Tell);

    /// Makes its own what these owned.
    fn claim(&self, database: &IdbDatabase, dead: BTreeSet<String>)
    -> Result<Transaction, Failure>;

    /// The things of these keys are its own now.
    fn has_claimed(&self, keys: &mut dyn Iterator<Item = String>);
}

/// This page, as far as one database is concerned.
pub(super) struct Page {
    name: String,
    /// What the names of the locks of all owners in this database begin with.
    prefix: String,
    locks: Option<Locks>,
    lock: RefCell<Option<Request>>,
    owned: RefCell<BTreeSet<String>>,
    is_claiming: Cell<bool>,
}

impl Page {
    pub(super) fn in_database(database: &str) -> Rc<dyn Owner> {
        Rc::new(Self {
            name: format!("{:x}", chance::draw()),
            prefix: format!("realtime-page/{database}/"),
            locks: Locks::find(),
            lock: RefCell::default(),
            owned: RefCell::default(),
            is_claiming: Cell::default(),
        })
    }

    /// Whoever reads from here on what this page writes finds its lock. It is not waited for: nobody else
    /// asks for it, one in the queue counts as well, and what is done just before a page goes is to be
    /// written.
    fn hold(&self) {
        let mut lock = self.lock.borrow_mut();
        if let Some(locks) = self.locks.as_ref().filter(|_| lock.is_none()) {
            let name = format!("{}{}", self.prefix, self.name);
            *lock = locks.ask(&name, false, Rc::new(|_| {}));
        }
    }
}

impl Owner for Page {
    fn name(&self) -> &str {
        &self.name
    }

    fn writes(&self, writes: &[StoreWrite]) {
        let mut owned = self.owned.borrow_mut();
        let puts = things(writes).filter(|write| write.value.is_some());
        owned.extend(puts.map(|write| write.key.clone()));
        if !owned.is_empty() {
            self.hold();
        }
    }

    fn has_written(&self, writes: &[StoreWrite]) {
        let mut owned = self.owned.borrow_mut();
        for write in things(writes) {
            match write.value {
                Some(_) => owned.insert(write.key.clone()),
                None => owned.remove(&write.key),
            };
        }
    }

    fn rests(&self) {
        // A browser keeps no page that holds a lock for its back button.
        if self.owned.borrow().is_empty() && !self.is_claiming.get() {
            let lock = self.lock.take();
            drop(lock);
        }
    }

    fn find_dead(&self, owners: BTreeSet<String>, tell: Tell) {
        self.is_claiming.set(true);
        self.hold();
        let prefix = self.prefix.clone();
        let locks = self.locks.as_ref();
        let living = locks.map(|locks| locks.names(prefix.clone()));
        let name = self.name.clone();
        yew::platform::spawn_local(async move {
            let living = match living {
                Some(living) => living.await,
                None => None,
            };
            let lives = |owner: &str| {
                let lock = format!("{prefix}{owner}");
                owner != name && living.as_ref().is_some_and(|all| all.contains(&lock))
            };
            tell(owners.into_iter().filter(|owner| !lives(owner)).collect());
        });
    }

    fn claim(
        &self,
        database: &IdbDatabase,
        dead: BTreeSet<String>,
    ) -> Result<Transaction, Failure> {
        Transaction::claim(database, self.name.clone(), dead)
    }

    fn has_claimed(&self, keys: &mut dyn Iterator<Item = String>) {
        self.owned.borrow_mut().extend(keys);
        self.is_claiming.set(false);
    }
}

/// Those of the writes that are of things with an owner.
fn things(writes: &[StoreWrite]) -> impl Iterator<Item = &StoreWrite> {
    writes
        .iter()
        .filter(|write| write.table == StoreTable::Outbox)
}
