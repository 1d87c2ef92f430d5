//! Things that are forgotten some time after they came, oldest first.

use super::options::Limit;
use crate::{ordered::OrderedMap, time::Instant};
use std::time::Duration;

/// Names one entry of an [`AgeQueue`]; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

impl Ticket {
    pub(super) const FIRST: Self = Self(0);
}

/// Keys in the order they came. An entry leaves on time, when pushed out, or when it is taken
/// back; it leaves nothing behind, so the queue is never longer than what it stands for.
#[derive(Debug)]
pub(super) struct AgeQueue<K> {
    entries: OrderedMap<Ticket, Entry<K>>,
    next: Ticket,
    ttl: Duration,
    cap: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<K> {
    deadline: Instant,
    key: K,
    bytes: usize,
}

/// The most bytes that one queue stands for.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl<K> AgeQueue<K> {
    pub(super) const fn new(limit: Limit) -> Self {
        Self {
            entries: OrderedMap::new(),
            next: Ticket(0),
            ttl: limit.ttl,
            cap: limit.cap,
            bytes: 0,
        }
    }

    /// Takes in something that costs so many bytes to remember.
    pub(super) fn push(&mut self, now: Instant, key: K, bytes: usize) -> Ticket {
        let ticket = self.next;
        self.next = Ticket(ticket.0 + 1);
        let deadline = now + self.ttl;
        self.bytes += bytes;
        self.entries.insert(
            ticket,
            Entry {
                deadline,
                key,
                bytes,
            },
        );
        ticket
    }

    /// What the next entry will be named by.
    pub(super) const fn next(&self) -> Ticket {
        self.next
    }

    /// What there is, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &K> {
        self.entries.values().map(|entry| &entry.key)
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    pub(super) fn remove(&mut self, ticket: Ticket) {
        if let Some(entry) = self.entries.remove(&ticket) {
            self.bytes -= entry.bytes;
        }
    }

    /// How many bytes all of it costs.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_over_cap(&self) -> bool {
        self.entries.len() > self.cap || self.bytes > MAX_BYTES
    }

    pub(super) fn pop_oldest(&mut self) -> Option<(Ticket, K)> {
        let (ticket, entry) = self.entries.pop_first()?;
        self.bytes -= entry.bytes;
        Some((ticket, entry.key))
    }

    pub(super) fn pop_expired(&mut self, now: Instant) -> Option<(Ticket, K)> {
        if self.next_deadline()? > now {
            return None;
        }
        self.pop_oldest()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let (_, entry) = self.entries.first()?;
        Some(entry.deadline)
    }
}
