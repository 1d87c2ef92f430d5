//! A merge sort that survives any comparator.
//!
//! The standard library's sort may panic when the order is not total; an app's comparator over
//! floats easily is not, and a live list must outlive that.

use std::cmp::Ordering;

/// Sorts stably, in O(n log n); in O(n) what is sorted already.
pub(super) fn merge_sort<E>(
    elements: Vec<E>,
    mut compare: impl FnMut(&E, &E) -> Ordering,
) -> Vec<E> {
    let mut runs = runs(elements, &mut compare);
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut rest = runs.into_iter();
        while let Some(left) = rest.next() {
            merged.push(match rest.next() {
                Some(right) => merge(left, right, &mut compare),
                None => left,
            });
        }
        runs = merged;
    }
    runs.pop().unwrap_or_default()
}

/// The stretches that are in order already.
fn runs<E>(elements: Vec<E>, compare: &mut impl FnMut(&E, &E) -> Ordering) -> Vec<Vec<E>> {
    let mut runs: Vec<Vec<E>> = Vec::new();
    for element in elements {
        match runs.last_mut() {
            Some(run)
                if run
                    .last()
                    .is_some_and(|last| compare(last, &element).is_le()) =>
            {
                run.push(element);
            }
            _ => runs.push(vec![element]),
        }
    }
    runs
}

fn merge<E>(left: Vec<E>, right: Vec<E>, compare: &mut impl FnMut(&E, &E) -> Ordering) -> Vec<E> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare(a, b).is_le() {
            &mut left
        } else {
            &mut right
        };
        merged.extend(next.next());
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_stably_like_the_standard_library(
            values in prop::collection::vec((0_u8..10, any::<u8>()), 0..200),
        ) {
            let mut expected = values.clone();
            expected.sort_by_key(|value| value.0);
            prop_assert_eq!(merge_sort(values, |a, b| a.0.cmp(&b.0)), expected);
        }

        #[test]
        fn a_lying_comparator_loses_nothing(
            values in prop::collection::vec(any::<u8>(), 0..200),
            answers in prop::collection::vec(any::<i8>(), 1..50),
        ) {
            let mut answers = answers.iter().cycle();
            let mut sorted = merge_sort(values.clone(), |_, _| answers.next().cmp(&Some(&0)));
            let mut expected = values;
            sorted.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
