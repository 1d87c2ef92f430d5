//! Places in the log.

use std::{fmt, str::FromStr};

/// The place of an entry in the log. Redis gives it: the time in milliseconds, and a number within that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId {
    pub(crate) ms: u64,
    pub(crate) number: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for EntryId {
    type Err = NotAnEntryId;

    fn from_str(text: &str) -> Result<Self, NotAnEntryId> {
        let read = |(ms, number): (&str, &str)| {
            Some(Self {
                ms: ms.parse().ok()?,
                number: number.parse().ok()?,
            })
        };
        text.split_once('-').and_then(read).ok_or(NotAnEntryId)
    }
}

/// A text is not the id of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a log's entry")]
pub struct NotAnEntryId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_as_redis_orders_them() {
        let id = |text: &str| text.parse::<EntryId>().unwrap();
        assert!(id("9-5") < id("10-0") && id("10-2") < id("10-10"));
        assert_eq!(id("1700000000000-3").to_string(), "1700000000000-3");
        for bad in ["", "5", "a-1", "1-", "-1", "1-2-3"] {
            assert!(bad.parse::<EntryId>().is_err(), "{bad}");
        }
    }
}
