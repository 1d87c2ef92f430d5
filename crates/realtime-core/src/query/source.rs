//! Source: where an entry's events come from, and what is known to be missing.

use super::{
    entry::{Entry, Shared},
    fetching::Phase,
    fold,
};
use crate::{
    channel::Continuity,
    id::{ChannelName, EventName, History, Position},
    liveness::Liveness,
    time::Instant,
};
use std::time::Duration;

/// For so long a result may be ahead of the events of its channel.
const COVERED_MAX: Duration = Duration::from_secs(30);

/// Which channels feed an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Feed {
    /// None: only fetches bring data.
    #[default]
    None,
    /// One. Its positions put events and fetches in order.
    Channel(ChannelName),
    /// Several, or any. Their positions cannot be compared with that of a fetch, so they are not
    /// used.
    Several,
}

impl Feed {
    /// What these bindings amount to: only positions of a single channel compare with a fetch's.
    pub(crate) fn of(bindings: &[(EventName, Option<ChannelName>)]) -> Self {
        let mut channels = bindings.iter().map(|(_, channel)| channel.as_ref());
        match channels.next() {
            None => Self::None,
            Some(Some(first)) if channels.all(|other| other == Some(first)) => {
                Self::Channel(first.clone())
            }
            Some(_) => Self::Several,
        }
    }

    /// Takes in what another observer of the same entry is fed by.
    pub(super) fn join(&mut self, other: &Self) {
        match (&*self, other) {
            (_, Self::None) => {}
            (Self::None, _) => *self = other.clone(),
            (mine, theirs) if mine == theirs => {}
            _ => *self = Self::Several,
        }
    }
}

impl Entry {
    /// Whether events are to come from the source.
    pub(super) const fn is_fed(&self) -> bool {
        !matches!(self.source, Liveness::None | Liveness::Refused)
    }

    /// Whether a fetch that begins now misses none of the events that there will be.
    pub(super) const fn is_proof(&self) -> bool {
        !matches!(self.source, Liveness::Waiting | Liveness::Unknown)
    }

    /// The source is not subscribed. A fetch waits for it, for a while, and then goes ahead without.
    pub(super) fn wait_for_source(&mut self, now: Instant) {
        self.source = Liveness::Waiting;
        self.waits_until = now + self.observers.settings().subscribe_wait;
    }

    pub(super) fn source_live(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        continuity: Continuity,
        position: Option<Position>,
    ) {
        let was_live = self.source == Liveness::Live;
        self.source = Liveness::Live;
        if was_live && continuity == Continuity::Fresh {
            return;
        }
        if let Some(history) = self.history(was_live, continuity, position.as_ref()) {
            self.begin_history(history);
        }
        if continuity.begins_anew() {
            self.forget_positions();
        }
        let resumes = self.resumes(continuity, position.as_ref());
        self.forget_origin();
        if resumes {
            self.keep_initial(now);
            return;
        }
        // The answer may have been made before a fetch that has landed already.
        self.reach(position);
        let unproven = match self.flight() {
            Some(flight) => !flight.proven,
            None => self.resource.has_data() && self.unproven,
        };
        match continuity {
            // The server is back: what failed while it was away is worth another try.
            Continuity::Recovered { .. } if !unproven && self.error.is_some() => {
                self.want_back(now, false);
            }
            Continuity::Recovered { .. } if !unproven => {}
            Continuity::Recovered { .. } | Continuity::Fresh => self.lose(now, true),
            Continuity::Gap(_) | Continuity::Unknown | Continuity::Restored => {
                shared.stats.gaps += 1;
                self.lose_by_gap(now, shared, unproven);
            }
        }
    }

    /// What the time without a source means for the versions seen before it; nothing, if the server
    /// says that it counts on.
    fn history(
        &self,
        was_live: bool,
        continuity: Continuity,
        position: Option<&Position>,
    ) -> Option<History> {
        let seen = self.seen.as_ref().filter(|_| self.compares_positions());
        match (continuity, seen.zip(position)) {
            _ if continuity.begins_anew() => Some(History::New),
            (_, Some((seen, position))) if seen.epoch != position.epoch => Some(History::New),
            (_, Some((seen, _))) if !seen.epoch.is_empty() => None,
            (Continuity::Recovered { .. }, _) => None,
            _ => (!was_live).then_some(History::Doubted),
        }
    }

    /// The history of the events has broken off. A fetch that runs may have been answered before.
    pub(super) fn begin_history(&mut self, history: History) {
        self.resource.begin_history(history);
        if let Phase::InFlight(flight) = &mut self.phase {
            flight.outlived = flight.outlived.max(Some(history));
        }
    }

    pub(super) fn source_unknown(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        asked: Option<Instant>,
    ) {
        let was_open = matches!(self.source, Liveness::Live | Liveness::Unknown);
        self.source = Liveness::Unknown;
        // Events may be missing, and others may come.
        self.initial.clear();
        if let Some(history) = self.history(was_open, Continuity::Unknown, None) {
            self.begin_history(history);
        }
        let is_older = |asked| self.last_start.is_none_or(|start| start < asked);
        if asked.is_some_and(is_older) {
            let unproven = self.unproven;
            shared.stats.gaps += 1;
            self.lose_by_gap(now, shared, unproven);
        }
    }

    /// Events of a live source are lost, or it has begun another `history`.
    pub(super) fn source_gap(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        history: Option<History>,
        position: Option<Position>,
    ) {
        shared.stats.gaps += 1;
        if let Some(history) = history {
            self.begin_history(history);
        }
        if history == Some(History::New) {
            self.forget_positions();
        }
        self.reach(position);
        self.lose_by_gap(now, shared, false);
    }

    pub(super) fn source_down(&mut self, now: Instant) {
        if matches!(self.source, Liveness::Live | Liveness::Unknown) {
            self.wait_for_source(now);
        }
    }

    /// The channel has come at least so far: a result that has not is outdated.
    fn reach(&mut self, position: Option<Position>) {
        let Some(position) = position.filter(|_| self.compares_positions()) else {
            return;
        };
        if !(self.seen.as_ref()).is_some_and(|seen| fold::covers(seen, &position)) {
            self.seen = Some(position);
        }
    }

    /// An event came that the last result contains. If none but such come for long, the result was
    /// not as new as it said, or the server counts anew.
    pub(super) fn covered(&mut self, now: Instant, shared: &mut Shared) {
        let since = *self.covered_since.get_or_insert(now);
        if now.saturating_since(since) >= COVERED_MAX {
            self.covered_since = None;
            self.source_gap(now, shared, Some(History::Doubted), None);
            self.forget_positions();
        }
    }

    /// Positions of another history tell nothing of this one.
    fn forget_positions(&mut self) {
        self.seen = None;
        self.as_of = None;
    }

    const fn compares_positions(&self) -> bool {
        matches!(self.feed, Feed::Channel(_))
    }

    /// Events may be missing from the data, and from the result of a fetch that runs: fetches
    /// again, once. With `always`, also for those who do not want it on a reconnect.
    pub(super) fn lose(&mut self, now: Instant, always: bool) {
        self.mark_unproven();
        self.want_back(now, always);
    }

    /// The same where many clients may have lost events at one moment, or lose them all the time:
    /// what is on screen is fetched again a little later, and later each time.
    fn lose_by_gap(&mut self, now: Instant, shared: &mut Shared, always: bool) {
        self.mark_unproven();
        let from = if self.resource.has_data() {
            let jitter = self.observers.settings().gap_jitter;
            let (last, is_wanted) = (self.last_start, self.demand.is_some());
            self.gaps
                .fetch_at(now, last, is_wanted, jitter, &mut shared.rng)
        } else {
            Some(now)
        };
        if let Some(from) = from {
            self.want_back(from, always);
        }
    }

    fn mark_unproven(&mut self) {
        self.unproven = true;
        if let Phase::InFlight(flight) = &mut self.phase {
            flight.proven = false;
        }
    }

    fn want_back(&mut self, from: Instant, always: bool) {
        if always || self.observers.refetch_on_reconnect() {
            self.want(from);
        }
    }

    /// Takes in what another observer's events come from.
    pub(super) fn join_feed(&mut self, now: Instant, feed: &Feed) {
        if self.feed == Feed::None && *feed != Feed::None {
            self.wait_for_source(now);
            self.unproven = true;
        }
        self.feed.join(feed);
    }

    /// Starts the wait for the source anew: someone who lets the entry fetch has come.
    pub(super) fn await_source(&mut self, now: Instant) {
        if self.source == Liveness::Waiting {
            self.wait_for_source(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_channels_make_positions_useless_and_one_twice_does_not() {
        let mut feed = Feed::None;
        feed.join(&Feed::Channel("a".into()));
        feed.join(&Feed::None);
        feed.join(&Feed::Channel("a".into()));
        assert_eq!(feed, Feed::Channel("a".into()));
        feed.join(&Feed::Channel("b".into()));
        assert_eq!(feed, Feed::Several);
    }
}
