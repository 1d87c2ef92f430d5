//! The cache: entries by key, their timers, and the order in which unused ones go.

use super::{
    ObserverId, QueryError, QueryLimits, QueryMeta, QueryOptions, QueryStats,
    entry::{Entry, Shared, TakeRows},
    feeding::Feeding,
    fetching::FetchId,
    log::LogBudget,
    output::QueryOutput,
    resource::Resource,
    source::Feed,
    verdict::Verdict,
};
use crate::{
    channel::{ChannelError, Channels},
    id::{ChannelName, EntryId, MutationId, Position},
    key::QueryKey,
    liveness::Liveness,
    notify::Dirty,
    ordered::{OrderedMap, OrderedSet},
    overlay::{Overlay, OverlayNews},
    seed::Seeding,
    time::Instant,
};
use std::{any::Any, collections::VecDeque, fmt};

/// A cache of queries, without I/O: a fetch is asked for by [`QueryOutput::StartFetch`] and ends
/// with [`fetch_finished`](Self::fetch_finished).
///
/// After every call that takes `&mut self`, drain [`poll_output`](Self::poll_output) and arm one
/// timer for [`next_deadline`](Self::next_deadline).
///
/// # Fetch and events
///
/// At most one fetch runs per key. Whoever asks for another while it runs gets one that begins
/// afterwards; there is never more than one of those.
///
/// With a [`Feed`], a fetch waits until the subscription stands, but not longer than
/// `subscribe_wait`. One that went ahead without is followed by another as soon as it stands.
/// Events that come during a fetch show at once and are replayed over its result:
///
/// - with positions, those the result does not contain, so that each counts exactly once; an event
///   that arrives late although a result contained it is dropped;
/// - without positions, all of them, if replaying does no harm;
/// - otherwise (a [reducer](super::Patch::reduce) that may count up, without positions) the result
///   counts and one more fetch follows. If events come during that one too, the next waits 1 s, then
///   2 s, up to 30 s, until a fetch passes without events. An event that the result contains but
///   that arrives *after* it would still count twice: let such a server send positions, or let the
///   reducer set values instead of adding them.
///
/// A result that is older than what is on screen is not taken.
///
/// # Example
///
/// ```
/// use realtime_core::{Instant, key};
/// use realtime_core::query::{
///     Feed, Fetched, Patch, QueryCache, QueryLimits, QueryOptions, QueryOutput, Record, RecordSpec,
/// };
///
/// let mut cache = QueryCache::new(fastrand::Rng::with_seed(1), QueryLimits::default());
/// let key = key!["price", "ACME"];
/// let now = Instant::ZERO;
/// let spec = RecordSpec::<f64>::new().on("price", None, Patch::replace());
/// cache.observe(now, &key, &QueryOptions::default(), || Box::new(spec.build()), &Feed::None)?;
///
/// while let Some(output) = cache.poll_output() {
///     if let QueryOutput::StartFetch { fetch, .. } = output {
///         cache.fetch_finished(now, fetch, Ok(Fetched::new(101.5_f64)));
///     }
/// }
/// let price = cache.resource::<Record<f64>>(&key).and_then(Record::get);
/// assert_eq!(price, Some(&101.5));
/// # Ok::<(), realtime_core::query::QueryError>(())
/// ```
pub struct QueryCache {
    pub(super) entries: OrderedMap<EntryId, Entry>,
    /// Ordered, so that all keys with one prefix lie side by side.
    pub(super) keys: OrderedMap<QueryKey, EntryId>,
    pub(super) observers: OrderedMap<ObserverId, EntryId>,
    pub(super) timers: OrderedSet<(Instant, EntryId)>,
    /// Unused entries, the one that has been unused for longest first.
    unused: OrderedMap<u64, EntryId>,
    pub(super) shared: Shared,
    /// What has fed entries that are gone, for its owner to let go of.
    gone: VecDeque<(EntryId, Feeding)>,
    limits: QueryLimits,
    budget: LogBudget,
    last_entry: u64,
    pub(super) last_observer: u64,
    last_rank: u64,
}

impl QueryCache {
    /// An empty cache: online, visible.
    #[must_use]
    pub fn new(rng: fastrand::Rng, limits: QueryLimits) -> Self {
        Self {
            entries: OrderedMap::new(),
            keys: OrderedMap::new(),
            observers: OrderedMap::new(),
            timers: OrderedSet::new(),
            unused: OrderedMap::new(),
            shared: Shared::new(rng),
            gone: VecDeque::new(),
            limits,
            budget: LogBudget::new(limits.log_events, limits.log_bytes, limits.log_bytes_total),
            last_entry: 0,
            last_observer: 0,
            last_rank: 0,
        }
    }

    pub(super) fn insert(
        &mut self,
        now: Instant,
        key: &QueryKey,
        options: &QueryOptions,
        resource: Box<dyn Resource>,
        feed: &Feed,
    ) -> Result<EntryId, QueryError> {
        if self.entries.len() >= self.limits.max_entries {
            let Some((_, oldest)) = self.unused.pop_first() else {
                return Err(QueryError::TooManyEntries {
                    limit: self.limits.max_entries,
                });
            };
            self.shared.stats.evicted += 1;
            self.drop_entry(oldest);
        }
        self.last_entry += 1;
        let id = EntryId(self.last_entry);
        let budget = self.budget.clone();
        let entry = Entry::new(now, id, key.clone(), resource, *options, feed, budget);
        self.entries.insert(id, entry);
        self.keys.insert(key.clone(), id);
        Ok(id)
    }

    /// What an observer observes.
    pub(crate) fn entry_of(&self, observer: ObserverId) -> Option<EntryId> {
        self.observers.get(&observer).copied()
    }

    /// Whether the browser says that it is online.
    pub(crate) const fn is_online(&self) -> bool {
        self.shared.online
    }

    /// Whether the window is seen.
    pub(crate) const fn is_visible(&self) -> bool {
        self.shared.visible
    }

    /// All entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = EntryId> {
        self.entries.keys().copied()
    }

    /// What feeds an entry that is new, what reads off which of its rows changed, and how it goes into a
    /// seed.
    pub(crate) fn feed(
        &mut self,
        entry: EntryId,
        feeding: Feeding,
        take_rows: Option<TakeRows>,
        seeding: Option<&'static Seeding>,
    ) {
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.feeding = feeding;
            entry.take_rows = take_rows;
            entry.seeding = seeding;
        }
    }

    /// What an entry holds is kept over page loads.
    pub(crate) fn persist(&mut self, entry: EntryId) {
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.is_persisted = true;
        }
    }

    /// Whether what an entry holds is kept over page loads.
    pub(crate) fn is_persisted(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(&entry);
        entry.is_some_and(|entry| entry.is_persisted)
    }

    /// Leases an entry's channels, which resume from where its initial data was read. Gives what failed.
    pub(crate) fn lease(
        &mut self,
        now: Instant,
        entry: EntryId,
        channels: &mut Channels,
    ) -> Vec<ChannelError> {
        let entry = self.entries.get_mut(&entry);
        entry.map_or_else(Vec::new, |entry| {
            entry.feeding.lease(now, &entry.initial, channels)
        })
    }

    /// What feeds an entry.
    pub(crate) fn feeding(&self, entry: EntryId) -> Option<&Feeding> {
        self.entries.get(&entry).map(|entry| &entry.feeding)
    }

    /// As [`feeding`](Self::feeding), to change it.
    pub(crate) fn feeding_mut(&mut self, entry: EntryId) -> Option<&mut Feeding> {
        self.entries.get_mut(&entry).map(|entry| &mut entry.feeding)
    }

    /// What has fed an entry that is gone.
    pub(crate) fn take_gone(&mut self) -> Option<(EntryId, Feeding)> {
        self.gone.pop_front()
    }

    /// Whether anyone lets an entry fetch: while somebody does, its channels are leased.
    pub(crate) fn is_enabled(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(&entry);
        entry.is_some_and(|entry| entry.observers.any_enabled())
    }

    /// Whether the source of an entry's events is live.
    pub(crate) fn is_live(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(&entry);
        entry.is_some_and(|entry| entry.source == Liveness::Live)
    }

    /// Counts a change that was announced, and says whom it concerns.
    pub(crate) fn publish(&mut self, entry: EntryId, dirty: &mut Dirty) {
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.publish(dirty);
        }
    }

    /// How often the order of an entry's rows, or its status, has changed, and how often anything
    /// about it.
    pub(crate) fn versions(&self, entry: EntryId) -> (u64, u64) {
        let entry = self.entries.get(&entry);
        entry.map_or((0, 0), |it| (it.order_version, it.content_version))
    }

    /// The entry of `key`, if there is one.
    #[must_use]
    pub fn entry_id(&self, key: &QueryKey) -> Option<EntryId> {
        self.keys.get(key).copied()
    }

    /// The key of an entry that still exists.
    #[must_use]
    pub fn key_of(&self, entry: EntryId) -> Option<&QueryKey> {
        self.entries.get(&entry).map(|entry| &entry.key)
    }

    /// Where the channels of an entry stood when its initial data was read, while nobody has said whether
    /// that is current.
    pub(crate) fn initial(&self, entry: EntryId) -> &[(ChannelName, Position)] {
        let entry = self.entries.get(&entry);
        entry.map_or(&[], |entry| &entry.initial)
    }

    /// Whether an entry's data is from a seed, and nobody has said anything of it yet.
    pub(crate) fn is_restored(&self, entry: EntryId) -> bool {
        let entry = self.entries.get(&entry);
        entry.is_some_and(|entry| entry.is_restored)
    }

    /// What the entry of `key` holds, if it is an `R`.
    #[must_use]
    pub fn resource<R: Resource>(&self, key: &QueryKey) -> Option<&R> {
        self.resource_of(self.entry_id(key)?)
    }

    /// What an entry holds, if it is an `R`.
    #[must_use]
    pub fn resource_of<R: Resource>(&self, entry: EntryId) -> Option<&R> {
        self.entries.get(&entry)?.resource.as_any().downcast_ref()
    }

    /// Changes what an entry holds, if it is an `R`, by other means than fetches and events;
    /// announces the entry as changed.
    pub fn edit<R: Resource, O>(
        &mut self,
        now: Instant,
        entry: EntryId,
        edit: impl FnOnce(&mut R) -> O,
    ) -> Option<O> {
        self.change(now, entry, |entry, _| {
            let output = entry.resource.as_any_mut().downcast_mut().map(edit);
            (output.is_some(), output)
        })?
    }

    /// The optimistic edits over an entry, if it takes any.
    pub(crate) fn overlay_of(&self, entry: EntryId) -> Option<&dyn Overlay> {
        self.entries.get(&entry)?.resource.overlay()
    }

    /// What the optimistic edits over an entry have to tell.
    pub(crate) fn overlay_news(&mut self, entry: EntryId) -> Option<OverlayNews> {
        let entry = self.entries.get_mut(&entry)?;
        Some(entry.resource.overlay_mut()?.take_news())
    }

    /// The entry that a fetch is to fill, while its result is waited for.
    pub(crate) fn fetching(&self, fetch: FetchId) -> Option<EntryId> {
        self.shared.flights.get(&fetch).copied()
    }

    /// The queries that a mutation has optimistic edits in.
    pub(crate) fn overlaid_by(&self, mutation: MutationId) -> Vec<QueryKey> {
        let has = |entry: &&Entry| {
            let overlay = entry.resource.overlay();
            overlay.is_some_and(|overlay| overlay.has(mutation))
        };
        let entries = self.entries.values().filter(has);
        entries.map(|entry| entry.key.clone()).collect()
    }

    /// Lays an optimistic edit over an entry; `None` if it takes none. `apply` says whether what people
    /// see changed.
    pub(crate) fn apply_edit<E>(
        &mut self,
        now: Instant,
        entry: EntryId,
        apply: impl FnOnce(&mut dyn Any, Option<&'static Seeding>) -> Result<bool, E>,
    ) -> Option<Result<(), E>> {
        self.change(now, entry, |entry, _| {
            let seeding = entry.seeding;
            let layered = entry.resource.layered();
            let applied = layered.map(|layered| apply(layered, seeding));
            let changed = applied.as_ref().is_some_and(Result::is_ok);
            (changed, applied.map(|applied| applied.map(drop)))
        })?
    }

    /// Changes the optimistic edits over an entry. `edit` says whether what people see changed.
    pub(crate) fn edit_overlay<O>(
        &mut self,
        now: Instant,
        entry: EntryId,
        edit: impl FnOnce(&mut dyn Overlay) -> (bool, O),
    ) -> Option<O> {
        self.change(now, entry, |entry, _| match entry.resource.overlay_mut() {
            Some(overlay) => {
                let (changed, output) = edit(overlay);
                (changed, Some(output))
            }
            None => (false, None),
        })?
    }

    /// The state of `key` apart from its data.
    #[must_use]
    pub fn meta(&self, key: &QueryKey) -> Option<&QueryMeta> {
        self.meta_of(self.entry_id(key)?)
    }

    /// The state of an entry apart from its data.
    #[must_use]
    pub fn meta_of(&self, entry: EntryId) -> Option<&QueryMeta> {
        self.entries.get(&entry).map(|entry| &entry.meta)
    }

    /// The next thing to do, until there is nothing.
    pub fn poll_output(&mut self) -> Option<QueryOutput> {
        let output = self.shared.outputs.pop_front()?;
        if let QueryOutput::Changed { entry, .. } = &output
            && let Some(entry) = self.entries.get_mut(entry)
        {
            entry.announced = false;
        }
        Some(output)
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Does all that is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        // Each entry once, however soon it is due again.
        let due: Vec<EntryId> = self
            .timers
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, id)| *id)
            .collect();
        for id in due {
            if self
                .entries
                .get(&id)
                .is_some_and(|entry| entry.is_garbage(now))
            {
                self.shared.stats.collected += 1;
                self.drop_entry(id);
            } else {
                self.change(now, id, |entry, shared| entry.tick(now, shared));
            }
        }
    }

    /// How much there is and has happened.
    #[must_use]
    pub fn stats(&self) -> QueryStats {
        QueryStats {
            entries: self.entries.len(),
            observers: self.observers.len(),
            ..self.shared.stats
        }
    }

    /// Changes an entry, then lets it start what may start and announce what is new.
    pub(super) fn change<V: Verdict>(
        &mut self,
        now: Instant,
        id: EntryId,
        change: impl FnOnce(&mut Entry, &mut Shared) -> V,
    ) -> Option<V::Output> {
        let entry = self.entries.get_mut(&id)?;
        let (visible, output) = change(entry, &mut self.shared).split();
        self.changed(now, id, visible);
        Some(output)
    }

    /// Lets an entry start what may start and announce what is new. Apart from the change itself, of which there
    /// is one copy for each caller.
    #[inline(never)]
    fn changed(&mut self, now: Instant, id: EntryId, visible: bool) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.settle(now, &mut self.shared, visible);

        let timer = entry.next_deadline(&self.shared);
        if timer != entry.timer {
            if let Some(old) = entry.timer {
                self.timers.remove(&(old, id));
            }
            if let Some(new) = timer {
                self.timers.insert((new, id));
            }
            entry.timer = timer;
        }
        match (entry.observers.is_empty(), entry.unused_rank) {
            (true, None) => {
                self.last_rank += 1;
                entry.unused_rank = Some(self.last_rank);
                self.unused.insert(self.last_rank, id);
            }
            (false, Some(rank)) => {
                entry.unused_rank = None;
                self.unused.remove(&rank);
            }
            _ => {}
        }
    }

    pub(super) fn drop_entry(&mut self, id: EntryId) {
        let Some(mut entry) = self.entries.remove(&id) else {
            return;
        };
        entry.cancel(&mut self.shared);
        self.keys.remove(&entry.key);
        for observer in entry.observers.ids() {
            self.observers.remove(&observer);
        }
        if let Some(timer) = entry.timer {
            self.timers.remove(&(timer, id));
        }
        if let Some(rank) = entry.unused_rank {
            self.unused.remove(&rank);
        }
        if !entry.feeding.bindings().is_empty() {
            self.gone.push_back((id, entry.feeding));
        }
        self.shared.outputs.push_back(QueryOutput::Removed {
            entry: id,
            key: entry.key.clone(),
        });
    }
}

impl fmt::Debug for QueryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryCache")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
