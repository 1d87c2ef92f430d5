//! Keyed lists: the engine's lists for items of a type that is known.

use super::{
    Applied, ErasedList, ListChanges, ListOptions, ListSnapshot, ListStats, Spot,
    item::{ItemType, ListItem, shared, versioned},
};
use crate::{
    error::DecodeError,
    id::{History, RowId},
    time::Instant,
};
use std::{fmt, marker::PhantomData, rc::Rc};

/// Rows by id and in order, changed by list events.
///
/// One change costs O(log n). A row that does not change keeps its pointer, also when an event
/// brings an equal item, and snapshots share all that did not change.
///
/// ```
/// use realtime_core::{Instant, ListItem, ListOptions, RowId, list::KeyedList};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Task { id: u64, version: u64, title: String, done: bool }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId { self.id.into() }
///     fn version(&self) -> Option<u64> { Some(self.version) }
/// }
///
/// let mut tasks: KeyedList<Task> =
///     KeyedList::new(ListOptions::default().with_sort(|a: &Task, b| a.title.cmp(&b.title)));
/// let now = Instant::ZERO;
/// for event in [
///     r#"{"action":"create","item":{"id":1,"version":1,"title":"Write","done":false}}"#,
///     r#"{"action":"create","item":{"id":2,"version":1,"title":"Read","done":false}}"#,
///     r#"{"action":"update","item":{"id":1,"version":2,"done":true}}"#,
/// ] {
///     tasks.apply(now, event)?;
/// }
/// let titles: Vec<_> = tasks.snapshot().iter().map(|task| task.title.clone()).collect();
/// assert_eq!(titles, ["Read", "Write"]);
/// assert!(tasks.get(1).is_some_and(|task| task.done));
/// # Ok::<(), realtime_core::DecodeError>(())
/// ```
pub struct KeyedList<T: ListItem> {
    pub(super) list: ErasedList,
    item: PhantomData<T>,
}

impl<T: ListItem> KeyedList<T> {
    /// An empty list.
    #[must_use]
    pub fn new(options: ListOptions<T>) -> Self {
        Self {
            list: ErasedList::new(ItemType::of::<T>(), options.erased()),
            item: PhantomData,
        }
    }

    /// Takes the data of one list event, such as `{"action":"delete","item":{"id":"t1"}}`.
    ///
    /// The actions are `create`, `update`, `delete`, `upsert`, `move`, `batch` and `snapshot`, as
    /// docs/PROTOCOL.md shows them. The elements of a batch are taken one by one: one that cannot
    /// be read does not keep the others out, and is reported in the answer's `error`. A snapshot
    /// is taken whole or, if one of its items cannot be read, not at all.
    ///
    /// # Errors
    /// When `data` is not such an event, names another action, or holds an item or a patch that
    /// does not fit `T`. Nothing is changed then.
    pub fn apply(&mut self, now: Instant, data: &str) -> Result<Applied, DecodeError> {
        self.list.apply(now, data)
    }

    /// Takes a whole item, new or known, by its own version.
    pub fn upsert(&mut self, now: Instant, item: T) -> Applied {
        self.list.upsert(now, Rc::new(item))
    }

    /// Merges `patch`, a JSON object of changed fields, into the row `id`.
    ///
    /// A version in the patch orders it against other changes of the row.
    ///
    /// # Errors
    /// When `patch` is not a JSON object, or the row does not fit `T` after it.
    pub fn update(
        &mut self,
        now: Instant,
        id: impl Into<RowId>,
        patch: &str,
    ) -> Result<Applied, DecodeError> {
        self.list.update(now, &id.into(), patch)
    }

    /// Deletes the row `id`, unless it is newer than `version`.
    pub fn remove(&mut self, now: Instant, id: impl Into<RowId>, version: Option<u64>) -> Applied {
        self.list.remove(now, &id.into(), version)
    }

    /// Puts the row `id` before the row `before`, or at the end, in O(log n).
    ///
    /// A list with a comparator has no places to choose, so nothing moves there; that, and a row
    /// or neighbour that is not in the list, is counted.
    pub fn move_before(
        &mut self,
        now: Instant,
        id: impl Into<RowId>,
        before: Option<&RowId>,
    ) -> Applied {
        let spot = Spot::Before(before.cloned());
        self.list.move_to(now, &id.into(), &spot)
    }

    /// Puts the row `id` after the row `after`, or at the start; else like
    /// [`move_before`](Self::move_before).
    pub fn move_after(
        &mut self,
        now: Instant,
        id: impl Into<RowId>,
        after: Option<&RowId>,
    ) -> Applied {
        let spot = Spot::After(after.cloned());
        self.list.move_to(now, &id.into(), &spot)
    }

    /// Takes a fetched snapshot: these are all the rows there are.
    ///
    /// Per row, what is newer by version outranks it: a row, a parked or recent patch, a delete; but
    /// not if the server's [history](crate::History) has broken off since.
    /// What has no version does not: unversioned deletes and parked patches are forgotten. Rows
    /// that are not in the snapshot go, and leave no tombstone. If an id stands there twice, the
    /// last one counts. Costs O(n log n); rows that are equal keep their pointer.
    ///
    /// Optimistic edits stay over it, but for those that the server had confirmed before the fetch
    /// began.
    pub fn replace(&mut self, now: Instant, items: Vec<T>) -> Applied {
        self.list.replace(now, versioned(items))
    }

    /// The server's history has broken off: it may have lost its memory, and count versions anew.
    ///
    /// No row looks different for that. Of a [new](History::New) history, every event and every
    /// snapshot is taken, whatever versions and deletes came before. While it is only
    /// [doubted](History::Doubted), events go on by their versions, and the next snapshot outranks
    /// all that came before this call.
    pub fn begin_history(&mut self, history: History) {
        self.list.begin_history(history);
    }

    /// Sorts as these options say from now on, in O(n log n).
    ///
    /// If they do not, the rows stay in the order they are in; from then on it is arrival order.
    pub fn set_sort(&mut self, options: &ListOptions<T>) {
        self.list.set_sort(options.erased().sorting);
    }

    /// The row with this id, or that had this temporary id, as it is shown.
    #[must_use]
    pub fn get(&self, id: impl Into<RowId>) -> Option<Rc<T>> {
        shared(self.list.get(&id.into())?)
    }

    /// How many rows are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether no rows are shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the row with this id stands, counted from zero, in O(log n).
    #[must_use]
    pub fn rank(&self, id: impl Into<RowId>) -> Option<usize> {
        self.list.rank(&id.into())
    }

    /// All rows in order as they are now, in O(1).
    #[must_use]
    pub fn snapshot(&self) -> ListSnapshot<T> {
        self.list.snapshot().typed()
    }

    /// What changed since this was last asked.
    ///
    /// A row that had a temporary id is named by both.
    pub fn take_changes(&mut self) -> ListChanges {
        self.list.take_changes()
    }

    /// Forgets what is remembered no longer: tombstones, parked and recent patches.
    ///
    /// Changes no row.
    pub fn expire(&mut self, now: Instant) {
        self.list.expire(now);
    }

    /// When [`expire`](Self::expire) has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.list.next_deadline()
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> ListStats {
        self.list.stats()
    }
}

impl<T: ListItem> Default for KeyedList<T> {
    fn default() -> Self {
        Self::new(ListOptions::default())
    }
}

impl<T: ListItem> fmt::Debug for KeyedList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedList")
            .field("ids", &self.snapshot().ids().collect::<Vec<_>>())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
