//! Moving rows of a list in arrival order.

use super::{Applied, ErasedList, sequence::Spot};
use crate::{id::RowId, time::Instant};

impl ErasedList {
    /// Puts the row `id` before the row `before`, or at the end, in O(log n).
    ///
    /// A list with a comparator has no places to choose, so nothing moves there; that, and a row
    /// or neighbour that is not in the list, is counted.
    pub(crate) fn move_before(
        &mut self,
        now: Instant,
        id: &RowId,
        before: Option<&RowId>,
    ) -> Applied {
        self.expire_unless_told(now);
        self.move_row(id, None, &Spot::Before(before.cloned()))
    }

    /// Puts the row `id` after the row `after`, or at the start; else like
    /// [`move_before`](Self::move_before).
    pub(crate) fn move_after(
        &mut self,
        now: Instant,
        id: &RowId,
        after: Option<&RowId>,
    ) -> Applied {
        self.expire_unless_told(now);
        self.move_row(id, None, &Spot::After(after.cloned()))
    }

    /// Moves a row unless a newer move has; whether it stands elsewhere now.
    pub(super) fn move_synced(&mut self, id: &RowId, version: Option<u64>, spot: &Spot) -> bool {
        if self.order.is_sorted() {
            self.stats.sorted_moves += 1;
            return false;
        }
        let entry_of = |id: &RowId| self.rows.get(id).map(|row| row.entry.clone());
        let spot = match spot {
            Spot::Before(None) => Some(Spot::Before(None)),
            Spot::After(None) => Some(Spot::After(None)),
            Spot::Before(Some(next)) => entry_of(next).map(|entry| Spot::Before(Some(entry))),
            Spot::After(Some(last)) => entry_of(last).map(|entry| Spot::After(Some(entry))),
        };
        let (Some(spot), Some(row)) = (spot, self.rows.get_mut(id)) else {
            self.stats.unknown_moves += 1;
            return false;
        };
        if version.is_some() && row.placed() >= version {
            self.stats.ignored_old += 1;
            return false;
        }
        row.set_placed(row.placed().max(version));
        let moved = self.order.move_to(&row.entry, &spot);
        if moved {
            self.pending.order();
        }
        self.stats.applied += 1;
        moved
    }
}
