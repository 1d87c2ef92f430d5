//! The order of entries that lie elsewhere, by the numbers of their slots. Knows nothing of keys.

use std::{cell::Cell, cmp::Ordering, iter::Flatten, slice};

/// How many slots a chunk has at most: moving so few numbers costs next to nothing.
const MAX: usize = 256;
/// With fewer, a chunk is joined with the next one if that fits.
const MIN: usize = MAX / 4;

/// Where in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    chunk: usize,
    offset: usize,
}

/// Slots in an order that its owner decides. One without any is a single word.
#[derive(Clone, Debug)]
pub(super) struct Index(Option<Box<Order>>);

/// Chunks of slots, none of which is empty.
#[derive(Clone, Debug, Default)]
struct Order {
    chunks: Vec<Vec<usize>>,
    len: usize,
    /// Slots below `len + free.len()` that have no entry.
    free: Vec<usize>,
    /// The slot that was found last: who asks for an entry mostly asks for it again.
    recent: Cell<usize>,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |order| order.len)
    }

    /// All slots in order.
    pub(super) fn slots(&self) -> Slots<'_> {
        self.slots_from(Place {
            chunk: 0,
            offset: 0,
        })
    }

    /// The slots from there on, in order.
    pub(super) fn slots_from(&self, place: Place) -> Slots<'_> {
        let chunks = self
            .0
            .as_ref()
            .and_then(|order| order.chunks.get(place.chunk..));
        let chunks = chunks.unwrap_or_default();
        let mut slots = Slots {
            all: chunks.iter().flatten(),
            left: chunks.iter().map(Vec::len).sum(),
        };
        for _ in 0..place.offset {
            slots.next();
        }
        slots
    }

    pub(super) fn into_slots(self) -> Vec<usize> {
        self.0.map_or_else(Vec::new, |order| order.chunks.concat())
    }

    /// Binary search by how the entry of a slot compares with what is looked for.
    pub(super) fn search(
        &self,
        compare: &dyn Fn(usize) -> Ordering,
    ) -> Result<(Place, usize), Place> {
        let chunks = self.0.as_ref().map_or(&[][..], |order| &order.chunks);
        // The first chunk whose last entry is not too small; else the last chunk.
        let (mut low, mut high) = (0, chunks.len().saturating_sub(1));
        while low < high {
            let middle = low.midpoint(high);
            let last = chunks.get(middle).and_then(|chunk| chunk.last());
            match last {
                Some(last) if compare(*last).is_lt() => low = middle + 1,
                _ => high = middle,
            }
        }
        let chunk = low;
        let slots = chunks.get(chunk).map_or(&[][..], Vec::as_slice);
        let (mut low, mut high) = (0, slots.len());
        while low < high {
            let offset = low.midpoint(high);
            let Some(slot) = slots.get(offset) else { break };
            match compare(*slot) {
                Ordering::Equal => return Ok((Place { chunk, offset }, *slot)),
                Ordering::Less => low = offset + 1,
                Ordering::Greater => high = offset,
            }
        }
        Err(Place { chunk, offset: low })
    }

    /// As [`search`](Self::search), for who wants to know no more than the slot.
    pub(super) fn slot(&self, compare: &dyn Fn(usize) -> Ordering) -> Option<usize> {
        let recent = &self.0.as_ref()?.recent;
        if compare(recent.get()).is_ne() {
            let (_, slot) = self.search(compare).ok()?;
            recent.set(slot);
        }
        Some(recent.get())
    }

    /// Puts a slot there and tells which: one that is free, or the next one that there is none of yet.
    pub(super) fn insert(&mut self, place: Place) -> usize {
        self.0.get_or_insert_default().insert(place)
    }

    /// Takes out the slot that is there.
    pub(super) fn remove(&mut self, place: Place) {
        if let Some(order) = &mut self.0 {
            order.remove(place);
        }
    }

    pub(super) fn pop_first(&mut self) -> Option<usize> {
        let order = self.0.as_mut()?;
        let slot = *order.chunks.first()?.first()?;
        order.remove(Place {
            chunk: 0,
            offset: 0,
        });
        Some(slot)
    }

    /// Keeps those only for which `keep` says so.
    pub(super) fn retain(&mut self, keep: &mut dyn FnMut(usize) -> bool) {
        if let Some(order) = &mut self.0 {
            order.retain(keep);
        }
    }
}

impl Order {
    fn insert(&mut self, place: Place) -> usize {
        let slot = self.free.pop().unwrap_or(self.len);
        self.len += 1;
        let count = self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            self.chunks.push(vec![slot]);
            return slot;
        };
        if chunk.len() < MAX {
            chunk.insert(place.offset.min(chunk.len()), slot);
        } else if place.offset == chunk.len() && place.chunk + 1 == count {
            // What grows at its end is not left with half its room unused.
            self.chunks.push(vec![slot]);
        } else {
            let mut right = chunk.split_off(MAX / 2);
            match place.offset.checked_sub(MAX / 2) {
                Some(offset) if offset > 0 => right.insert(offset.min(right.len()), slot),
                _ => chunk.insert(place.offset.min(chunk.len()), slot),
            }
            self.chunks.insert(place.chunk + 1, right);
        }
        slot
    }

    fn remove(&mut self, place: Place) {
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            return;
        };
        if place.offset < chunk.len() {
            let slot = chunk.remove(place.offset);
            self.len -= 1;
            self.free.push(slot);
        }
        self.join(place.chunk);
        if let Some(before) = place.chunk.checked_sub(1) {
            self.join(before);
        }
    }

    fn retain(&mut self, keep: &mut dyn FnMut(usize) -> bool) {
        let free = &mut self.free;
        for chunk in &mut self.chunks {
            chunk.retain(|slot| {
                let stays = keep(*slot);
                if !stays {
                    free.push(*slot);
                    self.len -= 1;
                }
                stays
            });
        }
        for chunk in (0..self.chunks.len()).rev() {
            self.join(chunk);
        }
    }

    /// Joins a chunk that has become small with the next one, and drops it if it is empty.
    fn join(&mut self, at: usize) {
        let len_of = |at: usize| self.chunks.get(at).map_or(MAX, Vec::len);
        let len = len_of(at);
        if len == 0 {
            self.chunks.remove(at);
        } else if len < MIN && len + len_of(at + 1) <= MAX / 2 {
            let mut next = self.chunks.remove(at + 1);
            if let Some(chunk) = self.chunks.get_mut(at) {
                chunk.append(&mut next);
            }
        }
    }
}

/// Slots in order.
#[derive(Clone, Debug)]
pub(super) struct Slots<'a> {
    all: Flatten<slice::Iter<'a, Vec<usize>>>,
    left: usize,
}

impl Iterator for Slots<'_> {
    type Item = usize;

    #[inline(never)]
    fn next(&mut self) -> Option<usize> {
        let slot = self.all.next()?;
        self.left = self.left.saturating_sub(1);
        Some(*slot)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Slots<'_> {
    #[inline(never)]
    fn next_back(&mut self) -> Option<usize> {
        let slot = self.all.next_back()?;
        self.left = self.left.saturating_sub(1);
        Some(*slot)
    }
}
