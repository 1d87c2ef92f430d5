//! Fetches of an entry: what is wanted, what runs, what is tried again.

use super::{
    FetchError, QueryError,
    entry::{Entry, Shared},
    fold::{self, Facts, Plan, Replay},
    output::QueryOutput,
    resource::Effect,
    retry,
    source::Feed,
};
use crate::{
    id::{History, Position},
    liveness::Liveness,
    time::Instant,
};
use std::{any::Any, fmt, time::Duration};

/// Fetches that events ask for begin at least this far apart, per entry.
const EVENT_SPACING: Duration = Duration::from_secs(1);

/// Names one run of a fetcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub(super) u64);

/// What a fetcher brought.
pub struct Fetched {
    /// The data, of the type that the entry's resource takes.
    pub data: Box<dyn Any>,
    /// The channel's position that the data is as of, if the server says. It counts on entries
    /// that one channel feeds.
    pub position: Option<Position>,
}

impl Fetched {
    /// Data as of an unknown position.
    pub fn new(data: impl Any) -> Self {
        Self {
            data: Box::new(data),
            position: None,
        }
    }

    /// Says which event of the channel is the last one that the data contains.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) enum Phase {
    Idle,
    InFlight(Flight),
    Retry {
        at: Instant,
        failures: u32,
        explicit: bool,
    },
}

/// A fetch that runs.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) fetch: FetchId,
    /// How often it failed before this run.
    failures: u32,
    explicit: bool,
    pub(super) deadline: Option<Instant>,
    timeout: Duration,
    /// Whether every event since it began is known to arrive.
    pub(super) proven: bool,
    /// The history that it may not have been answered in, as it has begun since.
    pub(super) outlived: Option<History>,
    /// Whether the data was set by hand since.
    pub(super) superseded: bool,
    /// How many invalidations its result will answer.
    pub(super) answers: u64,
    seen_before: Option<Position>,
}

/// That a fetch, begun from now on, is wanted. There is at most one: while a fetch runs, it is the
/// one trailing fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    pub(super) not_before: Instant,
    /// Asked for by name, so that it happens although all observers are disabled.
    explicit: bool,
}

/// Whether the wanted fetch may begin.
pub(super) enum Gate {
    /// None is wanted, or one runs.
    Closed,
    /// There is no network, or nobody is signed in.
    Offline,
    /// Seeds are waited for.
    Held,
    Opens(Instant),
}

impl Entry {
    pub(super) const fn flight(&self) -> Option<&Flight> {
        match &self.phase {
            Phase::InFlight(flight) => Some(flight),
            _ => None,
        }
    }

    /// Wants a fetch that begins now or later, if anyone is there to want it.
    pub(super) fn want(&mut self, not_before: Instant) {
        // A retry begins later than now, and so answers this as well.
        if self.observers.any_enabled() && !matches!(self.phase, Phase::Retry { .. }) {
            self.demand(not_before, false);
        }
    }

    /// Wants a fetch for an event's sake.
    pub(super) fn want_for_event(&mut self, now: Instant) {
        let earliest = self.last_start.map_or(now, |start| start + EVENT_SPACING);
        self.want(earliest.max(now));
    }

    /// Wants a fetch because someone asked for it by name.
    pub(super) fn want_explicitly(&mut self, now: Instant) {
        if self.observers.is_empty() {
            self.mark_invalid();
            return;
        }
        if let Phase::Retry { .. } = self.phase {
            self.phase = Phase::Idle;
        }
        self.demand(now, true);
    }

    fn demand(&mut self, not_before: Instant, explicit: bool) {
        let demand = self.demand.get_or_insert(Demand {
            not_before,
            explicit,
        });
        demand.not_before = demand.not_before.min(not_before);
        demand.explicit |= explicit;
    }

    /// Drops what nobody is there for any more. A fetch that runs may end: its result is kept.
    pub(super) fn drop_unwanted(&mut self) {
        let nobody = self.observers.is_empty();
        let unwanted = |explicit: bool| nobody || !explicit;
        if self.observers.any_enabled() {
            return;
        }
        if self.demand.is_some_and(|demand| unwanted(demand.explicit)) {
            self.demand = None;
        }
        if matches!(self.phase, Phase::Retry { explicit, .. } if unwanted(explicit)) {
            self.phase = Phase::Idle;
        }
    }

    pub(super) fn gate(&self, shared: &Shared) -> Gate {
        let (due, explicit) = match (&self.phase, &self.demand) {
            (Phase::InFlight(_), _) | (Phase::Idle, None) => return Gate::Closed,
            (Phase::Retry { at, explicit, .. }, _) => (*at, *explicit),
            (Phase::Idle, Some(demand)) => (demand.not_before, demand.explicit),
        };
        if shared.held {
            return Gate::Held;
        }
        let tries = shared.is_online() || explicit || self.observers.needs_no_network();
        if !tries || shared.signed_out {
            return Gate::Offline;
        }
        Gate::Opens(match self.source {
            Liveness::Waiting => due.max(self.waits_until),
            _ => due,
        })
    }

    pub(super) fn start_if_due(&mut self, now: Instant, shared: &mut Shared) {
        if !matches!(self.gate(shared), Gate::Opens(at) if at <= now) {
            return;
        }
        let (failures, explicit) = match self.phase {
            Phase::Retry {
                failures, explicit, ..
            } => (failures, explicit),
            _ => (0, self.demand.is_some_and(|demand| demand.explicit)),
        };
        self.demand = None;
        self.deferred = false;
        self.last_start = Some(now);
        self.failure_count = failures;
        if failures == 0 && !self.resource.has_data() {
            self.error = None;
        }
        self.log.take();
        if let Some(overlay) = self.resource.overlay_mut() {
            overlay.fetch_began();
        }
        let fetch = shared.new_fetch(self.id);
        let timeout = self.observers.settings().fetch_timeout;
        self.phase = Phase::InFlight(Flight {
            fetch,
            failures,
            explicit,
            deadline: timeout.map(|timeout| now + timeout),
            timeout: timeout.unwrap_or_default(),
            proven: self.is_proof(),
            outlived: None,
            superseded: false,
            answers: self.invalidations,
            seen_before: self.seen.clone(),
        });
        shared.outputs.push_back(QueryOutput::StartFetch {
            fetch,
            entry: self.id,
            key: self.key.clone(),
        });
    }

    /// A fetch ended; says whether what people see changed.
    pub(super) fn finish(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        result: Result<Fetched, FetchError>,
    ) -> bool {
        let Phase::InFlight(flight) = std::mem::replace(&mut self.phase, Phase::Idle) else {
            return false;
        };
        match result {
            Ok(fetched) => self.land(now, shared, &flight, fetched),
            Err(error) => {
                self.fail(now, shared, &flight, QueryError::Fetch(error));
                false
            }
        }
    }

    /// Gives up a fetch that has run for too long.
    pub(super) fn time_out(&mut self, now: Instant, shared: &mut Shared) {
        let Phase::InFlight(flight) = &self.phase else {
            return;
        };
        if flight.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        shared.stats.timeouts += 1;
        shared.cancel_fetch(flight.fetch);
        if let Phase::InFlight(flight) = std::mem::replace(&mut self.phase, Phase::Idle) {
            self.fail(now, shared, &flight, QueryError::Timeout(flight.timeout));
        }
    }

    /// Stops what runs and what is wanted. The data stays as it is.
    pub(super) fn cancel(&mut self, shared: &mut Shared) {
        if let Phase::InFlight(flight) = std::mem::replace(&mut self.phase, Phase::Idle) {
            shared.cancel_fetch(flight.fetch);
        }
        self.demand = None;
        self.deferred = false;
        self.log.take();
    }

    /// Drops the wanted fetch, unless somebody has asked for it by name.
    pub(super) fn drop_demand(&mut self) {
        if self.demand.is_some_and(|demand| !demand.explicit) {
            self.demand = None;
        }
    }

    fn fail(&mut self, now: Instant, shared: &mut Shared, flight: &Flight, error: QueryError) {
        shared.stats.failures += 1;
        self.log.take();
        let failures = flight.failures + 1;
        self.failure_count = failures;
        let fetch_error = match &error {
            QueryError::Fetch(error) => Some(error),
            _ => None,
        };
        let retryable = match &error {
            QueryError::Fetch(error) => error.retryable,
            QueryError::Timeout(_) => true,
            _ => false,
        };
        let wanted =
            self.observers.any_enabled() || (flight.explicit && !self.observers.is_empty());
        let settings = self.observers.settings();
        if retryable && wanted && failures <= settings.retry {
            let wait = retry::delay(&mut shared.rng, settings, failures, fetch_error);
            self.phase = Phase::Retry {
                at: now + wait,
                failures,
                explicit: flight.explicit,
            };
        } else {
            self.error = Some(error);
            self.mark_invalid();
        }
    }

    fn land(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        flight: &Flight,
        fetched: Fetched,
    ) -> bool {
        self.failure_count = 0;
        if flight.superseded {
            shared.stats.outdated_results += 1;
            self.error = None;
            self.log.take();
            return false;
        }
        let position = fetched
            .position
            .filter(|_| matches!(self.feed, Feed::Channel(_)));
        let facts = Facts {
            has_data: self.resource.has_data(),
            result: position.as_ref(),
            seen_before: flight.seen_before.as_ref(),
            seen: self.seen.as_ref(),
            log: &self.log,
            unordered: self.unordered,
        };
        let plan = fold::plan(&facts, |binding| self.resource.is_idempotent(binding));
        let (replay, again) = match plan {
            Plan::Keep => {
                shared.stats.outdated_results += 1;
                self.error = None;
                self.log.take();
                self.fetch_again(now, shared);
                return false;
            }
            Plan::Land { replay, again } => (replay, again),
        };
        let is_current = self.is_of_current_epoch(position.as_ref());
        if !is_current && self.is_of_new_epoch(position.as_ref()) {
            self.begin_history(History::New);
        }
        if let Some(overlay) = self.resource.overlay_mut() {
            overlay.begin_landing();
        }
        let mut visible = match self.resource.land(now, fetched.data) {
            Ok(visible) => visible,
            Err(error) => {
                self.end_landing(false);
                self.fail(now, shared, flight, QueryError::Decode(error));
                return false;
            }
        };
        self.error = None;
        self.event_error = None;
        self.forget_origin();
        self.updated_at = Some(now);
        self.unproven = !flight.proven;
        self.answered = flight.answers;
        visible |= self.replay(now, shared, replay, position.as_ref());
        let is_last = !again && (flight.proven || self.demand.is_none());
        visible |= self.end_landing(is_last);
        if let Some(history) = flight.outlived
            && !is_current
        {
            // It may tell of the time before: the next one counts for more.
            self.begin_history(history);
        }
        if let Some(position) = position {
            let behind = |seen: &Position| fold::covers(&position, seen);
            if self.seen.as_ref().is_none_or(behind) {
                self.seen = Some(position.clone());
            }
            self.as_of = Some(position);
            self.covered_since = None;
        }
        if again {
            self.fetch_again(now, shared);
        } else {
            self.unordered = 0;
        }
        visible
    }

    /// Whether a result is of the epoch that the events are of.
    fn is_of_current_epoch(&self, result: Option<&Position>) -> bool {
        let seen = self.seen.as_ref();
        seen.zip(result)
            .is_some_and(|(seen, it)| seen.epoch == it.epoch)
    }

    /// Whether a result is of another epoch than the last one that landed.
    fn is_of_new_epoch(&self, result: Option<&Position>) -> bool {
        let last = self.as_of.as_ref();
        last.zip(result)
            .is_some_and(|(last, it)| last.epoch != it.epoch)
    }

    fn end_landing(&mut self, is_last: bool) -> bool {
        let overlay = self.resource.overlay_mut();
        overlay.is_some_and(|overlay| overlay.end_landing(is_last))
    }

    /// Replays the log over the result that has just landed, and empties it.
    fn replay(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        replay: Replay,
        result: Option<&Position>,
    ) -> bool {
        let mut visible = false;
        for event in self.log.take() {
            let position = event.position.as_ref();
            let wanted = match replay {
                Replay::None => false,
                Replay::All => true,
                Replay::After => match (position, result) {
                    (Some(position), Some(result)) => {
                        position.epoch == result.epoch && position.seq > result.seq
                    }
                    _ => self.resource.is_idempotent(event.binding),
                },
            };
            if !wanted {
                continue;
            }
            match self.resource.apply(now, event.binding, &event.view()) {
                Ok(Effect::Changed) => visible = true,
                Ok(Effect::Partly(error)) => {
                    visible = true;
                    shared.stats.event_errors += 1;
                    self.event_error = Some(error);
                }
                Ok(Effect::Refetch) => {
                    visible = true;
                    self.want_for_event(now);
                }
                // An invalidation was passed on when its event arrived.
                Ok(Effect::Unchanged | Effect::Invalidate(_)) => {}
                Err(error) => {
                    shared.stats.event_errors += 1;
                    self.event_error = Some(error);
                }
            }
        }
        visible
    }

    /// The result and its events could not be put in order: what is on screen needs one more
    /// fetch, later and later if that keeps happening.
    fn fetch_again(&mut self, now: Instant, shared: &mut Shared) {
        self.unordered += 1;
        self.mark_invalid();
        if self.observers.any_enabled() {
            shared.stats.trailing_refetches += 1;
            self.want(now + retry::spacing(self.unordered));
        }
    }
}
