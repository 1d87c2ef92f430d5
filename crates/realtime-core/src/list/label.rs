//! Labels that give arrival order: numbers that grow along the list, with gaps for moves.

use std::{cell::Cell, rc::Rc};

/// The gap left between neighbours at first: 64 halvings.
const STEP: u128 = 1 << 64;

/// Where the labels of the tail begin: rows that the server does not know yet, which stand after all
/// that it does. Nothing is ever spread there.
pub(super) const TAIL: u128 = u128::MAX - u128::MAX / 8;

/// The label of a row of the tail. Grows with both numbers.
pub(super) fn in_tail(mutation: u64, edit: usize) -> u128 {
    const GAP: u32 = 24;
    let edit = edit.min((1 << GAP) - 1) as u128;
    TAIL + (u128::from(mutation) << (2 * GAP)) + (edit << GAP)
}

/// A row's place in arrival order. The list's entry and the row's own record share it, so that
/// giving a stretch of rows new labels touches neither the tree's nodes nor the map of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Label(Rc<Cell<u128>>);

impl Label {
    pub(super) fn new(value: u128) -> Self {
        Self(Rc::new(Cell::new(value)))
    }

    pub(super) fn get(&self) -> u128 {
        self.0.get()
    }

    pub(super) fn set(&self, value: u128) {
        self.0.set(value);
    }

    /// Whether both are the place of one row, and not just equal.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// A value between the two neighbours; `None` if they leave no room.
pub(super) fn between(low: Option<u128>, high: Option<u128>) -> Option<u128> {
    let (low, high) = match (low, high) {
        (None, None) => return Some(TAIL / 2),
        (Some(low), None) if low <= TAIL - STEP => return Some(low + STEP),
        (None, Some(high)) if high > STEP => return Some(high - STEP),
        (Some(low), None) if low >= TAIL => (low, u128::MAX),
        (low, high) => (low.unwrap_or(0), high.unwrap_or(TAIL)),
    };
    (high.saturating_sub(low) >= 2).then(|| low + (high - low) / 2)
}

/// Values for a list of `count` rows, from the first to the last.
pub(super) fn fresh(count: usize) -> impl Iterator<Item = u128> {
    let first = (TAIL / 2).saturating_sub(STEP.saturating_mul(count as u128 / 2));
    (0..count).map(move |index| first.saturating_add(STEP.saturating_mul(index as u128)))
}

/// The gap that `count` rows get when spread evenly between two labels, if it is wide enough.
///
/// The wider a stretch, the wider the gaps asked of it. So a stretch that has just been spread
/// takes as many insertions as it has rows before it must be spread again, and the cost of
/// spreading stays logarithmic on average, even if every move goes to one spot.
pub(super) fn spread(low: u128, high: u128, count: usize) -> Option<u128> {
    let gap = high.saturating_sub(low) / (count as u128 + 1);
    (gap >= 2 * count as u128 + 2).then_some(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_lies_strictly_between_its_neighbours_or_is_refused() {
        assert_eq!(between(Some(4), Some(6)), Some(5));
        assert_eq!(between(Some(4), Some(5)), None);
        assert_eq!(between(Some(4), Some(4)), None);
        assert_eq!(between(Some(TAIL - 2), None), Some(TAIL - 1));
        assert_eq!(between(Some(TAIL - 1), None), None);
        assert_eq!(between(Some(u128::MAX - 2), None), Some(u128::MAX - 1));
        assert_eq!(between(Some(u128::MAX), None), None);
        assert_eq!(between(None, Some(0)), None);
    }

    #[test]
    fn the_tail_is_in_the_order_of_the_edits_and_after_everything_else() {
        let labels = [(1, 0), (1, 1), (1, 9), (2, 0), (u64::MAX, usize::MAX)];
        let labels = labels.map(|(mutation, edit)| in_tail(mutation, edit));
        assert!(labels.is_sorted_by(|a, b| a < b) && labels[0] > TAIL);
        assert!(fresh(1_000_000).all(|label| label < TAIL));
    }

    #[test]
    fn fresh_labels_grow_by_one_step() {
        let labels: Vec<_> = fresh(5).collect();
        assert!(labels.is_sorted_by(|a, b| a + STEP == *b));
    }

    #[test]
    fn a_wider_stretch_must_offer_wider_gaps() {
        assert_eq!(spread(0, 20, 2), Some(6));
        assert_eq!(spread(0, 60, 9), None);
    }
}
