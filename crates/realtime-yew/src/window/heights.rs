//! Heights of rows, and so where the rows lie.

use super::options::RowHeight;
use realtime_core::{
    OrderedMap,
    list::{ListDiff, Weights},
};

/// Heights are counted in these parts of a pixel, as browsers do, so that sums of them are exact.
const PARTS: f64 = 64.0;

/// The heights of a list's rows, and their sums. Each question costs O(log n).
pub(crate) enum Heights<K> {
    Fixed {
        pixels: f64,
        len: usize,
    },
    Measured {
        estimate: u32,
        /// By rank.
        parts: Weights,
        /// Those that were measured, of rows that are in the list.
        known: OrderedMap<K, u32>,
    },
}

impl<K: Clone + Ord> Heights<K> {
    pub(super) fn new(height: RowHeight) -> Self {
        match height {
            RowHeight::Fixed(pixels) => Self::Fixed { pixels, len: 0 },
            RowHeight::Measured(estimate) => Self::Measured {
                estimate: to_parts(estimate),
                parts: Weights::new(),
                known: OrderedMap::new(),
            },
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Fixed { len, .. } => *len,
            Self::Measured { parts, .. } => parts.len(),
        }
    }

    /// How far the row at `rank` lies below the top of the list, in pixels; of a rank past the end,
    /// the height of the whole list.
    pub(super) fn offset(&self, rank: usize) -> f64 {
        match self {
            Self::Fixed { pixels, len } => pixels * rank.min(*len) as f64,
            Self::Measured { parts, .. } => parts.before(rank) as f64 / PARTS,
        }
    }

    /// The height of the whole list.
    pub(super) fn total(&self) -> f64 {
        self.offset(self.len())
    }

    /// The row that lies so many pixels below the top of the list; the last one if that is past the
    /// end.
    pub(super) fn at(&self, offset: f64) -> usize {
        let rank = match self {
            Self::Fixed { pixels, .. } => Some((offset / pixels) as usize),
            Self::Measured { parts, .. } => parts.at((offset.max(0.0) * PARTS) as u64),
        };
        let last = self.len().saturating_sub(1);
        rank.map_or(last, |rank| rank.min(last))
    }

    /// Follows the list; the keys of its rows are told by their ranks.
    pub(super) fn follow(
        &mut self,
        diff: &ListDiff,
        old_key: impl Fn(usize) -> Option<K>,
        new_key: impl Fn(usize) -> Option<K>,
    ) {
        match self {
            Self::Fixed { len, .. } => *len = diff.new_len(),
            Self::Measured {
                estimate,
                parts,
                known,
            } => {
                parts.follow(diff, |rank| {
                    let measured = new_key(rank).and_then(|key| known.get(&key).copied());
                    measured.unwrap_or(*estimate)
                });
                if known.is_empty() {
                    return;
                }
                let come = diff.gaps().flat_map(|gap| gap.new).filter_map(&new_key);
                let come: OrderedMap<K, ()> = come.map(|key| (key, ())).collect();
                let gone = diff.gaps().flat_map(|gap| gap.old).filter_map(old_key);
                for key in gone.filter(|key| !come.contains_key(key)) {
                    known.remove(&key);
                }
            }
        }
    }

    /// The row at `rank`, which is `key`, was measured; by how many pixels its height is another.
    pub(super) fn measure(&mut self, rank: usize, key: K, pixels: f64) -> f64 {
        let Self::Measured { parts, known, .. } = self else {
            return 0.0;
        };
        let new = to_parts(pixels);
        match parts.set(rank, new) {
            Some(old) => {
                known.insert(key, new);
                (f64::from(new) - f64::from(old)) / PARTS
            }
            None => 0.0,
        }
    }
}

/// A row that takes no room is still somewhere.
fn to_parts(pixels: f64) -> u32 {
    ((pixels * PARTS).round() as u32).max(1)
}
