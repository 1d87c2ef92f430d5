//! Maps and sets that are kept in order, in little code.
//!
//! The standard library's B-trees are compiled anew for every pair of types, at five kilobytes each; this
//! client has two dozen such pairs. Here all that does not depend on the types is compiled once: the
//! [`Index`] holds the order as numbers of slots, and what is compiled for each type is a binary
//! search and little else. Every operation takes O(log n), but for those that visit all.

mod index;
mod set;

use index::{Index, Slots};
use std::{borrow::Borrow, cmp::Ordering, fmt};

pub(crate) use set::OrderedSet;

/// A map in the order of its keys.
#[derive(Clone)]
pub struct OrderedMap<K, V> {
    index: Index,
    /// By slot; those without an entry are known to the index.
    slots: Vec<Option<(K, V)>>,
}

impl<K, V> OrderedMap<K, V> {
    /// No entries.
    pub const fn new() -> Self {
        Self {
            index: Index::new(),
            slots: Vec::new(),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// All entries in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter {
            order: self.index.slots(),
            slots: &self.slots,
        }
    }

    /// All keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Changes every value, in the order of their keys.
    pub fn visit_mut(&mut self, mut change: impl FnMut(&K, &mut V)) {
        for slot in self.index.slots() {
            if let Some(Some((key, value))) = self.slots.get_mut(slot) {
                change(key, value);
            }
        }
    }

    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Takes the first entry out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let slot = self.index.pop_first()?;
        self.take(slot)
    }

    /// Keeps those entries only for which `keep` says so; visits them in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        let slots = &mut self.slots;
        self.index.retain(&mut |slot| {
            let Some(entry) = slots.get_mut(slot) else {
                return false;
            };
            let stays = entry.as_mut().is_some_and(|(key, value)| keep(key, value));
            if !stays {
                *entry = None;
            }
            stays
        });
    }

    fn take(&mut self, slot: usize) -> Option<(K, V)> {
        self.slots.get_mut(slot)?.take()
    }

    fn entry(&self, slot: usize) -> Option<&(K, V)> {
        self.slots.get(slot)?.as_ref()
    }
}

impl<K: Ord, V> OrderedMap<K, V> {
    /// The slot of `key`, or where in the order it belongs.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<(index::Place, usize), index::Place>
    where
        K: Borrow<Q>,
    {
        self.index.search(&|slot| self.stands(slot, key))
    }

    /// The slot of `key`.
    fn slot<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.index.slot(&|slot| self.stands(slot, key))
    }

    /// How the key in a slot stands to `key`.
    fn stands<Q: Ord + ?Sized>(&self, slot: usize, key: &Q) -> Ordering
    where
        K: Borrow<Q>,
    {
        match self.entry(slot) {
            Some((other, _)) => other.borrow().cmp(key),
            // The index names no slot without an entry, but for the one found last.
            None => Ordering::Less,
        }
    }

    /// The entries from `key` on, in order.
    pub fn iter_from(&self, key: &K) -> Iter<'_, K, V> {
        let place = match self.find(key) {
            Ok((place, _)) | Err(place) => place,
        };
        Iter {
            order: self.index.slots_from(place),
            slots: &self.slots,
        }
    }

    /// The key as it is kept, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let slot = self.slot(key)?;
        self.entry(slot).map(|(key, value)| (key, value))
    }

    /// The value of `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let slot = self.slot(key)?;
        let (_, value) = self.slots.get_mut(slot)?.as_mut()?;
        Some(value)
    }

    /// Whether there is an entry for `key`.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.slot(key).is_some()
    }

    /// Puts `value` in; what was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((_, slot)) => {
                let (_, old) = self.slots.get_mut(slot)?.as_mut()?;
                Some(std::mem::replace(old, value))
            }
            Err(place) => {
                let slot = self.index.insert(place);
                if slot >= self.slots.len() {
                    self.slots.push(None);
                }
                if let Some(space) = self.slots.get_mut(slot) {
                    *space = Some((key, value));
                }
                None
            }
        }
    }

    /// The value of `key`, which is `default()` if there is none yet.
    pub fn get_or_insert_with(&mut self, key: K, default: impl FnOnce() -> V) -> &mut V {
        let slot = match self.find(&key) {
            Ok((_, slot)) => slot,
            Err(place) => self.index.insert(place),
        };
        if slot >= self.slots.len() {
            self.slots.push(None);
        }
        let (_, value) = self.slots[slot].get_or_insert_with(|| (key, default()));
        value
    }

    /// Takes the entry of `key` out; its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (place, slot) = self.find(key).ok()?;
        self.index.remove(place);
        self.take(slot).map(|(_, value)| value)
    }
}

/// All entries of a map in order.
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    order: Slots<'a>,
    slots: &'a [Option<(K, V)>],
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            order: self.order.clone(),
            slots: self.slots,
        }
    }
}

impl<'a, K, V> Iter<'a, K, V> {
    fn entry(&self, slot: usize) -> Option<(&'a K, &'a V)> {
        let (key, value) = self.slots.get(slot)?.as_ref()?;
        Some((key, value))
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.order.next()?;
        self.entry(slot)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.order.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let slot = self.order.next_back()?;
        self.entry(slot)
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> IntoIterator for OrderedMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter {
            order: self.index.into_slots().into_iter(),
            slots: self.slots,
        }
    }
}

/// All entries of a map, taken out in order.
#[derive(Debug)]
pub struct IntoIter<K, V> {
    order: std::vec::IntoIter<usize>,
    slots: Vec<Option<(K, V)>>,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let slot = self.order.next()?;
        self.slots.get_mut(slot)?.take()
    }
}

impl<'a, K, V> IntoIterator for &'a OrderedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K: Ord, V> Extend<(K, V)> for OrderedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for OrderedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for OrderedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for OrderedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OrderedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
