//! Rows that had a temporary id before the server named them.

use super::item::ItemId;
use crate::ordered::OrderedMap;
use std::{collections::VecDeque, fmt, rc::Rc};

/// How many temporary ids one list remembers.
const MAX_ALIASES: usize = 1_024;

/// What a renderer tells a row by: the same for the row's whole life on this client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey<I>(I);

impl<I> RowKey<I> {
    /// The id that the key is made of: the row's own, or the temporary one it had first.
    pub const fn id(&self) -> &I {
        &self.0
    }
}

impl<I: fmt::Display> fmt::Display for RowKey<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which temporary id became which id; the oldest are forgotten first.
#[derive(Clone, Debug)]
pub(super) struct Aliases<I> {
    by_temporary: OrderedMap<I, I>,
    by_id: OrderedMap<I, I>,
    ages: VecDeque<I>,
}

impl<I> Default for Aliases<I> {
    fn default() -> Self {
        Self {
            by_temporary: OrderedMap::new(),
            by_id: OrderedMap::new(),
            ages: VecDeque::new(),
        }
    }
}

impl<I: ItemId> Aliases<I> {
    /// Remembers that `temporary` is `id` now; returns how many others were forgotten for it.
    pub(super) fn insert(this: &mut Rc<Self>, temporary: &I, id: &I) -> u64 {
        let aliases = Rc::make_mut(this);
        aliases.by_temporary.insert(temporary.clone(), id.clone());
        aliases.by_id.insert(id.clone(), temporary.clone());
        aliases.ages.push_back(temporary.clone());
        let mut dropped = 0;
        while aliases.ages.len() > MAX_ALIASES
            && let Some(oldest) = aliases.ages.pop_front()
        {
            if let Some(id) = aliases.by_temporary.remove(&oldest) {
                aliases.by_id.remove(&id);
                dropped += 1;
            }
        }
        dropped
    }

    /// The id that a row has now.
    pub(super) fn resolve<'a>(&'a self, id: &'a I) -> &'a I {
        self.by_temporary.get(id).unwrap_or(id)
    }

    /// The temporary id that the row had.
    pub(super) fn temporary(&self, id: &I) -> Option<&I> {
        self.by_id.get(id)
    }

    pub(super) fn key(&self, id: &I) -> RowKey<I> {
        RowKey(self.temporary(id).unwrap_or(id).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_its_first_key_and_too_many_are_forgotten_oldest_first() {
        let mut aliases = Rc::new(Aliases::default());
        let mut dropped = 0;
        for n in 0..2_000_u32 {
            dropped += Aliases::insert(&mut aliases, &n, &(n + 10_000));
        }
        assert_eq!(aliases.key(&11_999).id(), &1_999);
        assert_eq!(aliases.resolve(&1_999), &11_999);
        assert_eq!(aliases.key(&10_000).id(), &10_000);
        assert_eq!(dropped, 2_000 - 1_024);
    }
}
