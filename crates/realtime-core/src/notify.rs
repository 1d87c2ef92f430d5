//! Notifications: the topics that have changed since hooks were last told.
//!
//! Every frame is applied at once, but hooks are told at most once per animation frame: until then
//! the topics that changed wait here, each once. Telling too much is allowed, telling too little
//! is not.

use crate::{
    id::{ChannelName, EntryId, RowId},
    ordered::{OrderedMap, OrderedSet},
};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Something a hook can watch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The connection's status.
    Connection,
    /// Anything about a query or list: its data, its order, its status.
    Query(EntryId),
    /// A list's rows were added, removed or moved, or its status changed.
    Order(EntryId),
    /// One row of a list.
    Item(EntryId, ItemHash),
    /// Any row of a list: each may have changed.
    Items(EntryId),
    /// Who is on a channel.
    Presence(ChannelName),
    /// Who is typing on a channel.
    Typing(ChannelName),
    /// Some mutation's status.
    Mutations,
}

/// Stands for a row's id in a [`Topic`], so that topics need not know the id's type.
///
/// Two ids with one hash are told of each other's changes, which costs a comparison and nothing
/// else. Peers may choose ids, so the hash is one for which nobody can make many ids that share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemHash(u64);

impl ItemHash {
    /// The hash of a row's id.
    #[doc(hidden)]
    #[must_use]
    pub fn of(id: impl Into<RowId>) -> Self {
        let mut hasher = DefaultHasher::new();
        id.into().hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The topics waiting to be published.
///
/// Bounded by what exists: a topic stands for an entry, a row of one, or a channel, each of which
/// is capped where it lives. Rows that came and went would pile up while nobody publishes: past
/// [`Dirty::MAX_ITEMS`] rows of one list, "any row" stands for all.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    topics: OrderedSet<Topic>,
    /// How many rows of each list wait.
    items: OrderedMap<EntryId, usize>,
    urgent: bool,
}

impl Dirty {
    /// How many rows of one list are told one by one; more are told as [`Topic::Items`].
    pub(crate) const MAX_ITEMS: usize = 4_096;

    pub(crate) fn mark(&mut self, topic: Topic) {
        self.topics.insert(topic);
    }

    /// One row of a list.
    pub(crate) fn mark_item(&mut self, entry: EntryId, item: ItemHash) {
        if self.topics.contains(&Topic::Items(entry))
            || !self.topics.insert(Topic::Item(entry, item))
        {
            return;
        }
        let count = self.items.get_or_insert_with(entry, || 0);
        *count += 1;
        if *count > Self::MAX_ITEMS {
            self.mark_items(entry);
        }
    }

    /// Any row of a list.
    pub(crate) fn mark_items(&mut self, entry: EntryId) {
        if self.items.remove(&entry).is_some() {
            self.topics
                .retain(|topic| !matches!(topic, Topic::Item(of, _) if *of == entry));
        }
        self.topics.insert(Topic::Items(entry));
    }

    /// The user's own doing: not to wait for a frame.
    pub(crate) fn mark_urgent(&mut self) {
        self.urgent = true;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub(crate) fn is_urgent(&self) -> bool {
        self.urgent && !self.topics.is_empty()
    }

    pub(crate) fn take(&mut self) -> Vec<Topic> {
        self.urgent = false;
        self.items.clear();
        std::mem::take(&mut self.topics).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_waits_once_however_often_it_changes() {
        let mut dirty = Dirty::default();
        for _ in 0..3 {
            dirty.mark(Topic::Connection);
        }
        assert_eq!(dirty.take(), vec![Topic::Connection]);
        assert!(dirty.is_empty());
    }

    #[test]
    fn ids_chosen_to_share_a_hash_do_not() {
        // For a hash that multiplies, these differ only in what it shifts out.
        let crafted = (0..1_000_u64).map(|n| n << 54);
        let hashes: OrderedSet<ItemHash> = crafted.map(ItemHash::of).collect();
        assert_eq!(hashes.len(), 1_000);
    }

    #[test]
    fn urgency_ends_with_the_publish_and_needs_a_topic() {
        let mut dirty = Dirty::default();
        dirty.mark_urgent();
        assert!(!dirty.is_urgent());
        dirty.mark(Topic::Connection);
        assert!(dirty.is_urgent());
        dirty.take();
        dirty.mark(Topic::Connection);
        assert!(!dirty.is_urgent());
    }

    #[test]
    fn rows_that_nobody_publishes_become_any_row_and_take_no_more_memory() {
        let mut cache = crate::query::QueryCache::new(
            fastrand::Rng::with_seed(1),
            crate::query::QueryLimits::default(),
        );
        let spec = crate::RecordSpec::<u8>::new();
        let observed = cache.observe(
            crate::Instant::ZERO,
            &crate::key!["list"],
            &crate::QueryOptions::default(),
            || Box::new(spec.build()),
            &crate::query::Feed::None,
        );
        let entry = observed.unwrap().entry;
        let mut dirty = Dirty::default();
        for row in 0..=Dirty::MAX_ITEMS {
            assert!(dirty.topics.len() <= Dirty::MAX_ITEMS);
            dirty.mark_item(entry, ItemHash::of(row));
        }
        dirty.mark_item(entry, ItemHash::of(0));
        assert_eq!(dirty.take(), vec![Topic::Items(entry)]);
        dirty.mark_item(entry, ItemHash::of(0));
        assert_eq!(dirty.take(), vec![Topic::Item(entry, ItemHash::of(0))]);
    }
}
