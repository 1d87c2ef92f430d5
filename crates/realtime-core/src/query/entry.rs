//! One entry of the cache: a resource, who uses it, and how fresh it is.

use super::{
    FetchStatus, QueryError, QueryMeta, QueryOptions, QueryStats, QueryStatus,
    feeding::Feeding,
    fetching::{Demand, FetchId, Gate, Phase},
    fold,
    gaps::Gaps,
    log::{EventLog, LogBudget},
    observers::Observers,
    output::QueryOutput,
    resource::{BindingIndex, Effect, EventView, Resource},
    source::Feed,
};
use crate::{
    error::DecodeError,
    id::{ChannelName, EntryId, Position},
    key::QueryKey,
    liveness::Liveness,
    notify::{Dirty, Topic},
    ordered::OrderedMap,
    overlay::Echo,
    seed::Seeding,
    time::{Instant, earliest},
};
use std::{any::Any, collections::VecDeque, time::Duration};

/// Reads off which rows changed: knows the row's type, which the entry does not.
pub(crate) type TakeRows = fn(&mut dyn Any, EntryId, &mut Dirty) -> RowsTaken;

/// What [`TakeRows`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowsTaken {
    /// Rows were added, removed or moved.
    Order,
    /// At most the rows themselves changed.
    RowsOnly,
}

/// On focus, an entry that was fetched this recently is left alone.
const FOCUS_SPACING: Duration = Duration::from_secs(1);

/// What all entries share.
#[derive(Debug)]
pub(super) struct Shared {
    /// What the browser says.
    pub(super) online: bool,
    /// Whether the client's own connection is open: then there is a network, whatever the browser
    /// says.
    pub(super) link_open: bool,
    /// Whether the user has signed out, and nothing is fetched for anybody.
    pub(super) signed_out: bool,
    /// Whether seeds are waited for, and nothing is fetched meanwhile.
    pub(super) held: bool,
    pub(super) visible: bool,
    pub(super) rng: fastrand::Rng,
    pub(super) stats: QueryStats,
    pub(super) outputs: VecDeque<QueryOutput>,
    /// Fetches whose result is waited for.
    pub(super) flights: OrderedMap<FetchId, EntryId>,
    pub(super) last_fetch: u64,
}

impl Shared {
    /// Online, visible.
    pub(super) fn new(rng: fastrand::Rng) -> Self {
        Self {
            online: true,
            link_open: false,
            signed_out: false,
            held: false,
            visible: true,
            rng,
            stats: QueryStats::default(),
            outputs: VecDeque::new(),
            flights: OrderedMap::new(),
            last_fetch: 0,
        }
    }

    pub(super) const fn is_online(&self) -> bool {
        self.online || self.link_open
    }

    pub(super) fn new_fetch(&mut self, entry: EntryId) -> FetchId {
        self.last_fetch += 1;
        self.stats.fetches += 1;
        let fetch = FetchId(self.last_fetch);
        self.flights.insert(fetch, entry);
        fetch
    }

    pub(super) fn cancel_fetch(&mut self, fetch: FetchId) {
        self.flights.remove(&fetch);
        self.outputs.push_back(QueryOutput::CancelFetch { fetch });
    }
}

pub(super) struct Entry {
    pub(super) id: EntryId,
    pub(super) key: QueryKey,
    pub(super) resource: Box<dyn Resource>,
    pub(super) observers: Observers,
    pub(super) feed: Feed,
    pub(super) feeding: Feeding,
    /// How what feeds it stands.
    pub(super) source: Liveness,
    /// How long a fetch waits for that.
    pub(super) waits_until: Instant,
    /// Whether events may be missing from the data.
    pub(super) unproven: bool,
    pub(super) phase: Phase,
    pub(super) demand: Option<Demand>,
    pub(super) last_start: Option<Instant>,
    pub(super) gaps: Gaps,
    pub(super) log: EventLog,
    /// The last position of the channel that the data is known to have reached.
    pub(super) seen: Option<Position>,
    /// The position of the last result that landed: events up to it are in the data already.
    pub(super) as_of: Option<Position>,
    /// Since when each event is one that the last result contains.
    pub(super) covered_since: Option<Instant>,
    /// Where each channel stood when initial data was read, while nobody has said whether it is current.
    pub(super) initial: Vec<(ChannelName, Position)>,
    /// Whether the data is from a seed, and nobody has said anything of it yet.
    pub(super) is_restored: bool,
    /// How the data goes into a seed and back; `None` if it is not to.
    pub(super) seeding: Option<&'static Seeding>,
    /// Whether the data is kept over page loads.
    pub(super) is_persisted: bool,
    /// How many results in a row could not be put in order with the events that came meanwhile.
    pub(super) unordered: u32,
    pub(super) invalidations: u64,
    /// How many of the invalidations a fetch has answered.
    pub(super) answered: u64,
    /// Invalidated while the window was hidden: to be fetched when it is seen again.
    pub(super) deferred: bool,
    pub(super) updated_at: Option<Instant>,
    pub(super) error: Option<QueryError>,
    pub(super) event_error: Option<DecodeError>,
    pub(super) failure_count: u32,
    /// What was last announced.
    pub(super) meta: QueryMeta,
    pub(super) announced: bool,
    pub(super) take_rows: Option<TakeRows>,
    pub(super) order_version: u64,
    pub(super) content_version: u64,
    /// What was last told of it apart from its data.
    told: QueryMeta,
    /// Since when nobody uses it and no fetch runs.
    unused_since: Option<Instant>,
    /// Its place among the unused entries.
    pub(super) unused_rank: Option<u64>,
    /// The timer that is set for it.
    pub(super) timer: Option<Instant>,
}

impl Entry {
    pub(super) fn new(
        now: Instant,
        id: EntryId,
        key: QueryKey,
        resource: Box<dyn Resource>,
        options: QueryOptions,
        feed: &Feed,
        budget: LogBudget,
    ) -> Self {
        Self {
            id,
            key,
            resource,
            observers: Observers::new(options),
            feed: feed.clone(),
            feeding: Feeding::default(),
            source: match feed {
                Feed::None => Liveness::None,
                Feed::Channel(_) | Feed::Several => Liveness::Waiting,
            },
            waits_until: now + options.subscribe_wait,
            unproven: true,
            phase: Phase::Idle,
            demand: None,
            last_start: None,
            gaps: Gaps::default(),
            log: EventLog::new(budget),
            seen: None,
            as_of: None,
            covered_since: None,
            initial: Vec::new(),
            is_restored: false,
            seeding: None,
            is_persisted: false,
            unordered: 0,
            invalidations: 0,
            answered: 0,
            deferred: false,
            updated_at: None,
            error: None,
            event_error: None,
            failure_count: 0,
            meta: QueryMeta::default(),
            announced: false,
            take_rows: None,
            order_version: 0,
            content_version: 0,
            told: QueryMeta::default(),
            unused_since: None,
            unused_rank: None,
            timer: None,
        }
    }

    pub(super) fn is_stale_for(&self, now: Instant, stale_time: Duration) -> bool {
        let unproven = self.unproven && self.is_fed();
        let old = |at| stale_time.is_zero() || now >= at + stale_time;
        !self.resource.has_data()
            || unproven
            || self.invalidations > self.answered
            || self.updated_at.is_none_or(old)
    }

    fn is_stale(&self, now: Instant) -> bool {
        self.is_stale_for(now, self.observers.stale_time())
    }

    pub(super) const fn mark_invalid(&mut self) {
        self.invalidations += 1;
    }

    /// Someone with these options began to use the entry, or was enabled.
    pub(super) fn mount(&mut self, now: Instant, options: &QueryOptions) {
        let missed = self.unproven && self.source == Liveness::Live && options.refetch_on_reconnect;
        let wants = !self.resource.has_data()
            || missed
            || options.refetch_on_mount && self.is_stale_for(now, options.stale_time);
        // A fetch that runs is joined, unless it is known already that it will not do. The fetch
        // after it may have been given up when its last observer left.
        let will_do = match &self.phase {
            Phase::Idle => false,
            Phase::Retry { .. } => true,
            Phase::InFlight(flight) => {
                let lost_events = !flight.proven && self.source == Liveness::Live;
                !lost_events && flight.answers == self.invalidations
            }
        };
        if wants && !will_do {
            self.want(now);
        }
    }

    pub(super) fn invalidate(&mut self, now: Instant, shared: &mut Shared, by_event: bool) {
        shared.stats.invalidations += 1;
        self.mark_invalid();
        if !shared.visible {
            self.deferred = true;
        } else if by_event {
            self.want_for_event(now);
        } else {
            self.want(now);
        }
    }

    /// The user has signed out: the entry is as if it had just been made.
    pub(super) fn start_over(&mut self, now: Instant, shared: &mut Shared) {
        self.cancel(shared);
        self.resource.clear();
        self.unproven = true;
        self.last_start = None;
        self.seen = None;
        self.as_of = None;
        self.forget_origin();
        self.unordered = 0;
        self.answered = self.invalidations;
        self.updated_at = None;
        self.error = None;
        self.event_error = None;
        self.failure_count = 0;
        if self.feed != Feed::None {
            self.wait_for_source(now);
        }
        self.feeding.start_over();
        self.want(now);
    }

    /// The window can be seen again.
    pub(super) fn focus(&mut self, now: Instant) {
        let was_deferred = std::mem::take(&mut self.deferred);
        let is_due = || {
            self.observers.refetch_on_focus()
                && matches!(self.phase, Phase::Idle)
                && (self.last_start).is_none_or(|start| now >= start + FOCUS_SPACING)
                && self.is_stale(now)
        };
        if was_deferred || is_due() {
            self.want(now);
        }
    }

    /// The machine is online again. An entry with a source learns from it what it missed.
    pub(super) fn online(&mut self, now: Instant) {
        if !self.is_fed()
            && self.observers.refetch_on_reconnect()
            && matches!(self.phase, Phase::Idle)
            && self.is_stale(now)
        {
            self.want(now);
        }
    }

    pub(super) fn set_data(
        &mut self,
        now: Instant,
        data: Box<dyn Any>,
    ) -> Result<bool, DecodeError> {
        let visible = self.resource.land(now, data)?;
        self.updated_at = Some(now);
        self.error = None;
        self.forget_origin();
        if let Phase::InFlight(flight) = &mut self.phase {
            // The fetch began before, so its result is older than this.
            flight.superseded = true;
            self.want(now);
        } else {
            self.answered = self.invalidations;
        }
        Ok(visible)
    }

    pub(super) fn apply(
        &mut self,
        now: Instant,
        shared: &mut Shared,
        binding: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<Effect, DecodeError> {
        let position = event.position.filter(|_| match &self.feed {
            Feed::Channel(channel) => event.channel == Some(channel.as_str()),
            Feed::None | Feed::Several => false,
        });
        let patches = self.resource.patches_data(binding);
        let is_known = patches
            && position.is_some_and(|position| {
                let as_of = self.as_of.as_ref();
                as_of.is_some_and(|as_of| fold::covers(as_of, position))
            });
        let echo = match (patches, is_known) {
            (false, _) => Echo::Signal,
            (true, false) => Echo::Coming(event.data),
            (true, true) => Echo::Known(event.data),
        };
        let echoed = self.take_echo(now, event, echo);
        if is_known {
            shared.stats.covered_events += 1;
            self.covered(now, shared);
            return Ok(if echoed {
                Effect::Changed
            } else {
                Effect::Unchanged
            });
        }
        let effect = match self.resource.apply(now, binding, event) {
            Ok(Effect::Unchanged) if echoed => Effect::Changed,
            Ok(effect) => effect,
            Err(error) => {
                shared.stats.event_errors += 1;
                self.event_error = Some(error.clone());
                // Something changed that the data does not show.
                self.mark_invalid();
                return Err(error);
            }
        };
        shared.stats.events += 1;
        self.event_error = None;
        if let Effect::Partly(error) = &effect {
            shared.stats.event_errors += 1;
            self.event_error = Some(error.clone());
            self.mark_invalid();
        }
        if matches!(effect, Effect::Changed | Effect::Partly(_)) {
            self.updated_at = Some(now);
        }
        if let Some(position) = position {
            self.covered_since = None;
            self.seen = Some(position.clone());
        }
        if patches && self.flight().is_some() && self.log.push(binding, event, position) {
            shared.stats.log_overflows += 1;
        }
        Ok(effect)
    }

    /// Tells the optimistic edits of an event with an id, which may be their own.
    fn take_echo(&mut self, now: Instant, event: &EventView<'_>, echo: Echo<'_>) -> bool {
        let (Some(id), Some(overlay)) = (event.id, self.resource.overlay_mut()) else {
            return false;
        };
        !overlay.is_empty() && overlay.echo(now, id, echo)
    }

    /// Does what is due; says whether what people see changed.
    pub(super) fn tick(&mut self, now: Instant, shared: &mut Shared) -> bool {
        self.time_out(now, shared);
        self.resource.expire(now)
    }

    /// Whether nobody used it for long enough.
    pub(super) fn is_garbage(&self, now: Instant) -> bool {
        self.gc_at().is_some_and(|at| at <= now)
    }

    fn gc_at(&self) -> Option<Instant> {
        let at = self.unused_since? + self.observers.gc_time();
        Some(at)
    }

    /// Ends every call that changed something: starts what may start, announces what is new.
    pub(super) fn settle(&mut self, now: Instant, shared: &mut Shared, visible: bool) {
        self.start_if_due(now, shared);
        if self.observers.is_empty() && matches!(self.phase, Phase::Idle) {
            self.unused_since.get_or_insert(now);
        } else {
            self.unused_since = None;
        }
        let meta = self.current_meta(now, shared);
        let changed = visible || meta != self.meta;
        self.meta = meta;
        if changed && !self.observers.is_empty() && !self.announced {
            self.announced = true;
            shared.outputs.push_back(QueryOutput::Changed {
                entry: self.id,
                key: self.key.clone(),
            });
        }
    }

    /// Counts a change that was announced, and says whom it concerns.
    pub(super) fn publish(&mut self, dirty: &mut Dirty) {
        self.content_version += 1;
        dirty.mark(Topic::Query(self.id));
        let resource = self.resource.as_any_mut();
        let rows = self.take_rows.map(|take| take(resource, self.id, dirty));
        let status = self.meta.clone().without_time();
        let same_status = self.told == status;
        self.told = status;
        if rows != Some(RowsTaken::RowsOnly) || !same_status {
            self.order_version += 1;
            dirty.mark(Topic::Order(self.id));
        }
    }

    fn current_meta(&self, now: Instant, shared: &Shared) -> QueryMeta {
        let has_data = self.resource.has_data();
        QueryMeta {
            status: match &self.error {
                _ if has_data => QueryStatus::Success,
                Some(_) => QueryStatus::Error,
                None => QueryStatus::Pending,
            },
            fetch_status: match self.gate(shared) {
                Gate::Offline => FetchStatus::Paused,
                Gate::Held => FetchStatus::Fetching,
                Gate::Opens(_) if !self.is_spacing(now) => FetchStatus::Fetching,
                Gate::Closed if self.flight().is_some() => FetchStatus::Fetching,
                Gate::Closed | Gate::Opens(_) => FetchStatus::Idle,
            },
            error: self.error.clone(),
            event_error: self.event_error.clone(),
            updated_at: self.updated_at,
            failure_count: self.failure_count,
            is_stale: self.is_stale(now),
            is_live: self.source == Liveness::Live && has_data && !self.unproven,
            liveness: self.source,
        }
    }

    /// Whether the wanted fetch is held back to keep its distance from the last: no reason to
    /// show a spinner.
    fn is_spacing(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Idle)
            && self.demand.is_some_and(|demand| demand.not_before > now)
    }

    pub(super) fn next_deadline(&self, shared: &Shared) -> Option<Instant> {
        let fetch = match (&self.phase, self.gate(shared)) {
            (Phase::InFlight(flight), _) => flight.deadline,
            (_, Gate::Opens(at)) => Some(at),
            _ => None,
        };
        let stale = (self.updated_at)
            .filter(|_| !self.meta.is_stale && !self.observers.is_empty())
            .map(|at| at + self.observers.stale_time());
        [fetch, stale, self.gc_at(), self.resource.next_deadline()]
            .into_iter()
            // What is for ever has no deadline.
            .map(|at| at.filter(|at| at.as_millis() < u64::MAX))
            .fold(None, earliest)
    }
}
