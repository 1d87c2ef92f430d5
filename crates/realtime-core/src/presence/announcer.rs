//! Announcer: when to say that we are here, and that we go.

use super::PresenceOptions;
use crate::{
    Instant,
    time::{earliest, up_to},
};
use std::time::Duration;

/// How often at most we answer a false report that we left: two tabs of one user, or a broken
/// server, must not talk each other into a storm.
const HEAL_INTERVAL: Duration = Duration::from_secs(1);

/// How often at most we announce ourselves again to people who are new.
const EARLY_INTERVAL: Duration = Duration::from_secs(5);

/// How long to wait with that: the room's snapshot, which makes it needless, has this long to come.
const EARLY_DELAY: Duration = Duration::from_millis(500);

/// Over how long the members of a room spread what they say to somebody new: this, and so much more
/// for each of them that a room of any size says about a hundred things a second.
const EARLY_SPREAD: Duration = Duration::from_secs(1);
const EARLY_SPREAD_PER_MEMBER: Duration = Duration::from_millis(10);

/// What is to be said now. The words are made when it is polled, so the latest state always wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Hello,
    Farewell,
}

/// Decides when to announce: on joining, on each change (at most one per interval, the last one
/// guaranteed), some time after somebody new appeared, and every heartbeat. Says and keeps nothing while the link is down.
#[derive(Debug)]
pub(super) struct Announcer {
    interval: Duration,
    heartbeat: Duration,
    up: bool,
    /// An announcement waits to be polled.
    hello: bool,
    /// A farewell waits to be polled.
    farewell: bool,
    /// An announcement was polled on this link, so the others know us.
    known: bool,
    last: Option<Instant>,
    last_heal: Option<Instant>,
    due: Option<Instant>,
    /// When to tell people who are new that we are here.
    early: Option<Instant>,
    /// When that may be done next.
    early_from: Option<Instant>,
    rng: fastrand::Rng,
}

impl Announcer {
    pub(super) fn new(options: &PresenceOptions) -> Self {
        Self {
            interval: options.metadata_interval,
            heartbeat: options.effective_heartbeat(),
            up: false,
            hello: false,
            farewell: false,
            known: false,
            last: None,
            last_heal: None,
            due: None,
            early: None,
            early_from: None,
            rng: fastrand::Rng::with_seed(0),
        }
    }

    pub(super) fn rng(&self) -> fastrand::Rng {
        self.rng.clone()
    }

    pub(super) fn set_rng(&mut self, rng: fastrand::Rng) {
        self.rng = rng;
    }

    pub(super) fn link_up(&mut self, now: Instant) {
        self.up = true;
        self.known = false;
        self.say(now);
    }

    pub(super) fn link_down(&mut self) {
        self.up = false;
        self.hello = false;
        self.farewell = false;
        self.known = false;
        self.due = None;
        self.early = None;
    }

    /// We go: a farewell, if anybody knows of us.
    pub(super) fn leave(&mut self) {
        let farewell = self.known || self.farewell;
        self.link_down();
        self.farewell = farewell;
    }

    /// What we say of ourselves has changed.
    pub(super) fn changed(&mut self, now: Instant) {
        self.ask(now, self.free_at(now));
    }

    /// Others may think we left: tell them better. False if they will hear soon enough anyway.
    pub(super) fn heal(&mut self, now: Instant) -> bool {
        let healed = self.last_heal.map_or(now, |heal| heal + HEAL_INTERVAL);
        let at = self.free_at(now).max(healed);
        let asked = self.ask(now, at);
        if asked {
            self.last_heal = Some(at);
        }
        asked
    }

    /// Somebody is here, among so many, who may never have heard of us. Unless they will hear of us
    /// soon anyway, they will after a while that chance decides: all the others want to say the same.
    pub(super) fn announce_early(&mut self, now: Instant, members: usize) {
        if !self.up || self.hello || self.early.is_some() {
            return;
        }
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        let spread = EARLY_SPREAD_PER_MEMBER
            .saturating_mul(members)
            .saturating_add(EARLY_SPREAD)
            .min(self.heartbeat);
        let wait = EARLY_DELAY + up_to(spread, &mut self.rng);
        let at = self.early_from.map_or(now, |free| free.max(now)) + wait;
        if self.due.is_none_or(|due| due > at) {
            self.early = Some(at);
        }
    }

    /// The server tells everybody of everybody.
    pub(super) fn skip_early(&mut self) {
        self.early = None;
    }

    /// Says what is due; true if that is for people who are new.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        let is_early = self.early.is_some_and(|at| at <= now);
        if is_early || self.due.is_some_and(|due| due <= now) {
            self.say(now);
        }
        is_early
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        earliest(self.due, self.early)
    }

    pub(super) fn poll(&mut self) -> Option<Say> {
        if std::mem::take(&mut self.farewell) {
            return Some(Say::Farewell);
        }
        if std::mem::take(&mut self.hello) {
            self.known = true;
            return Some(Say::Hello);
        }
        None
    }

    /// When the next announcement may be made.
    fn free_at(&self, now: Instant) -> Instant {
        self.last.map_or(now, |last| now.max(last + self.interval))
    }

    /// Has an announcement made `at` that moment; false if there will be one before, which says
    /// the same.
    fn ask(&mut self, now: Instant, at: Instant) -> bool {
        if !self.up || self.hello || self.due.is_some_and(|due| due <= at) {
            return false;
        }
        if at <= now {
            self.say(now);
        } else {
            self.due = Some(at);
        }
        true
    }

    fn say(&mut self, now: Instant) {
        self.hello = true;
        self.last = Some(now);
        // Whatever it is said for, people who are new hear it too.
        if self.early.take().is_some() {
            self.early_from = Some(now + EARLY_INTERVAL);
        }
        self.due = Some(now + self.heartbeat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn announcer() -> Announcer {
        Announcer::new(&PresenceOptions::default())
    }

    /// The moments at which it speaks up to `until`, when its timer is exact.
    fn moments(announcer: &mut Announcer, until: u64) -> Vec<u64> {
        let mut moments = Vec::new();
        while let Some(due) = announcer.deadline().filter(|due| *due <= at(until)) {
            announcer.advance(due);
            if announcer.poll().is_some() {
                moments.push(due.as_millis());
            }
        }
        moments
    }

    #[test]
    fn the_first_change_is_said_at_once_and_the_last_of_a_burst_at_the_end_of_the_interval() {
        let mut announcer = announcer();
        announcer.link_up(at(0));
        assert_eq!(announcer.poll(), Some(Say::Hello));
        announcer.changed(at(1_000));
        assert_eq!(announcer.poll(), Some(Say::Hello));
        for millis in 1_001..1_040 {
            announcer.changed(at(millis));
            assert_eq!(announcer.poll(), None);
        }
        assert_eq!(moments(&mut announcer, 31_050), [1_050, 31_050]);
    }

    #[test]
    fn a_crowd_that_comes_is_greeted_once_in_five_seconds_and_not_at_the_same_time_by_all() {
        let mut firsts = Vec::new();
        for seed in 0..100 {
            let mut announcer = announcer();
            announcer.set_rng(fastrand::Rng::with_seed(seed));
            announcer.link_up(at(0));
            announcer.poll();
            let mut said = Vec::new();
            for millis in 1_000..11_000 {
                announcer.advance(at(millis));
                if announcer.poll().is_some() {
                    said.push(millis);
                }
                announcer.announce_early(at(millis), 100);
            }
            assert!((1..=3).contains(&said.len()), "{said:?}");
            assert!(said.windows(2).all(|two| two[1] - two[0] >= 5_000));
            firsts.push(said[0]);
        }
        let (first, last) = (firsts.iter().min(), firsts.iter().max());
        let spread = last.unwrap() - first.unwrap();
        assert!((1_500..=2_000).contains(&spread), "{spread} ms");
    }

    #[test]
    fn nobody_is_greeted_apart_who_will_hear_of_us_anyway_or_cannot() {
        let mut announcer = announcer();
        announcer.announce_early(at(0), 2);
        assert_eq!(announcer.deadline(), None, "the link is down");
        announcer.link_up(at(0));
        announcer.announce_early(at(0), 2);
        announcer.poll();
        assert_eq!(
            announcer.deadline(),
            Some(at(30_000)),
            "we have just said it"
        );
        announcer.announce_early(at(29_900), 2);
        assert_eq!(
            announcer.deadline(),
            Some(at(30_000)),
            "the heartbeat says it"
        );
        announcer.announce_early(at(10), 2);
        announcer.changed(at(100));
        announcer.poll();
        assert_eq!(announcer.deadline(), Some(at(30_100)), "the change said it");
        announcer.announce_early(at(10_000), usize::MAX);
        announcer.skip_early();
        assert_eq!(announcer.deadline(), Some(at(30_100)));
        announcer.announce_early(at(10_000), 2);
        announcer.link_down();
        assert_eq!(announcer.deadline(), None);
    }

    #[test]
    fn nothing_is_said_or_kept_while_the_link_is_down() {
        let mut announcer = announcer();
        announcer.changed(at(0));
        announcer.link_up(at(10));
        announcer.changed(at(11));
        announcer.link_down();
        announcer.changed(at(12));
        assert_eq!(announcer.poll(), None);
        assert_eq!(announcer.deadline(), None);
    }

    #[test]
    fn a_farewell_is_said_once_and_only_by_someone_who_was_known() {
        let mut announcer = announcer();
        announcer.leave();
        assert_eq!(announcer.poll(), None);
        announcer.link_up(at(0));
        announcer.leave();
        assert_eq!(announcer.poll(), None, "the hello was never polled");
        announcer.link_up(at(10));
        announcer.poll();
        announcer.leave();
        announcer.leave();
        assert_eq!(announcer.poll(), Some(Say::Farewell));
        assert_eq!(announcer.poll(), None);
    }

    #[test]
    fn healing_is_at_most_once_a_second_and_never_forgotten() {
        let mut announcer = announcer();
        announcer.link_up(at(0));
        announcer.poll();
        assert!(announcer.heal(at(1_000)));
        assert_eq!(announcer.poll(), Some(Say::Hello));
        assert!(announcer.heal(at(1_100)));
        assert!(!announcer.heal(at(1_200)), "already on its way");
        assert_eq!(announcer.poll(), None);
        assert_eq!(moments(&mut announcer, 5_000), [2_000]);
    }

    #[test]
    fn a_change_that_is_due_sooner_heals_too_and_the_next_report_is_still_answered() {
        let mut announcer = announcer();
        announcer.link_up(at(0));
        announcer.poll();
        assert!(announcer.heal(at(1_000)));
        announcer.poll();
        announcer.changed(at(1_010));
        assert!(!announcer.heal(at(1_020)));
        assert_eq!(moments(&mut announcer, 1_500), [1_050]);
        assert!(announcer.heal(at(1_500)));
        assert_eq!(moments(&mut announcer, 5_000), [2_000]);
    }
}
