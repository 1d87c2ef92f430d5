//! A map by name, for what is looked up with every event. All such maps share the code of one hash table,
//! which knows where in a plain list the value of a name is.

use rustc_hash::FxHashMap;
use std::{fmt, rc::Rc};

/// A map by name; its entries are visited in the order they came, as far as none has gone.
pub(crate) struct NamedMap<N, V> {
    slots: FxHashMap<Rc<str>, usize>,
    entries: Vec<Option<(N, V)>>,
    /// The slots without an entry.
    free: Vec<usize>,
}

impl<N, V> NamedMap<N, V> {
    pub(crate) fn new() -> Self {
        Self {
            slots: FxHashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&N, &V)> {
        let entries = self.entries.iter().flatten();
        entries.map(|(name, value)| (name, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &N> {
        self.iter().map(|(name, _)| name)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Changes every value.
    pub(crate) fn visit_mut(&mut self, mut change: impl FnMut(&N, &mut V)) {
        for (name, value) in self.entries.iter_mut().flatten() {
            change(name, value);
        }
    }

    /// The name as it is kept, and its value.
    pub(crate) fn get_key_value(&self, name: &str) -> Option<(&N, &V)> {
        let slot = *self.slots.get(name)?;
        let (name, value) = self.entries.get(slot)?.as_ref()?;
        Some((name, value))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.get_key_value(name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        let slot = *self.slots.get(name)?;
        let (_, value) = self.entries.get_mut(slot)?.as_mut()?;
        Some(value)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.slots.contains_key(name)
    }

    /// Takes the entry of `name` out; its value.
    pub(crate) fn remove(&mut self, name: &str) -> Option<V> {
        let slot = self.slots.remove(name)?;
        self.free.push(slot);
        let (_, value) = self.entries.get_mut(slot)?.take()?;
        Some(value)
    }
}

impl<N: AsRef<Rc<str>>, V> NamedMap<N, V> {
    /// The value of `name`, which is `default()` if there is none yet.
    pub(crate) fn get_or_insert_with(&mut self, name: N, default: impl FnOnce() -> V) -> &mut V {
        let slot = self.slot(name.as_ref());
        let (_, value) = self.entries[slot].get_or_insert_with(|| (name, default()));
        value
    }

    /// The slot of `name`, which may be a new one.
    fn slot(&mut self, name: &Rc<str>) -> usize {
        if let Some(slot) = self.slots.get(&**name) {
            return *slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.slots.insert(Rc::clone(name), slot);
        slot
    }
}

impl<N, V> Default for NamedMap<N, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: fmt::Debug, V: fmt::Debug> fmt::Debug for NamedMap<N, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ChannelName;

    #[test]
    fn entries_are_found_by_name_and_nothing_else_is() {
        let mut map = NamedMap::new();
        for number in 0..1_000 {
            map.get_or_insert_with(ChannelName::from(format!("room:{number}")), || number);
        }
        assert_eq!(
            *map.get_or_insert_with(ChannelName::from("room:7"), || 0),
            7
        );
        assert_eq!(map.remove("room:8"), Some(8));
        for absent in ["room:8", "room:1000", "room:", ""] {
            assert_eq!(map.get(absent), None, "{absent:?}");
        }
        assert_eq!(map.len(), 999);
        *map.get_mut("room:9").unwrap() += 1;
        assert_eq!(map.values().sum::<i32>(), (0..1_000).sum::<i32>() - 8 + 1);
    }

    #[test]
    fn a_place_that_is_free_is_taken_again() {
        let mut map = NamedMap::new();
        for number in 0..1_000 {
            let name = format!("room:{number}");
            map.get_or_insert_with(ChannelName::from(&*name), || number);
            assert_eq!(map.remove(&name), Some(number));
        }
        assert!(map.is_empty());
        assert_eq!(map.entries.len(), 1);
    }
}
