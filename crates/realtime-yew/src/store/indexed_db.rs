//! IndexedDB as a store: commands wait for the connection, which is opened anew when it is lost.

use super::{
    Store, StoreSink,
    connection::{self, Connection, Opening, Told},
    failure::Failure,
    page::Owner,
    transaction::{Found, Transaction},
};
use realtime_core::{StoreCommand, StoreError, StoreEvent, Stored, StoredValue};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, VecDeque},
    rc::{Rc, Weak},
};

/// How often a command is tried: a connection may have been dropped without a word, and the one after it
/// too.
const ATTEMPTS: u32 = 3;

/// How many commands may wait for a connection. Of more than these the client has given up the first.
const MOST_WAITING: usize = 16;

/// Of how many pages that are gone it is known at once that they may have left something.
const MOST_LEFT: usize = 64;

/// One database of the browser's.
pub(super) struct IndexedDb {
    me: Weak<Self>,
    name: String,
    /// Who owns what is written into the outbox, if that is kept.
    owner: Option<Rc<dyn Owner>>,
    sink: StoreSink,
    link: RefCell<Link>,
    waiting: RefCell<VecDeque<Command>>,
    running: RefCell<Vec<(u64, Transaction, Task)>>,
    /// Pages that have died, and left what nobody has claimed yet.
    left: RefCell<BTreeSet<String>>,
    last: Cell<u64>,
    is_wiped: Cell<bool>,
}

/// How the connection stands.
enum Link {
    Down,
    Opening { _attempt: Opening },
    Up(Connection),
}

struct Command {
    command: StoreCommand,
    attempts: u32,
}

/// What a transaction is for.
enum Task {
    Command(Command),
    /// The outbox of dead pages is claimed, after everything was read.
    Claim {
        seeds: Vec<StoredValue>,
        attempts: u32,
    },
    /// The outbox of pages that have died since is claimed.
    Inherit(BTreeSet<String>),
}

impl IndexedDb {
    pub(super) fn open(
        name: String,
        owner: Option<Rc<dyn Owner>>,
        sink: StoreSink,
    ) -> Rc<dyn Store> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            name,
            owner,
            sink,
            link: RefCell::new(Link::Down),
            waiting: RefCell::default(),
            running: RefCell::default(),
            left: RefCell::default(),
            last: Cell::default(),
            is_wiped: Cell::default(),
        })
    }

    /// Carries a command out now, or once there is a connection.
    fn start(&self, command: Command) {
        let owner = self.owner.as_deref();
        if let (Some(owner), StoreCommand::Write { writes, .. }) = (owner, &command.command) {
            owner.writes(writes);
        }
        let begun = match &*self.link.borrow() {
            Link::Up(connection) => Some(Transaction::begin(
                connection.raw(),
                &command.command,
                owner.map(Owner::name).as_deref(),
            )),
            Link::Down | Link::Opening { .. } => None,
        };
        match begun {
            None => self.wait(command),
            Some(Ok(transaction)) => self.run(transaction, Task::Command(command)),
            Some(Err(failure)) => self.fail(command, failure),
        }
    }

    fn run(&self, mut transaction: Transaction, task: Task) {
        let number = self.last.get() + 1;
        self.last.set(number);
        // Holds on to the store, so that it ends also if the client is gone by then.
        let me = self.me.upgrade();
        transaction.on_end(move |result| {
            if let Some(me) = &me {
                me.ended(number, result);
            }
        });
        self.running.borrow_mut().push((number, transaction, task));
    }

    fn ended(&self, number: u64, result: Result<(), Failure>) {
        let ended = {
            let mut running = self.running.borrow_mut();
            let at = running.iter().position(|(it, ..)| *it == number);
            at.map(|at| running.swap_remove(at))
        };
        let Some((_, transaction, task)) = ended else {
            return;
        };
        match (task, result) {
            (Task::Command(command), Ok(())) => self.done(command, &transaction),
            (Task::Command(command), Err(failure)) => self.fail(command, failure),
            (Task::Claim { seeds, .. }, Ok(())) => self.claimed(seeds, transaction.claimed()),
            (Task::Claim { attempts, .. }, Err(failure)) => self.fail_claim(attempts, failure),
            (Task::Inherit(_), Ok(())) => self.inherited(transaction.claimed()),
            (Task::Inherit(dead), Err(failure)) => self.fail_inheriting(dead, &failure),
        }
        if let Some(owner) = &self.owner
            && self.running.borrow().is_empty()
            && self.waiting.borrow().is_empty()
        {
            owner.rests();
        }
    }

    fn done(&self, command: Command, transaction: &Transaction) {
        match command.command {
            StoreCommand::Load => match transaction.found() {
                Ok(found) => self.loaded(found, command.attempts),
                Err(failure) => self.fail(command, failure),
            },
            StoreCommand::Write { batch, writes, .. } => {
                if let Some(owner) = &self.owner {
                    owner.has_written(&writes);
                }
                (self.sink)(StoreEvent::Written {
                    batch,
                    result: Ok(()),
                });
            }
            StoreCommand::Wipe => {
                // The empty database goes as well, once no other tab has it open.
                self.hang_up();
                connection::delete(&self.name);
                (self.sink)(StoreEvent::Wiped(Ok(())));
            }
        }
    }

    /// Everything was read. What other pages have done is only handed over if they live no more.
    fn loaded(&self, found: Found, attempts: u32) {
        let Found {
            seeds,
            outbox,
            owners,
        } = found;
        match &self.owner {
            Some(owner) if !owners.is_empty() => {
                // Holds on to the store, so that it ends also if the client is gone by then.
                let me = self.me.upgrade();
                owner.find_dead(
                    owners,
                    Box::new(move |dead| {
                        if let Some(me) = me {
                            me.claim(dead, seeds, attempts);
                        }
                    }),
                );
            }
            _ => self.hand_over(seeds, outbox),
        }
    }

    /// Makes this page's own what the dead have left.
    fn claim(&self, dead: BTreeSet<String>, seeds: Vec<StoredValue>, attempts: u32) {
        let Some(owner) = self.owner.as_ref().filter(|_| !self.is_wiped.get()) else {
            return;
        };
        if dead.is_empty() {
            return self.claimed(seeds, Vec::new());
        }
        let begun = match &*self.link.borrow() {
            Link::Up(connection) => owner.claim(connection.raw(), dead),
            Link::Down | Link::Opening { .. } => Err(Failure::lost()),
        };
        match begun {
            Ok(transaction) => self.run(transaction, Task::Claim { seeds, attempts }),
            Err(failure) => self.fail_claim(attempts, failure),
        }
    }

    fn claimed(&self, seeds: Vec<StoredValue>, outbox: Vec<StoredValue>) {
        if let Some(owner) = &self.owner {
            owner.has_claimed(&mut outbox.iter().map(|value| value.key.clone()));
        }
        self.hand_over(seeds, outbox);
    }

    fn hand_over(&self, seeds: Vec<StoredValue>, outbox: Vec<StoredValue>) {
        (self.sink)(StoreEvent::Loaded(Ok(Stored { seeds, outbox })));
        if let Some(owner) = &self.owner {
            let me = self.me.clone();
            owner.mind_others(Rc::new(move |gone| {
                if let Some(me) = me.upgrade() {
                    me.has_left(gone);
                }
            }));
        }
    }

    /// Another page is gone, or owns nothing any more.
    fn has_left(&self, page: String) {
        if self.left.borrow().len() < MOST_LEFT {
            self.left.borrow_mut().insert(page);
            self.inherit();
        }
    }

    /// Makes this page's own what others have left, if there is a connection. Otherwise the next one does.
    fn inherit(&self) {
        let Some(owner) = self.owner.as_ref().filter(|_| !self.is_wiped.get()) else {
            return;
        };
        let begun = match &*self.link.borrow() {
            Link::Up(connection) if !self.left.borrow().is_empty() => {
                let dead = self.left.take();
                (owner.claim(connection.raw(), dead.clone()), dead)
            }
            _ => return,
        };
        match begun {
            (Ok(transaction), dead) => self.run(transaction, Task::Inherit(dead)),
            (Err(failure), dead) => self.fail_inheriting(dead, &failure),
        }
    }

    fn inherited(&self, outbox: Vec<StoredValue>) {
        if let Some(owner) = &self.owner {
            owner.has_claimed(&mut outbox.iter().map(|value| value.key.clone()));
        }
        if !outbox.is_empty() {
            (self.sink)(StoreEvent::Left(outbox));
        }
    }

    /// Nothing was claimed. What this page does not claim over its next connection, another one will.
    fn fail_inheriting(&self, dead: BTreeSet<String>, failure: &Failure) {
        if let Some(owner) = &self.owner {
            owner.has_claimed(&mut std::iter::empty());
        }
        if failure.is_dead {
            self.left.borrow_mut().extend(dead);
            self.hang_up();
        }
    }

    /// Nothing was claimed: everything is read once more.
    fn fail_claim(&self, attempts: u32, failure: Failure) {
        if let Some(owner) = &self.owner {
            owner.has_claimed(&mut std::iter::empty());
        }
        let command = StoreCommand::Load;
        self.fail(Command { command, attempts }, failure);
    }

    /// Waits for a connection, and sees to it that there will be one.
    fn wait(&self, command: Command) {
        {
            let mut waiting = self.waiting.borrow_mut();
            if waiting.len() == MOST_WAITING {
                waiting.pop_front();
            }
            waiting.push_back(command);
        }
        if !matches!(*self.link.borrow(), Link::Down) {
            return;
        }
        // Holds on to the store, so that what waits is done also if the client is gone by then.
        let me = self.me.upgrade();
        let tell = Rc::new(move |told| {
            if let Some(me) = &me {
                me.told(told);
            }
        });
        // An open connection is the store's own, and goes with it.
        let me = self.me.clone();
        let ended = Rc::new(move || {
            if let Some(me) = me.upgrade() {
                me.hang_up();
            }
        });
        match Connection::open(&self.name, tell, ended) {
            Ok(attempt) => {
                self.link.replace(Link::Opening { _attempt: attempt });
            }
            Err(failure) => self.fail_all(&failure),
        }
    }

    fn told(&self, told: Told) {
        match told {
            Told::Open(connection) => {
                self.link.replace(Link::Up(connection));
                let waiting = self.waiting.take();
                for command in waiting {
                    self.start(command);
                }
                self.inherit();
            }
            Told::Failed(failure) => {
                self.hang_up();
                self.fail_all(&failure);
            }
            Told::Blocked => self.fail_all(&Failure::last(StoreError::Blocked)),
        }
    }

    fn hang_up(&self) {
        let link = self.link.replace(Link::Down);
        drop(link);
    }

    fn fail_all(&self, failure: &Failure) {
        let waiting = self.waiting.take();
        for command in waiting {
            self.fail(command, failure.clone());
        }
    }

    /// A command came to nothing: it is tried on another connection, or its failure told.
    fn fail(&self, command: Command, failure: Failure) {
        let attempts = command.attempts + 1;
        if failure.is_dead {
            self.hang_up();
            if attempts < ATTEMPTS {
                return self.wait(Command {
                    attempts,
                    ..command
                });
            }
        }
        let error = failure.error;
        (self.sink)(match command.command {
            StoreCommand::Load => StoreEvent::Loaded(Err(error)),
            StoreCommand::Write { batch, .. } => StoreEvent::Written {
                batch,
                result: Err(error),
            },
            StoreCommand::Wipe => {
                connection::delete(&self.name);
                StoreEvent::Wiped(match error {
                    // Where nothing can be kept, nothing is.
                    StoreError::Missing(_) => Ok(()),
                    error => Err(error),
                })
            }
        });
    }
}

impl Store for IndexedDb {
    fn carry_out(&self, command: StoreCommand) {
        self.is_wiped
            .set(self.is_wiped.get() || command == StoreCommand::Wipe);
        self.start(Command {
            command,
            attempts: 0,
        });
    }
}
