//! Commands on queries: single records and lists.

use super::{Client, entries::TakeRows, live_list::LiveList};
use crate::{
    channel::{ChannelError, Continuity},
    id::{ChannelName, EventName, Position},
    key::QueryKey,
    list::{ListItem, ListOptions, ListSnapshot, ListStats},
    query::{
        EntryId, Feed, Fetched, ObserverId, QueryError, QueryMeta, QueryOptions, Record, RecordSpec,
    },
    time::Instant,
};
use std::rc::Rc;

/// What a list listens to, and how it is kept.
///
/// ```
/// use realtime_core::{ListOptions, ListSpec};
///
/// let by_text = ListOptions::<String>::default().with_sort(Ord::cmp);
/// let spec = ListSpec::new(Some("tasks".into())).with_event("task:changed").with_options(by_text);
/// assert_eq!(&*spec.event, "task:changed");
/// ```
#[derive(Debug)]
pub struct ListSpec<T> {
    /// The channel to subscribe to; `None` listens to the event on any channel.
    pub channel: Option<ChannelName>,
    /// The event that brings changes: `list:update` unless told otherwise.
    pub event: EventName,
    /// Order and limits.
    pub options: ListOptions<T>,
    /// The rows to begin with, until there is better.
    initial: Option<Fetched>,
}

impl<T> ListSpec<T> {
    /// A list that `list:update` on `channel` keeps fresh, in arrival order.
    #[must_use]
    pub fn new(channel: Option<ChannelName>) -> Self {
        Self {
            channel,
            event: EventName::from("list:update"),
            options: ListOptions::default(),
            initial: None,
        }
    }

    /// Sets the event that brings changes.
    #[must_use]
    pub fn with_event(mut self, event: impl Into<EventName>) -> Self {
        self.event = event.into();
        self
    }

    /// Sets order and limits.
    #[must_use]
    pub fn with_options(mut self, options: ListOptions<T>) -> Self {
        self.options = options;
        self
    }

    /// Begins with these rows. With their position, nothing is fetched if the server can say that
    /// they are current, or sends what has changed since.
    #[must_use]
    pub fn with_initial(mut self, items: Vec<T>, position: Option<Position>) -> Self
    where
        T: 'static,
    {
        self.initial = Some(Fetched {
            data: Box::new(items),
            position,
        });
        self
    }
}

impl Client {
    /// Watches the record `key`: subscribes to what `spec` names, then fetches, then keeps it
    /// fresh. Observers of one key share all of that; the first one's `spec` counts.
    ///
    /// # Errors
    ///
    /// When `key` holds another type already, the cache is full of watched entries, or the protocol
    /// keeps an event's name for itself.
    pub fn observe_record<T: PartialEq + 'static>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        spec: RecordSpec<T>,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let bindings: Vec<_> = spec
            .bindings()
            .iter()
            .map(|binding| (binding.event.clone(), binding.channel.clone()))
            .collect();
        let feed = self.feed_of(key, &bindings)?;
        let initial = spec.initial();
        let make = || Box::new(spec.build()) as Box<_>;
        let observed = self
            .cache
            .observe_from(now, key, options, make, &feed, initial)?;
        Ok(self.attach(now, observed, options.enabled, bindings, None))
    }

    /// Watches the list `key`, as [`observe_record`](Self::observe_record) does a record.
    ///
    /// # Errors
    ///
    /// When `key` holds another type already, the cache is full of watched entries, or the protocol
    /// keeps an event's name for itself.
    pub fn observe_list<T: ListItem>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        spec: ListSpec<T>,
        options: &QueryOptions,
    ) -> Result<ObserverId, QueryError> {
        let bindings = vec![(spec.event, spec.channel)];
        let feed = self.feed_of(key, &bindings)?;
        let make = || Box::new(LiveList::new(spec.options)) as Box<_>;
        let observed = self
            .cache
            .observe_from(now, key, options, make, &feed, spec.initial)?;
        let take_rows: TakeRows = LiveList::<T>::take_rows;
        Ok(self.attach(now, observed, options.enabled, bindings, Some(take_rows)))
    }

    /// The entry of `key`, for its [`Topic`](crate::Topic)s; `None` while nobody has asked for it.
    #[must_use]
    pub fn entry(&self, key: &QueryKey) -> Option<EntryId> {
        self.cache.entry_id(key)
    }

    /// The record `key`, once there is data of type `T`.
    #[must_use]
    pub fn record<T: PartialEq + 'static>(&self, key: &QueryKey) -> Option<Rc<T>> {
        self.cache.resource::<Record<T>>(key)?.data()
    }

    /// The list `key` as it is now, once there is data. Costs the same for any length, and never
    /// changes afterwards.
    #[must_use]
    pub fn list<T: ListItem>(&self, key: &QueryKey) -> Option<ListSnapshot<T>> {
        let live = self.filled_list::<T>(key)?;
        Some(live.list.snapshot())
    }

    /// One row of the list `key`.
    #[must_use]
    pub fn item<T: ListItem>(&self, key: &QueryKey, id: &T::Id) -> Option<Rc<T>> {
        self.filled_list::<T>(key)?.list.get(id).cloned()
    }

    /// Where a row of the list `key` stands, counted from zero, in O(log n); also by the temporary id
    /// it had.
    #[must_use]
    pub fn rank<T: ListItem>(&self, key: &QueryKey, id: &T::Id) -> Option<usize> {
        self.filled_list::<T>(key)?.list.rank(id)
    }

    /// What the list `key` has counted since it was made.
    #[must_use]
    pub fn list_stats<T: ListItem>(&self, key: &QueryKey) -> Option<ListStats> {
        let live = self.cache.resource::<LiveList<T>>(key)?;
        Some(live.list.stats())
    }

    /// What an observer has to say about an entry's feed: nothing, unless it is the first.
    fn feed_of(
        &self,
        key: &QueryKey,
        bindings: &[(EventName, Option<ChannelName>)],
    ) -> Result<Feed, QueryError> {
        if let Some((event, _)) = bindings.iter().find(|(event, _)| self.codec.keeps(event)) {
            let event = event.clone();
            return Err(QueryError::ReservedName { event });
        }
        if self.cache.entry_id(key).is_some() {
            return Ok(Feed::None);
        }
        Ok(feed_of(bindings))
    }

    fn filled_list<T: ListItem>(&self, key: &QueryKey) -> Option<&LiveList<T>> {
        use crate::query::Resource as _;

        let live = self.cache.resource::<LiveList<T>>(key)?;
        live.has_data().then_some(live)
    }

    /// Status, error and freshness of `key`.
    #[must_use]
    pub fn query_meta(&self, key: &QueryKey) -> Option<&QueryMeta> {
        self.cache.meta(key)
    }

    /// Grows with each change of anything about `key`, status included; 0 if nobody has asked for
    /// it.
    #[must_use]
    pub fn content_version(&self, key: &QueryKey) -> u64 {
        self.entry(key)
            .map_or(0, |entry| self.entries.content_version(entry))
    }

    /// Grows with each change of the order of the list `key`, or of its status.
    #[must_use]
    pub fn order_version(&self, key: &QueryKey) -> u64 {
        self.entry(key)
            .map_or(0, |entry| self.entries.order_version(entry))
    }

    /// How the last (re)subscription of the channel that feeds `key` turned out, or that a hole was
    /// noticed since: nothing missed, so many events recovered, or a gap, which one fetch heals.
    /// `None` before the first.
    #[must_use]
    pub fn recovery(&self, key: &QueryKey) -> Option<Continuity> {
        self.entries.recovery(self.entry(key)?)
    }

    /// Why events do not keep `key` fresh, as far as its channel is to blame: the server has refused
    /// it, or there are too many.
    #[must_use]
    pub fn channel_error(&self, key: &QueryKey) -> Option<ChannelError> {
        self.channel_error_of(self.entry(key)?)
    }

    /// Fetches `key` again. While a fetch is under way, one more follows it.
    pub fn refetch(&mut self, now: Instant, key: &QueryKey) {
        self.cache.refetch(now, key);
        self.settle(now);
    }

    /// Marks all keys that begin with `prefix` stale, and fetches those in use again: however
    /// often this is called, at most one fetch a key runs and one waits.
    pub fn invalidate(&mut self, now: Instant, prefix: &QueryKey) {
        self.cache.invalidate(now, prefix);
        self.settle(now);
    }

    /// Forgets all keys that begin with `prefix`. Those in use start over when next observed.
    pub fn forget(&mut self, now: Instant, prefix: &QueryKey) {
        self.cache.remove(prefix);
        self.settle(now);
    }

    /// Sets the record `key` by hand, to be published at once; says whether anyone has asked for
    /// the key, as nothing is kept otherwise.
    ///
    /// # Errors
    ///
    /// When `key` holds another type.
    pub fn set_record<T: PartialEq + 'static>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        value: T,
    ) -> Result<bool, QueryError> {
        self.set_data(now, key, Box::new(value))
    }

    /// Sets the list `key` by hand, as [`set_record`](Self::set_record) does a record.
    ///
    /// # Errors
    ///
    /// When `key` holds another type.
    pub fn set_list<T: ListItem>(
        &mut self,
        now: Instant,
        key: &QueryKey,
        items: Vec<T>,
    ) -> Result<bool, QueryError> {
        self.set_data(now, key, Box::new(items))
    }

    fn set_data(
        &mut self,
        now: Instant,
        key: &QueryKey,
        data: Box<dyn std::any::Any>,
    ) -> Result<bool, QueryError> {
        let result = self.cache.set_data(now, key, data);
        self.dirty.mark_urgent();
        self.settle(now);
        result
    }
}

/// Only positions of a single channel compare with a fetch's.
fn feed_of(bindings: &[(EventName, Option<ChannelName>)]) -> Feed {
    let mut channels = bindings.iter().map(|(_, channel)| channel.as_ref());
    match channels.next() {
        None => Feed::None,
        Some(Some(first)) if channels.all(|other| other == Some(first)) => {
            Feed::Channel(first.clone())
        }
        Some(_) => Feed::Several,
    }
}
