//! Listeners to events.

use super::Native;
use realtime_core::{ListenerId, ReceivedEvent};
use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    pin::pin,
    rc::Rc,
};

/// How many events may wait for one listener.
const LIMIT: usize = 100_000;

/// The events that wait, by listener.
#[derive(Debug, Default)]
pub(super) struct Listeners(RefCell<HashMap<ListenerId, Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Rc<ReceivedEvent>>,
    lost: u64,
}

impl Listeners {
    pub(super) fn deliver(&self, listener: ListenerId, event: Rc<ReceivedEvent>) {
        let mut all = self.0.borrow_mut();
        // What has no place yet is the first event of a listener that is being made.
        let waiting = all.entry(listener).or_default();
        if waiting.events.len() == LIMIT {
            waiting.events.pop_front();
            waiting.lost += 1;
        }
        waiting.events.push_back(event);
    }

    fn take(&self, listener: ListenerId) -> Option<Rc<ReceivedEvent>> {
        let mut all = self.0.borrow_mut();
        all.get_mut(&listener)?.events.pop_front()
    }

    fn forget(&self, listener: ListenerId) {
        self.0.borrow_mut().remove(&listener);
    }
}

/// The events of one name, as they come. A handle of its client; dropping it ends the listening.
#[derive(Debug)]
pub struct Listening {
    native: Native,
    listener: ListenerId,
}

impl Listening {
    pub(super) const fn new(native: Native, listener: ListenerId) -> Self {
        Self { native, listener }
    }

    /// The next event. Dropping the future loses none.
    pub async fn next(&mut self) -> Rc<ReceivedEvent> {
        loop {
            let mut changed = pin!(self.native.0.changed.notified());
            changed.as_mut().enable();
            if let Some(event) = self.take() {
                return event;
            }
            changed.await;
        }
    }

    /// The next event, if it is here already.
    pub fn take(&self) -> Option<Rc<ReceivedEvent>> {
        self.native.0.listeners.take(self.listener)
    }

    /// How many events were dropped, the oldest first, because a hundred thousand waited.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let all = self.native.0.listeners.0.borrow();
        all.get(&self.listener).map_or(0, |waiting| waiting.lost)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.native
            .run(|client, now| client.unlisten(now, self.listener));
        self.native.0.listeners.forget(self.listener);
    }
}
