//! Sort keys: what a list can be sorted by without a comparator.

use std::{
    cmp::{Ordering, Reverse},
    rc::Rc,
};

/// What [`ListOptions::with_sort_key`](super::ListOptions::with_sort_key) sorts by: numbers, `bool`,
/// `char`, strings, and of these `Option`s, pairs, triples and [`Reverse`].
///
/// A sorted list keeps the [prefix](Self::prefix) of each row's key beside the row, so that a search
/// reads one short array where a comparator reads a row for every step.
///
/// For a type of your own:
///
/// ```
/// use realtime_core::SortKey;
/// use std::cmp::Ordering;
///
/// enum Urgency { High, Low }
///
/// impl SortKey for Urgency {
///     fn prefix(&self) -> u64 {
///         match self {
///             Self::High => 0,
///             Self::Low => 1,
///         }
///     }
///
///     // The prefix says it all.
///     fn order(&self, other: &Self) -> Ordering {
///         self.prefix().cmp(&other.prefix())
///     }
/// }
/// ```
pub trait SortKey {
    /// A number that never falls as keys grow: of two keys, the smaller has no greater prefix. Keys
    /// that differ may share one.
    fn prefix(&self) -> u64;

    /// How this key stands to another: a total order.
    fn order(&self, other: &Self) -> Ordering;
}

macro_rules! unsigned {
    ($($number:ty)*) => {$(
        impl SortKey for $number {
            fn prefix(&self) -> u64 {
                u64::from(*self)
            }

            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}

unsigned! { bool char u8 u16 u32 u64 }

/// Signed numbers begin with the negative ones when their sign bit is turned.
const SIGN: u64 = 1 << 63;

macro_rules! signed {
    ($($number:ty)*) => {$(
        impl SortKey for $number {
            fn prefix(&self) -> u64 {
                i64::from(*self).cast_unsigned() ^ SIGN
            }

            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}

signed! { i8 i16 i32 i64 }

impl SortKey for usize {
    fn prefix(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

/// In the order of [`f64::total_cmp`], in which even NaN has its place.
impl SortKey for f64 {
    fn prefix(&self) -> u64 {
        let bits = self.to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

/// In the order of [`f32::total_cmp`], in which even NaN has its place.
impl SortKey for f32 {
    fn prefix(&self) -> u64 {
        // All f32 are f64, in the same order; but a NaN may lose its sign on the way.
        const SIGN: u32 = 1 << 31;
        let bits = self.to_bits();
        u64::from(if bits & SIGN == 0 { bits | SIGN } else { !bits })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

/// By their bytes, which is the order of `str`.
impl SortKey for str {
    fn prefix(&self) -> u64 {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(self.bytes()) {
            *to = from;
        }
        u64::from_be_bytes(first)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl SortKey for String {
    fn prefix(&self) -> u64 {
        self.as_str().prefix()
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl<K: SortKey + ?Sized> SortKey for Rc<K> {
    fn prefix(&self) -> u64 {
        (**self).prefix()
    }

    fn order(&self, other: &Self) -> Ordering {
        (**self).order(other)
    }
}

/// The greatest first.
impl<K: SortKey> SortKey for Reverse<K> {
    fn prefix(&self) -> u64 {
        !self.0.prefix()
    }

    fn order(&self, other: &Self) -> Ordering {
        other.0.order(&self.0)
    }
}

/// `None` first.
impl<K: SortKey> SortKey for Option<K> {
    fn prefix(&self) -> u64 {
        // Half of the numbers are for what is there; its last bit is left to `order`.
        self.as_ref().map_or(0, |key| SIGN | key.prefix() >> 1)
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Some(one), Some(two)) => one.order(two),
            (one, two) => one.is_some().cmp(&two.is_some()),
        }
    }
}

/// By the first; by the second where the first are equal.
impl<A: SortKey, B: SortKey> SortKey for (A, B) {
    fn prefix(&self) -> u64 {
        self.0.prefix()
    }

    fn order(&self, other: &Self) -> Ordering {
        let first = self.0.order(&other.0);
        first.then_with(|| self.1.order(&other.1))
    }
}

/// By the first; where these are equal by the second, and then by the third.
impl<A: SortKey, B: SortKey, C: SortKey> SortKey for (A, B, C) {
    fn prefix(&self) -> u64 {
        self.0.prefix()
    }

    fn order(&self, other: &Self) -> Ordering {
        let first = self.0.order(&other.0);
        let second = first.then_with(|| self.1.order(&other.1));
        second.then_with(|| self.2.order(&other.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check<K: SortKey>(one: &K, two: &K, expected: Ordering) -> Result<(), TestCaseError> {
        prop_assert_eq!(one.order(two), expected);
        let prefixes = one.prefix().cmp(&two.prefix());
        prop_assert!(prefixes == expected || prefixes.is_eq(), "{prefixes:?}");
        Ok(())
    }

    proptest! {
        #[test]
        fn integers_keep_their_order(one: i64, two: i64, three: u64, four: u64, five: i16, six: i16) {
            check(&one, &two, one.cmp(&two))?;
            check(&three, &four, three.cmp(&four))?;
            check(&five, &six, five.cmp(&six))?;
            check(&Reverse(one), &Reverse(two), two.cmp(&one))?;
            check(&Some(one), &Some(two), one.cmp(&two))?;
            check(&None, &Some(two), Ordering::Less)?;
            check(&(five, one), &(six, two), (five, one).cmp(&(six, two)))?;
            check(&(five, one, three), &(five, one, four), three.cmp(&four))?;
        }

        #[test]
        fn floats_keep_their_total_order(one: u64, two: u64, three: u32, four: u32) {
            let (one, two) = (f64::from_bits(one), f64::from_bits(two));
            check(&one, &two, one.total_cmp(&two))?;
            let (three, four) = (f32::from_bits(three), f32::from_bits(four));
            check(&three, &four, three.total_cmp(&four))?;
        }

        #[test]
        fn strings_keep_their_order(one in "\\PC{0,12}", two in "\\PC{0,12}", shared in "[a-b]{0,12}") {
            check(&one, &two, one.cmp(&two))?;
            let (one, two) = (format!("{shared}{one}"), format!("{shared}{two}"));
            check(&Rc::<str>::from(&*one), &Rc::from(&*two), one.cmp(&two))?;
        }
    }
}
