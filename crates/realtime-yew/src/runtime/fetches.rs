//! Fetches that run, and who knows how to fetch what.

use crate::fetcher::RunFetch;
use futures::future::{AbortHandle, Abortable};
use realtime_core::{FetchError, FetchId, Fetched, OrderedMap, QueryKey};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

/// A fetcher's place: whoever renders again puts its newest closure in.
pub(crate) type FetcherSlot = Rc<RefCell<RunFetch>>;

/// The fetchers of mounted hooks, and the fetches under way.
#[derive(Default)]
pub(crate) struct Fetches {
    fetchers: RefCell<OrderedMap<QueryKey, Vec<(u64, FetcherSlot)>>>,
    running: RefCell<OrderedMap<FetchId, AbortHandle>>,
    next: Cell<u64>,
}

/// Keeps a fetcher known until it is dropped.
#[must_use = "dropping it forgets the fetcher"]
pub(crate) struct Registration {
    key: QueryKey,
    id: u64,
    home: Weak<Fetches>,
}

impl Fetches {
    /// Lets `slot` fetch `key`. Where several hooks share a key, the one that came last fetches.
    pub(crate) fn register(self: &Rc<Self>, key: QueryKey, slot: FetcherSlot) -> Registration {
        let id = self.next.get();
        self.next.set(id + 1);
        self.fetchers
            .borrow_mut()
            .get_or_insert_with(key.clone(), Vec::new)
            .push((id, slot));
        Registration {
            key,
            id,
            home: Rc::downgrade(self),
        }
    }

    /// Starts to fetch `key`; `finish` hears how it ended, unless it is cancelled first.
    pub(crate) fn start(
        self: &Rc<Self>,
        fetch: FetchId,
        key: &QueryKey,
        finish: impl FnOnce(Result<Fetched, FetchError>) + 'static,
    ) {
        let slot = self
            .fetchers
            .borrow()
            .get(key)
            .and_then(|slots| slots.last())
            .map(|(_, slot)| Rc::clone(slot));
        let Some(slot) = slot else {
            return finish(Err(FetchError::permanent(format!(
                "nothing mounted knows how to fetch {key}; mount a hook with a fetcher for it"
            ))));
        };
        // Cloned out: the closure may render, and rendering fills the slot.
        let run = Rc::clone(&*slot.borrow());
        let (handle, registration) = AbortHandle::new_pair();
        self.running.borrow_mut().insert(fetch, handle);
        let home = Rc::downgrade(self);
        yew::platform::spawn_local(async move {
            // The fetcher is called in here, so that one that panics or takes its time does so in
            // a task of its own.
            let result = Abortable::new(async move { run().await }, registration).await;
            if let Some(home) = home.upgrade() {
                home.running.borrow_mut().remove(&fetch);
            }
            if let Ok(result) = result {
                finish(result);
            }
        });
    }

    /// Drops a fetch under way, and with it whatever its future holds.
    pub(crate) fn cancel(&self, fetch: FetchId) {
        let handle = self.running.borrow_mut().remove(&fetch);
        if let Some(handle) = handle {
            handle.abort();
        }
    }

    /// Drops all fetches under way.
    pub(crate) fn cancel_all(&self) {
        let running = std::mem::take(&mut *self.running.borrow_mut());
        for (_, handle) in running {
            handle.abort();
        }
    }

    /// Fetches under way.
    pub(crate) fn running(&self) -> usize {
        self.running.borrow().len()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else {
            return;
        };
        // Taken out and dropped after the borrow: closures may own anything.
        let mut fetchers = home.fetchers.borrow_mut();
        let Some(slots) = fetchers.get_mut(&self.key) else {
            return;
        };
        let place = slots.iter().position(|(id, _)| *id == self.id);
        let gone = place.map(|place| slots.remove(place));
        if slots.is_empty() {
            fetchers.remove(&self.key);
        }
        drop(fetchers);
        drop(gone);
    }
}
