//! Store of what is kept over page loads: one for each app and user, behind a seam that apps without it do
//! not carry.

#[cfg(feature = "persist")]
mod connection;
#[cfg(feature = "persist")]
mod database;
#[cfg(feature = "persist")]
mod failure;
#[cfg(feature = "persist")]
mod gate;
#[cfg(feature = "persist")]
mod indexed_db;
#[cfg(feature = "persist")]
mod keeper;
#[cfg(feature = "persist")]
mod label;
#[cfg(feature = "persist")]
mod page;
#[cfg(feature = "persist")]
mod siblings;
#[cfg(feature = "persist")]
mod transaction;
mod unsaved;

pub(crate) use unsaved::untold;

use crate::session::Session;
use realtime_core::{
    Client, Instant, MutationError, MutationEvent, MutationId, PersistOptions, StoreCommand,
    StoreError, StoreEvent,
};
use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};
use yew::Html;

thread_local! {
    /// Whether anything on this thread was ever to be kept. An app that keeps nothing never sets it, so the
    /// compiler knows what it is and leaves out all that follows from it.
    static IS_USED: Cell<bool> = const { Cell::new(false) };
}

/// What the client is to carry out.
pub(crate) type Command = Box<dyn FnOnce(&mut Client, Instant)>;

/// Who is told what came of a command.
pub(crate) type StoreSink = Rc<dyn Fn(StoreEvent)>;

/// A store of one user's.
#[cfg(feature = "persist")]
pub(crate) trait Store {
    /// Does what the client wants done, and tells its sink what came of it. It is done also if the store is
    /// let go meanwhile.
    fn carry_out(&self, command: StoreCommand);
}

/// What an app brings along that keeps something.
#[derive(Clone)]
pub(crate) struct Persist {
    options: PersistOptions,
    calls: &'static Calls,
}

/// What only those apps need that keep something: the linker drops it from all others.
pub(crate) struct Calls {
    keeper: fn(&PersistOptions) -> Box<dyn Keeping>,
}

/// What the runtime needs of the keeper of a client's store.
pub(crate) trait Keeping {
    /// Keeps from now on what the client holds for `session`.
    fn open(&self, host: &dyn Host, session: &Session);

    /// Opens the store of whoever was last said to use the client, unless one is open.
    fn reopen(&self, host: &dyn Host);

    /// Has written what is not written yet, and keeps nothing from then on; what is on the disk stays.
    fn close(&self, host: &dyn Host);

    /// The same, when the client goes.
    fn farewell(&self, client: &mut Client, now: Instant);

    /// Has the store carry a command out. One that is wiped is used no more.
    fn carry_out(&self, command: StoreCommand);

    /// Whether the store is being read.
    fn is_loading(&self, client: &Client) -> bool;

    /// As [`untold`], where no mutation of this page is under way.
    fn untold(
        &self,
        client: &RefCell<Client>,
        mutation: MutationId,
        event: MutationEvent,
    ) -> Option<MutationError>;

    /// The app, or `fallback` while the store is being read.
    fn gate(&self, loading: Rc<dyn Loading>, fallback: Html, app: Html) -> Html;
}

/// What a keeper needs of the runtime around it.
#[cfg_attr(
    not(feature = "persist"),
    expect(dead_code, reason = "a keeper alone asks")
)]
pub(crate) trait Host {
    fn is_server(&self) -> bool;

    /// Has the client carry something out, now or after what it does now.
    fn post(&self, command: Command);

    /// Tells the app that nothing is kept, and why.
    fn refuse(&self, error: StoreError);

    /// What hands the client what its store says, for as long as there is a client.
    fn sink(&self) -> StoreSink;
}

/// What somebody asks who waits for the store to be read.
#[cfg_attr(
    not(feature = "persist"),
    expect(dead_code, reason = "a keeper alone asks")
)]
pub(crate) trait Loading {
    fn is_loading(&self) -> bool;

    /// Calls `look` when that may have changed, for as long as what it gives is held.
    fn subscribe(&self, look: Rc<dyn Fn()>) -> Box<dyn Any>;
}

impl Persist {
    /// The keeper of one client's store.
    pub(crate) fn keeper(&self) -> Box<dyn Keeping> {
        (self.calls.keeper)(&self.options)
    }

    /// What is to be kept, if anything is.
    #[inline(always)]
    pub(crate) fn used<T>(kept: Option<T>) -> Option<T> {
        if IS_USED.get() { kept } else { None }
    }
}

impl fmt::Debug for Persist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

impl PartialEq for Persist {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options && std::ptr::eq(self.calls, other.calls)
    }
}

#[cfg(feature = "persist")]
impl Persist {
    /// Keeps queries in the browser's IndexedDB.
    pub(crate) fn queries(options: PersistOptions) -> Self {
        IS_USED.set(true);
        Self {
            options,
            calls: &Calls {
                keeper: keeper::Keeper::of_queries,
            },
        }
    }

    /// Keeps queries and mutations there.
    pub(crate) fn queries_and_mutations(options: PersistOptions) -> Self {
        IS_USED.set(true);
        Self {
            options,
            calls: &Calls {
                keeper: keeper::Keeper::of_queries_and_mutations,
            },
        }
    }

    /// Deletes what is kept of a user, whoever is signed in.
    pub(crate) fn forget(&self, user: &str) {
        connection::delete(&database::name(&self.options.app, user));
    }
}
