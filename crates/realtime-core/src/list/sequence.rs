//! The rows in their order: sorted, equal ones by id, or as they arrived and were moved.

use super::{
    item::Item,
    label::{self, Label, TAIL},
    sort::merge_sort,
    sorting::Sorting,
    tree::{Tree, Weigh},
};
use crate::id::RowId;
use std::{cmp::Ordering, rc::Rc};

/// One row as the order holds it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) item: Item,
    /// The place in arrival order; sorted lists have none.
    pub(super) label: Option<Label>,
    /// What a sorted list compares before it looks at the items. In arrival order it tells the rows apart
    /// that stand on one label: the label's own is zero.
    pub(super) number: u64,
}

impl Entry {
    /// A row that no order compares yet.
    pub(super) const fn new(item: Item) -> Self {
        Self {
            item,
            label: None,
            number: 0,
        }
    }

    /// What arrival order compares.
    pub(super) fn place(&self) -> Option<(u128, u64)> {
        Some((self.label.as_ref()?.get(), self.number))
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

impl<R> Spot<R> {
    pub(super) const fn neighbour(&self) -> Option<&R> {
        match self {
            Self::Before(neighbour) | Self::After(neighbour) => neighbour.as_ref(),
        }
    }

    /// The spot beside what `of` makes of the neighbour; `None` if that is nothing.
    pub(super) fn of<S>(&self, of: impl Fn(&R) -> Option<S>) -> Option<Spot<S>> {
        Some(match self {
            Self::Before(None) => Spot::Before(None),
            Self::After(None) => Spot::After(None),
            Self::Before(Some(next)) => Spot::Before(Some(of(next)?)),
            Self::After(Some(previous)) => Spot::After(Some(of(previous)?)),
        })
    }
}

/// The order of a list. Always finds a row by what it looked like when it was put in place, so a
/// change costs O(log n).
#[derive(Clone)]
pub(super) struct Sequence {
    tree: Tree<Entry>,
    sorting: Option<Sorting>,
    /// How often the comparator contradicted itself, and the row had to be looked for one by one.
    scans: u64,
}

impl Sequence {
    pub(super) fn new(sorting: Option<Sorting>) -> Self {
        Self {
            tree: Tree::new(),
            sorting,
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
        let number = self.sorting.as_ref().map(|it| it.prefix(&*item));
        Entry {
            number: number.unwrap_or_default(),
            ..Entry::new(item)
        }
    }

    /// Puts a new row where it sorts, or at the end.
    pub(super) fn insert(&mut self, item: Item) -> Entry {
        let mut entry = self.entry(item);
        if self.sorting.is_some() {
            self.put(&entry);
        } else {
            let end = self.tree.len();
            let label = Label::default();
            self.open(end, &label);
            entry.label = Some(label);
            self.tree.insert(end, entry.clone());
        }
        entry
    }

    /// Puts a row in the place that it has.
    pub(super) fn put(&mut self, entry: &Entry) {
        let rank = self.search(entry).unwrap_or_else(|rank| rank);
        self.tree.insert(rank, entry.clone());
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        if let Some(rank) = self.rank(entry).or_else(|| self.scan(entry)) {
            self.tree.remove(rank);
        }
    }

    /// Puts `item` in the place of `entry`, and tells whether it stands elsewhere now.
    pub(super) fn replace(&mut self, entry: &Entry, item: Item) -> (Entry, bool) {
        let new = match &entry.label {
            Some(_) => Entry {
                item,
                ..entry.clone()
            },
            None => self.entry(item),
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

    /// Moves a row of a list in arrival order; the row in its new place, if that is another.
    pub(super) fn move_to(&mut self, entry: &Entry, spot: &Spot<Entry>) -> Option<Entry> {
        let from = self.rank(entry)?;
        let to = match spot {
            Spot::Before(Some(next)) => self.rank(next)?,
            Spot::Before(None) => self.tree.len(),
            Spot::After(Some(previous)) => self.rank(previous)? + 1,
            Spot::After(None) => 0,
        };
        // While the row is still there, so that its old label goes on saying where that was.
        let label = Label::default();
        if to == from || to == from + 1 || !self.open(to, &label) {
            return None;
        }
        let moved = Entry {
            label: Some(label),
            ..entry.clone()
        };
        self.tree.remove(from);
        let to = if to > from { to - 1 } else { to };
        self.tree.insert(to, moved.clone());
        Some(moved)
    }

    /// How many rows in arrival order stand no later than this place.
    pub(super) fn up_to(&self, place: (u128, u64)) -> usize {
        let is_later = |entry: &Entry| match entry.place() > Some(place) {
            true => Ordering::Greater,
            false => Ordering::Less,
        };
        self.tree.search(is_later).unwrap_or_else(|rank| rank)
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
                (other.number.cmp(&entry.number))
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
            (None, Some(left), Some(right)) => {
                (left.get().cmp(&right.get())).then_with(|| a.number.cmp(&b.number))
            }
            (Some(sorting), ..) => (a.number.cmp(&b.number))
                .then_with(|| sorting.compare(&*a.item, &*b.item))
                .then_with(|| a.item.id().cmp(&b.item.id())),
            (None, ..) => Ordering::Equal,
        }
    }

    /// Gives `label` a value between the rows at `rank - 1` and `rank`, spreading the labels around if
    /// these two leave no room; whether there was any.
    fn open(&self, rank: usize, label: &Label) -> bool {
        let value = self.gap(rank).or_else(|| {
            self.spread(rank);
            self.gap(rank)
        });
        if let Some(value) = value {
            label.set(value);
        }
        value.is_some()
    }

    fn gap(&self, rank: usize) -> Option<u128> {
        let before = rank.checked_sub(1).and_then(|rank| self.label(rank));
        label::between(before, self.label(rank))
    }

    fn label(&self, rank: usize) -> Option<u128> {
        self.tree.get(rank)?.label.as_ref().map(Label::get)
    }

    /// Spreads the labels of the smallest stretch around `rank` that offers room enough.
    fn spread(&self, rank: usize) {
        let last = self.tree.len();
        let mut reach = 1;
        loop {
            let start = rank.saturating_sub(reach);
            let end = last.min(rank + reach);
            let before = start.checked_sub(1).and_then(|rank| self.label(rank));
            let low = before.unwrap_or(0);
            let high = self.label(end).unwrap_or(TAIL);
            if let Some(gap) = label::spread(low, high, end - start) {
                let labels = (self.tree.range(start..end)).filter_map(|entry| entry.label.as_ref());
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
