//! Hold: while seeds are on their way nothing is fetched and no socket is opened, and what goes on when they have
//! come, from a store or from another client.

use super::{
    part::Happening,
    root::Root,
    seeds::{Imported, Seeds},
};
use crate::{
    key::QueryKey,
    seed::{Fit, Seed, use_seeds},
    time::Instant,
};

/// Waiting for seeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// Whether the app has asked for a connection meanwhile.
    pub(super) is_wanted: bool,
    /// What goes on. By a pointer, so that the linker drops it from an app that never waits.
    go_on: fn(&mut Root, bool),
}

impl Root {
    /// From now on what a store says is handed on. By a pointer, so that the linker drops it from an app that
    /// keeps nothing.
    pub(super) const fn keep(&mut self) {
        self.take_kept = Some(Self::take_kept);
    }

    /// Hands on what the store has said; whether it has said anything.
    fn take_kept(&mut self) -> bool {
        if !self.turn.kept.news.is_any() {
            return false;
        }
        let news = std::mem::take(&mut self.turn.kept.news);
        for (seed, fit) in news.seeds {
            self.import(vec![seed], fit);
        }
        if news.has_outbox {
            self.tell(&Happening::OutboxFound);
        }
        for key in &news.durable {
            self.tell(&Happening::Durable(key));
        }
        if news.is_over {
            self.release_hold();
        }
        true
    }

    /// The seeds of all queries that have data and let it be taken along.
    pub(super) fn export(&self, now: Instant, prefix: &QueryKey) -> Vec<Seed> {
        let entries = self.store.cache.with_prefix(prefix).into_iter();
        let seeds = entries.filter_map(|entry| self.store.seed(now, entry, &self.link));
        seeds.collect()
    }

    /// Takes seeds in; gives how many are of use, now or later.
    pub(super) fn import(&mut self, seeds: Vec<Seed>, fit: Fit) -> usize {
        use_seeds();
        let (parts, mut context) = self.parts();
        let mut used = 0;
        let mut filled = Vec::new();
        parts.with(&mut context, |waiting: &mut Seeds, context| {
            for seed in seeds {
                let imported = waiting.import(seed, fit, context);
                used += usize::from(imported != Imported::No);
                if let Imported::Into(entry) = imported {
                    filled.push(entry);
                }
            }
        });
        for entry in filled {
            self.tell(&Happening::EntryTouched(entry));
        }
        self.settle();
        used
    }

    /// Opens no socket and fetches nothing until [`release_hold`](Self::release_hold).
    pub(super) fn hold(&mut self) {
        if self.held.is_none() {
            self.held = Some(Hold {
                is_wanted: false,
                go_on: Self::go_on,
            });
            self.store.cache.set_held(self.turn.now, true);
            self.settle();
        }
    }

    /// Goes on after [`hold`](Self::hold).
    pub(super) fn release_hold(&mut self) {
        if let Some(hold) = self.held.take() {
            (hold.go_on)(self, hold.is_wanted);
        }
    }

    fn go_on(&mut self, is_wanted: bool) {
        self.store.cache.set_held(self.turn.now, false);
        if is_wanted {
            self.connect();
        }
        self.settle();
    }

    /// Whether nothing is fetched or opened for now.
    #[cfg(feature = "tabs")]
    pub(super) const fn is_held(&self) -> bool {
        self.held.is_some()
    }
}
