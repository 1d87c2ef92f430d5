//! Observers: who uses an entry, and what they want taken together.

use super::{NetworkMode, QueryOptions};
use crate::{id::EntryId, ordered::OrderedMap};
use std::time::Duration;

/// One user of a query: what [`observe`](super::QueryCache::observe) gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObserverId(pub(super) u64);

/// What [`QueryCache::observe`](super::QueryCache::observe) gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The new observer, for [`QueryCache::unobserve`](super::QueryCache::unobserve).
    pub observer: ObserverId,
    /// The entry it observes.
    pub entry: EntryId,
    /// Whether the entry was made by this call: its events are then to be routed to it.
    pub is_new: bool,
}

/// The observers of one entry. What they want together is worked out when they change, not when
/// an event arrives.
#[derive(Debug)]
pub(super) struct Observers {
    all: OrderedMap<ObserverId, QueryOptions>,
    enabled: usize,
    /// Of whoever was enabled last.
    settings: QueryOptions,
    gc_time: Duration,
    stale_time: Duration,
    focus: bool,
    reconnect: bool,
    /// Whether anyone enabled fetches without a network.
    always: bool,
}

impl Observers {
    pub(super) const fn new(settings: QueryOptions) -> Self {
        Self {
            all: OrderedMap::new(),
            enabled: 0,
            settings,
            gc_time: Duration::ZERO,
            stale_time: settings.stale_time,
            focus: false,
            reconnect: false,
            always: false,
        }
    }

    pub(super) fn add(&mut self, id: ObserverId, options: QueryOptions) {
        self.gc_time = self.gc_time.max(options.gc_time);
        if options.enabled || self.enabled == 0 {
            self.settings = options;
        }
        self.all.insert(id, options);
        self.recount();
    }

    pub(super) fn remove(&mut self, id: ObserverId) {
        self.all.remove(&id);
        self.recount();
    }

    /// Says whether this changed anything.
    pub(super) fn set_enabled(&mut self, id: ObserverId, enabled: bool) -> bool {
        let Some(options) = self.all.get_mut(&id) else {
            return false;
        };
        if options.enabled == enabled {
            return false;
        }
        options.enabled = enabled;
        if enabled {
            self.settings = *options;
        }
        self.recount();
        true
    }

    fn recount(&mut self) {
        let enabled = || self.all.values().filter(|options| options.enabled);
        self.enabled = enabled().count();
        self.focus = enabled().any(|options| options.refetch_on_focus);
        self.reconnect = enabled().any(|options| options.refetch_on_reconnect);
        self.always = enabled().any(|options| options.network_mode == NetworkMode::Always);
        // Nobody left: the last opinion stands, so that a returning observer finds it.
        if let Some(shortest) = self.all.values().map(|options| options.stale_time).min() {
            self.stale_time = shortest;
        }
    }

    pub(super) fn get(&self, id: ObserverId) -> Option<&QueryOptions> {
        self.all.get(&id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ObserverId> {
        self.all.keys().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether anyone is there who lets it fetch.
    pub(super) const fn any_enabled(&self) -> bool {
        self.enabled > 0
    }

    pub(super) const fn settings(&self) -> &QueryOptions {
        &self.settings
    }

    pub(super) const fn gc_time(&self) -> Duration {
        self.gc_time
    }

    pub(super) const fn stale_time(&self) -> Duration {
        self.stale_time
    }

    /// Whether it fetches without a network.
    pub(super) const fn needs_no_network(&self) -> bool {
        self.always
    }

    pub(super) const fn refetch_on_focus(&self) -> bool {
        self.focus
    }

    pub(super) const fn refetch_on_reconnect(&self) -> bool {
        self.reconnect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gc_time_wins_even_after_its_observer_left() {
        let mut observers = Observers::new(QueryOptions::default());
        let long = QueryOptions::default().with_gc_time(Duration::from_secs(9));
        let short = QueryOptions::default().with_gc_time(Duration::from_secs(1));
        observers.add(ObserverId(1), long);
        observers.add(ObserverId(2), short);
        observers.remove(ObserverId(1));
        assert_eq!(observers.gc_time(), Duration::from_secs(9));
    }

    #[test]
    fn a_disabled_observer_has_no_say_in_refetching() {
        let mut observers = Observers::new(QueryOptions::default());
        observers.add(ObserverId(1), QueryOptions::default().with_enabled(false));
        assert!(!observers.any_enabled() && !observers.refetch_on_focus());
        assert!(observers.set_enabled(ObserverId(1), true));
        assert!(observers.any_enabled() && observers.refetch_on_focus());
    }
}
