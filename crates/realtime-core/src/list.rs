//! Live lists: rows by id, in order, kept right by events that come in any order.
//!
//! # Any order, any repetition
//!
//! Events that carry a version lead to the server's state however often and in whatever order
//! they arrive, as long as what is remembered below has not run out:
//!
//! - Whole items: the greatest version wins; an older or equal one is ignored.
//! - Partial updates: a row is a *base* (whole up to some version) with the newer patches merged
//!   over it in the order of their versions. While a version between might still come, the base
//!   and the patches are both kept ("recent patches"), so a late patch is slotted in under the
//!   newer ones: the fields it sets count unless a newer one sets them too. When nothing can come
//!   between (the version is the base's plus one), or the patch grows too old, or there are too
//!   many, it becomes part of the base, and what is older is ignored from then on. So a server
//!   that counts versions one by one and delivers in order costs no memory here, and one that
//!   stamps versions from a clock costs 60 seconds of patches at most. A change that comes later still
//!   is *doubted*: only a fetch can tell what it would have changed.
//! - Updates of an unknown item are parked, and merged by the same rule when it arrives. Of those that
//!   were dropped before it did, the version is remembered as long as a delete would be: an item that
//!   is older than that is doubted, too.
//! - Deletes leave a tombstone; what is not newer than the delete cannot bring the row back. A
//!   delete with the version of the row's last change deletes it.
//!
//! Events without a version are taken as they come. Moves take the place of the newest move,
//! but a place is relative to a neighbour, so reordered moves of *several* rows may end
//! differently from the server; a snapshot puts that right. A move next to a row that is deleted
//! already is doubted.
//!
//! A fetched snapshot ([`KeyedList::replace`]) is the truth for all that has no version, and is
//! outranked, row by row, by what has a newer one.
//!
//! A server that loses its memory counts versions anew. [`KeyedList::begin_history`] says so: of what
//! came before, nothing outranks what comes then.

mod alias;
mod diff;
mod event;
mod expiry;
mod intake;
mod item;
mod keyed;
mod label;
mod options;
mod overlay;
mod patches;
mod report;
mod row;
pub(crate) mod seeding;
mod selector;
mod sequence;
mod snapshot;
mod sort;
mod sort_key;
mod sorting;
mod synced;
mod tombstones;
mod tree;
mod versions;
mod view;
mod weights;

pub use diff::{Gap, ListDiff};
pub use item::ListItem;
pub(crate) use item::{AnyItem, Item, ItemType, json_of, shared, write_json};
pub use keyed::KeyedList;
pub use options::ListOptions;
pub(crate) use options::Options;
pub use report::{Applied, ListChanges, ListStats};
pub use selector::{ListSelector, Selected};
pub(crate) use sequence::Spot;
pub use snapshot::{ListIter, ListSnapshot, Rows};
pub use sort_key::SortKey;
pub use view::{ListView, ViewOptions, ViewStats};
pub use weights::Weights;

use crate::{
    error::DecodeError,
    id::{History, RowId},
    key::QueryKey,
    overlay::{Change, JsonOf, LayerId, LayerState, Overlay, Rules},
    time::Instant,
};
use overlay::{Edits, editable};
use sequence::{Entry, Sequence};
use std::{any::TypeId, mem, rc::Rc};
use synced::{Incoming, Synced};

/// Rows of any type, by id and in order, changed by list events, and perhaps with edits over them.
pub(crate) struct ErasedList {
    state: State,
    options: Options,
}

/// Whether there has been an edit. The linker drops all code of edits from an app that makes none, as only
/// the first edit leads there.
enum State {
    Synced(Box<Synced>),
    Edited(Box<dyn Edits>),
}

impl ErasedList {
    /// An empty list of items of this type.
    pub(crate) fn new(of: &'static ItemType, options: Options) -> Self {
        Self {
            state: State::Synced(Box::new(Synced::new(of, &options))),
            options,
        }
    }

    fn synced(&self) -> &Synced {
        match &self.state {
            State::Synced(synced) => synced,
            State::Edited(edits) => edits.synced(),
        }
    }

    fn synced_mut(&mut self) -> &mut Synced {
        match &mut self.state {
            State::Synced(synced) => synced,
            State::Edited(edits) => edits.synced_mut(),
        }
    }

    fn edits(&self) -> Option<&dyn Edits> {
        match &self.state {
            State::Synced(_) => None,
            State::Edited(edits) => Some(&**edits),
        }
    }

    fn edits_mut(&mut self) -> Option<&mut dyn Edits> {
        match &mut self.state {
            State::Synced(_) => None,
            State::Edited(edits) => Some(&mut **edits),
        }
    }

    /// Whether the rows are of the type `T`.
    pub(crate) fn holds<T: ListItem>(&self) -> bool {
        self.synced().of.id() == TypeId::of::<T>()
    }

    /// Puts an edit of the row `id` over it. `key` is the list's own, for reports; `json` is how its
    /// items become JSON and back.
    pub(crate) fn push_layer(
        &mut self,
        key: &QueryKey,
        layer: LayerId,
        id: &RowId,
        change: Change<dyn AnyItem, Spot>,
        json: JsonOf<dyn AnyItem>,
    ) -> Result<bool, DecodeError> {
        if let State::Synced(synced) = &mut self.state {
            let empty = Box::new(Synced::new(synced.of, &self.options));
            let synced = mem::replace(synced, empty);
            let policy = self.options.conflicts.clone();
            let edits = editable(synced, Rules { policy, json }, key.clone());
            self.state = State::Edited(edits);
        }
        let edits = self.edits_mut();
        edits.map_or(Ok(false), |edits| edits.push(layer, id, change))
    }

    /// The edits, if there has been one.
    pub(crate) fn layers(&self) -> Option<&dyn Overlay> {
        self.edits().map(|edits| edits as _)
    }

    /// As [`layers`](Self::layers), to change them.
    pub(crate) fn layers_mut(&mut self) -> Option<&mut dyn Overlay> {
        self.edits_mut().map(|edits| edits as _)
    }

    /// How the row `id` stands; `None` if nothing of it waits for the server.
    pub(crate) fn layer_state(&self, id: &RowId) -> Option<LayerState> {
        self.edits()?.state(self.current_id(id))
    }

    /// The rows of which something waits for the server, by id.
    pub(crate) fn layer_states(&self) -> impl Iterator<Item = (&RowId, LayerState)> {
        self.edits().into_iter().flat_map(Edits::states)
    }

    /// The id that a row has now, if `id` was a temporary one.
    pub(crate) fn current_id<'a>(&'a self, id: &'a RowId) -> &'a RowId {
        self.edits().map_or(id, |edits| edits.aliases().resolve(id))
    }

    /// Takes a change; an error if it holds a patch that does not fit its row.
    fn take(&mut self, now: Instant, change: Incoming<'_>) -> Result<Applied, DecodeError> {
        match &mut self.state {
            State::Synced(synced) => synced.take(now, change),
            State::Edited(edits) => edits.take(now, change),
        }
    }

    /// The rows in order as they are shown.
    fn order(&self) -> &Sequence {
        match &self.state {
            State::Synced(synced) => &synced.order,
            State::Edited(edits) => edits.order(),
        }
    }

    fn entry(&self, id: &RowId) -> Option<&Entry> {
        match &self.state {
            State::Synced(synced) => synced.entry(id),
            State::Edited(edits) => edits.entry(edits.aliases().resolve(id)),
        }
    }

    /// The row with this id, or that had this temporary id, as it is shown.
    pub(crate) fn get(&self, id: &RowId) -> Option<&Item> {
        self.entry(id).map(|entry| &entry.item)
    }

    /// How many rows are shown.
    pub(crate) fn len(&self) -> usize {
        self.order().tree().len()
    }

    /// Where the row with this id stands, counted from zero, in O(log n).
    pub(crate) fn rank(&self, id: &RowId) -> Option<usize> {
        let (entry, order) = (self.entry(id)?, self.order());
        order.rank(entry).or_else(|| order.position(entry))
    }

    /// All rows in order as they are now, in O(1).
    pub(crate) fn snapshot(&self) -> Rows {
        Rows {
            rows: self.order().tree().clone(),
            aliases: self.edits().map(|edits| Rc::clone(edits.aliases())),
        }
    }

    /// What changed since this was last asked.
    ///
    /// A row that had a temporary id is named by both.
    pub(crate) fn take_changes(&mut self) -> ListChanges {
        match &mut self.state {
            State::Synced(synced) => synced.take_changes(),
            State::Edited(edits) => edits.take_changes(),
        }
    }

    /// See [`KeyedList::begin_history`].
    pub(crate) fn begin_history(&mut self, history: History) {
        self.synced_mut().begin_history(history);
    }

    /// See [`KeyedList::expire`].
    pub(crate) fn expire(&mut self, now: Instant) {
        self.synced_mut().expire(now);
    }

    /// Leaves it to the owner to call [`expire`](Self::expire): of a late event that waits to be read,
    /// only the owner knows.
    pub(crate) fn expire_when_told(&mut self) {
        self.synced_mut().waits_to_expire = true;
    }

    /// When [`expire`](Self::expire) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.synced().next_deadline()
    }

    /// Counters.
    pub(crate) fn stats(&self) -> ListStats {
        match &self.state {
            State::Synced(synced) => synced.stats(),
            State::Edited(edits) => edits.stats(),
        }
    }
}
