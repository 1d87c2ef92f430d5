//! Alignment: which rows of two orders stand in the same order in both, as many as can be.

use crate::list::sort::merge_sort;

/// The pairs of places that hold the same key, in order, as many as there can be without any two
/// crossing. The keys that are left out were moved, or are in one order alone.
///
/// Costs O(n log n), whatever the keys: they are sorted and not hashed, for peers may choose them.
pub(super) fn align<K: Ord>(old: &[K], new: &[K]) -> Vec<(usize, usize)> {
    let places = new.iter().enumerate().map(|(place, key)| (key, place));
    let places: Vec<(&K, usize)> = merge_sort(places.collect(), Ord::cmp);
    let place_of = |key: &K| {
        let at = places
            .binary_search_by(|(other, _)| (*other).cmp(key))
            .ok()?;
        places.get(at).map(|(_, place)| *place)
    };
    let in_both: Vec<(usize, usize)> = (old.iter().enumerate())
        .filter_map(|(from, key)| Some((from, place_of(key)?)))
        .collect();
    longest_increasing(&in_both)
}

/// The longest part of `pairs` in which the second numbers grow.
///
/// Keeps, for each length, the pair with the smallest second number that a part of this length can
/// end with, and for each pair the one before it.
fn longest_increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, to)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs.get(*end).is_some_and(|pair| pair.1 < *to));
        previous.push(
            length
                .checked_sub(1)
                .and_then(|before| ends.get(before))
                .copied(),
        );
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut longest = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        longest.extend(pairs.get(index));
        next = previous.get(index).copied().flatten();
    }
    longest.reverse();
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_row_that_moves_leaves_all_others_where_they_are() {
        let pairs = align(&["a", "b", "c", "d"], &["b", "c", "d", "a"]);
        assert_eq!(pairs, [(1, 0), (2, 1), (3, 2)]);
        let pairs = align(&["a", "b", "c", "d"], &["d", "a", "x", "c"]);
        assert_eq!(pairs, [(0, 1), (2, 3)]);
        assert_eq!(align::<u8>(&[], &[]), []);
    }

    /// How many pairs the best alignment has, by trying everything.
    fn best(old: &[u8], new: &[u8]) -> usize {
        match (old.split_first(), new.split_first()) {
            (Some((a, old)), Some((b, new))) if a == b => 1 + best(old, new),
            (Some((_, rest)), Some((_, others))) => best(rest, new).max(best(old, others)),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn as_many_rows_as_can_be_are_kept_in_order(
            old in Just((0_u8..7).collect::<Vec<_>>()).prop_shuffle(),
            new in Just((2_u8..9).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let pairs = align(&old, &new);
            prop_assert!(pairs.iter().all(|(from, to)| old[*from] == new[*to]));
            prop_assert!(pairs.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
            prop_assert_eq!(pairs.len(), best(&old, &new));
        }
    }
}
