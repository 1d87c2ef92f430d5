//! The values that one field of one task may have.

use super::{Fate, Verdict};
use std::fmt::Debug;

#[derive(Clone, Debug)]
struct Write<T> {
    ticket: Option<usize>,
    value: T,
    begun: u64,
    ended: u64,
    fate: Fate,
}

/// Everything that was to be written to a field.
#[derive(Clone, Debug)]
pub(super) struct Writes<T>(Vec<Write<T>>);

impl<T: PartialEq + Debug> Writes<T> {
    /// A field that had `value` before anybody wrote to it.
    pub(super) fn since_ever(value: T) -> Self {
        Self(vec![Write {
            ticket: None,
            value,
            begun: 0,
            ended: 0,
            fate: Fate::Done,
        }])
    }

    pub(super) fn begin(&mut self, ticket: usize, now: u64, value: T) {
        self.0.push(Write {
            ticket: Some(ticket),
            value,
            begun: now,
            ended: u64::MAX,
            fate: Fate::Unknown,
        });
    }

    /// Does nothing if the ticket is another field's.
    pub(super) fn end(&mut self, ticket: usize, now: u64, fate: Fate) {
        let ours = self.0.iter_mut().find(|write| write.ticket == Some(ticket));
        if let Some(write) = ours {
            write.fate = fate;
            write.ended = if fate == Fate::Done { now } else { u64::MAX };
        }
    }

    /// What the field may hold in the end: all that was written, but for what was certainly overwritten, by a write
    /// that was done and was begun when this one was done already.
    fn possible(&self) -> Vec<&T> {
        let is_overwritten = |write: &Write<T>| {
            self.0
                .iter()
                .any(|later| later.fate == Fate::Done && later.begun > write.ended)
        };
        let mut possible: Vec<&T> = Vec::new();
        for write in &self.0 {
            let may_hold = write.fate != Fate::Unsent && !is_overwritten(write);
            if may_hold && !possible.contains(&&write.value) {
                possible.push(&write.value);
            }
        }
        possible
    }

    /// Whether the field may hold `held`; if not, what it should hold.
    pub(super) fn judge(&self, held: &T, verdict: &mut Verdict) -> Option<String> {
        let possible = self.possible();
        if !possible.contains(&held) {
            return Some(format!("has {held:?} and should have one of {possible:?}"));
        }
        if possible.len() == 1 {
            verdict.certain += 1;
        } else {
            verdict.open += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_done_leaves_nothing_of_those_before_it() {
        let mut writes = Writes::since_ever("a");
        writes.begin(1, 1, "b");
        assert_eq!(writes.possible(), [&"a", &"b"]);
        writes.end(1, 2, Fate::Done);
        assert_eq!(writes.possible(), [&"b"]);
    }

    #[test]
    fn of_two_at_once_either_may_be_the_last() {
        let mut writes = Writes::since_ever("a");
        writes.begin(1, 1, "b");
        writes.begin(2, 2, "c");
        writes.end(1, 3, Fate::Done);
        writes.end(2, 4, Fate::Done);
        assert_eq!(writes.possible(), [&"b", &"c"]);
    }

    #[test]
    fn one_of_unknown_end_may_come_at_any_time_and_one_unsent_never() {
        let mut writes = Writes::since_ever("a");
        writes.begin(1, 1, "b");
        writes.end(1, 2, Fate::Unknown);
        writes.begin(2, 3, "c");
        writes.end(2, 4, Fate::Unsent);
        writes.begin(3, 5, "d");
        writes.end(3, 6, Fate::Done);
        assert_eq!(writes.possible(), [&"b", &"d"]);
    }
}
