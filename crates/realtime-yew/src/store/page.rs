//! Page as an owner: what it has done is its own to send while it lives, and another page's afterwards.
//!
//! A page that owns something holds a lock, which the browser gives back for it when it dies. Whoever finds
//! an owner in the store, and only then no lock of it, knows that it is dead: the lock is there before the
//! first thing that it owns. The other pages wait for that lock, so one of them hears of its death. A lock
//! that is given back as there is nothing to own is never taken again: the next one has another name.

use super::{
    failure::Failure,
    siblings::{Gone, Siblings},
    transaction::Transaction,
};
use crate::{
    chance,
    locks::{Ask, Locks, Request},
};
use futures::channel::oneshot;
use gloo_timers::callback::Timeout;
use realtime_core::{StoreTable, StoreWrite};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use web_sys::IdbDatabase;

/// How long a page that goes may take to give its lock back, in milliseconds: the next one, with what it
/// did last, waits for so long at most.
const LAST_BREATH: u32 = 500;

/// Who is told which owners are dead.
pub(super) type Tell = Box<dyn FnOnce(BTreeSet<String>)>;

/// What a store needs of the page that owns things in it. Stores that keep no mutations have none.
pub(super) trait Owner {
    /// What stands above the things that it owns.
    fn name(&self) -> Rc<str>;

    /// This is about to be written.
    fn writes(&self, writes: &[StoreWrite]);

    /// This is written.
    fn has_written(&self, writes: &[StoreWrite]);

    /// Nothing is being written: it may be that the page owns nothing any more.
    fn rests(&self);

    /// Tells which of these owners, found in the store, live no more, and goes on with claiming what they
    /// owned, until [`has_claimed`](Self::has_claimed).
    fn find_dead(&self, owners: BTreeSet<String>, tell: Tell);

    /// Tells from now on which other owners are gone, or own nothing any more.
    fn mind_others(&self, gone: Gone);

    /// Goes on with claiming what these owned, until [`has_claimed`](Self::has_claimed).
    fn claim(&self, database: &IdbDatabase, dead: BTreeSet<String>)
    -> Result<Transaction, Failure>;

    /// The things of these keys are its own now.
    fn has_claimed(&self, keys: &mut dyn Iterator<Item = String>);
}

/// This page, as far as one database is concerned.
pub(super) struct Page {
    name: RefCell<Rc<str>>,
    /// What the names of the locks of all owners in this database begin with.
    prefix: String,
    locks: Option<Locks>,
    lock: RefCell<Option<Request>>,
    owned: RefCell<BTreeSet<String>>,
    is_claiming: Cell<bool>,
    siblings: RefCell<Option<Rc<Siblings>>>,
}

impl Page {
    pub(super) fn in_database(database: &str) -> Rc<dyn Owner> {
        Rc::new(Self {
            name: RefCell::new(new_name()),
            prefix: format!("realtime-page/{database}/"),
            locks: Locks::find(),
            lock: RefCell::default(),
            owned: RefCell::default(),
            is_claiming: Cell::default(),
            siblings: RefCell::default(),
        })
    }

    /// Whoever reads from here on what this page writes finds its lock. It is not waited for: nobody else
    /// asks for it, one in the queue counts as well, and what is done just before a page goes is to be
    /// written.
    fn hold(&self) {
        let mut lock = self.lock.borrow_mut();
        if let Some(locks) = self.locks.as_ref().filter(|_| lock.is_none()) {
            let own = self.name();
            let name = format!("{}{own}", self.prefix);
            *lock = locks.ask(&name, Ask::Queue, Rc::new(|_| {}));
            if let Some(siblings) = &*self.siblings.borrow() {
                siblings.say(&own);
            }
        }
    }
}

impl Owner for Page {
    fn name(&self) -> Rc<str> {
        Rc::clone(&self.name.borrow())
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
            if lock.is_some() {
                self.name.replace(new_name());
            }
        }
    }

    fn find_dead(&self, owners: BTreeSet<String>, tell: Tell) {
        self.is_claiming.set(true);
        self.hold();
        let (name, prefix) = (self.name(), self.prefix.clone());
        yew::platform::spawn_local(async move {
            let owners: BTreeSet<String> = owners
                .into_iter()
                .map(|owner| format!("{prefix}{owner}"))
                .collect();
            let own = format!("{prefix}{name}");
            let mut living = living(&owners, &own, &prefix).await;
            if !living.is_empty() {
                // One of them may be the page before this one, which is just going.
                last_breath(&living).await;
                living = self::living(&owners, &own, &prefix).await;
            }
            let dead = owners.difference(&living);
            let name = |lock: &String| lock.strip_prefix(&prefix).map(str::to_owned);
            tell(dead.filter_map(name).collect());
        });
    }

    fn mind_others(&self, gone: Gone) {
        let siblings = Siblings::find(&self.prefix, &self.name(), gone);
        if let Some(siblings) = siblings.as_ref().filter(|_| self.lock.borrow().is_some()) {
            siblings.say(&self.name());
        }
        self.siblings.replace(siblings);
    }

    fn claim(
        &self,
        database: &IdbDatabase,
        dead: BTreeSet<String>,
    ) -> Result<Transaction, Failure> {
        self.is_claiming.set(true);
        self.hold();
        Transaction::claim(database, self.name(), dead)
    }

    fn has_claimed(&self, keys: &mut dyn Iterator<Item = String>) {
        self.owned.borrow_mut().extend(keys);
        self.is_claiming.set(false);
    }
}

fn new_name() -> Rc<str> {
    format!("{:x}", chance::draw()).into()
}

/// Which of these locks pages hold or queue for, but for our `own`.
async fn living(owners: &BTreeSet<String>, own: &str, prefix: &str) -> BTreeSet<String> {
    let names = match Locks::find() {
        Some(locks) => locks.owners(prefix.to_owned()).await,
        None => None,
    };
    let mut living = names.unwrap_or_default();
    living.retain(|lock| lock != own && owners.contains(lock));
    living
}

/// Waits until all of these locks are given back, or a page that goes would have done so.
async fn last_breath(living: &BTreeSet<String>) {
    let Some(locks) = Locks::find() else { return };
    let (over, is_over) = oneshot::channel::<()>();
    let over = Rc::new(RefCell::new(Some(over)));
    let left = Rc::new(Cell::new(living.len()));
    let granted = {
        let over = Rc::clone(&over);
        Rc::new(move |_| {
            left.set(left.get().saturating_sub(1));
            if left.get() == 0 {
                over.take();
            }
        })
    };
    let asked = living.iter().map(|lock| {
        let granted = Rc::clone(&granted);
        locks.ask(lock, Ask::Share, granted)
    });
    let asked: Vec<Option<Request>> = asked.collect();
    let timer = Timeout::new(LAST_BREATH, move || drop(over.take()));
    // Whichever comes first drops the other end.
    let _ = is_over.await;
    drop((asked, timer));
}

/// Those of the writes that are of things with an owner.
fn things(writes: &[StoreWrite]) -> impl Iterator<Item = &StoreWrite> {
    writes
        .iter()
        .filter(|write| write.table == StoreTable::Outbox)
}
