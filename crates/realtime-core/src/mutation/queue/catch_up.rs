//! After a reconnect: which channels have brought all that was missed.

use crate::{
    channel::Continuity,
    id::{ChannelName, Position},
    time::Instant,
};
use rustc_hash::FxHashMap;
use std::time::Duration;

/// How long an edit that is to be merged waits, after a reconnect, for what it is merged with.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bounded by the channels there are.
#[derive(Debug, Default)]
pub(crate) struct CatchUp {
    /// When the link came up, as long as there is patience.
    since: Option<Instant>,
    /// How far the missed events go that the server said it would send.
    missed: FxHashMap<ChannelName, Position>,
}

impl CatchUp {
    /// Whether an event that the server has promised has not come. `seen` is the last that has.
    pub(crate) fn misses(&self, channel: &ChannelName, seen: Option<&Position>) -> bool {
        self.missed.get(channel).is_some_and(|promised| {
            seen.is_none_or(|seen| seen.epoch == promised.epoch && seen.seq < promised.seq)
        })
    }

    pub(super) fn begin(&mut self, now: Instant) {
        self.since = Some(now);
    }

    pub(super) fn until(&self) -> Option<Instant> {
        Some(self.since? + PATIENCE)
    }

    pub(super) fn is_patient(&self) -> bool {
        self.since.is_some()
    }

    /// Time has passed. Only this ends the patience: what is waited for may have come, and wait to be
    /// read.
    pub(super) fn give_up(&mut self, now: Instant) {
        if self.until().is_some_and(|until| until <= now) {
            self.since = None;
        }
    }

    pub(super) fn live(
        &mut self,
        channel: &ChannelName,
        continuity: &Continuity,
        position: Option<&Position>,
    ) {
        match (continuity, position) {
            (Continuity::Recovered { .. }, Some(position)) => {
                self.missed.insert(channel.clone(), position.clone());
            }
            _ => self.lost(channel),
        }
    }

    pub(super) fn lost(&mut self, channel: &ChannelName) {
        self.missed.remove(channel);
    }
}
