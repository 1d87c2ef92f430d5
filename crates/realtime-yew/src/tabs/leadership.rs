//! Leadership: the lock of whichever tab leads, which this one holds, queues for, or takes.

use crate::locks::{Ask, LockEvent, Locks, Request};
use realtime_core::tabs::Lock;
use std::{cell::RefCell, rc::Rc};

/// The lock of one name.
pub(super) struct Leadership {
    locks: Locks,
    name: String,
    tell: Rc<dyn Fn(LockEvent)>,
    current: RefCell<Option<Request>>,
}

impl Leadership {
    /// `None` where there are no locks.
    pub(super) fn new(name: &str, tell: Rc<dyn Fn(LockEvent)>) -> Option<Self> {
        Some(Self {
            locks: Locks::find()?,
            name: name.to_owned(),
            tell,
            current: RefCell::default(),
        })
    }

    pub(super) fn act(&self, lock: Lock) {
        // Leaves the queue, or gives back what it held.
        let last = self.current.take();
        drop(last);
        let ask = match lock {
            Lock::Request => Ask::Queue,
            Lock::Steal => Ask::Steal,
            Lock::Release => return,
        };
        let request = self.locks.ask(&self.name, ask, Rc::clone(&self.tell));
        *self.current.borrow_mut() = request;
    }
}
