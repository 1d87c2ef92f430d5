//! Trust: how far what we know of a room can be trusted: joining, live or gone, and when to give somebody up.

use super::{PresenceOptions, PresenceStats, message::Diff};
use crate::{Instant, time::earliest};
use std::{collections::VecDeque, time::Duration};

/// How long to wait for the room's snapshot, for servers that send none.
const SYNC_TIMEOUT: Duration = Duration::from_secs(5);

/// A call this long after what was due means the timers, and perhaps the frames, were held up.
const LATE: Duration = Duration::from_secs(2);

/// How long frames that were held up have to be heard before anybody expires.
const GRACE: Duration = Duration::from_secs(2);

/// Timers of a hidden page come about once a minute: lateness that ends a grace is no reason for
/// another one, or nobody would expire there. More than this is a sleep, and is one.
const THROTTLE: Duration = Duration::from_secs(90);

/// Looks for silent members come no closer together than this, however many there are.
const EXPIRY_STEP: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Down,
    /// Waiting for the snapshot.
    Joining,
    Live,
    Left,
}

/// The changes since we joined, as long as a snapshot may come that was made before them.
#[derive(Debug)]
struct Parking {
    until: Instant,
    /// Whether what the server sent on the link before may come again, snapshots among it.
    resumed: bool,
    diffs: VecDeque<Diff>,
    /// How many bytes those take.
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Trust {
    phase: Phase,
    parking: Option<Parking>,
    /// Whether the server has sent the room's snapshot on this link.
    is_told: bool,
    /// When the link came up. Nobody could be heard before, so nobody expires until an expiry later.
    up_since: Instant,
    /// Nobody expires before this moment.
    grace_until: Option<Instant>,
    /// Nobody can have expired before this moment; `None` if there is nobody who could.
    expiry_at: Option<Instant>,
}

impl Trust {
    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    pub(super) fn has_left(&self) -> bool {
        matches!(self.phase, Phase::Left)
    }

    /// The link is up; `resumed` if it goes on with the one before it.
    pub(super) fn join(&mut self, now: Instant, resumed: bool) {
        *self = Self {
            phase: Phase::Joining,
            parking: Some(Parking {
                until: now + SYNC_TIMEOUT,
                resumed,
                diffs: VecDeque::new(),
                bytes: 0,
            }),
            is_told: false,
            up_since: now,
            grace_until: None,
            expiry_at: None,
        };
    }

    pub(super) fn go_down(&mut self, left: bool) {
        if !self.has_left() {
            self.phase = if left { Phase::Left } else { Phase::Down };
        }
        self.parking = None;
    }

    /// Keeps a change if a snapshot is still to come; the oldest make way.
    pub(super) fn park(
        &mut self,
        diff: impl FnOnce() -> Diff,
        options: &PresenceOptions,
        stats: &mut PresenceStats,
    ) {
        let Some(Parking { diffs, bytes, .. }) = &mut self.parking else {
            return;
        };
        stats.parked += 1;
        let diff = diff();
        *bytes += diff.bytes();
        diffs.push_back(diff);
        while diffs.len() > options.max_parked || *bytes > options.max_bytes {
            let Some(gone) = diffs.pop_front() else {
                break;
            };
            *bytes -= gone.bytes();
            stats.parked_dropped += 1;
        }
    }

    /// The changes that may have come after this snapshot was made. On a resumed link it may be an
    /// answer to the link before, and the one to this link still to come.
    pub(super) fn parked(&mut self) -> VecDeque<Diff> {
        match &mut self.parking {
            Some(parking) if parking.resumed => parking.diffs.clone(),
            Some(parking) => std::mem::take(&mut parking.diffs),
            None => VecDeque::new(),
        }
    }

    /// The snapshot is here; true if that made the room live.
    pub(super) fn synced(&mut self) -> bool {
        self.is_told = true;
        self.parking = self.parking.take().filter(|it| it.resumed);
        self.go_live()
    }

    /// Whether this server tells those who join of everybody: then nobody else needs to.
    pub(super) fn is_told(&self) -> bool {
        self.is_told
    }

    fn go_live(&mut self) -> bool {
        let joining = matches!(self.phase, Phase::Joining);
        if joining {
            self.phase = Phase::Live;
        }
        joining
    }

    /// Stops waiting for a snapshot if that took too long; true if that made the room live.
    pub(super) fn give_up_waiting(&mut self, now: Instant) -> bool {
        if self.parking.as_ref().is_none_or(|it| it.until > now) {
            return false;
        }
        self.parking = None;
        self.go_live()
    }

    /// Compares the clock with what was `due`, before anything of it is done.
    pub(super) fn notice_lateness(&mut self, now: Instant, due: Option<Instant>) {
        let Some(due) = due else { return };
        let bearable = if self.grace_until.is_some() {
            THROTTLE
        } else {
            LATE
        };
        if now - due > bearable {
            self.grace_until = Some(now + GRACE);
        }
    }

    /// Someone is there who may expire then, or later if they are heard of.
    pub(super) fn expect_expiry(&mut self, at: Instant) {
        self.expiry_at.get_or_insert(at);
    }

    /// Works out when to look for silent members next, given the one unheard for longest.
    pub(super) fn reckon_expiry(&mut self, now: Instant, heard: Option<Instant>, expiry: Duration) {
        self.expiry_at =
            heard.map(|heard| (heard.max(self.up_since) + expiry).max(now + EXPIRY_STEP));
    }

    /// Whether it is time to look for silent members.
    pub(super) fn expiry_due(&mut self, now: Instant) -> bool {
        if self.grace_until.is_some_and(|until| until <= now) {
            self.grace_until = None;
        }
        self.expiry_deadline().is_some_and(|due| due <= now)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let waiting = self.parking.as_ref().map(|it| it.until);
        earliest(waiting, self.expiry_deadline())
    }

    fn expiry_deadline(&self) -> Option<Instant> {
        let expiry_at = self.expiry_at.filter(|_| self.is_live())?;
        Some(
            self.grace_until
                .map_or(expiry_at, |until| until.max(expiry_at)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    fn live_since_zero_with_expiry_at(seconds: u64) -> Trust {
        let mut trust = Trust::default();
        trust.join(at(0), false);
        trust.synced();
        trust.expect_expiry(at(seconds));
        trust
    }

    #[test]
    fn a_punctual_timer_expires_at_once() {
        let mut trust = live_since_zero_with_expiry_at(75);
        trust.notice_lateness(at(76), Some(at(75)));
        assert!(trust.expiry_due(at(76)));
    }

    #[test]
    fn after_a_sleep_expiry_waits_two_seconds() {
        let mut trust = live_since_zero_with_expiry_at(75);
        trust.notice_lateness(at(3_600), Some(at(30)));
        assert!(!trust.expiry_due(at(3_600)));
        assert_eq!(trust.deadline(), Some(at(3_602)));
        trust.notice_lateness(at(3_602), trust.deadline());
        assert!(trust.expiry_due(at(3_602)));
    }

    #[test]
    fn timers_that_come_once_a_minute_still_expire_somebody() {
        let mut trust = live_since_zero_with_expiry_at(75);
        trust.notice_lateness(at(120), trust.deadline());
        assert!(!trust.expiry_due(at(120)));
        trust.notice_lateness(at(180), trust.deadline());
        assert!(trust.expiry_due(at(180)));
    }

    #[test]
    fn a_second_sleep_during_the_grace_is_another_grace() {
        let mut trust = live_since_zero_with_expiry_at(75);
        trust.notice_lateness(at(3_600), trust.deadline());
        trust.notice_lateness(at(7_200), trust.deadline());
        assert!(!trust.expiry_due(at(7_200)));
        assert_eq!(trust.deadline(), Some(at(7_202)));
    }

    #[test]
    fn looks_for_the_silent_are_a_quarter_of_a_second_apart_however_many_there_are() {
        let mut trust = live_since_zero_with_expiry_at(75);
        let one_more = at(0) + Duration::from_millis(1);
        trust.reckon_expiry(at(75), Some(one_more), Duration::from_secs(75));
        assert_eq!(trust.deadline(), Some(Instant::from_millis(75_250)));
    }

    #[test]
    fn nobody_expires_while_the_link_is_down() {
        let mut trust = live_since_zero_with_expiry_at(75);
        trust.go_down(false);
        assert!(!trust.expiry_due(at(1_000)));
        assert_eq!(trust.deadline(), None);
    }
}
