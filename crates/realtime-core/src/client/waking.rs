//! Waking: after the clock has jumped, answers are given up only when what waited has been read.
//!
//! While a machine sleeps, what the server sends waits in the socket, and what fetches bring waits in the
//! browser. On waking a timer may well be the first thing to come, long overdue. So nobody but the
//! client's root says that time is up, and it does so late if its timer was late.

use crate::{
    rule::{Rule, off},
    time::Instant,
};
use std::time::Duration;

/// A timer this late did not fire late: the machine slept, or the page's timers were held back.
const CLOCK_JUMP: Duration = Duration::from_secs(1);

/// How long what waited has to be read after a timer that was a little late: who slept until just after
/// the deadline is not told from who did not.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Whether answers may be given up.
#[derive(Debug)]
pub(super) struct Waking {
    /// How long what waited has to be read.
    reprieve: Duration,
    /// Until when nothing is given up.
    until: Option<Instant>,
}

impl Waking {
    pub(super) const fn new(reprieve: Duration) -> Self {
        Self {
            reprieve,
            until: None,
        }
    }

    /// Whether what was due at `due` may be given up now. If not, it may be later.
    ///
    /// There is one reprieve for each jump: in a hidden page every timer is late.
    pub(super) fn may_give_up(&mut self, now: Instant, due: Option<Instant>) -> bool {
        if off(Rule::ReadFirst) {
            return true;
        }
        match self.until {
            Some(until) if now < until => false,
            // It has had its reprieve.
            Some(until) if due.is_none_or(|due| due <= until) => {
                self.until = None;
                true
            }
            _ => match due.map_or(Duration::ZERO, |due| now.saturating_since(due)) {
                Duration::ZERO => true,
                late => {
                    let is_jump = late > CLOCK_JUMP;
                    self.until = Some(now + if is_jump { self.reprieve } else { BRIEFLY });
                    false
                }
            },
        }
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
    fn a_late_timer_earns_one_reprieve_and_a_punctual_one_none() {
        let mut waking = Waking::new(Duration::from_secs(3));
        assert!(waking.may_give_up(at(10), Some(at(10))));
        assert!(!waking.may_give_up(at(130), Some(at(20))));
        assert_eq!(waking.put_off(at(20)), at(133));
        assert!(!waking.may_give_up(at(132), Some(at(20))));
        assert!(waking.may_give_up(at(200), Some(at(20))), "however late");
        assert_eq!(waking.put_off(at(20)), at(20));
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
