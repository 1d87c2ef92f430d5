//! IndexedDB as a store: commands wait for the connection, which is opened anew when it is lost.

use super::{
    Store, StoreSink,
    connection::{self, Connection, Opening, Told},
    failure::Failure,
    transaction::Transaction,
};
use realtime_core::{StoreCommand, StoreError, StoreEvent};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};

/// How often a command is tried: a connection may have been dropped without a word, and the one after it
/// too.
const ATTEMPTS: u32 = 3;

/// How many commands may wait for a connection. Of more than these the client has given up the first.
const MOST_WAITING: usize = 16;

/// One database of the browser's.
pub(super) struct IndexedDb {
    me: Weak<Self>,
    name: String,
    sink: StoreSink,
    link: RefCell<Link>,
    waiting: RefCell<VecDeque<Command>>,
    running: RefCell<Vec<(u64, Transaction, Command)>>,
    last: Cell<u64>,
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

impl IndexedDb {
    pub(super) fn open(name: String, sink: StoreSink) -> Rc<dyn Store> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            name,
            sink,
            link: RefCell::new(Link::Down),
            waiting: RefCell::default(),
            running: RefCell::default(),
            last: Cell::default(),
        })
    }

    /// Carries a command out now, or once there is a connection.
    fn start(&self, command: Command) {
        let begun = match &*self.link.borrow() {
            Link::Up(connection) => Some(Transaction::begin(connection.raw(), &command.command)),
            Link::Down | Link::Opening { .. } => None,
        };
        match begun {
            None => self.wait(command),
            Some(Ok(transaction)) => self.run(transaction, command),
            Some(Err(failure)) => self.fail(command, failure),
        }
    }

    fn run(&self, mut transaction: Transaction, command: Command) {
        let number = self.last.get() + 1;
        self.last.set(number);
        // Holds on to the store, so that it ends also if the client is gone by then.
        let me = self.me.upgrade();
        transaction.on_end(move |result| {
            if let Some(me) = &me {
                me.ended(number, result);
            }
        });
        transaction.commit();
        self.running
            .borrow_mut()
            .push((number, transaction, command));
    }

    fn ended(&self, number: u64, result: Result<(), Failure>) {
        let ended = {
            let mut running = self.running.borrow_mut();
            let at = running.iter().position(|(it, ..)| *it == number);
            at.map(|at| running.swap_remove(at))
        };
        let Some((_, transaction, command)) = ended else {
            return;
        };
        let result = result.and_then(|()| match command.command {
            StoreCommand::Load => transaction.stored().map(Some),
            StoreCommand::Write { .. } | StoreCommand::Wipe => Ok(None),
        });
        match (result, command.command) {
            (Ok(stored), StoreCommand::Load) => {
                (self.sink)(StoreEvent::Loaded(Ok(stored.unwrap_or_default())));
            }
            (Ok(_), StoreCommand::Write { batch, .. }) => {
                (self.sink)(StoreEvent::Written {
                    batch,
                    result: Ok(()),
                });
            }
            (Ok(_), StoreCommand::Wipe) => {
                // The empty database goes as well, once no other tab has it open.
                self.hang_up();
                connection::delete(&self.name);
                (self.sink)(StoreEvent::Wiped(Ok(())));
            }
            (Err(failure), it) => {
                let attempts = command.attempts;
                self.fail(
                    Command {
                        command: it,
                        attempts,
                    },
                    failure,
                );
            }
        }
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
        match Connection::open(&self.name, tell) {
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
            }
            Told::Failed(failure) => {
                self.hang_up();
                self.fail_all(&failure);
            }
            Told::Blocked => self.fail_all(&Failure::last(StoreError::Blocked)),
            Told::Ended => self.hang_up(),
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
        self.start(Command {
            command,
            attempts: 0,
        });
    }
}
