//! Rows that had a temporary id before the server named them.

use super::item::{ItemId, text_len};
use crate::ordered::OrderedMap;
use std::{collections::VecDeque, fmt, rc::Rc};

/// How many temporary ids one list remembers.
const MAX_ALIASES: usize = 1_024;

/// How many bytes of ids.
const MAX_BYTES: usize = 1024 * 1024;

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
///
/// No two rows have one key: a row of the server's that has such an id itself outranks the alias.
#[derive(Clone, Debug)]
pub(super) struct Aliases<I> {
    by_temporary: OrderedMap<I, I>,
    by_id: OrderedMap<I, I>,
    ages: VecDeque<I>,
    bytes: usize,
}

impl<I> Default for Aliases<I> {
    fn default() -> Self {
        Self {
            by_temporary: OrderedMap::new(),
            by_id: OrderedMap::new(),
            ages: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<I: ItemId> Aliases<I> {
    /// Remembers that `temporary` is `id` now; returns how many others were forgotten for it.
    pub(super) fn insert(this: &mut Rc<Self>, temporary: &I, id: &I) -> u64 {
        let aliases = Rc::make_mut(this);
        aliases.remove(temporary);
        // What stood for the row under this id stands for nothing now.
        let stale = aliases.by_temporary.iter();
        let stale = stale.filter(|(_, of)| *of == temporary);
        for other in stale.map(|(other, _)| other.clone()).collect::<Vec<_>>() {
            aliases.remove(&other);
        }
        aliases.by_temporary.insert(temporary.clone(), id.clone());
        aliases.by_id.insert(id.clone(), temporary.clone());
        aliases.ages.push_back(temporary.clone());
        aliases.bytes += weight(temporary, id);
        let mut dropped = 0;
        while (aliases.ages.len() > MAX_ALIASES || aliases.bytes > MAX_BYTES)
            && let Some(oldest) = aliases.ages.front().cloned()
        {
            aliases.remove(&oldest);
            dropped += 1;
        }
        dropped
    }

    /// A row of the server's has this id: it is no alias any more. The id it stood for, if it was.
    pub(super) fn outrank(this: &mut Rc<Self>, id: &I) -> Option<I> {
        if this.by_temporary.contains_key(id) {
            Rc::make_mut(this).remove(id)
        } else {
            None
        }
    }

    fn remove(&mut self, temporary: &I) -> Option<I> {
        let id = self.by_temporary.remove(temporary)?;
        self.bytes -= weight(temporary, &id);
        self.ages.retain(|age| age != temporary);
        if self.by_id.get(&id) == Some(temporary) {
            self.by_id.remove(&id);
        }
        Some(id)
    }

    /// How many bytes of ids are remembered.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
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

/// What an alias costs: each id is there more than once.
fn weight<I: ItemId>(temporary: &I, id: &I) -> usize {
    3 * text_len(temporary) + 2 * text_len(id)
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

    #[test]
    fn long_ids_are_bounded_by_their_bytes() {
        let mut aliases = Rc::new(Aliases::default());
        let mut dropped = 0;
        for n in 0..100 {
            let long = format!("{n}{}", "x".repeat(100_000));
            dropped += Aliases::insert(&mut aliases, &format!("temp-{n}"), &long);
        }
        assert!(aliases.bytes() <= MAX_BYTES && dropped > 90);
        assert_ne!(aliases.resolve(&"temp-99".to_owned()), "temp-99");
    }

    #[test]
    fn a_real_row_outranks_an_alias() {
        let mut aliases = Rc::new(Aliases::<u32>::default());
        Aliases::insert(&mut aliases, &1, &10);
        assert_eq!(Aliases::outrank(&mut aliases, &1), Some(10));
        assert_eq!(aliases.key(&10).id(), &10);
        assert_eq!(aliases.resolve(&1), &1);
        assert_eq!((aliases.bytes(), aliases.ages.len()), (0, 0));
    }

    #[test]
    fn a_row_with_two_temporary_ids_keeps_the_newer_when_the_older_is_forgotten() {
        let mut aliases = Rc::new(Aliases::<u32>::default());
        Aliases::insert(&mut aliases, &1, &10);
        Aliases::insert(&mut aliases, &2, &10);
        Aliases::outrank(&mut aliases, &1);
        assert_eq!(aliases.key(&10).id(), &2);
    }
}
