//! First pass over a page that a server renders: what its hooks may show there, and in the browser's
//! first render, which must come to the same elements.
//!
//! In it a hook that does not suspend shows what it was given and nothing of the cache: whether
//! another component's data is there already depends on who was rendered first, and the browser
//! goes another way round than the server.

use crate::fetcher::RunFetch;
use realtime_core::{Fetched, QueryError, QueryKey};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use yew::suspense::Suspension;

/// Fetches of the hooks that suspend, on a server.
pub(crate) trait ServerFetches {
    /// How far the fetch of `key` is; the first who asks begins it with `run`, unless the data could
    /// not be handed over to the browser (`is_seeded`).
    fn fetch(&self, key: &QueryKey, run: &RunFetch, is_seeded: bool) -> ServerFetch;

    /// The data of `key` could not be put into the cache.
    fn refuse(&self, key: &QueryKey, error: QueryError);

    /// The data of `key` is in the cache: hands it over, and says whether it may be shown.
    fn hand_over(&self, key: &QueryKey) -> bool;
}

/// How far a server is with one key.
pub(crate) enum ServerFetch {
    /// It is being fetched.
    Running(Suspension),
    /// It has just been fetched: whoever gets this puts it into the cache.
    Done(Fetched),
    /// It is in the cache.
    Known,
    /// The page is sent without it.
    Missing,
    /// It could not be fetched, and the page says so.
    Failed(QueryError),
}

thread_local! {
    /// Whether any client of this thread ever had a first pass. An app whose clients never have one never sets
    /// it, so the compiler knows what it is and leaves out all that follows from it.
    static IS_USED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a client is in its first pass over a page, and what fetches there.
#[derive(Default)]
pub(crate) struct FirstPass {
    is_on: Cell<bool>,
    fetches: RefCell<Option<Rc<dyn ServerFetches>>>,
}

impl FirstPass {
    /// The pass begins: on a server, which fetches by way of `fetches`, or in a browser that takes a
    /// page over.
    pub(crate) fn begin(&self, fetches: Option<Rc<dyn ServerFetches>>) {
        IS_USED.set(true);
        self.is_on.set(true);
        self.fetches.replace(fetches);
    }

    /// Everything has been rendered once, or effects would not run.
    pub(crate) fn end(&self) {
        self.is_on.set(false);
    }

    /// Whether this is the first pass.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        IS_USED.get() && self.is_on.get()
    }

    /// What fetches while a server renders; `None` in a browser.
    #[inline(always)]
    pub(crate) fn fetches(&self) -> Option<Rc<dyn ServerFetches>> {
        if !IS_USED.get() {
            return None;
        }
        self.fetches.borrow().clone()
    }
}
