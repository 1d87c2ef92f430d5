//! Rewound numbers: telling events that were seen before from a history that is counted anew.

use crate::time::Instant;
use std::{ops::Range, time::Duration};

/// So many events in a row, each after the one before it and all behind ours, are a history counted
/// anew: at once where their numbers were never seen, and else when they have lasted for
/// [`LASTING`], since a server may well send again what it has sent.
const EVENTS: u32 = 3;

/// How long numbers that we have passed must keep coming, with none beyond ours among them.
const LASTING: Duration = Duration::from_secs(30);

/// What is remembered of events behind our position.
#[derive(Debug, Default)]
pub(super) struct Rewind {
    run: Option<Run>,
    /// The numbers that the last hole passed over.
    skipped: Range<u64>,
}

/// Events behind our position, in the order of their numbers.
#[derive(Debug)]
struct Run {
    since: Instant,
    last: u64,
    events: u32,
    /// Whether all of their numbers were passed over by a hole.
    unseen: bool,
}

impl Rewind {
    /// An event beyond our position came.
    pub(super) fn advanced(&mut self) {
        self.run = None;
    }

    /// A hole was noticed: these numbers have never been seen.
    pub(super) fn skipped(&mut self, numbers: Range<u64>) {
        *self = Self {
            run: None,
            skipped: numbers,
        };
    }

    /// An event came that does not lie beyond `ours`; true if the server counts anew, from this one
    /// on.
    pub(super) fn behind(&mut self, now: Instant, seq: u64, ours: u64) -> bool {
        // Our own number again tells nothing: the run goes on without it.
        if seq == ours {
            return false;
        }
        let is_unseen = self.skipped.contains(&seq);
        let run = match self.run.take() {
            Some(run) if run.last < seq => Run {
                last: seq,
                events: run.events.saturating_add(1),
                unseen: run.unseen && is_unseen,
                ..run
            },
            _ => Run {
                since: now,
                last: seq,
                events: 1,
                unseen: is_unseen,
            },
        };
        let lasts = run.unseen || now.saturating_since(run.since) >= LASTING;
        if run.events >= EVENTS && lasts {
            *self = Self::default();
            return true;
        }
        self.run = Some(run);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn three_events_that_a_jump_passed_over_are_enough() {
        let mut rewind = Rewind::default();
        rewind.skipped(58..u64::MAX);
        assert!(!rewind.behind(at(0), 58, u64::MAX));
        // The far one, again and again, changes nothing.
        assert!(!rewind.behind(at(0), u64::MAX, u64::MAX));
        assert!(!rewind.behind(at(0), 59, u64::MAX));
        assert!(rewind.behind(at(0), 60, u64::MAX));
    }

    #[test]
    fn numbers_that_were_seen_must_last_and_go_up() {
        let mut rewind = Rewind::default();
        for second in 0..30 {
            assert!(!rewind.behind(at(second), second, 1_000), "{second}");
        }
        assert!(rewind.behind(at(30), 30, 1_000));
    }

    #[test]
    fn what_is_sent_again_and_again_is_no_new_history() {
        let mut rewind = Rewind::default();
        for second in 0..300 {
            assert!(!rewind.behind(at(second), 55 + second % 3, 60));
        }
    }

    #[test]
    fn one_event_beyond_ours_ends_the_run() {
        let mut rewind = Rewind::default();
        for seq in 0..100 {
            rewind.advanced();
            assert!(!rewind.behind(at(seq * 60), seq, 1_000));
        }
    }
}
