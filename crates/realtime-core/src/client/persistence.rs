//! Persistence as a part: between the cache and a store that keeps what it holds over page loads.

use super::{
    Output,
    link::Link,
    part::{Context, Happening, Part},
    store::Store,
};
use crate::{
    id::EntryId,
    notify::Topic,
    ordered::OrderedMap,
    seed::Fit,
    storage::{
        ANSWER_WITHIN, Failure, PersistOptions, StoreCommand, StoreError, StoreEvent, Stored,
        StoredSeed, StoredValue, WriteQueue,
    },
    time::Instant,
};
use std::time::Duration;

/// A state that has not changed for this part of the greatest age is written again when the page is hidden:
/// a query that is live is not too old, however long ago its last event was.
const RENEWALS: u32 = 8;

/// What keeps the state of queries, and the outbox, over page loads.
#[derive(Debug)]
pub(super) struct Persistence {
    options: PersistOptions,
    phase: Phase,
    queue: WriteQueue,
    /// Whether the page may be going, so that everything that waits is written now.
    is_going: bool,
    /// How far the channels of each entry were when its state was last written.
    reached: OrderedMap<EntryId, u64>,
}

/// How the store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is none, or it is done with.
    Closed,
    /// It is being read. The client is held until then at most.
    Loading { until: Instant },
    /// It was too slow, and is not waited for any more.
    Late,
    /// It was read, and is written to.
    Open,
    /// It cannot be used.
    Unusable,
    /// The user is signing out: what is in it is to go.
    Stopped,
}

impl Part for Persistence {
    fn new(context: &mut Context<'_>) -> Self {
        Self {
            options: PersistOptions::new(""),
            phase: Phase::Closed,
            queue: WriteQueue::new(context.link.rng.fork()),
            is_going: false,
            reached: OrderedMap::new(),
        }
    }

    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        match *happening {
            Happening::EntryTouched(entry) if !context.store.cache.is_restored(entry) => {
                self.touch(entry, context);
            }
            // It is written also where the rest is as it was found: it is the user's.
            Happening::EntrySet(entry) => self.touch(entry, context),
            Happening::Visible(false) | Happening::Leaving => self.flush(context),
            Happening::Timeout => self.timeout(context),
            Happening::Forgotten(prefix) => self.queue.delete_all(prefix, context.turn.now),
            Happening::Store(event) => self.store_event(event, context),
            Happening::SigningOut => self.stop(context),
            Happening::SignedOut => self.wipe(context),
            _ => {}
        }
        false
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        while let Some((key, value)) = context.turn.kept.take_write() {
            self.queue.set_outbox(&key, value);
        }
        let is_going = std::mem::take(&mut self.is_going);
        if self.phase != Phase::Open {
            return false;
        }
        let (store, link) = (&*context.store, &*context.link);
        let (now, stats) = (context.turn.now, &mut context.turn.stats.store);
        let build = &*self.options.build;
        let reached = &mut self.reached;
        let batch = self
            .queue
            .take_batch(now, is_going, &self.options, stats, &mut |key| {
                let entry = store.cache.entry_id(key)?;
                let seed = store.seed(now, entry, link)?;
                reached.insert(entry, sum_of_positions(store, link, entry));
                Some(StoredSeed::write(build, &seed.text))
            });
        let Some(batch) = batch else { return false };
        context.turn.push(Output::Store(StoreCommand::Write {
            batch: batch.number,
            writes: batch.writes,
            durability: batch.durability,
        }));
        true
    }

    fn next_deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Loading { until } => Some(until),
            Phase::Open => self.queue.next_deadline(),
            Phase::Closed | Phase::Late | Phase::Unusable | Phase::Stopped => None,
        }
    }
}

impl Persistence {
    /// Asks for what is kept.
    pub(super) fn open(&mut self, options: PersistOptions, context: &mut Context<'_>) {
        self.queue.clear();
        self.reached.clear();
        let until = context.turn.now + options.open_within;
        self.options = options;
        self.phase = Phase::Loading { until };
        context.turn.kept.close();
        context.turn.kept.is_open = true;
        context.turn.push(Output::Store(StoreCommand::Load));
    }

    /// Writes what waits, and nothing from then on.
    pub(super) fn close(&mut self, context: &mut Context<'_>) {
        self.flush(context);
        self.poll(context);
        self.stop(context);
        self.phase = Phase::Closed;
    }

    pub(super) const fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading { .. })
    }

    fn touch(&mut self, entry: EntryId, context: &Context<'_>) {
        let cache = &context.store.cache;
        if matches!(
            self.phase,
            Phase::Loading { .. } | Phase::Late | Phase::Open
        ) && cache.is_persisted(entry)
            && let Some(key) = cache.key_of(entry)
        {
            let at = context.turn.now + self.options.write_after;
            self.queue.mark(key, at);
        }
    }

    /// The page may be going: everything that waits goes now. So does what has not changed for long, or whose
    /// channels have brought others something since: the server may not remember for ever what came between.
    fn flush(&mut self, context: &Context<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        let now = context.turn.now;
        let cache = &context.store.cache;
        let renew_after = self.options.max_age / RENEWALS;
        for entry in cache.entries().filter(|entry| cache.is_persisted(*entry)) {
            let Some(key) = cache.key_of(entry) else {
                continue;
            };
            let written = self.queue.written_at(key);
            let is_old = written.is_none_or(|at| now.saturating_since(at) >= renew_after);
            let reached = sum_of_positions(context.store, context.link, entry);
            let is_behind = self.reached.get(&entry) != Some(&reached);
            if (is_old || is_behind) && cache.is_enabled(entry) && !cache.is_restored(entry) {
                self.queue.mark(key, now);
            }
        }
        self.reached.retain(|entry, _| cache.is_persisted(*entry));
        self.is_going = true;
    }

    fn timeout(&mut self, context: &mut Context<'_>) {
        let now = context.turn.now;
        if let Phase::Loading { until } = self.phase
            && now >= until
        {
            self.phase = Phase::Late;
            context.turn.stats.store.refused += 1;
            let within = self.options.open_within;
            context.turn.fault(StoreError::Slow { within }.into());
            Self::go_on(context);
        }
        let failure = self.queue.overdue(now, &mut context.turn.stats.store);
        let within = ANSWER_WITHIN;
        Self::tell(failure, &StoreError::Slow { within }, context);
    }

    /// Whoever waited for the store waits no more.
    fn go_on(context: &mut Context<'_>) {
        context.turn.kept.news.is_over = true;
        context.turn.dirty.mark(Topic::Connection);
        context.turn.dirty.mark_urgent();
    }

    fn store_event(&mut self, event: &StoreEvent, context: &mut Context<'_>) {
        let now = context.turn.now;
        let stats = &mut context.turn.stats.store;
        match event {
            StoreEvent::Loaded(Ok(stored)) => self.loaded(stored, context),
            StoreEvent::Loaded(Err(error)) => {
                if matches!(self.phase, Phase::Loading { .. } | Phase::Late) {
                    let waited = self.is_loading();
                    self.phase = Phase::Unusable;
                    self.queue.clear();
                    context.turn.kept.close();
                    context.turn.stats.store.refused += 1;
                    context.turn.fault(error.clone().into());
                    if waited {
                        Self::go_on(context);
                    }
                }
            }
            StoreEvent::Written {
                batch,
                result: Ok(()),
            } => {
                let durable = self.queue.written(*batch, &self.options, stats);
                context.turn.kept.news.durable.extend(durable);
            }
            StoreEvent::Written {
                batch,
                result: Err(error),
            } => {
                let failure = self.queue.failed(now, *batch, error, stats);
                Self::tell(failure, error, context);
            }
            StoreEvent::Left(outbox) => {
                if self.phase == Phase::Open {
                    Self::found(outbox, context);
                }
            }
            StoreEvent::Lost => {
                let failure = self.queue.lost(now, stats);
                Self::tell(failure, &StoreError::Lost, context);
            }
            StoreEvent::Wiped(Ok(())) => {}
            StoreEvent::Wiped(Err(error)) => context.turn.fault(error.clone().into()),
        }
    }

    /// Tells the app of a failure, but not of each attempt.
    fn tell(failure: Option<Failure>, error: &StoreError, context: &mut Context<'_>) {
        if failure.is_some_and(|failure| failure.is_first) {
            context.turn.fault(error.clone().into());
        }
    }

    /// What was kept is there. Of what comes too late the queries have begun without; the outbox is
    /// somebody's work, and is never too late.
    fn loaded(&mut self, stored: &Stored, context: &mut Context<'_>) {
        let is_in_time = match self.phase {
            Phase::Loading { .. } => true,
            Phase::Late => false,
            _ => return,
        };
        self.phase = Phase::Open;
        // Those that were written longest ago first.
        let mut seeds = OrderedMap::new();
        for (number, value) in stored.seeds.iter().enumerate() {
            seeds.insert((Duration::MAX.saturating_sub(value.age), number), value);
        }
        let now = context.turn.now;
        for value in seeds.values() {
            let read = StoredSeed::read(value);
            let stats = &mut context.turn.stats.store;
            let Some(seed) = read.filter(|_| value.value.len() <= self.options.max_seed_bytes)
            else {
                stats.refused += 1;
                self.queue.delete_stray(&value.key, now);
                continue;
            };
            if value.age > self.options.max_age {
                stats.expired += 1;
                self.queue.delete_stray(&value.key, now);
                continue;
            }
            self.queue.found(&seed.seed.key, value.value.len());
            if is_in_time {
                stats.restored += 1;
                let fit = match seed.build == *self.options.build {
                    true => Fit::Full,
                    false => Fit::RowsOnly,
                };
                context.turn.kept.news.seeds.push((seed.seed, fit));
            }
        }
        Self::found(&stored.outbox, context);
        if is_in_time {
            Self::go_on(context);
        }
    }

    /// What was done and is not settled is the client's own now.
    fn found(outbox: &[StoredValue], context: &mut Context<'_>) {
        context.turn.kept.outbox.extend_from_slice(outbox);
        context.turn.kept.news.has_outbox |= !outbox.is_empty();
    }

    /// Nothing is written from here on.
    fn stop(&mut self, context: &mut Context<'_>) {
        let was_loading = self.is_loading();
        if self.phase != Phase::Closed {
            self.phase = Phase::Stopped;
        }
        self.queue.clear();
        context.turn.kept.close();
        if was_loading {
            Self::go_on(context);
        }
    }

    fn wipe(&mut self, context: &mut Context<'_>) {
        if self.phase == Phase::Stopped {
            self.phase = Phase::Closed;
            context.turn.push(Output::Store(StoreCommand::Wipe));
        }
    }
}

/// Grows with each event on the channels of an entry.
fn sum_of_positions(store: &Store, link: &Link, entry: EntryId) -> u64 {
    let positions = store
        .channels_of(entry)
        .filter_map(|channel| link.channels.position(channel));
    positions.fold(0, |sum, position| sum.wrapping_add(position.seq))
}
