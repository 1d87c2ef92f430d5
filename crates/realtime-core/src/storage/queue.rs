//! Queue of what is to be written: the newest of each key, in batches, until the store has it.

use super::{
    Durability, PersistOptions, StoreError, StoreStats, StoreTable, StoreWrite, index::Index,
};
use crate::{key::QueryKey, ordered::OrderedMap, time::Instant};
use std::{rc::Rc, time::Duration};

/// How many bytes of seeds one batch takes in, unless the page is going: each is one pass over the rows.
const BATCH_BYTES: usize = 1 << 20;

/// How many batches may be under way: one, and those that a page sends which is hidden and then goes.
const MOST_FLIGHTS: usize = 3;

/// A batch that is not answered within this time has failed, as far as anybody can tell.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The distance between two attempts grows from here …
const RETRY_MIN: Duration = Duration::from_secs(1);
/// … up to here.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// What is not known to be in the store, and when it goes there.
///
/// Of each key it holds the newest only: a state that a query had in between is never written. So it is
/// bounded by the queries that are kept and by the mutations there may be.
#[derive(Debug)]
pub(crate) struct WriteQueue {
    due: OrderedMap<Slot, Due>,
    /// How many of the outbox are in no batch.
    urgent: usize,
    /// When seeds go, if any wait.
    seeds_at: Option<Instant>,
    flights: OrderedMap<u64, Flight>,
    last_batch: u64,
    index: Index,
    failures: u32,
    retry_at: Option<Instant>,
    /// Whether the store is full, so that what was dropped must be deleted before anything is written.
    makes_room: bool,
    /// How many seeds a batch may have: all that wait, unless so many at once were too much for the store.
    most_seeds: usize,
    rng: fastrand::Rng,
}

/// A place in the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Seed(QueryKey),
    /// A seed's place whose name nobody can read.
    Stray(Rc<str>),
    Outbox(Rc<str>),
}

#[derive(Debug)]
struct Due {
    content: Content,
    /// The batch that it is under way in.
    batch: Option<u64>,
}

#[derive(Clone, Debug)]
enum Content {
    /// The query's state, as it is when the batch is made.
    State,
    Value(Rc<str>),
    Nothing,
}

/// A batch that is under way.
#[derive(Debug)]
struct Flight {
    /// How large each of its seeds is; `None` for a delete.
    seeds: Vec<(QueryKey, Option<usize>)>,
    bytes: usize,
    at: Instant,
}

impl Flight {
    /// How many seeds it writes.
    fn values(&self) -> usize {
        self.seeds
            .iter()
            .filter(|(_, bytes)| bytes.is_some())
            .count()
    }
}

/// A batch that goes to the store.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) number: u64,
    pub(crate) writes: Vec<StoreWrite>,
    pub(crate) durability: Durability,
}

/// What comes of a batch that was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Whether it is the first since one was written.
    pub(crate) is_first: bool,
}

impl WriteQueue {
    pub(crate) fn new(rng: fastrand::Rng) -> Self {
        Self {
            due: OrderedMap::new(),
            urgent: 0,
            seeds_at: None,
            flights: OrderedMap::new(),
            last_batch: 0,
            index: Index::default(),
            failures: 0,
            retry_at: None,
            makes_room: false,
            most_seeds: usize::MAX,
            rng,
        }
    }

    /// Nothing waits any more, nothing is known to be in the store, and answers to what is under way are
    /// nobody's.
    pub(crate) fn clear(&mut self) {
        self.due.clear();
        self.urgent = 0;
        self.seeds_at = None;
        self.flights.clear();
        self.index = Index::default();
        self.failures = 0;
        self.retry_at = None;
        self.makes_room = false;
        self.most_seeds = usize::MAX;
    }

    /// A seed was read from the store. Those that were written longest ago are to be told first.
    pub(crate) fn found(&mut self, key: &QueryKey, bytes: usize) {
        self.index.written(key, bytes, None);
    }

    /// A query's state has changed: it is to be written at `at`, or with what goes sooner.
    pub(crate) fn mark(&mut self, key: &QueryKey, at: Instant) {
        let slot = Slot::Seed(key.clone());
        let is_marked = |due: &Due| matches!(due.content, Content::State) && due.batch.is_none();
        if !self.due.get(&slot).is_some_and(is_marked) {
            self.put(slot, Content::State);
        }
        self.seeds_at = Some(self.seeds_at.map_or(at, |before| before.min(at)));
    }

    /// A query's state is to be deleted.
    pub(crate) fn delete(&mut self, key: &QueryKey, now: Instant) {
        self.index.removed(key);
        self.put(Slot::Seed(key.clone()), Content::Nothing);
        self.seeds_at = Some(now);
    }

    /// A seed is to be deleted whose name cannot be read.
    pub(crate) fn delete_stray(&mut self, name: &str, now: Instant) {
        self.put(Slot::Stray(name.into()), Content::Nothing);
        self.seeds_at = Some(now);
    }

    /// Deletes the state of all queries that are kept and whose key begins with `prefix`.
    pub(crate) fn delete_all(&mut self, prefix: &QueryKey, now: Instant) {
        let mut keys = self.index.starting_with(prefix);
        for (slot, due) in self.due.iter() {
            if let Slot::Seed(key) = slot
                && due.batch.is_some()
                && key.starts_with(prefix)
            {
                keys.push(key.clone());
            }
        }
        for key in keys {
            self.delete(&key, now);
        }
    }

    /// A value of the outbox, or that there is none any more: it goes at once, and to the disk.
    pub(crate) fn set_outbox(&mut self, key: &str, value: Option<Rc<str>>) {
        let content = value.map_or(Content::Nothing, Content::Value);
        self.put(Slot::Outbox(key.into()), content);
    }

    /// When a query's state was last written in this page.
    pub(crate) fn written_at(&self, key: &QueryKey) -> Option<Instant> {
        self.index.written_at(key)
    }

    fn put(&mut self, slot: Slot, content: Content) {
        let is_outbox = matches!(slot, Slot::Outbox(_));
        let due = Due {
            content,
            batch: None,
        };
        let before = self.due.insert(slot, due);
        if is_outbox && before.is_none_or(|before| before.batch.is_some()) {
            self.urgent += 1;
        }
    }

    /// When there is something to be done: [`take_batch`](Self::take_batch), or [`overdue`](Self::overdue).
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        match self.flights.first() {
            Some((_, flight)) => Some(flight.at + ANSWER_WITHIN),
            None => self.batch_due(),
        }
    }

    /// When the next batch goes, unless an answer is waited for.
    fn batch_due(&self) -> Option<Instant> {
        let at = match self.urgent {
            0 => self.seeds_at?,
            _ => Instant::ZERO,
        };
        Some(self.retry_at.map_or(at, |retry| retry.max(at)))
    }

    /// Gives up the batches that were not answered in time.
    pub(crate) fn overdue(&mut self, now: Instant, stats: &mut StoreStats) -> Option<Failure> {
        let is_over = |flight: &Flight| now >= flight.at + ANSWER_WITHIN;
        let over = self.flights.iter().filter(|(_, flight)| is_over(flight));
        let over: Vec<u64> = over.map(|(number, _)| *number).collect();
        self.fail_all(now, &over, stats)
    }

    /// What goes to the store now; everything, if the page is `going`. `state` gives a query's state as it
    /// is.
    pub(crate) fn take_batch(
        &mut self,
        now: Instant,
        going: bool,
        options: &PersistOptions,
        stats: &mut StoreStats,
        state: &mut dyn FnMut(&QueryKey) -> Option<Rc<str>>,
    ) -> Option<Batch> {
        let is_time = self.flights.is_empty() && self.batch_due().is_some_and(|at| at <= now);
        let may_go = going && self.flights.len() < MOST_FLIGHTS;
        if !is_time && !may_go {
            return None;
        }
        let with_seeds = going || self.seeds_at.is_some_and(|at| at <= now);
        let number = self.last_batch + 1;
        let mut flight = Flight {
            seeds: Vec::new(),
            bytes: 0,
            at: now,
        };
        let (mut writes, mut gone) = (Vec::new(), Vec::new());
        let (makes_room, mut outbox, mut seeds_left) = (self.makes_room, 0, false);
        self.due.visit_mut(|slot, due| {
            if due.batch.is_some() || makes_room && !matches!(due.content, Content::Nothing) {
                return;
            }
            let is_full = !going && flight.bytes >= BATCH_BYTES;
            let is_full = is_full || flight.seeds.len() >= self.most_seeds;
            let (table, key, value) = match (slot, &due.content) {
                (Slot::Outbox(key), content) => {
                    outbox += 1;
                    let value = match content {
                        Content::Value(value) => Some(Rc::clone(value)),
                        Content::State | Content::Nothing => None,
                    };
                    (StoreTable::Outbox, key.to_string(), value)
                }
                _ if !with_seeds => return,
                _ if is_full => {
                    seeds_left = true;
                    return;
                }
                (Slot::Stray(name), _) => (StoreTable::Seeds, name.to_string(), None),
                (Slot::Seed(key), Content::Nothing | Content::Value(_)) => {
                    flight.seeds.push((key.clone(), None));
                    (StoreTable::Seeds, key.to_json(), None)
                }
                (Slot::Seed(key), Content::State) => {
                    let Some(value) = state(key) else {
                        gone.push(slot.clone());
                        return;
                    };
                    let is_too_large = value.len() > options.max_seed_bytes;
                    let value = (!is_too_large).then_some(value);
                    stats.refused += u64::from(is_too_large);
                    flight
                        .seeds
                        .push((key.clone(), value.as_ref().map(|it| it.len())));
                    (StoreTable::Seeds, key.to_json(), value)
                }
            };
            due.batch = Some(number);
            flight.bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
            writes.push(StoreWrite { table, key, value });
        });
        for slot in gone {
            self.due.remove(&slot);
        }
        self.urgent -= outbox;
        if with_seeds && !makes_room {
            self.seeds_at = seeds_left.then_some(now);
            if !seeds_left && self.most_seeds > flight.seeds.len() {
                self.most_seeds = usize::MAX;
            }
        }
        if writes.is_empty() {
            self.makes_room = false;
            return None;
        }
        self.last_batch = number;
        self.flights.insert(number, flight);
        let durability = match outbox {
            0 => Durability::Relaxed,
            _ => Durability::Strict,
        };
        Some(Batch {
            number,
            writes,
            durability,
        })
    }

    /// The store has a batch; says which of the outbox's values are in it for good.
    pub(crate) fn written(
        &mut self,
        batch: u64,
        options: &PersistOptions,
        stats: &mut StoreStats,
    ) -> Vec<Rc<str>> {
        let Some(flight) = self.flights.remove(&batch) else {
            return Vec::new();
        };
        stats.batches += 1;
        stats.bytes += flight.bytes as u64;
        let wrote_anything =
            flight.seeds.is_empty() || flight.seeds.iter().any(|it| it.1.is_some());
        if wrote_anything {
            self.failures = 0;
            self.retry_at = None;
        }
        self.makes_room = false;
        for (key, bytes) in &flight.seeds {
            match bytes {
                Some(bytes) => self.index.written(key, *bytes, Some(flight.at)),
                None => self.index.removed(key),
            }
        }
        let mut durable = Vec::new();
        self.due.retain(|slot, due| {
            let is_in_it = due.batch == Some(batch);
            if is_in_it && let Slot::Outbox(key) = slot {
                durable.push(Rc::clone(key));
            }
            !is_in_it
        });
        while self.index.bytes() > options.max_bytes || self.index.len() > options.max_seeds {
            self.evict(flight.at, stats);
        }
        durable
    }

    /// Nothing of a batch was written: it is tried again, later, with what has changed since. `None` if
    /// nobody waits for that batch.
    pub(crate) fn failed(
        &mut self,
        now: Instant,
        batch: u64,
        error: &StoreError,
        stats: &mut StoreStats,
    ) -> Option<Failure> {
        let flight = self.flights.remove(&batch)?;
        stats.failures += 1;
        let is_full = *error == StoreError::Full;
        if is_full && self.index.len() == 0 && flight.values() == 1 {
            // There is no room for this one, whatever goes: it is not written before it changes again.
            let before = self.due.len();
            self.due.retain(|_, due| {
                due.batch != Some(batch) || !matches!(due.content, Content::State)
            });
            stats.refused += (before - self.due.len()) as u64;
        }
        self.due.visit_mut(|slot, due| {
            if due.batch == Some(batch) {
                due.batch = None;
                match slot {
                    Slot::Outbox(_) => self.urgent += 1,
                    Slot::Seed(_) | Slot::Stray(_) => self.seeds_at = Some(now),
                }
            }
        });
        let is_first = self.failures == 0;
        self.failures = self.failures.saturating_add(1);
        let wait = RETRY_MIN.saturating_mul(1 << self.failures.min(7).saturating_sub(1));
        let wait = wait.min(RETRY_MAX);
        let most = u64::try_from(wait.as_millis()).unwrap_or(0) * 3 / 10;
        self.retry_at = Some(now + wait + Duration::from_millis(self.rng.u64(0..=most)));
        if is_full {
            self.make_room(now, &flight, stats);
        }
        Some(Failure { is_first })
    }

    /// Whatever was under way has failed.
    pub(crate) fn lost(&mut self, now: Instant, stats: &mut StoreStats) -> Option<Failure> {
        let all: Vec<u64> = self.flights.keys().copied().collect();
        self.fail_all(now, &all, stats)
    }

    fn fail_all(
        &mut self,
        now: Instant,
        batches: &[u64],
        stats: &mut StoreStats,
    ) -> Option<Failure> {
        let mut failure = None;
        for batch in batches {
            let next = self.failed(now, *batch, &StoreError::Lost, stats);
            failure = failure.or(next);
        }
        failure
    }

    /// The store is full: a quarter of the seeds goes. Where there are none, fewer are written at once. The
    /// outbox always is tried again.
    fn make_room(&mut self, now: Instant, flight: &Flight, stats: &mut StoreStats) {
        let values = flight.values();
        if self.index.len() > 0 {
            for _ in 0..self.index.len().div_ceil(4) {
                self.evict(now, stats);
            }
            self.makes_room = true;
            self.retry_at = Some(now);
        } else if values > 1 {
            self.most_seeds = values / 2;
            self.retry_at = Some(now);
        }
    }

    fn evict(&mut self, now: Instant, stats: &mut StoreStats) {
        if let Some(key) = self.index.take_oldest() {
            stats.evicted += 1;
            self.put(Slot::Seed(key), Content::Nothing);
            self.seeds_at = Some(now);
        }
    }
}
