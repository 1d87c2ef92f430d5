//! Outgoing edits: those that the server has not confirmed, merged, one message of them under way at a time.

use std::{collections::VecDeque, mem};
use yrs::merge_updates_v1;

/// As many single edits are merged into one piece.
const MERGE_AFTER: usize = 64;
/// Pieces are put together into one message up to here. A single edit may be longer.
const MESSAGE_BYTES: usize = 24 * 1_024;

/// Edits that the server has not confirmed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outgoing {
    /// What is sent, and not answered.
    in_flight: Option<Vec<u8>>,
    /// What waits behind it, in the order of the edits.
    pieces: VecDeque<Vec<u8>>,
    /// The newest edits, not merged yet, and their bytes.
    newest: Vec<Vec<u8>>,
    newest_bytes: usize,
}

impl Outgoing {
    /// Whether the server has confirmed all edits.
    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_none() && self.pieces.is_empty() && self.newest.is_empty()
    }

    pub(crate) fn push(&mut self, update: Vec<u8>) {
        let is_full = self.newest_bytes + update.len() > MESSAGE_BYTES;
        if is_full || self.newest.len() >= MERGE_AFTER {
            self.merge_newest();
        }
        self.newest_bytes += update.len();
        self.newest.push(update);
    }

    /// The next message, if none is under way.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        if self.in_flight.is_some() {
            return None;
        }
        self.merge_newest();
        let mut message = vec![self.pieces.pop_front()?];
        let mut bytes = message.iter().map(Vec::len).sum::<usize>();
        while let Some(next) = self
            .pieces
            .pop_front_if(|next| bytes + next.len() <= MESSAGE_BYTES)
        {
            bytes += next.len();
            message.push(next);
        }
        self.in_flight = Some(merged(message));
        self.in_flight.clone()
    }

    /// The server has what was under way.
    pub(crate) fn confirm(&mut self) {
        self.in_flight = None;
    }

    /// What was under way may not have come to the server: it is sent again, which does no harm if it did.
    pub(crate) fn put_back(&mut self) {
        if let Some(update) = self.in_flight.take() {
            self.pieces.push_front(update);
        }
    }

    /// All of it as one update; `None` if there is nothing.
    pub(crate) fn to_update(&self) -> Option<Vec<u8>> {
        let all = self
            .in_flight
            .iter()
            .chain(&self.pieces)
            .chain(&self.newest);
        let all: Vec<Vec<u8>> = all.cloned().collect();
        (!all.is_empty()).then(|| merged(all))
    }

    fn merge_newest(&mut self) {
        self.newest_bytes = 0;
        let newest = mem::take(&mut self.newest);
        if !newest.is_empty() {
            self.pieces.push_back(merged(newest));
        }
    }
}

/// Updates as one. They are our own, so they can be read; were one not, the rest would go all the same.
fn merged(mut updates: Vec<Vec<u8>>) -> Vec<u8> {
    if updates.len() == 1 {
        return updates.pop().unwrap_or_default();
    }
    merge_updates_v1(&updates).unwrap_or_else(|_| updates.concat())
}
