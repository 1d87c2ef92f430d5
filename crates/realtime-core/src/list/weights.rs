//! Numbers by rank, with their sums.

use super::{
    diff::ListDiff,
    tree::{Tree, Weigh},
};
use std::fmt;

/// A number for each row of a list, by rank, that knows its sums: how many of the first thousand
/// rows match, how many pixels lie above a row, which row lies at a pixel.
///
/// Each call costs O(log n). [`follow`](Self::follow) keeps the numbers beside the rows of a list
/// that changes.
///
/// ```
/// use realtime_core::list::Weights;
///
/// let mut heights: Weights = [20, 50, 20].into_iter().collect();
/// assert_eq!((heights.total(), heights.before(2)), (90, 70));
/// assert_eq!(heights.at(69), Some(1));
/// heights.insert(0, 10);
/// assert_eq!(heights.at(69), Some(2));
/// assert_eq!(heights.at(100), None);
/// ```
#[derive(Clone)]
pub struct Weights(Tree<u32>);

impl Weigh for u32 {
    fn weight(&self) -> u64 {
        u64::from(*self)
    }
}

impl Weights {
    /// No numbers.
    #[must_use]
    pub fn new() -> Self {
        Self(Tree::new())
    }

    /// How many numbers there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at `rank`.
    #[must_use]
    pub fn get(&self, rank: usize) -> Option<u32> {
        self.0.get(rank).copied()
    }

    /// The sum of all numbers.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.before(self.len())
    }

    /// The sum of the numbers before `rank`.
    #[must_use]
    pub fn before(&self, rank: usize) -> u64 {
        self.0.weight_before(rank)
    }

    /// The rank of the number with which the sum, counted from the first, exceeds `sum`; `None` if
    /// all are no more than that together.
    #[must_use]
    pub fn at(&self, sum: u64) -> Option<usize> {
        self.0.rank_at(sum)
    }

    /// Puts a number before the one at `rank`; a rank past the end appends.
    pub fn insert(&mut self, rank: usize, weight: u32) {
        self.0.insert(rank, weight);
    }

    /// Takes the number at `rank` out.
    pub fn remove(&mut self, rank: usize) -> Option<u32> {
        self.0.remove(rank)
    }

    /// Replaces the number at `rank`, which is returned.
    pub fn set(&mut self, rank: usize, weight: u32) -> Option<u32> {
        self.0.replace(rank, weight)
    }

    /// Follows the rows that the numbers belong to: `weigh` is asked for the rank, in the newer
    /// snapshot, of each row that came or changed. The others keep their numbers.
    ///
    /// Costs O(log n) for each row that `diff` names; where it names most, O(n) for all.
    pub fn follow(&mut self, diff: &ListDiff, mut weigh: impl FnMut(usize) -> u32) {
        if diff.is_wholesale() {
            let old = std::mem::take(self);
            let weights = (0..diff.new_len()).map(|rank| match diff.unchanged(rank) {
                Some(before) => old.get(before).unwrap_or_else(|| weigh(rank)),
                None => weigh(rank),
            });
            *self = weights.collect();
            return;
        }
        for gap in diff.gaps() {
            for _ in gap.old {
                self.remove(gap.new.start);
            }
            for rank in gap.new {
                self.insert(rank, weigh(rank));
            }
        }
        for (_, rank) in diff.changed() {
            self.set(*rank, weigh(*rank));
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<u32> for Weights {
    fn from_iter<I: IntoIterator<Item = u32>>(weights: I) -> Self {
        Self(Tree::from_vec(weights.into_iter().collect()))
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weights")
            .field("len", &self.len())
            .field("total", &self.total())
            .finish()
    }
}
