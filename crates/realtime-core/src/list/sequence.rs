//! The rows in their order: sorted, equal ones by id, or as they arrived and were moved.

use super::{
    item::Item,
    label::{self, Label, TAIL},
    sort::merge_sort,
    sorting::Sorting,
    tree::{Tree, Weigh},
};
use crate::{id::RowId, overlay::LayerId};
use std::{cmp::Ordering, rc::Rc};

/// One row as the order holds it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) item: Item,
    /// The place in arrival order; sorted lists have none.
    pub(super) label: Option<Label>,
    /// What a sorted list compares before it looks at the items.
    pub(super) prefix: u64,
}

impl Entry {
    /// A row that no order compares yet.
    pub(super) const fn new(item: Item) -> Self {
        Self {
            item,
            label: None,
            prefix: 0,
        }
    }
}

impl Weigh for Entry {}

/// Where a row is moved to.
#[derive(Clone, Debug)]
pub(crate) enum Spot<R = RowId> {
    /// Before that row, or to the end.
    Before(Option<R>),
    /// After that row, or to the start.
    After(Option<R>),
}

/// Which of its two neighbours a row goes next to, if the places of absent rows lie between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Previous,
    Next,
}

/// The order of a list. Always finds a row by what it looked like when it was put in place, so a
/// change costs O(log n).
pub(super) struct Sequence {
    tree: Tree<Entry>,
    sorting: Option<Sorting>,
    /// Places in arrival order of rows that are not in the tree just now, in order.
    held: Vec<Label>,
    /// How often the comparator contradicted itself, and the row had to be looked for one by one.
    scans: u64,
}

impl Sequence {
    pub(super) fn new(sorting: Option<Sorting>) -> Self {
        Self {
            tree: Tree::new(),
            sorting,
            held: Vec::new(),
            scans: 0,
        }
    }

    pub(super) const fn tree(&self) -> &Tree<Entry> {
        &self.tree
    }

    pub(super) const fn scans(&self) -> u64 {
        self.scans
    }

    pub(super) const fn is_sorted(&self) -> bool {
        self.sorting.is_some()
    }

    /// A row that has no place yet.
    pub(super) fn entry(&self, item: Item) -> Entry {
        let prefix = self.sorting.as_ref().map(|it| it.prefix(&*item));
        Entry {
            prefix: prefix.unwrap_or_default(),
            ..Entry::new(item)
        }
    }

    /// Puts a new row where it sorts, or at the end.
    pub(super) fn insert(&mut self, item: Item) -> Entry {
        let mut entry = self.entry(item);
        let rank = if self.sorting.is_some() {
            self.search(&entry).unwrap_or_else(|rank| rank)
        } else {
            let end = self.end();
            entry.label = Some(Label::default());
            self.open(end, &entry, Beside::Next);
            end
        };
        self.tree.insert(rank, entry.clone());
        entry
    }

    /// Puts a row back in the place it had.
    pub(super) fn put(&mut self, entry: &Entry) {
        let rank = self.search(entry).unwrap_or_else(|rank| rank);
        self.tree.insert(rank, entry.clone());
    }

    /// Puts a new row into a list in arrival order; `None` if the spot's neighbour is not there.
    pub(super) fn insert_at(&mut self, item: Item, spot: &Spot<Entry>) -> Option<Entry> {
        let rank = self.rank_of(spot)?;
        let entry = Entry {
            label: Some(Label::default()),
            ..self.entry(item)
        };
        if !self.open(rank, &entry, beside(spot)) {
            return None;
        }
        self.tree.insert(rank, entry.clone());
        Some(entry)
    }

    /// Puts a row that the server does not know after all that it does, and among those like it in
    /// the order of the edits that made them; in a sorted list where it sorts.
    pub(super) fn insert_last(&mut self, item: Item, made_by: LayerId) -> Entry {
        if self.sorting.is_some() {
            return self.insert(item);
        }
        let value = label::in_tail(made_by.mutation.as_u64(), made_by.edit);
        let entry = Entry {
            label: Some(Label::new(value)),
            ..self.entry(item)
        };
        self.put(&entry);
        entry
    }

    /// How many rows stand before those that the server does not know.
    fn end(&self) -> usize {
        let known = |entry: &Entry| entry.label.as_ref().is_none_or(|it| it.get() < TAIL);
        let len = self.tree.len();
        match len.checked_sub(1).and_then(|last| self.tree.get(last)) {
            Some(last) if !known(last) => {
                let side = |entry: &Entry| match known(entry) {
                    true => Ordering::Less,
                    false => Ordering::Greater,
                };
                self.tree.search(side).unwrap_or_else(|rank| rank)
            }
            _ => len,
        }
    }

    /// Keeps the place of a row that is not in the tree: what is put around it meanwhile keeps to
    /// its side of it.
    pub(super) fn hold(&mut self, label: &Label) {
        let at = (self.held).partition_point(|held| held.get() < label.get());
        self.held.insert(at, label.clone());
    }

    /// Keeps it no longer.
    pub(super) fn free(&mut self, label: &Label) {
        self.held.retain(|held| !held.is(label));
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        if let Some(rank) = self.rank(entry).or_else(|| self.scan(entry)) {
            self.tree.remove(rank);
        }
    }

    /// Puts `item` in the place of `entry`, and tells whether it stands elsewhere now.
    pub(super) fn replace(&mut self, entry: &Entry, item: Item) -> (Entry, bool) {
        let new = Entry {
            label: entry.label.clone(),
            ..self.entry(item)
        };
        let Some(rank) = self.rank(entry).or_else(|| self.scan(entry)) else {
            return (self.insert(new.item), true);
        };
        let fits = |neighbour: Option<&Entry>, wanted: Ordering| {
            neighbour.is_none_or(|neighbour| self.compare(neighbour, &new) == wanted)
        };
        let before = rank.checked_sub(1).and_then(|rank| self.tree.get(rank));
        if new.label.is_some()
            || fits(before, Ordering::Less) && fits(self.tree.get(rank + 1), Ordering::Greater)
        {
            self.tree.replace(rank, new.clone());
            return (new, false);
        }
        self.tree.remove(rank);
        let to = self.search(&new).unwrap_or_else(|rank| rank);
        self.tree.insert(to, new.clone());
        (new, true)
    }

    /// Moves a row of a list in arrival order; whether it stands elsewhere now.
    pub(super) fn move_to(&mut self, entry: &Entry, spot: &Spot<Entry>) -> bool {
        let (Some(from), Some(mut to)) = (self.rank(entry), self.rank_of(spot)) else {
            return false;
        };
        let in_place = to == from || to == from + 1;
        let beside_itself = matches!(
            spot,
            Spot::Before(Some(other)) | Spot::After(Some(other)) if Rc::ptr_eq(&other.item, &entry.item)
        );
        if in_place && (self.held.is_empty() || beside_itself) {
            return false;
        }
        self.tree.remove(from);
        if to > from {
            to -= 1;
        }
        self.open(to, entry, beside(spot));
        self.tree.insert(to, entry.clone());
        !in_place
    }

    /// Keeps no place any longer.
    pub(super) fn free_all(&mut self) {
        self.held.clear();
    }

    fn rank_of(&self, spot: &Spot<Entry>) -> Option<usize> {
        match spot {
            Spot::Before(Some(next)) => self.rank(next),
            Spot::Before(None) => Some(self.end()),
            Spot::After(Some(previous)) => self.rank(previous).map(|rank| rank + 1),
            Spot::After(None) => Some(0),
        }
    }

    /// The entry's rank, if the order finds it where its comparator says.
    pub(super) fn rank(&self, entry: &Entry) -> Option<usize> {
        let rank = self.search(entry).ok()?;
        let found = self.tree.get(rank)?;
        Rc::ptr_eq(&found.item, &entry.item).then_some(rank)
    }

    /// The entry's rank, looked for one by one.
    pub(super) fn position(&self, entry: &Entry) -> Option<usize> {
        let mut entries = self.tree.iter();
        entries.position(|other| Rc::ptr_eq(&other.item, &entry.item))
    }

    /// Takes another order; whether that changed the order. The entries are new ones.
    ///
    /// Without a comparator the rows keep the order they are in, from then on as arrival order.
    pub(super) fn set_sorting(&mut self, sorting: Option<Sorting>) -> bool {
        self.sorting = sorting;
        let items = self.tree.iter().map(|entry| Rc::clone(&entry.item));
        self.rebuild(items.collect())
    }

    /// Holds just these rows, sorted if there is a comparator; whether the order of ids changed.
    ///
    /// Rows that are the very ones held already, in this order, leave everything as it is.
    pub(super) fn rebuild(&mut self, items: Vec<Item>) -> bool {
        let items = items.into_iter();
        let mut entries: Vec<_> = items.map(|item| self.entry(item)).collect();
        if self.sorting.is_some() {
            entries = merge_sort(entries, |a, b| self.compare(a, b));
        }
        let same_len = entries.len() == self.tree.len();
        let mut moved = !same_len;
        let mut same = same_len && self.is_labelled() != self.is_sorted();
        for (old, new) in self.tree.iter().zip(&entries) {
            if !Rc::ptr_eq(&old.item, &new.item) {
                same = false;
                moved = moved || old.item.id() != new.item.id();
            }
        }
        if same {
            return false;
        }
        if self.sorting.is_none() {
            let values = label::fresh(entries.len());
            for (entry, value) in entries.iter_mut().zip(values) {
                let label = Label::default();
                label.set(value);
                entry.label = Some(label);
            }
        }
        self.tree = Tree::from_vec(entries);
        moved
    }

    /// Whether the rows bear labels; they lack them just after the comparator was taken away.
    fn is_labelled(&self) -> bool {
        self.tree.get(0).is_some_and(|entry| entry.label.is_some())
    }

    fn scan(&mut self, entry: &Entry) -> Option<usize> {
        self.scans += 1;
        self.position(entry)
    }

    fn search(&self, entry: &Entry) -> Result<usize, usize> {
        let Some(sorting) = &self.sorting else {
            return self.tree.search(|other| self.compare(other, entry));
        };
        let mut found = Err(0);
        sorting.seek(&*entry.item, &mut |stands| {
            found = self.tree.search(|other| {
                if Rc::ptr_eq(&other.item, &entry.item) {
                    return Ordering::Equal;
                }
                (other.prefix.cmp(&entry.prefix))
                    .then_with(|| stands(&*other.item))
                    .then_with(|| other.item.id().cmp(&entry.item.id()))
            });
        });
        found
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        if Rc::ptr_eq(&a.item, &b.item) {
            return Ordering::Equal;
        }
        match (&self.sorting, &a.label, &b.label) {
            (None, Some(a), Some(b)) => a.get().cmp(&b.get()),
            (Some(sorting), ..) => (a.prefix.cmp(&b.prefix))
                .then_with(|| sorting.compare(&*a.item, &*b.item))
                .then_with(|| a.item.id().cmp(&b.item.id())),
            (None, ..) => Ordering::Equal,
        }
    }

    /// Gives `entry` a label between the rows at `rank - 1` and `rank`, spreading the labels
    /// around if these two leave no room; whether there was any.
    fn open(&self, rank: usize, entry: &Entry, beside: Beside) -> bool {
        let Some(label) = &entry.label else {
            return false;
        };
        let value = self.gap(rank, beside).or_else(|| {
            self.spread(rank);
            self.gap(rank, beside)
        });
        if let Some(value) = value {
            label.set(value);
        }
        value.is_some()
    }

    fn gap(&self, rank: usize, beside: Beside) -> Option<u128> {
        let before = rank.checked_sub(1).and_then(|rank| self.label(rank));
        // The tail is no neighbour of the rows before it.
        let is_before_tail = before.is_none_or(|before| before < TAIL);
        let after = self
            .label(rank)
            .filter(|after| !is_before_tail || *after < TAIL);
        let bound = if is_before_tail { TAIL } else { u128::MAX };
        let held = self.held_between(before, after.unwrap_or(bound));
        let (first, last) = (held.first().map(Label::get), held.last().map(Label::get));
        match beside {
            Beside::Previous => label::between(before, first.or(after)),
            Beside::Next => label::between(last.or(before), after),
        }
    }

    /// The places kept between two labels.
    fn held_between(&self, low: Option<u128>, high: u128) -> &[Label] {
        let start = low.map_or(0, |low| {
            (self.held).partition_point(|held| held.get() <= low)
        });
        let end = (self.held).partition_point(|held| held.get() < high);
        self.held.get(start..end).unwrap_or_default()
    }

    fn label(&self, rank: usize) -> Option<u128> {
        self.tree.get(rank)?.label.as_ref().map(Label::get)
    }

    /// Spreads the labels of the smallest stretch around `rank` that offers room enough.
    fn spread(&self, rank: usize) {
        let last = self.end();
        if rank > last {
            return;
        }
        let mut reach = 1;
        loop {
            let start = rank.saturating_sub(reach);
            let end = last.min(rank + reach);
            let before = start.checked_sub(1).and_then(|rank| self.label(rank));
            let after = self.label(end).map_or(TAIL, |after| after.min(TAIL));
            let (low, high) = (before.unwrap_or(0), after);
            let rows = self.tree.range(start..end);
            let mut labels: Vec<Label> = rows.filter_map(|entry| entry.label.clone()).collect();
            for held in self.held_between(before, after) {
                let at = labels.partition_point(|label| label.get() < held.get());
                labels.insert(at, held.clone());
            }
            if let Some(gap) = label::spread(low, high, labels.len()) {
                let mut value = low;
                for label in labels {
                    value += gap;
                    label.set(value);
                }
                return;
            }
            if end - start == last {
                return;
            }
            reach *= 2;
        }
    }
}

#[cfg(test)]
impl Sequence {
    /// Whether no place is kept for an absent row.
    pub(super) const fn is_at_rest(&self) -> bool {
        self.held.is_empty()
    }
}

fn beside<R>(spot: &Spot<R>) -> Beside {
    match spot {
        Spot::Before(_) => Beside::Next,
        Spot::After(_) => Beside::Previous,
    }
}
