//! Commands: what the cache is told by observers, results, events, the source and the window, and what the
//! application asks for.

use super::{
    Feed, FetchError, Observed, ObserverId, QueryCache, QueryError, QueryOptions, Resource,
    entry::Entry,
    fetching::{FetchId, Fetched},
    resource::{BindingIndex, Effect, EventView},
    restoring::Initial,
};
use crate::{
    channel::Continuity,
    error::DecodeError,
    id::{EntryId, History, Position},
    key::QueryKey,
    liveness::Liveness,
    seed::{Fit, Frame},
    time::Instant,
};
use std::{any::Any, time::Duration};

impl QueryCache {
    /// Begins to use `key`: makes its entry with `make`, or joins the one that is there. Fetches
    /// if there is no data, or stale data and `refetch_on_mount`; a fetch that runs is joined.
    ///
    /// # Errors
    /// [`QueryError::TypeMismatch`] if the entry holds another type than `make` makes, and
    /// [`QueryError::TooManyEntries`] if the cache is full of entries in use.
    pub fn observe(
        &mut self,
        now: Instant,
        key: &QueryKey,
        options: &QueryOptions,
        make: impl FnOnce() -> Box<dyn Resource>,
        feed: &Feed,
    ) -> Result<Observed, QueryError> {
        let (observed, _) = self.observe_from(now, key, options, make(), feed, None)?;
        Ok(observed)
    }

    /// As [`observe`](Self::observe); an entry without data begins with `initial`. Gives why it could not
    /// as well.
    ///
    /// # Errors
    /// As [`observe`](Self::observe).
    pub(crate) fn observe_from(
        &mut self,
        now: Instant,
        key: &QueryKey,
        options: &QueryOptions,
        resource: Box<dyn Resource>,
        feed: &Feed,
        initial: Option<Initial<'_>>,
    ) -> Result<(Observed, Option<DecodeError>), QueryError> {
        let known = self.keys.get(key).copied();
        if let Some(entry) = known.and_then(|id| self.entries.get(&id))
            && entry.resource.data_type() != resource.data_type()
        {
            return Err(QueryError::TypeMismatch { key: key.clone() });
        }
        let id = match known {
            Some(id) => id,
            None => self.insert(now, key, options, resource, feed)?,
        };
        self.last_observer += 1;
        let observer = ObserverId(self.last_observer);
        self.observers.insert(observer, id);
        let unread = self.change(now, id, |entry, _| {
            entry.join_feed(now, feed);
            let begun = initial.map_or(Ok(false), |initial| entry.begin_with(now, initial));
            let was_enabled = entry.observers.any_enabled();
            entry.observers.add(observer, *options);
            if options.enabled {
                if !was_enabled {
                    entry.await_source(now);
                }
                entry.mount(now, options);
            }
            (begun == Ok(true), begun.err())
        });
        let observed = Observed {
            observer,
            entry: id,
            is_new: known.is_none(),
        };
        Ok((observed, unread.flatten()))
    }

    /// Fills an entry from a seed that has come late, if nothing has filled it yet; whether it did.
    ///
    /// # Errors
    /// When the seed's data cannot be read. The entry is then as it was.
    pub(crate) fn restore(
        &mut self,
        now: Instant,
        entry: EntryId,
        frame: Frame<'_>,
        fit: Fit,
    ) -> Result<bool, DecodeError> {
        let restored = self.change(now, entry, |entry, _| {
            let Some(seeding) = entry.seeding.filter(|_| !entry.is_restored) else {
                return (false, Ok(false));
            };
            let begun = entry.begin_with(now, Initial::seed(seeding, frame, fit));
            (begun == Ok(true), begun.map(|_| entry.is_restored))
        });
        restored.unwrap_or(Ok(false))
    }

    /// Where the channels stood matters no more: the data is fetched again.
    pub(crate) fn forget_initial(&mut self, entry: EntryId) {
        if let Some(entry) = self.entries.get_mut(&entry) {
            entry.initial.clear();
        }
    }

    /// The data of an entry as it goes into a seed, and how old it is; `None` if there is none, or it is
    /// not to.
    pub(crate) fn seed_data(&self, now: Instant, entry: EntryId) -> Option<(String, Duration)> {
        self.entries.get(&entry)?.seed_data(now)
    }

    /// Whether an entry's data has all events of its channels up to where those stand.
    pub(crate) fn is_whole(&self, entry: EntryId) -> bool {
        self.entries.get(&entry).is_some_and(Entry::is_whole)
    }

    /// The last position that an entry's data is known to have reached.
    pub(crate) fn seen(&self, entry: EntryId) -> Option<&Position> {
        self.entries.get(&entry)?.seen.as_ref()
    }

    /// While held, nothing is fetched: seeds are waited for.
    pub(crate) fn set_held(&mut self, now: Instant, held: bool) {
        self.shared.held = held;
        for id in self.with_prefix(&QueryKey::new(Vec::new())) {
            self.change(now, id, |entry, _| {
                if !held {
                    entry.await_source(now);
                }
                false
            });
        }
    }

    /// Ends an observer. When it was the last, its entry is kept for `gc_time` more. A fetch that
    /// runs may end, and its result is kept; it is not tried again.
    ///
    /// Gives the entry, if there is one.
    pub fn unobserve(&mut self, now: Instant, observer: ObserverId) -> Option<EntryId> {
        let id = self.observers.remove(&observer)?;
        self.change(now, id, |entry, _| {
            entry.observers.remove(observer);
            entry.drop_unwanted();
            false
        });
        Some(id)
    }

    /// Pauses an observer or lets it go on. Going on counts as a mount. While all observers of an
    /// entry are paused, only [`refetch`](Self::refetch) makes it fetch; events still apply.
    pub fn set_enabled(&mut self, now: Instant, observer: ObserverId, enabled: bool) {
        let Some(id) = self.entry_of(observer) else {
            return;
        };
        self.change(now, id, |entry, _| {
            let was_enabled = entry.observers.any_enabled();
            if !entry.observers.set_enabled(observer, enabled) {
                return false;
            }
            if !enabled {
                entry.drop_unwanted();
            } else if let Some(options) = entry.observers.get(observer).copied() {
                if !was_enabled {
                    entry.await_source(now);
                }
                entry.mount(now, &options);
            }
            false
        });
    }

    /// A fetch ended. A result that nobody waits for any more is counted and dropped.
    pub fn fetch_finished(
        &mut self,
        now: Instant,
        fetch: FetchId,
        result: Result<Fetched, FetchError>,
    ) {
        match self.shared.flights.remove(&fetch) {
            Some(id) => {
                self.change(now, id, |entry, shared| entry.finish(now, shared, result));
            }
            None => self.shared.stats.late_results += 1,
        }
    }

    /// An event arrived for binding number `binding` of an entry.
    ///
    /// # Errors
    /// When the payload cannot be read. The data stays as it was and counts as stale, and the error
    /// is the entry's [`event_error`](super::QueryMeta::event_error) as well.
    pub fn apply_event(
        &mut self,
        now: Instant,
        entry: EntryId,
        binding: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<(), DecodeError> {
        let result = self.change(now, entry, |entry, shared| {
            let result = entry.apply(now, shared, binding, event);
            if result == Ok(Effect::Refetch) {
                entry.invalidate(now, shared, true);
            }
            let changed = !matches!(
                result,
                Ok(Effect::Unchanged | Effect::Invalidate(_)) | Err(_)
            );
            (changed, result)
        });
        match result {
            Some(Ok(Effect::Invalidate(prefix))) => self.invalidate_all(now, &prefix, true),
            Some(Ok(Effect::Partly(error)) | Err(error)) => return Err(error),
            _ => {}
        }
        Ok(())
    }

    /// The channels that feed an entry are subscribed. `position` is where its channel stands or,
    /// after a recovery, where it stood before the events that are still to come.
    ///
    /// After a gap an entry in use is fetched again, once, and another is marked stale.
    pub fn source_live(
        &mut self,
        now: Instant,
        entry: EntryId,
        continuity: Continuity,
        position: Option<Position>,
    ) {
        self.change(now, entry, |entry, shared| {
            entry.source_live(now, shared, continuity, position);
            false
        });
    }

    /// The channels that feed an entry are not subscribed any more.
    pub fn source_down(&mut self, now: Instant, entry: EntryId) {
        self.change(now, entry, |entry, _| {
            entry.source_down(now);
            false
        });
    }

    /// The channels that feed an entry were asked for, and nobody can say whether their events
    /// arrive. Fetches go ahead, and the data is not live. `asked` is when the last was asked for:
    /// what was fetched before may lack events, and is fetched again.
    pub fn source_unknown(&mut self, now: Instant, entry: EntryId, asked: Option<Instant>) {
        self.change(now, entry, |entry, shared| {
            entry.source_unknown(now, shared, asked);
            false
        });
    }

    /// The subscription was refused: there is no source to wait for, and fetches go ahead.
    pub fn source_refused(&mut self, now: Instant, entry: EntryId) {
        self.change(now, entry, |entry, _| {
            entry.source = Liveness::Refused;
            false
        });
    }

    /// Events of an entry were missed although its source is live, or it has begun another
    /// `history`. `position` is up to where: a result that does not reach it lacks some of them.
    pub fn source_gap(
        &mut self,
        now: Instant,
        entry: EntryId,
        history: Option<History>,
        position: Option<Position>,
    ) {
        self.change(now, entry, |entry, shared| {
            entry.source_gap(now, shared, history, position);
            false
        });
    }

    /// Fetches `key` now, even if its observers are disabled; if a fetch runs, once more after it.
    /// An entry that nobody observes is marked stale instead.
    pub fn refetch(&mut self, now: Instant, key: &QueryKey) {
        if let Some(id) = self.entry_id(key) {
            self.change(now, id, |entry, _| {
                entry.want_explicitly(now);
                false
            });
        }
    }

    /// Marks every entry whose key begins with `prefix` as stale, and fetches those in use again.
    ///
    /// A fetch that runs began before, so one more follows it, however often this is called. While
    /// the window is hidden, the fetch waits until it is seen. Fetches for invalidations by events
    /// begin at least 1 s apart per entry; for this call they do not wait.
    pub fn invalidate(&mut self, now: Instant, prefix: &QueryKey) {
        self.invalidate_all(now, prefix, false);
    }

    fn invalidate_all(&mut self, now: Instant, prefix: &QueryKey, by_event: bool) {
        for id in self.with_prefix(prefix) {
            self.change(now, id, |entry, shared| {
                entry.invalidate(now, shared, by_event);
                false
            });
        }
    }

    /// Puts data into the entry of `key` by hand; says whether there is one. A fetch that runs
    /// does not overwrite it: its result is dropped, and one more fetch follows.
    ///
    /// # Errors
    /// When the data is of a type that the entry cannot hold.
    pub fn set_data(
        &mut self,
        now: Instant,
        key: &QueryKey,
        data: Box<dyn Any>,
    ) -> Result<bool, QueryError> {
        let Some(id) = self.entry_id(key) else {
            return Ok(false);
        };
        let result = self.change(now, id, |entry, _| {
            let result = entry.set_data(now, data);
            (result == Ok(true), result)
        });
        Ok(result.transpose()?.is_some())
    }

    /// Changes the data of an entry where it stands: whether that is fresh, and where its channel stands, is as before.
    ///
    /// # Errors
    ///
    /// When the entry holds another type.
    pub(crate) fn adjust(
        &mut self,
        now: Instant,
        id: EntryId,
        data: Box<dyn Any>,
    ) -> Result<(), QueryError> {
        let result = self.change(now, id, |entry, _| {
            let result = entry.resource.land(now, data);
            (result == Ok(true), result)
        });
        result.transpose()?;
        Ok(())
    }

    /// Stops the fetch of `key` that runs or is wanted. The data stays.
    pub fn cancel(&mut self, now: Instant, key: &QueryKey) {
        if let Some(id) = self.entry_id(key) {
            self.change(now, id, |entry, shared| {
                entry.cancel(shared);
                false
            });
        }
    }

    /// Removes every entry whose key begins with `prefix`, and its observers with it: whoever
    /// still wants it has to observe again.
    pub fn remove(&mut self, prefix: &QueryKey) {
        for id in self.with_prefix(prefix) {
            self.drop_entry(id);
        }
    }

    /// The user signs out: entries that nobody observes go, the others are emptied, and nothing is
    /// fetched until [`sign_in`](Self::sign_in).
    pub fn sign_out(&mut self, now: Instant) {
        self.shared.signed_out = true;
        for id in self.with_prefix(&QueryKey::new(Vec::new())) {
            let is_unused = |entry: &Entry| entry.observers.is_empty();
            if self.entries.get(&id).is_some_and(is_unused) {
                self.drop_entry(id);
            } else {
                self.change(now, id, |entry, shared| {
                    entry.start_over(now, shared);
                    true
                });
            }
        }
    }

    /// Somebody is signed in: what is observed is fetched. Does nothing but after
    /// [`sign_out`](Self::sign_out).
    pub fn sign_in(&mut self, now: Instant) {
        if !std::mem::take(&mut self.shared.signed_out) {
            return;
        }
        for id in self.with_prefix(&QueryKey::new(Vec::new())) {
            self.change(now, id, |entry, _| {
                entry.await_source(now);
                false
            });
        }
    }

    /// The browser says that it is offline, where fetches pause unless the client's own connection
    /// is open, or online again.
    pub fn set_online(&mut self, now: Instant, online: bool) {
        let was_online = self.shared.is_online();
        self.shared.online = online;
        self.network_changed(now, was_online);
    }

    /// The client's own connection is open, which is better proof of a network than what the browser
    /// says, or is not any more.
    pub fn set_link_open(&mut self, now: Instant, open: bool) {
        let was_online = self.shared.is_online();
        self.shared.link_open = open;
        self.network_changed(now, was_online);
    }

    fn network_changed(&mut self, now: Instant, was_online: bool) {
        let online = self.shared.is_online();
        if online == was_online {
            return;
        }
        for id in self.with_prefix(&QueryKey::new(Vec::new())) {
            self.change(now, id, |entry, _| {
                if online {
                    entry.online(now);
                }
                false
            });
        }
    }

    /// The window was hidden, or is seen again: then stale data in use is fetched, but nothing
    /// that was fetched less than 1 s ago.
    pub fn set_visible(&mut self, now: Instant, visible: bool) {
        if std::mem::replace(&mut self.shared.visible, visible) == visible || !visible {
            return;
        }
        for id in self.with_prefix(&QueryKey::new(Vec::new())) {
            self.change(now, id, |entry, _| {
                entry.focus(now);
                false
            });
        }
    }

    pub(crate) fn with_prefix(&self, prefix: &QueryKey) -> Vec<EntryId> {
        self.keys
            .iter_from(prefix)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(_, id)| *id)
            .collect()
    }
}
