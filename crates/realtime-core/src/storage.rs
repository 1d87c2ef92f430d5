//! Storage: what a client has a store keep from one page load to the next, and what the store answers.
//!
//! The client opens no database. It says what is to be written ([`StoreCommand`]) and is told what came of
//! it ([`StoreEvent`]); the shell has the store, such as the browser's IndexedDB.

mod index;
mod kept;
mod options;
mod queue;
mod seed;

pub(crate) use kept::Kept;
pub use options::PersistOptions;
pub(crate) use queue::{ANSWER_WITHIN, Failure, WriteQueue};
pub(crate) use seed::StoredSeed;

use crate::excerpt::{Excerpt, Size};
use std::{fmt, rc::Rc, time::Duration};

/// Something that the store is to do. Its `Debug` shows no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreCommand {
    /// Read everything there is; answer with [`StoreEvent::Loaded`].
    Load,
    /// Write all of this or nothing of it, in one transaction; answer with [`StoreEvent::Written`].
    Write {
        /// What to answer with.
        batch: u64,
        /// What is to be written. No two are of the same table and key.
        writes: Vec<StoreWrite>,
        /// When the answer may be given.
        durability: Durability,
    },
    /// Delete everything there is, now and for good; answer with [`StoreEvent::Wiped`]. What comes after it,
    /// if anything, is of another session.
    Wipe,
}

/// When a batch counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once the operating system has it: what was written last may be lost if that one stops.
    Relaxed,
    /// Once it is on the disk.
    Strict,
}

/// One write of a batch. Its `Debug` shows the size of the value.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreWrite {
    /// Where to.
    pub table: StoreTable,
    /// What it is called there.
    pub key: String,
    /// What takes the place of what was there; nothing if `None`.
    pub value: Option<Rc<str>>,
}

impl fmt::Debug for StoreWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreWrite")
            .field("table", &self.table)
            .field("key", &self.key)
            .field("value", &self.value.as_ref().map(|value| Size(value.len())))
            .finish()
    }
}

/// What a store keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreTable {
    /// The state of queries.
    Seeds,
    /// What was done and is not settled.
    Outbox,
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreEvent {
    /// It has read what there is, or could not.
    Loaded(Result<Stored, StoreError>),
    /// A batch is written, all of it, or nothing of it is.
    Written {
        /// Which one.
        batch: u64,
        /// Why nothing of it is written.
        result: Result<(), StoreError>,
    },
    /// Everything is deleted, or could not be.
    Wiped(Result<(), StoreError>),
    /// Another page of this user is gone, and this is what it left in the outbox: the client's own from here
    /// on. What comes before everything was read, or once the store is used no more, is not taken in.
    Left(Vec<StoredValue>),
    /// It lost what it had under way, and answers nothing of it. What is asked of it from here on, it tries.
    Lost,
}

/// What a store holds, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The state of queries.
    pub seeds: Vec<StoredValue>,
    /// What was done and is not settled.
    pub outbox: Vec<StoredValue>,
}

/// One value of a store. Its `Debug` shows the size of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredValue {
    /// What it is called.
    pub key: String,
    /// What was written.
    pub value: Rc<str>,
    /// How long ago, by the wall clock. [`Duration::MAX`] where that cannot be known, as after a clock that
    /// was set back.
    pub age: Duration,
}

impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredValue")
            .field("key", &self.key)
            .field("value", &Size(self.value.len()))
            .field("age", &self.age)
            .finish()
    }
}

/// Why nothing is read or written. The client goes on without.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store here, as in some private windows.
    #[error("nothing is kept over page loads, as there is no store here: {}", Excerpt(.0))]
    Missing(Rc<str>),
    /// Another tab keeps an older form of the store open.
    #[error(
        "nothing is kept over page loads, as another tab holds the store: close the other tabs of this app"
    )]
    Blocked,
    /// It has not answered in time.
    #[error("the store has not answered within {} ms: the client goes on without it, and tries again what is to be written", .within.as_millis())]
    Slow {
        /// How long it had.
        within: Duration,
    },
    /// There is no room left on the disk, or none that this app may take.
    #[error("the store is full: the oldest of what can be fetched again is dropped")]
    Full,
    /// Its connection was lost; it is opened anew.
    #[error("the connection to the store was lost: what was to be written is written again")]
    Lost,
    /// The user has no name that a store could be called by.
    #[error(
        "nothing is kept over page loads, as the session has no name to keep it under: give it one with `Session::with_name`"
    )]
    Unnamed,
    /// Something else.
    #[error("the store failed: {}", Excerpt(.0))]
    Failed(Rc<str>),
}

/// What was counted about the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Batches that were written.
    pub batches: u64,
    /// The bytes of their keys and values.
    pub bytes: u64,
    /// Batches of which nothing was written; they are tried again.
    pub failures: u64,
    /// Seeds that were read and may be shown.
    pub restored: u64,
    /// Seeds that were deleted as they were too old.
    pub expired: u64,
    /// Seeds that were deleted to make room.
    pub evicted: u64,
    /// What was not taken: seeds that are too large to be kept or cannot be read, and stores that cannot be
    /// used.
    pub refused: u64,
}
