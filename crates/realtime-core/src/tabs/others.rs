//! Others: which tabs a leader knows, and which of them people can see.

use super::TabId;
use crate::{ordered::OrderedMap, time::Instant};
use std::time::Duration;

/// How many tabs may follow one: those beyond go on alone.
const MOST: usize = 64;
/// A tab that was silent for so long is gone. One that lives answers beacons, also where its timers
/// are slowed down; one that is frozen does not.
const GONE_AFTER: Duration = Duration::from_secs(70);

#[derive(Debug)]
struct Other {
    heard_at: Instant,
    visible: bool,
}

/// The tabs that follow.
#[derive(Debug, Default)]
pub(super) struct Others(OrderedMap<TabId, Other>);

impl Others {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is room for this one, or it is known.
    pub(super) fn takes(&self, tab: &TabId) -> bool {
        self.0.len() < MOST || self.0.contains_key(tab)
    }

    /// A tab has said something, and perhaps whether it is visible.
    pub(super) fn heard(&mut self, now: Instant, tab: &TabId, visible: Option<bool>) {
        let new = || Other {
            heard_at: now,
            visible: false,
        };
        let other = self.0.get_or_insert_with(tab.clone(), new);
        other.heard_at = now;
        other.visible = visible.unwrap_or(other.visible);
    }

    pub(super) fn remove(&mut self, tab: &TabId) -> bool {
        self.0.remove(tab).is_some()
    }

    /// A tab that people can see: the one that was heard of last.
    pub(super) fn visible(&self) -> Option<&TabId> {
        let visible = self.0.iter().filter(|(_, other)| other.visible);
        let last = visible.max_by_key(|(_, other)| other.heard_at);
        last.map(|(tab, _)| tab)
    }

    /// This tab did not do what it was asked for: it is not counted as visible until it says so.
    pub(super) fn doubt(&mut self, tab: &TabId) {
        if let Some(other) = self.0.get_mut(tab) {
            other.visible = false;
        }
    }

    /// When the first is gone, if none of them says anything.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let heard = self.0.values().map(|other| other.heard_at).min();
        heard.map(|heard| heard + GONE_AFTER)
    }

    /// We were asleep ourselves, and what they said waits to be read.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.0.visit_mut(|_, other| other.heard_at = now);
    }

    /// Those that are gone, who are forgotten.
    pub(super) fn take_gone(&mut self, now: Instant) -> Vec<TabId> {
        let mut gone = Vec::new();
        self.0.retain(|tab, other| {
            let stays = now < other.heard_at + GONE_AFTER;
            if !stays {
                gone.push(tab.clone());
            }
            stays
        });
        gone
    }
}
