//! Waking: after the clock has jumped, answers are given up only when what waited has been read.
//!
//! While a machine sleeps, what the server sends waits in the socket, and what fetches bring waits in the
//! browser. On waking a timer may well be the first thing to come, long overdue. So nobody but the
//! client's root says that time is up, and it does so late if its timer was late.

use crate::time::Instant;
use std::time::Duration;

/// A timer this late did not fire late: the machine slept, or the page's timers were held back.
const CLOCK_JUMP: Duration = Duration::from_secs(1);

/// How long what waited has to be read after a timer that was a little late: who slept until just after
/// the deadline is not told from who did not.
const BRIEFLY: Duration = Duration::from_millis(100);

/// How often in a row.
const MOST_REPRIEVES: u8 = 2;

/// Whether answers may be given up.
#[derive(Debug)]
pub(super) struct Waking {
    /// How long what waited has to be read.
    reprieve: Duration,
    /// Until when nothing is given up.
    until: Option<Instant>,
    /// How many reprieves in a row what is due now has had.
    reprieves: u8,
}

impl Waking {
    pub(super) const fn new(reprieve: Duration) -> Self {
        Self {
            reprieve,
            until: None,
            reprieves: 0,
        }
    }

    /// Whether what was due at `due` may be given up now. If not, it may be later.
    ///
    /// Who falls asleep again at once gets a second reprieve, but nobody a third: in a hidden page every
    /// timer is late.
    pub(super) fn may_give_up(&mut self, now: Instant, due: Option<Instant>) -> bool {
        let judged_at = due.map(|due| self.put_off(due));
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        let had_one = self.until.zip(due).is_some_and(|(until, due)| due <= until);
        self.until = None;
        if !had_one {
            self.reprieves = 0;
        }
        let late = judged_at.map_or(Duration::ZERO, |at| now.saturating_since(at));
        let is_jump = late > CLOCK_JUMP;
        let is_due = if had_one { !is_jump } else { late.is_zero() };
        if is_due || self.reprieves >= MOST_REPRIEVES {
            self.reprieves = 0;
            return true;
        }
        self.reprieves += 1;
        self.until = Some(now + if is_jump { self.reprieve } else { BRIEFLY });
        false
    }

    /// When something that is due at `due` may be given up, as far as is known.
    pub(super) fn put_off(&self, due: Instant) -> Instant {
        self.until.map_or(due, |until| due.max(until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_late_timer_earns_a_reprieve_and_a_punctual_one_none() {
        let mut waking = Waking::new(Duration::from_secs(3));
        assert!(waking.may_give_up(at(10), Some(at(10))));
        assert!(!waking.may_give_up(at(130), Some(at(20))));
        assert_eq!(waking.put_off(at(20)), at(133));
        assert!(!waking.may_give_up(at(132), Some(at(20))));
        assert!(waking.may_give_up(at(133), Some(at(20))));
        assert_eq!(waking.put_off(at(20)), at(20));
    }

    #[test]
    fn who_falls_asleep_again_gets_a_second_reprieve_and_no_third() {
        let mut waking = Waking::new(Duration::from_secs(3));
        assert!(!waking.may_give_up(at(130), Some(at(20))));
        assert!(!waking.may_give_up(at(300), Some(at(20))));
        assert!(waking.may_give_up(at(600), Some(at(20))), "however late");
        assert!(!waking.may_give_up(at(900), Some(at(700))), "and anew");
    }

    #[test]
    fn a_reprieve_that_nothing_needed_does_not_count_for_the_next_jump() {
        let mut waking = Waking::new(Duration::from_secs(3));
        assert!(!waking.may_give_up(at(130), Some(at(20))));
        // The answer came, and much later there is another sleep.
        assert!(!waking.may_give_up(at(900), Some(at(800))));
        assert!(waking.may_give_up(at(903), Some(at(800))));
    }

    #[test]
    fn a_timer_that_is_a_little_late_waits_a_little() {
        let mut waking = Waking::new(Duration::from_secs(3));
        let now = Instant::from_millis(10_010);
        assert!(!waking.may_give_up(now, Some(at(10))));
        assert_eq!(waking.put_off(at(10)), now + BRIEFLY);
        assert!(waking.may_give_up(now + BRIEFLY, Some(at(10))));
    }

    #[test]
    fn where_nothing_is_due_nothing_is_put_off() {
        let mut waking = Waking::new(Duration::from_secs(3));
        assert!(waking.may_give_up(at(500), None));
        assert_eq!(waking.put_off(at(501)), at(501));
    }
}
