//! Index of the seeds in the store: which there are, how large, and in what order they were written.

use crate::{key::QueryKey, ordered::OrderedMap, time::Instant};

/// Knows of each seed in the store what is needed to choose those that have to go.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_key: OrderedMap<QueryKey, Kept>,
    /// The one that was written longest ago first.
    by_rank: OrderedMap<u64, QueryKey>,
    bytes: usize,
    last_rank: u64,
}

#[derive(Debug)]
struct Kept {
    bytes: usize,
    rank: u64,
    /// When it was written, if that was in this page.
    at: Option<Instant>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A seed was written just now; or, without a time, before this page.
    pub(super) fn written(&mut self, key: &QueryKey, bytes: usize, at: Option<Instant>) {
        self.removed(key);
        self.last_rank += 1;
        self.bytes += bytes;
        self.by_rank.insert(self.last_rank, key.clone());
        let kept = Kept {
            bytes,
            rank: self.last_rank,
            at,
        };
        self.by_key.insert(key.clone(), kept);
    }

    /// A seed is not there any more.
    pub(super) fn removed(&mut self, key: &QueryKey) {
        if let Some(kept) = self.by_key.remove(key) {
            self.by_rank.remove(&kept.rank);
            self.bytes -= kept.bytes;
        }
    }

    /// Takes out the seed that was written longest ago.
    pub(super) fn take_oldest(&mut self) -> Option<QueryKey> {
        let key = self.by_rank.first().map(|(_, key)| key.clone())?;
        self.removed(&key);
        Some(key)
    }

    /// When a seed was written in this page.
    pub(super) fn written_at(&self, key: &QueryKey) -> Option<Instant> {
        self.by_key.get(key)?.at
    }

    /// The seeds whose key begins with `prefix`.
    pub(super) fn starting_with(&self, prefix: &QueryKey) -> Vec<QueryKey> {
        let from = self.by_key.iter_from(prefix).map(|(key, _)| key);
        let these = from.take_while(|key| key.starts_with(prefix));
        these.cloned().collect()
    }
}
