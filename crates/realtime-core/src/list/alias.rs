//! Rows that had a temporary id before the server named them.

use crate::{id::RowId, ordered::OrderedMap};
use std::{collections::VecDeque, rc::Rc};

/// How many temporary ids one list remembers.
const MAX_ALIASES: usize = 1_024;

/// How many bytes of ids.
const MAX_BYTES: usize = 1024 * 1024;

/// Which temporary id became which id; the oldest are forgotten first.
///
/// No two rows have one key: a row of the server's that has such an id itself outranks the alias.
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases {
    by_temporary: OrderedMap<RowId, RowId>,
    by_id: OrderedMap<RowId, RowId>,
    ages: VecDeque<RowId>,
    bytes: usize,
}

impl Aliases {
    /// Remembers that `temporary` is `id` now; returns how many others were forgotten for it.
    pub(super) fn insert(this: &mut Rc<Self>, temporary: &RowId, id: &RowId) -> u64 {
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
    pub(super) fn outrank(this: &mut Rc<Self>, id: &RowId) -> Option<RowId> {
        if this.by_temporary.contains_key(id) {
            Rc::make_mut(this).remove(id)
        } else {
            None
        }
    }

    fn remove(&mut self, temporary: &RowId) -> Option<RowId> {
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
    pub(super) fn resolve<'a>(&'a self, id: &'a RowId) -> &'a RowId {
        self.by_temporary.get(id).unwrap_or(id)
    }

    /// All temporary ids.
    pub(super) fn temporary_ids(&self) -> Vec<RowId> {
        self.by_temporary.keys().cloned().collect()
    }

    /// The temporary id that the row had.
    pub(super) fn temporary(&self, id: &RowId) -> Option<&RowId> {
        self.by_id.get(id)
    }

    /// What a renderer tells the row by: the same for the row's whole life on this client.
    pub(super) fn key<'a>(&'a self, id: &'a RowId) -> &'a RowId {
        self.temporary(id).unwrap_or(id)
    }
}

/// What an alias costs: each id is there more than once.
fn weight(temporary: &RowId, id: &RowId) -> usize {
    3 * temporary.text_len() + 2 * id.text_len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_its_first_key_and_too_many_are_forgotten_oldest_first() {
        let mut aliases = Rc::new(Aliases::default());
        let mut dropped = 0;
        for n in 0..2_000_u32 {
            dropped += Aliases::insert(&mut aliases, &n.into(), &(n + 10_000).into());
        }
        assert_eq!(*aliases.key(&11_999.into()), 1_999);
        assert_eq!(*aliases.resolve(&1_999.into()), 11_999);
        assert_eq!(*aliases.key(&10_000.into()), 10_000);
        assert_eq!(dropped, 2_000 - 1_024);
    }

    #[test]
    fn long_ids_are_bounded_by_their_bytes() {
        let mut aliases = Rc::new(Aliases::default());
        let mut dropped = 0;
        for n in 0..100 {
            let long = format!("{n}{}", "x".repeat(100_000));
            dropped += Aliases::insert(&mut aliases, &format!("temp-{n}").into(), &long.into());
        }
        assert!(aliases.bytes() <= MAX_BYTES && dropped > 90);
        assert_ne!(*aliases.resolve(&"temp-99".into()), "temp-99");
    }

    #[test]
    fn a_real_row_outranks_an_alias() {
        let mut aliases = Rc::new(Aliases::default());
        Aliases::insert(&mut aliases, &1.into(), &10.into());
        assert_eq!(Aliases::outrank(&mut aliases, &1.into()), Some(10.into()));
        assert_eq!(*aliases.key(&10.into()), 10);
        assert_eq!(*aliases.resolve(&1.into()), 1);
        assert_eq!((aliases.bytes(), aliases.ages.len()), (0, 0));
    }

    #[test]
    fn a_row_with_two_temporary_ids_keeps_the_newer_when_the_older_is_forgotten() {
        let mut aliases = Rc::new(Aliases::default());
        Aliases::insert(&mut aliases, &1.into(), &10.into());
        Aliases::insert(&mut aliases, &2.into(), &10.into());
        Aliases::outrank(&mut aliases, &1.into());
        assert_eq!(*aliases.key(&10.into()), 2);
    }
}
