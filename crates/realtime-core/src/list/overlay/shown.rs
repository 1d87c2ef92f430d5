//! Shown rows: the synced ones, but for those that edits change, hide, insert or put elsewhere.
//!
//! In arrival order a row that an edit has put somewhere stands on the label of the synced row before
//! that place, with a number of its own. So it keeps its place whatever becomes of the labels around it;
//! when the synced row leaves its label, those that stand on it go to the synced row before.

use crate::{
    id::RowId,
    list::{
        item::Item,
        label::{self, Label, TAIL},
        sequence::{Entry, Sequence, Spot},
    },
    ordered::OrderedMap,
    overlay::LayerId,
};
use std::{ops::Range, rc::Rc};

/// The step between the numbers on one label.
const STEP: u64 = 1 << 32;

/// The rows in their order as they are shown.
pub(super) struct Shown {
    order: Sequence,
    /// Those with edits; one that is hidden is not here.
    edited: OrderedMap<RowId, Entry>,
    /// The label before all synced rows.
    head: Label,
}

impl Shown {
    /// The synced rows, as long as none is edited.
    pub(super) fn new(synced: &Sequence) -> Self {
        Self {
            order: synced.clone(),
            edited: OrderedMap::new(),
            head: Label::default(),
        }
    }

    pub(super) const fn order(&self) -> &Sequence {
        &self.order
    }

    /// A row with edits.
    pub(super) fn edited(&self, id: &RowId) -> Option<&Entry> {
        self.edited.get(id)
    }

    /// A row of the synced ones has edits from now on.
    pub(super) fn begin(&mut self, id: &RowId, synced: Option<&Entry>) {
        if let Some(synced) = synced {
            self.edited.insert(id.clone(), synced.clone());
        }
    }

    /// A row has no edits any more.
    pub(super) fn end(&mut self, id: &RowId, synced: Option<&Entry>) {
        self.hide(id);
        if let Some(synced) = synced {
            self.order.put(synced);
        }
    }

    /// A row with edits is not shown, and has no place.
    pub(super) fn hide(&mut self, id: &RowId) -> Option<Entry> {
        let entry = self.edited.remove(id)?;
        self.order.remove(&entry);
        Some(entry)
    }

    /// Shows a row with edits.
    pub(super) fn show(&mut self, id: &RowId, entry: Entry) {
        self.hide(id);
        self.order.put(&entry);
        self.edited.insert(id.clone(), entry);
    }

    /// A row with edits goes by another id, and stands where an edit has put either.
    pub(super) fn rename(&mut self, from: &RowId, to: &RowId) {
        if let Some(entry) = self.hide(from)
            && is_placed(&entry)
            && !self.edited.get(to).is_some_and(is_placed)
        {
            self.show(to, entry);
        }
    }

    /// `item` at a spot among the shown rows; `None` if the neighbour is not there.
    pub(super) fn placed(
        &mut self,
        item: &Item,
        spot: &Spot<Entry>,
        synced: &Sequence,
    ) -> Option<Entry> {
        let (label, rank) = match spot {
            Spot::After(None) => (self.head.clone(), 0),
            Spot::After(Some(previous)) => {
                let rank = self.order.rank(previous)?;
                (previous.label.clone()?, rank + 1)
            }
            Spot::Before(None) => self.before(TAIL, synced),
            Spot::Before(Some(next)) => {
                let rank = self.order.rank(next)?;
                let label = next.label.clone()?;
                let previous = rank.checked_sub(1).and_then(|it| self.order.tree().get(it));
                let previous = previous.and_then(|previous| previous.label.clone());
                let in_tail = |label: &Label| label.get() >= TAIL;
                match previous.filter(in_tail).filter(|_| !is_placed(next)) {
                    Some(previous) => (previous, rank),
                    None if is_placed(next) => (label, rank),
                    None => self.before(label.get().min(TAIL), synced),
                }
            }
        };
        if self.room(&label, rank).is_none() {
            self.stand_on(self.on(&label), &label);
        }
        Some(Entry {
            number: self.room(&label, rank)?,
            label: Some(label),
            ..Entry::new(Rc::clone(item))
        })
    }

    /// `item` after all that the server knows, and among those like it in the order of the edits that made
    /// them; in a sorted list where it sorts.
    pub(super) fn last(&self, item: Item, made_by: LayerId) -> Entry {
        let value = label::in_tail(made_by.mutation.as_u64(), made_by.edit);
        Entry {
            label: Some(Label::new(value)),
            ..self.order.entry(item)
        }
    }

    /// A row without edits was `before`, and is `now`; whether that moved it though it stands on the same label.
    pub(super) fn follow(&mut self, before: Option<&Entry>, now: Option<&Entry>) -> bool {
        if let (Some(before), Some(now)) = (before, now)
            && is_on(now, before.label.as_ref())
        {
            return self.order.replace(before, Rc::clone(&now.item)).1;
        }
        if let Some(before) = before {
            self.order.remove(before);
        }
        if let Some(now) = now {
            self.order.put(now);
        }
        false
    }

    /// The synced row `before` is `now`. If it has left its label, what edits have put there goes to the synced
    /// row before it; if it has moved right after `previous`, what they have put there comes after it. Whether
    /// there is any such.
    pub(super) fn relabel(
        &mut self,
        before: Option<&Entry>,
        now: Option<&Entry>,
        previous: Option<Option<&Entry>>,
        synced: &Sequence,
    ) -> bool {
        let before = before.and_then(|entry| entry.label.as_ref());
        if now.is_some_and(|now| is_on(now, before)) {
            return false;
        }
        if let Some(label) = before {
            let left = self.on(label);
            if !left.is_empty() {
                let (last, _) = self.before(label.get(), synced);
                self.stand_on(self.on(&last).start..left.end, &last);
            }
        }
        let (Some(previous), Some(label)) = (previous, now.and_then(|now| now.label.as_ref()))
        else {
            return false;
        };
        let previous = previous.map_or(Some(&self.head), |previous| previous.label.as_ref());
        let ranks = previous.map_or(0..0, |previous| self.on(previous));
        let is_any = !ranks.is_empty();
        self.stand_on(ranks, label);
        is_any
    }

    /// The last synced row before a label, and the rank after all that stands on it.
    fn before(&self, label: u128, synced: &Sequence) -> (Label, usize) {
        let rank = synced.up_to((label.saturating_sub(1), u64::MAX));
        let last = rank.checked_sub(1).and_then(|it| synced.tree().get(it));
        let label = last.and_then(|entry| entry.label.as_ref());
        let label = label.unwrap_or(&self.head).clone();
        let end = self.on(&label).end;
        (label, end)
    }

    /// The ranks of the rows that edits have put on a label.
    fn on(&self, label: &Label) -> Range<usize> {
        let of = |number| self.order.up_to((label.get(), number));
        of(0)..of(u64::MAX)
    }

    /// Puts rows that edits have put somewhere on this label, in their order.
    fn stand_on(&mut self, ranks: Range<usize>, label: &Label) {
        let rows: Vec<Entry> = self.order.tree().range(ranks).cloned().collect();
        for row in &rows {
            self.order.remove(row);
        }
        for (row, number) in rows.into_iter().zip(1..) {
            let id = row.item.id();
            let entry = Entry {
                label: Some(label.clone()),
                number: STEP * number,
                ..row
            };
            self.order.put(&entry);
            self.edited.insert(id, entry);
        }
    }

    /// The number that a row gets on this label at this rank, if there is room.
    fn room(&self, label: &Label, rank: usize) -> Option<u64> {
        let number = |rank| {
            let entry = self.order.tree().get(rank)?;
            is_on(entry, Some(label)).then_some(entry.number)
        };
        let low = rank.checked_sub(1).and_then(number).unwrap_or(0);
        match number(rank) {
            None => low.checked_add(STEP),
            Some(high) => (high - low >= 2).then(|| low + (high - low) / 2),
        }
    }
}

/// Whether an edit has put the row where it stands.
fn is_placed(entry: &Entry) -> bool {
    entry.label.is_some() && entry.number > 0
}

/// Whether the row stands on this label, or in a sorted list as there is none.
fn is_on(entry: &Entry, label: Option<&Label>) -> bool {
    match (&entry.label, label) {
        (Some(own), Some(label)) => own.is(label),
        (own, label) => own.is_none() && label.is_none(),
    }
}
