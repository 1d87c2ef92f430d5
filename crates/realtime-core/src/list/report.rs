//! Reports: one change's outcome, what readers must read again, counters.

use crate::{error::DecodeError, id::RowId, ordered::OrderedSet};

/// How many changed ids are listed one by one.
const MAX_CHANGED: usize = 1_024;

/// What became of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Whether a row or the order of rows is different now.
    pub changed: bool,
    /// Whether the list is now as a whole snapshot says.
    pub replaced: bool,
    /// Changes ignored as older than, or the same as, what the list has.
    pub ignored: usize,
    /// Changes of which only a fetch can tell what they make of the list: an item under a delete that
    /// came before the server's [history](crate::History) broke off, a change that comes when what it
    /// lies under is not remembered any more, a move next to a row that is deleted already.
    pub doubted: usize,
    /// Updates held until their item arrives.
    pub parked: usize,
    /// Items refused because the list is full.
    pub rejected: usize,
    /// Elements of a batch that could not be read; the others were applied.
    pub malformed: usize,
    /// The error of the first such element.
    pub error: Option<DecodeError>,
}

impl Applied {
    pub(super) fn changed(changed: bool) -> Self {
        Self {
            changed,
            ..Self::default()
        }
    }

    pub(super) fn ignored() -> Self {
        Self {
            ignored: 1,
            ..Self::default()
        }
    }

    pub(super) fn parked() -> Self {
        Self {
            parked: 1,
            ..Self::default()
        }
    }

    pub(super) fn rejected() -> Self {
        Self {
            rejected: 1,
            ..Self::default()
        }
    }

    /// So many more elements cannot be read; `error` says why, if it is the first one.
    pub(super) fn add_malformed(&mut self, count: usize, error: impl FnOnce() -> DecodeError) {
        self.malformed += count;
        self.error.get_or_insert_with(error);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.changed |= other.changed;
        self.replaced |= other.replaced;
        self.ignored += other.ignored;
        self.doubted += other.doubted;
        self.parked += other.parked;
        self.rejected += other.rejected;
        self.malformed += other.malformed;
        if self.error.is_none() {
            self.error = other.error;
        }
    }
}

/// What changed since it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChanges {
    /// Whether rows came, went or stand in another order.
    pub order: bool,
    /// The rows that came, went or look different, each once, by id. Empty if `reset` is set.
    pub items: Vec<RowId>,
    /// Whether so many rows changed that any may have.
    pub reset: bool,
}

impl ListChanges {
    /// Whether nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.order && !self.reset && self.items.is_empty()
    }
}

/// The changes that nobody has taken yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    order: bool,
    items: OrderedSet<RowId>,
    reset: bool,
}

impl Pending {
    pub(super) const fn new() -> Self {
        Self {
            order: false,
            items: OrderedSet::new(),
            reset: false,
        }
    }

    pub(super) const fn order(&mut self) {
        self.order = true;
    }

    pub(super) fn item(&mut self, id: &RowId) {
        if self.reset {
            return;
        }
        self.items.insert(id.clone());
        if self.items.len() > MAX_CHANGED {
            self.items.clear();
            self.reset = true;
        }
    }

    /// Adds those.
    pub(super) fn add(&mut self, others: Self) {
        self.order |= others.order;
        if others.reset {
            self.items.clear();
            self.reset = true;
        }
        for id in others.items {
            self.item(&id);
        }
    }

    /// Them, to be told.
    pub(super) fn told(self) -> ListChanges {
        ListChanges {
            order: self.order,
            items: self.items.into_iter().collect(),
            reset: self.reset,
        }
    }
}

/// Counters of one list since it was made, but for the ones that say "now".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListStats {
    /// Single changes taken: creates, updates, deletes, moves; fetched items too.
    pub applied: u64,
    /// Changes ignored as older than, or the same as, what the list has.
    pub ignored_old: u64,
    /// Updates held because their item was unknown.
    pub parked: u64,
    /// Held updates dropped, as too many or too old, before their item came.
    pub parked_dropped: u64,
    /// Held updates now.
    pub parked_now: usize,
    /// Applied partial updates now remembered, so that an older one can still be put in place.
    pub recent_now: usize,
    /// Of those, how many were forgotten before their time because there were too many.
    pub recent_dropped: u64,
    /// Deletes now remembered.
    pub tombstones: usize,
    /// Deletes forgotten before their time because there were too many.
    pub tombstones_dropped: u64,
    /// Bytes that the deletes, the updates and the temporary ids now remembered cost.
    pub remembered_bytes: usize,
    /// Items refused because the list was full.
    pub rejected: u64,
    /// Payloads, batch elements and held updates that could not be read.
    pub malformed: u64,
    /// Items that stood in a snapshot more than once; the last one counted.
    pub duplicates: u64,
    /// Moves of an unknown row, or next to one.
    pub unknown_moves: u64,
    /// Moves in a list that has a comparator, and so no places to choose.
    pub sorted_moves: u64,
    /// Optimistic edits that lie over the list now.
    pub layers: usize,
    /// Temporary ids forgotten because there were too many; their rows have other keys since.
    pub aliases_dropped: u64,
    /// Rows found only by looking at all, since the comparator contradicts itself.
    pub scans: u64,
}
