//! Seeds as a part: those that wait for somebody to observe their query.

use super::{
    Fault,
    link::Link,
    part::{Context, Happening, Part},
    store::Store,
    turn::Turn,
};
use crate::{
    id::{ChannelName, EntryId, Position},
    key::QueryKey,
    ordered::OrderedMap,
    query::Initial,
    seed::{Fit, Seed, SeedError, Seeding},
    time::Instant,
};

/// How many seeds may wait, and how many bytes they may have together.
const MAX_WAITING: (usize, usize) = (10_000, 64 << 20);

/// Seeds whose queries nobody has observed yet.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    waiting: OrderedMap<QueryKey, (Seed, Fit)>,
    bytes: usize,
}

/// A seed whose query is observed now.
pub(super) struct WaitingSeed {
    seed: Seed,
    fit: Fit,
}

impl WaitingSeed {
    /// What an entry begins with for it.
    ///
    /// # Errors
    /// When what is around the data cannot be read.
    pub(super) fn initial(&self, seeding: &'static Seeding) -> Result<Initial<'_>, SeedError> {
        Ok(Initial::seed(seeding, self.seed.frame()?, self.fit))
    }
}

impl Part for Seeds {
    fn new(_: &mut Context<'_>) -> Self {
        Self::default()
    }

    fn handle(&mut self, happening: &Happening<'_>, _: &mut Context<'_>) -> bool {
        if matches!(happening, Happening::SignedOut) {
            *self = Self::default();
        }
        false
    }

    fn poll(&mut self, _: &mut Context<'_>) -> bool {
        false
    }
}

impl Seeds {
    /// Gives the seed that waits for this query, if there is one.
    pub(super) fn take(&mut self, key: &QueryKey) -> Option<WaitingSeed> {
        let (seed, fit) = self.waiting.remove(key)?;
        self.bytes -= seed.text.len();
        Some(WaitingSeed { seed, fit })
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a seed in; whether it is of use, now or later. Gives the entry that it has filled.
    pub(super) fn import(&mut self, seed: Seed, fit: Fit, context: &mut Context<'_>) -> Imported {
        let Some(entry) = context.store.cache.entry_id(&seed.key) else {
            return self.keep(seed, fit, context.turn);
        };
        let now = context.turn.now;
        let restored = seed.frame().and_then(|frame| {
            let restored = context.store.cache.restore(now, entry, frame, fit);
            Ok(restored?)
        });
        match restored {
            Ok(true) => {
                context.turn.stats.seeds.restored += 1;
                context.store.resume_initial(entry, context.link);
                Imported::Into(entry)
            }
            Ok(false) => {
                context.turn.stats.seeds.outdated += 1;
                Imported::No
            }
            Err(error) => {
                context.turn.refuse_seed(error);
                Imported::No
            }
        }
    }

    /// Keeps a seed until its query is observed. Of two the younger is kept.
    fn keep(&mut self, seed: Seed, fit: Fit, turn: &mut Turn) -> Imported {
        let new = match seed.frame() {
            Ok(frame) => frame.age,
            Err(error) => {
                turn.refuse_seed(error);
                return Imported::No;
            }
        };
        let old = self.waiting.get(&seed.key).map(|(old, _)| old);
        let is_younger = old
            .and_then(|old| old.frame().ok())
            .is_some_and(|old| old.age <= new);
        if is_younger {
            turn.stats.seeds.outdated += 1;
            return Imported::No;
        }
        let bytes = self.bytes - old.map_or(0, |old| old.text.len()) + seed.text.len();
        let (max_seeds, max_bytes) = MAX_WAITING;
        let is_new = old.is_none();
        if bytes > max_bytes || is_new && self.waiting.len() >= max_seeds {
            turn.stats.seeds.dropped += 1;
            return Imported::No;
        }
        self.bytes = bytes;
        self.waiting.insert(seed.key.clone(), (seed, fit));
        Imported::Waits
    }
}

/// What became of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Imported {
    /// It was of no use.
    No,
    /// It waits for its query.
    Waits,
    /// It has filled this entry.
    Into(EntryId),
}

impl Turn {
    pub(super) fn refuse_seed(&mut self, error: SeedError) {
        self.stats.seeds.refused += 1;
        self.fault(Fault::Seed(error));
    }
}

impl Store {
    /// The seed of an entry, if it has data that goes into one.
    pub(super) fn seed(&self, now: Instant, entry: EntryId, link: &Link) -> Option<Seed> {
        let key = self.cache.key_of(entry)?;
        let (data, age) = self.cache.seed_data(now, entry)?;
        Some(Seed::new(key, age, &self.positions(entry, link), &data))
    }

    /// Where each channel of an entry stands with all that its data has; empty if that is not certain of
    /// all of them.
    fn positions(&self, entry: EntryId, link: &Link) -> Vec<(ChannelName, Position)> {
        let initial = self.cache.initial(entry);
        if !initial.is_empty() {
            return initial.to_vec();
        }
        let feeding = self
            .cache
            .feeding(entry)
            .filter(|it| !it.listens_anywhere());
        let Some(feeding) = feeding.filter(|_| self.cache.is_whole(entry)) else {
            return Vec::new();
        };
        let mut positions = Vec::new();
        let is_only = feeding.channels().nth(1).is_none();
        for channel in feeding.channels() {
            // A channel that was let go since is not known any more, but what it brought is. And a fetch may
            // have brought what the channel still has to.
            let seen = self.cache.seen(entry).filter(|_| is_only);
            let position = match (link.channels.position(channel), seen) {
                (Some(position), Some(seen)) if position.epoch != seen.epoch => None,
                (Some(position), Some(seen)) if position.seq < seen.seq => Some(seen),
                (position, seen) => position.or(seen),
            };
            // Without an epoch nobody could tell whether the server has begun anew meanwhile.
            match position.filter(|position| !position.epoch.is_empty()) {
                Some(position) => positions.push((channel.clone(), position.clone())),
                None => return Vec::new(),
            }
        }
        positions
    }

    /// An entry that is in use was filled from a seed: its channels resume from there.
    fn resume_initial(&mut self, entry: EntryId, link: &mut Link) {
        for (channel, position) in self.cache.initial(entry).to_vec() {
            link.channels.resume_from(&channel, &position);
        }
        self.check_initial(entry, link);
    }
}
