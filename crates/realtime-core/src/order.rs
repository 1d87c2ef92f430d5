//! Fractional positions: text keys that sort rows, with room between any two.
//!
//! A list that its users reorder keeps a `position` in each row and sorts by it. Moving a row
//! writes one field of one row: a position between those of its new neighbours. Two people who move
//! rows at once write different rows, so both moves survive and everyone ends at the same order.
//!
//! A position is made of the digits `0`–`9`, `A`–`Z`, `a`–`z`, read as a fraction, and compares as
//! text, byte by byte. Moving to the end or the start again and again makes keys grow with the
//! logarithm of the number of moves; moving to one and the same spot again and again costs a digit
//! for about six moves, so see [`needs_rebalance`].
//!
//! Two people who insert at the same place at once, from the same neighbours, get the same key
//! unless chance tells them apart: [`position_between_with`]. Equal keys are not wrong, since lists
//! break ties by id, but nothing can be put between them.
//!
//! ```
//! use realtime_core::order::{position_between, rebalance};
//!
//! let first = position_between(None, None);
//! let last = position_between(Some(&first), None);
//! let middle = position_between(Some(&first), Some(&last));
//! assert!(first < middle && middle < last);
//! assert!(rebalance(1_000).is_sorted());
//! ```

use std::cmp::Ordering;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: usize = DIGITS.len();
const LAST: u8 = 61;

/// How long a key may grow before its list should be given new ones.
const LONG: usize = 48;

/// How often chance halves the room that [`position_between_with`] chooses from.
const HALVINGS: u32 = 18;

/// A position strictly between two others; `None` is the start or the end of the list.
///
/// What is not a position, or a pair that is not in order, comes from a server or a peer gone
/// wrong: foreign bytes count as the nearest digit, and if `before` is not less than `after`, the
/// answer is a position after `before`.
#[must_use]
pub fn position_between(before: Option<&str>, after: Option<&str>) -> String {
    let (before, after) = (before.map(read), after.map(read));
    write(&between(before.as_deref(), after.as_deref()))
}

/// As [`position_between`], at a place chosen by chance, so that two people who insert between the
/// same neighbours at once get different keys: equal ones are one in about 260 000. Costs three
/// digits more.
#[must_use]
pub fn position_between_with(
    rng: &mut fastrand::Rng,
    before: Option<&str>,
    after: Option<&str>,
) -> String {
    let (before, after) = (before.map(read), after.map(read));
    let mut low = between(before.as_deref(), after.as_deref());
    let after = after.filter(|after| low < *after);
    let mut high = between(Some(&low), after.as_deref());
    for _ in 0..HALVINGS {
        let middle = between(Some(&low), Some(&high));
        if rng.bool() {
            low = middle;
        } else {
            high = middle;
        }
    }
    write(&between(Some(&low), Some(&high)))
}

/// Whether a key of `len` bytes is so long that its list should be given the keys of
/// [`rebalance`]. Longer keys still work.
#[must_use]
pub const fn needs_rebalance(len: usize) -> bool {
    len > LONG
}

/// Short keys for `count` rows, in order, evenly spread.
///
/// Writing them is one edit per row, so let one client do it, or the server: two that rebalance at
/// once agree only if they start from the same order.
#[must_use]
pub fn rebalance(count: usize) -> Vec<String> {
    let (mut width, mut room) = (1, BASE as u128);
    while room <= count as u128 {
        width += 1;
        room *= BASE as u128;
    }
    let key = |index: usize| {
        let mut value = (index as u128 + 1) * room / (count as u128 + 1);
        let mut digits = vec![0; width];
        for digit in digits.iter_mut().rev() {
            *digit = u8::try_from(value % BASE as u128).unwrap_or(0);
            value /= BASE as u128;
        }
        write(trimmed(&digits))
    };
    (0..count).map(key).collect()
}

fn read(key: &str) -> Vec<u8> {
    let digit = |byte| {
        let greater = DIGITS.iter().position(|digit| *digit >= byte);
        greater.map_or(LAST, |digit| u8::try_from(digit).unwrap_or(LAST))
    };
    let digits: Vec<u8> = key.bytes().map(digit).collect();
    trimmed(&digits).to_vec()
}

fn write(digits: &[u8]) -> String {
    let byte = |digit: &u8| char::from(DIGITS[usize::from(*digit).min(BASE - 1)]);
    digits.iter().map(byte).collect()
}

/// Without the zeros at the end, which say nothing, and after which nothing would fit.
fn trimmed(digits: &[u8]) -> &[u8] {
    let len = digits.iter().rposition(|digit| *digit != 0);
    &digits[..len.map_or(0, |last| last + 1)]
}

fn between(before: Option<&[u8]>, after: Option<&[u8]>) -> Vec<u8> {
    match (
        before.filter(|key| !key.is_empty()),
        after.filter(|key| !key.is_empty()),
    ) {
        (None, None) => vec![LAST / 2 + 1],
        (Some(before), None) => next(before),
        (None, Some(after)) => previous(after),
        (Some(before), Some(after)) => match before.cmp(after) {
            Ordering::Less => middle(before, after),
            Ordering::Equal | Ordering::Greater => next(before),
        },
    }
}

/// The digits of `key` after its `lead` at the front, as many as can be counted up or down in
/// before the lead has to grow: one more than the lead is long.
fn counter(key: &[u8], lead: u8) -> (usize, Vec<u8>) {
    let leads = key.iter().take_while(|digit| **digit == lead).count();
    let mut digits: Vec<u8> = key.iter().skip(leads).take(leads + 1).copied().collect();
    digits.resize(leads + 1, 0);
    (leads, digits)
}

fn with_lead(lead: u8, leads: usize, counter: &[u8]) -> Vec<u8> {
    let mut key = vec![lead; leads];
    key.extend(counter);
    key
}

/// A key after `key`: its counter and one. When all counters with so many leading last digits are
/// used up, one more is put in front, and the counter is one digit longer.
fn next(key: &[u8]) -> Vec<u8> {
    let (leads, mut digits) = counter(key, LAST);
    loop {
        for digit in digits.iter_mut().rev() {
            *digit = (*digit + 1) % (LAST + 1);
            if *digit != 0 {
                break;
            }
        }
        if digits.first() == Some(&LAST) {
            let mut longer = vec![0; leads + 2];
            longer[leads + 1] = 1;
            return with_lead(LAST, leads + 1, &longer);
        }
        if digits.last() != Some(&0) {
            return with_lead(LAST, leads, &digits);
        }
    }
}

/// A key before `key`: the mirror image of [`next`].
fn previous(key: &[u8]) -> Vec<u8> {
    let (leads, mut digits) = counter(key, 0);
    loop {
        for digit in digits.iter_mut().rev() {
            *digit = digit.checked_sub(1).unwrap_or(LAST);
            if *digit != LAST {
                break;
            }
        }
        if digits.first() == Some(&0) {
            return with_lead(0, leads + 1, &vec![LAST; leads + 2]);
        }
        if digits.last() != Some(&0) {
            return with_lead(0, leads, &digits);
        }
    }
}

/// The shortest key about half way between two keys in order, neither of which ends with a zero.
fn middle(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(after.len() + 1);
    let mut bounded = true;
    for index in 0.. {
        let low = before.get(index).copied().unwrap_or(0);
        let high = match after.get(index) {
            Some(digit) if bounded => *digit,
            _ => LAST + 1,
        };
        if high.saturating_sub(low) > 1 {
            key.push(low + (high - low) / 2);
            break;
        }
        key.push(low);
        bounded = bounded && low == high;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_between(before: Option<&str>, key: &str, after: Option<&str>) -> bool {
        before.is_none_or(|before| before < key) && after.is_none_or(|after| key < after)
    }

    #[test]
    fn appending_and_prepending_ten_thousand_times_keeps_keys_short() {
        for at_end in [true, false] {
            let mut key = position_between(None, None);
            for _ in 0..10_000 {
                let (before, after) = if at_end {
                    (Some(key.as_str()), None)
                } else {
                    (None, Some(key.as_str()))
                };
                let new = position_between(before, after);
                assert!(is_between(before, &new, after), "{new} beside {key}");
                key = new;
            }
            assert!(key.len() <= 6, "{key}");
        }
    }

    #[test]
    fn always_the_same_spot_costs_a_digit_for_five_moves_at_most() {
        for low_side in [true, false] {
            let (mut low, mut high) = (position_between(None, None), String::from("zz"));
            for moves in 1..=1_000 {
                let key = position_between(Some(&low), Some(&high));
                assert!(is_between(Some(&low), &key, Some(&high)));
                assert!(key.len() <= 3 + moves / 5, "{moves} moves: {}", key.len());
                if low_side {
                    high = key;
                } else {
                    low = key;
                }
            }
        }
    }

    #[test]
    fn random_places_cost_a_logarithm() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..10_000 {
            let at = rng.usize(..=keys.len());
            let before = at.checked_sub(1).map(|at| keys[at].as_str());
            let key = position_between(before, keys.get(at).map(String::as_str));
            keys.insert(at, key);
        }
        assert!(keys.is_sorted_by(|a, b| a < b));
        let longest = keys.iter().map(String::len).max();
        assert!(longest <= Some(12), "{longest:?}");
    }

    #[test]
    fn two_people_at_one_spot_get_different_keys() {
        let mut keys = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let key = position_between_with(&mut rng, Some("V"), Some("W"));
            assert!(
                is_between(Some("V"), &key, Some("W")) && key.len() <= 6,
                "{key}"
            );
            keys.insert(key);
        }
        assert_eq!(keys.len(), 100);
    }

    #[test]
    fn long_keys_ask_for_new_ones_and_those_are_short() {
        assert!(!needs_rebalance(48) && needs_rebalance(49));
        for count in [0, 1, 61, 62, 5_000] {
            let keys = rebalance(count);
            assert_eq!(keys.len(), count);
            assert!(keys.is_sorted_by(|a, b| a < b));
            assert!(keys.iter().all(|key| key.len() <= 3 && !key.ends_with('0')));
        }
    }

    proptest! {
        #[test]
        fn a_position_is_strictly_between_any_two(
            before in prop::option::of("[0-9A-Za-z]{0,8}[1-9A-Za-z]"),
            after in prop::option::of("[0-9A-Za-z]{0,8}[1-9A-Za-z]"),
            seed in any::<u64>(),
        ) {
            let (before, after) = match (before, after) {
                (Some(a), Some(b)) if a == b => (Some(a), None),
                (Some(a), Some(b)) => (Some(a.clone().min(b.clone())), Some(a.max(b))),
                ends => ends,
            };
            let (before, after) = (before.as_deref(), after.as_deref());
            let mut rng = fastrand::Rng::with_seed(seed);
            for key in [
                position_between(before, after),
                position_between_with(&mut rng, before, after),
            ] {
                prop_assert!(is_between(before, &key, after), "{:?} {} {:?}", before, key, after);
                prop_assert!(!key.ends_with('0'));
            }
        }

        #[test]
        fn nonsense_gives_a_position_and_no_panic(
            before in prop::option::of(any::<String>()),
            after in prop::option::of(any::<String>()),
        ) {
            let key = position_between(before.as_deref(), after.as_deref());
            prop_assert!(!key.is_empty() && key.bytes().all(|byte| DIGITS.contains(&byte)));
        }
    }
}
