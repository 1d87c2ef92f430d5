//! Silence of a leader: when to ask it whether it lives, and when to take the lead from it.

use crate::time::Instant;
use std::time::Duration;

/// After how much silence a leader is asked whether it lives. It answers at once, also where its timers
/// are slowed down; only one that is frozen does not.
const DOUBT: Duration = Duration::from_secs(7);
/// How long that answer may take, before the lead is taken away.
const ANSWER: Duration = Duration::from_secs(3);
/// How much longer each tab waits, by chance, so that not all take it at one moment; and how much more
/// one that nobody sees.
const SPREAD_MS: u64 = 300;
const UNSEEN_MS: u64 = 400;
/// A timer that is later than this was held up, and so may have been what it waited for.
const LATE: Duration = Duration::from_secs(2);

/// Since when nothing was heard, and until when there has to be an answer.
#[derive(Debug)]
pub(super) struct Silence {
    since: Instant,
    answer_by: Option<Instant>,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    None,
    Ask,
    Steal,
}

impl Silence {
    pub(super) const fn new(since: Instant) -> Self {
        Self {
            since,
            answer_by: None,
        }
    }

    pub(super) fn next_deadline(&self) -> Instant {
        self.answer_by.unwrap_or(self.since + DOUBT)
    }

    /// The lead is being taken; if that comes to nothing, it is tried again.
    pub(super) fn stealing(&mut self, now: Instant) {
        self.answer_by = Some(now + ANSWER);
    }

    /// Time has passed. `spread` is drawn by chance, up to [`spread`].
    pub(super) fn look(&mut self, now: Instant, spread: Duration) -> Doubt {
        match self.answer_by {
            Some(by) if now < by => Doubt::None,
            Some(by) if now < by + LATE => {
                self.stealing(now);
                Doubt::Steal
            }
            // An answer may wait behind this very timer.
            _ if now >= self.since + DOUBT => {
                self.answer_by = Some(now + ANSWER + spread);
                Doubt::Ask
            }
            _ => Doubt::None,
        }
    }
}

/// How much longer than others a tab waits.
pub(super) fn spread(rng: &mut fastrand::Rng, visible: bool) -> Duration {
    let unseen = if visible { 0 } else { UNSEEN_MS };
    Duration::from_millis(rng.u64(0..=SPREAD_MS) + unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn the_lead_is_taken_from_one_that_was_asked_and_had_time_to_answer() {
        let mut silence = Silence::new(at(0));
        let spread = Duration::from_millis(100);
        assert_eq!(silence.look(at(6_999), spread), Doubt::None);
        assert_eq!(silence.look(at(7_000), spread), Doubt::Ask);
        assert_eq!(silence.look(at(10_099), spread), Doubt::None);
        assert_eq!(silence.look(at(10_100), spread), Doubt::Steal);
        assert_eq!(silence.next_deadline(), at(13_100));
    }

    #[test]
    fn who_was_asleep_asks_again_before_it_takes_anything() {
        let mut silence = Silence::new(at(0));
        assert_eq!(silence.look(at(60_000), Duration::ZERO), Doubt::Ask);
        assert_eq!(silence.look(at(90_000), Duration::ZERO), Doubt::Ask);
        assert_eq!(silence.look(at(93_000), Duration::ZERO), Doubt::Steal);
    }

    #[test]
    fn who_is_not_seen_waits_longer_than_all_who_are() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            assert!(spread(&mut rng, true) < spread(&mut rng, false));
            assert!(spread(&mut rng, false) < Duration::from_secs(1));
        }
    }
}
