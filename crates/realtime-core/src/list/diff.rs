//! Differences of two snapshots of a list, found by looking at little more than what differs.

mod align;

use super::{
    ListSnapshot,
    item::{Item, ListItem},
    snapshot::Rows,
    tree::{Stretch, unshared},
};
use align::align;
use std::{ops::Range, rc::Rc};

/// How an older snapshot of a list became a newer one, in ranks. See [`ListSnapshot::diff`](super::ListSnapshot::diff).
///
/// Every row is one of these: *kept* (in both, and in the same order among the kept ones), gone
/// (in the older one alone), come (in the newer one alone), or moved: it is told as gone from where
/// it stood and as come where it stands. Of the kept rows, the *changed* ones look different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListDiff {
    kept: Vec<Kept>,
    changed: Vec<(usize, usize)>,
    old_len: usize,
    new_len: usize,
    visited: u64,
}

/// A stretch of kept rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    old: usize,
    new: usize,
    len: usize,
}

/// Rows that are not kept, between two that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The ranks, in the older snapshot, of the rows that went from here.
    pub old: Range<usize>,
    /// The ranks, in the newer snapshot, of the rows that came here.
    pub new: Range<usize>,
}

/// How much of the newer snapshot may differ before it is cheaper to do everything anew than to
/// follow change by change: one part in so many.
const WHOLESALE: usize = 8;

impl ListDiff {
    /// How many rows the newer snapshot has.
    #[must_use]
    pub const fn new_len(&self) -> usize {
        self.new_len
    }

    /// Whether both have the same rows in the same order; they may look different.
    #[must_use]
    pub fn is_same_order(&self) -> bool {
        self.gaps().next().is_none()
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.is_same_order()
    }

    /// The kept rows that look different, by their rank in the older and the newer snapshot, in
    /// order.
    #[must_use]
    pub fn changed(&self) -> &[(usize, usize)] {
        &self.changed
    }

    /// Where rows went from or came to, in order.
    ///
    /// Taken one after the other, they make the older snapshot the newer one: take `old.len()` rows
    /// out at rank `new.start`, and put the rows of `new` there.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> {
        let end = Kept {
            old: self.old_len,
            new: self.new_len,
            len: 0,
        };
        let (mut old, mut new) = (0, 0);
        self.kept
            .iter()
            .copied()
            .chain([end])
            .filter_map(move |kept| {
                let gap = Gap {
                    old: old..kept.old,
                    new: new..kept.new,
                };
                (old, new) = (kept.old + kept.len, kept.new + kept.len);
                (!gap.old.is_empty() || !gap.new.is_empty()).then_some(gap)
            })
    }

    /// The rank that a row of the older snapshot has in the newer one; `None` if it is gone or was
    /// moved.
    #[must_use]
    pub fn kept(&self, old: usize) -> Option<usize> {
        let after = self.kept.partition_point(|kept| kept.old <= old);
        let kept = self.kept.get(after.checked_sub(1)?)?;
        let offset = old - kept.old;
        (offset < kept.len).then_some(kept.new + offset)
    }

    /// The rank that a row of the newer snapshot had in the older one, if it is kept and looks the
    /// same.
    pub(super) fn unchanged(&self, new: usize) -> Option<usize> {
        let after = self.kept.partition_point(|kept| kept.new <= new);
        let kept = self.kept.get(after.checked_sub(1)?)?;
        let offset = new - kept.new;
        let is_changed = || self.changed.binary_search_by_key(&new, |it| it.1).is_ok();
        (offset < kept.len && !is_changed()).then_some(kept.old + offset)
    }

    /// Whether so much differs that following row by row costs more than doing everything anew.
    #[must_use]
    pub fn is_wholesale(&self) -> bool {
        let gaps: usize = self.gaps().map(|gap| gap.old.len() + gap.new.len()).sum();
        (gaps + self.changed.len()) * WHOLESALE > self.new_len
    }

    /// How many rows, and nodes of rows, were looked at to find this: for a few changes a few
    /// hundred, whatever the length of the list.
    #[must_use]
    pub const fn visited(&self) -> u64 {
        self.visited
    }

    /// These rows are kept, after those that were said to be before.
    fn keep(&mut self, old: usize, new: usize, len: usize) {
        match self.kept.last_mut() {
            Some(last) if (last.old + last.len, last.new + last.len) == (old, new) => {
                last.len += len;
            }
            _ if len > 0 => self.kept.push(Kept { old, new, len }),
            _ => {}
        }
    }
}

impl<T: ListItem> ListSnapshot<T> {
    /// How `older` became this one.
    ///
    /// Of one list, it costs O(log n) for each change between the two, and not O(n): two snapshots
    /// share all that did not change. After a fetch has replaced most rows, or of two lists that
    /// have nothing to do with each other, it costs O(n log n).
    ///
    /// A row that was made under a temporary id is the same row when the server has named it.
    ///
    /// ```
    /// # use realtime_core::{Instant, ListItem, RowId, list::KeyedList};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// # struct Task { id: u64, title: String }
    /// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
    /// # let task = |id, title: &str| Task { id, title: title.into() };
    /// let mut tasks = KeyedList::default();
    /// let now = Instant::ZERO;
    /// tasks.replace(now, vec![task(1, "Bake"), task(2, "Call"), task(3, "Dig")]);
    /// let before = tasks.snapshot();
    /// tasks.remove(now, 1, None);
    /// tasks.upsert(now, task(3, "Dig deeper"));
    ///
    /// let diff = tasks.snapshot().diff(&before);
    /// let gap = diff.gaps().next().expect("a row is gone");
    /// assert_eq!((gap.old, gap.new), (0..1, 0..0));
    /// assert_eq!(diff.changed(), [(2, 1)]);
    /// assert_eq!((diff.kept(0), diff.kept(1)), (None, Some(0)));
    /// ```
    #[must_use]
    pub fn diff(&self, older: &Self) -> ListDiff {
        self.rows().diff(older.rows())
    }
}

impl Rows {
    /// How `older` became this one: see [`ListSnapshot::diff`](super::ListSnapshot::diff).
    #[must_use]
    pub fn diff(&self, older: &Self) -> ListDiff {
        let (stretches, visited) = unshared(&older.rows, &self.rows);
        let mut diff = ListDiff {
            old_len: older.len(),
            new_len: self.len(),
            visited,
            ..ListDiff::default()
        };
        let (mut old, mut new) = (0, 0);
        for stretch in stretches {
            diff.keep(old, new, stretch.old.start - old);
            (old, new) = (stretch.old.end, stretch.new.end);
            self.compare(older, stretch, &mut diff);
        }
        diff.keep(old, new, older.len() - old);
        diff
    }

    /// Compares one stretch that the two do not share.
    fn compare(&self, older: &Self, stretch: Stretch, diff: &mut ListDiff) {
        let Stretch { mut old, mut new } = stretch;
        diff.visited += (old.len() + new.len()) as u64;
        // Most often it is one row in a leaf that differs: leave off what both begin and end with.
        let rows = older.items_in(old.clone()).zip(self.items_in(new.clone()));
        for (before, after) in rows {
            if !self.is_same_row(before, after) {
                break;
            }
            self.keep_row((old.start, before), (new.start, after), diff);
            (old.start, new.start) = (old.start + 1, new.start + 1);
        }
        let rows = older
            .items_in(old.clone())
            .rev()
            .zip(self.items_in(new.clone()).rev());
        let ending = rows.take_while(|(before, after)| self.is_same_row(before, after));
        let ending = ending.count();
        let (old_end, new_end) = (old.end - ending, new.end - ending);
        self.compare_middle(older, old.start..old_end, new.start..new_end, diff);
        let rows = older
            .items_in(old_end..old.end)
            .zip(self.items_in(new_end..new.end));
        for (offset, (before, after)) in rows.enumerate() {
            self.keep_row((old_end + offset, before), (new_end + offset, after), diff);
        }
    }

    fn compare_middle(
        &self,
        older: &Self,
        old: Range<usize>,
        new: Range<usize>,
        diff: &mut ListDiff,
    ) {
        if old.is_empty() || new.is_empty() {
            return;
        }
        let key = |item: &Item| self.key_of(&item.id());
        let before: Vec<_> = older.items_in(old.clone()).map(key).collect();
        let after: Vec<_> = self.items_in(new.clone()).map(key).collect();
        for (from, to) in align(&before, &after) {
            let (from, to) = (old.start + from, new.start + to);
            if let (Some(before), Some(after)) = (older.get(from), self.get(to)) {
                self.keep_row((from, before), (to, after), diff);
            }
        }
    }

    fn keep_row(&self, before: (usize, &Item), after: (usize, &Item), diff: &mut ListDiff) {
        diff.keep(before.0, after.0, 1);
        if !Rc::ptr_eq(before.1, after.1) {
            diff.changed.push((before.0, after.0));
        }
    }

    fn is_same_row(&self, before: &Item, after: &Item) -> bool {
        Rc::ptr_eq(before, after) || self.key_of(&before.id()) == self.key_of(&after.id())
    }
}
