//! What the client keeps beside each entry of the query cache: its routes, its channels' leases,
//! and how often it has changed.

mod feeds;

use super::{Client, Fault, Output, route::Target};
use crate::{
    channel::{self, ChannelError, LeaseId},
    id::{ChannelName, EventName},
    notify::{Dirty, Topic},
    query::{
        BindingIndex, Continuity, EntryId, Observed, ObserverId, QueryCache, QueryMeta, QueryOutput,
    },
    time::Instant,
};
use rustc_hash::FxHashMap;

/// Reads off which rows changed: knows the row's type, which the rest of the client does not.
pub(super) type TakeRows = fn(&mut QueryCache, EntryId, &mut Dirty) -> RowsTaken;

/// What [`TakeRows`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsTaken {
    /// Rows were added, removed or moved.
    Order,
    /// At most the rows themselves changed.
    RowsOnly,
}

/// The entries by id, and by the channels that feed them.
#[derive(Debug, Default)]
pub(super) struct Entries {
    by_id: FxHashMap<EntryId, Entry>,
    by_channel: FxHashMap<ChannelName, Vec<EntryId>>,
    /// Those that listen to an event whatever its channel: the link itself feeds them.
    anywhere: Vec<EntryId>,
    observers: FxHashMap<ObserverId, Observer>,
}

#[derive(Clone, Copy, Debug)]
struct Observer {
    entry: EntryId,
    enabled: bool,
}

#[derive(Debug)]
struct Entry {
    bindings: Vec<(EventName, Option<ChannelName>)>,
    channels: Vec<Feeding>,
    listens_anywhere: bool,
    was_live: bool,
    /// Enabled observers: while there are any, the channels are leased.
    active: usize,
    is_live: bool,
    /// The worst that is known of the channels that came back since the entry was last live.
    continuity: Option<Continuity>,
    /// What was last said of the events between two links, or of a hole, for the app to see.
    recovery: Option<channel::Continuity>,
    /// Why one of its channels could not be asked for.
    channel_error: Option<ChannelError>,
    take_rows: Option<TakeRows>,
    order_version: u64,
    content_version: u64,
    /// What was last told of the query apart from its data.
    status: QueryMeta,
}

#[derive(Debug)]
struct Feeding {
    channel: ChannelName,
    lease: Option<LeaseId>,
}

impl Entries {
    /// How often anything about an entry has changed.
    pub(super) fn content_version(&self, entry: EntryId) -> u64 {
        self.by_id
            .get(&entry)
            .map_or(0, |entry| entry.content_version)
    }

    /// How often the order of an entry's rows, or its status, has changed.
    pub(super) fn order_version(&self, entry: EntryId) -> u64 {
        self.by_id
            .get(&entry)
            .map_or(0, |entry| entry.order_version)
    }

    /// The channels that feed an entry, while it is in use.
    pub(super) fn channels_of(&self, entry: EntryId) -> impl Iterator<Item = &ChannelName> {
        let entry = self.by_id.get(&entry).filter(|entry| entry.active > 0);
        let channels = entry.map_or(&[][..], |entry| &entry.channels);
        channels.iter().map(|feeding| &feeding.channel)
    }

    /// What was last said of the events that an entry may have missed.
    pub(super) fn recovery(&self, entry: EntryId) -> Option<channel::Continuity> {
        self.by_id.get(&entry)?.recovery
    }

    fn note_recovery(&mut self, entry: EntryId, recovery: channel::Continuity) {
        if let Some(entry) = self.by_id.get_mut(&entry) {
            entry.recovery = Some(recovery);
        }
    }

    fn fed_by(&self, channel: &ChannelName) -> Vec<EntryId> {
        self.by_channel.get(channel).cloned().unwrap_or_default()
    }
}

impl Client {
    /// The user has signed out: what is observed is empty, and nobody can have missed anything.
    pub(super) fn entries_start_over(&mut self) {
        for (id, entry) in &mut self.entries.by_id {
            entry.is_live = false;
            entry.was_live = false;
            entry.continuity = None;
            entry.recovery = None;
            self.dirty.mark_items(*id);
        }
    }

    /// Registers an observer that the cache has accepted. The first of an entry decides what the
    /// entry listens to.
    pub(super) fn attach(
        &mut self,
        now: Instant,
        observed: Observed,
        enabled: bool,
        bindings: Vec<(EventName, Option<ChannelName>)>,
        take_rows: Option<TakeRows>,
    ) -> ObserverId {
        let Observed {
            observer,
            entry,
            is_new,
        } = observed;
        if is_new {
            self.register(entry, bindings, take_rows);
            self.lay_pending(now, entry);
        }
        self.entries
            .observers
            .insert(observer, Observer { entry, enabled });
        if enabled {
            self.activate(now, entry);
        }
        self.settle(now);
        observer
    }

    fn register(
        &mut self,
        id: EntryId,
        bindings: Vec<(EventName, Option<ChannelName>)>,
        take_rows: Option<TakeRows>,
    ) {
        let mut channels: Vec<Feeding> = Vec::new();
        let listens_anywhere = bindings.iter().any(|(_, channel)| channel.is_none());
        if listens_anywhere {
            self.entries.anywhere.push(id);
        }
        for (index, (event, channel)) in bindings.iter().enumerate() {
            let target = Target::Entry(id, BindingIndex::new(index));
            self.routes.add(event, channel.as_ref(), target);
            let Some(channel) = channel else { continue };
            if channels.iter().all(|feeding| feeding.channel != *channel) {
                channels.push(Feeding {
                    channel: channel.clone(),
                    lease: None,
                });
                self.entries
                    .by_channel
                    .entry(channel.clone())
                    .or_default()
                    .push(id);
            }
        }
        self.entries.by_id.insert(
            id,
            Entry {
                bindings,
                channels,
                listens_anywhere,
                was_live: false,
                active: 0,
                is_live: false,
                continuity: None,
                recovery: None,
                channel_error: None,
                take_rows,
                order_version: 0,
                content_version: 0,
                status: QueryMeta::default(),
            },
        );
    }

    /// Ends an observer; the last one lets the entry's channels go.
    pub fn unobserve(&mut self, now: Instant, observer: ObserverId) {
        if let Some(Observer { entry, enabled }) = self.entries.observers.remove(&observer)
            && enabled
        {
            self.deactivate(now, entry);
        }
        self.cache.unobserve(now, observer);
        self.settle(now);
    }

    /// Pauses an observer, or lets it go on. While all of an entry's observers are paused it neither
    /// fetches nor subscribes.
    pub fn set_enabled(&mut self, now: Instant, observer: ObserverId, enabled: bool) {
        let Some(known) = self.entries.observers.get_mut(&observer) else {
            return;
        };
        if known.enabled == enabled {
            return;
        }
        known.enabled = enabled;
        let entry = known.entry;
        self.cache.set_enabled(now, observer, enabled);
        if enabled {
            self.activate(now, entry);
        } else {
            self.deactivate(now, entry);
        }
        self.settle(now);
    }

    fn activate(&mut self, now: Instant, id: EntryId) {
        let Some(entry) = self.entries.by_id.get_mut(&id) else {
            return;
        };
        entry.active += 1;
        if entry.active > 1 {
            return;
        }
        let mut refused = Vec::new();
        let since = self.cache.initial_position(id);
        for feeding in &mut entry.channels {
            let channel = &feeding.channel;
            match self.channels.subscribe_since(now, channel, since) {
                Ok(lease) => feeding.lease = Some(lease),
                Err(error) => refused.push(error),
            }
        }
        entry.channel_error = refused.first().cloned();
        for error in refused {
            self.fault(Fault::Channel(error));
        }
        self.go_live(now, id, None, None, None);
    }

    fn deactivate(&mut self, now: Instant, id: EntryId) {
        let Some(entry) = self.entries.by_id.get_mut(&id) else {
            return;
        };
        entry.active = entry.active.saturating_sub(1);
        if entry.active == 0 {
            for lease in entry.channels.iter_mut().filter_map(|it| it.lease.take()) {
                self.channels.release(now, lease);
            }
        }
    }

    pub(super) fn drain_cache(&mut self, now: Instant) -> bool {
        let mut spoke = false;
        while let Some(output) = self.cache.poll_output() {
            spoke = true;
            match output {
                QueryOutput::StartFetch { fetch, key, .. } => {
                    self.outputs.push_back(Output::StartFetch { fetch, key });
                }
                QueryOutput::CancelFetch { fetch } => {
                    self.outputs.push_back(Output::CancelFetch { fetch });
                }
                QueryOutput::Changed { entry, .. } => self.entry_changed(entry),
                QueryOutput::Removed { entry, .. } => self.entry_removed(now, entry),
            }
        }
        spoke
    }

    fn entry_changed(&mut self, id: EntryId) {
        let Some(entry) = self.entries.by_id.get_mut(&id) else {
            return;
        };
        entry.content_version += 1;
        self.dirty.mark(Topic::Query(id));
        let rows = entry
            .take_rows
            .map(|take_rows| take_rows(&mut self.cache, id, &mut self.dirty));
        let meta = self.cache.meta_of(id).cloned().unwrap_or_default();
        let status = meta.without_time();
        let same_status = entry.status == status;
        entry.status = status;
        if rows != Some(RowsTaken::RowsOnly) || !same_status {
            entry.order_version += 1;
            self.dirty.mark(Topic::Order(id));
        }
    }

    fn entry_removed(&mut self, now: Instant, id: EntryId) {
        self.dirty.mark(Topic::Query(id));
        self.dirty.mark(Topic::Order(id));
        self.dirty.mark_items(id);
        self.entries.anywhere.retain(|kept| *kept != id);
        let Some(entry) = self.entries.by_id.remove(&id) else {
            return;
        };
        for (index, (event, channel)) in entry.bindings.iter().enumerate() {
            let target = Target::Entry(id, BindingIndex::new(index));
            self.routes.remove(event, channel.as_ref(), target);
        }
        for feeding in entry.channels {
            if let Some(lease) = feeding.lease {
                self.channels.release(now, lease);
            }
            if let Some(fed) = self.entries.by_channel.get_mut(&feeding.channel) {
                fed.retain(|kept| *kept != id);
                if fed.is_empty() {
                    self.entries.by_channel.remove(&feeding.channel);
                }
            }
        }
    }
}
