//! What a query hook is told beside its key and its fetcher.

use realtime_core::{
    ChannelName, ConflictPolicy, EventName, Patch, Position, QueryKey, QueryOptions, RecordSpec,
    SubscribeOptions, merge_patch, query::Binding,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, rc::Rc, time::Duration};

/// Which events keep a record fresh, and how it is fetched. By default: none, with the client's
/// query defaults.
///
/// What events do is decided when the record is first observed; closures given here should depend
/// on nothing but their arguments.
///
/// ```
/// use realtime_yew::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
/// struct Stock { symbol: String, price: f64 }
/// #[derive(serde::Deserialize)]
/// struct Tick { price: f64 }
///
/// let options = UseRealtimeQueryOptions::<Stock>::default()
///     .with_channel("stocks:ACME")
///     .with_event("stock:update")
///     .with_on_update(|tick: Tick, old: Option<&Stock>| {
///         old.map(|old| Stock { price: tick.price, ..old.clone() })
///     });
/// # let _ = options;
/// ```
pub struct UseRealtimeQueryOptions<T> {
    event: Option<EventName>,
    channel: Option<ChannelName>,
    subscribe: SubscribeOptions,
    patch: Option<Patch<T>>,
    more: Vec<Binding<T>>,
    conflicts: ConflictPolicy<T>,
    query: Option<QueryOptions>,
    stale_time: Option<Duration>,
    enabled: bool,
    initial: Option<Rc<T>>,
    initial_position: Option<Position>,
}

impl<T: PartialEq + 'static> UseRealtimeQueryOptions<T> {
    /// Listens to `event`. Unless told otherwise its data is the whole new record.
    #[must_use]
    pub fn with_event(mut self, event: impl Into<EventName>) -> Self
    where
        T: DeserializeOwned,
    {
        self.event = Some(event.into());
        self.patch.get_or_insert_with(Patch::replace);
        self
    }

    /// Subscribes to `channel` and takes the event from it. Default: from any channel, without
    /// subscribing to one.
    #[must_use]
    pub fn with_channel(mut self, channel: impl Into<ChannelName>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sends `params` with the subscription of the channel: see
    /// [`SubscribeOptions`](realtime_core::SubscribeOptions). All who use the channel at one time must
    /// agree on them; whoever does not is told by [`channel_error`](crate::UseRealtimeQueryHandle::channel_error).
    #[must_use]
    pub fn with_params<P: Serialize + ?Sized>(mut self, params: &P) -> Self {
        self.subscribe = self.subscribe.with_params(params);
        self
    }

    /// Shows `token` with the subscription of the channel, for channels that only some may follow. The
    /// newest counts from the next subscription on.
    #[must_use]
    pub fn with_channel_token(mut self, token: impl AsRef<str>) -> Self {
        self.subscribe = self.subscribe.with_token(token);
        self
    }

    /// Makes the new record from the event's data, read as an `E`, and the record there is;
    /// `None` changes nothing.
    #[must_use]
    pub fn with_on_update<E: DeserializeOwned>(
        self,
        on_update: impl Fn(E, Option<&T>) -> Option<T> + 'static,
    ) -> Self {
        self.with_patch(Patch::reduce_as(on_update))
    }

    /// Merges the fields in the event's data into the record (RFC 7396: `null` removes a field).
    #[must_use]
    pub fn with_merge(self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.with_patch(Patch::merge(merge_patch))
    }

    /// Fetches everything whose key begins with `prefix` again at each event, in place of reading
    /// the event's data.
    #[must_use]
    pub fn with_invalidate(self, prefix: QueryKey) -> Self {
        self.with_patch(Patch::invalidate(prefix))
    }

    /// Does with the event what `patch` says.
    #[must_use]
    pub fn with_patch(mut self, patch: Patch<T>) -> Self {
        self.patch = Some(patch);
        self
    }

    /// Listens to one more event, on a channel of its own or on any.
    #[must_use]
    pub fn with_binding(
        mut self,
        event: impl Into<EventName>,
        channel: Option<&str>,
        patch: Patch<T>,
    ) -> Self {
        self.more.push(Binding {
            event: event.into(),
            channel: channel.map(ChannelName::from),
            patch,
        });
        self
    }

    /// How an edit of ours that waits for the server and somebody else's change of the record come
    /// together. Default: the last writer wins.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self {
        self.conflicts = policy;
        self
    }

    /// Fetches as these options say. Default: as the client's query defaults do.
    #[must_use]
    pub const fn with_query(mut self, query: QueryOptions) -> Self {
        self.query = Some(query);
        self
    }

    /// Counts data as fresh for this long. Default: as the client's query defaults say, at first
    /// not at all.
    #[must_use]
    pub const fn with_stale_time(mut self, stale_time: Duration) -> Self {
        self.stale_time = Some(stale_time);
        self
    }

    /// Pauses with `false`: nothing is fetched or subscribed. Default `true`.
    #[must_use]
    pub const fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Shows `data` until there is better, also on a server that renders the page. It counts as
    /// fetched just now; where events keep it fresh, it is fetched all the same, unless its
    /// [position](Self::with_initial_position) is known.
    #[must_use]
    pub fn with_initial_data(mut self, data: T) -> Self {
        self.initial = Some(Rc::new(data));
        self
    }

    /// Says at which position of the channel the initial data was read: what a server that renders
    /// pages hands over beside the data.
    ///
    /// The subscription then asks for what came after it. If the server has that, or nothing came, and
    /// the subscription stands within `subscribe_wait`, the initial data is kept and nothing is
    /// fetched. Counts where all events are from one channel.
    #[must_use]
    pub fn with_initial_position(mut self, position: impl Into<Option<Position>>) -> Self {
        self.initial_position = position.into();
        self
    }

    pub(in crate::hooks) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The channel, and what it is asked for with.
    pub(super) const fn subscription(&self) -> (Option<&ChannelName>, &SubscribeOptions) {
        (self.channel.as_ref(), &self.subscribe)
    }

    pub(super) fn initial_data(&self) -> Option<Rc<T>> {
        self.initial.clone()
    }

    pub(super) fn query_options(&self, defaults: QueryOptions) -> QueryOptions {
        let mut options = self.query.unwrap_or(defaults);
        options.enabled &= self.enabled;
        options.stale_time = self.stale_time.unwrap_or(options.stale_time);
        options
    }

    /// Which events, without what they do: another set means to observe anew.
    pub(super) fn bindings(&self) -> Vec<(EventName, Option<ChannelName>)> {
        self.spec()
            .bindings()
            .iter()
            .map(|binding| (binding.event.clone(), binding.channel.clone()))
            .collect()
    }

    pub(super) fn spec(&self) -> RecordSpec<T> {
        let mut spec = RecordSpec::new().with_conflicts(self.conflicts.clone());
        if let (Some(event), Some(patch)) = (&self.event, &self.patch) {
            spec = spec.on(event.clone(), self.channel.clone(), patch.clone());
        }
        for binding in &self.more {
            spec = spec.on(
                binding.event.clone(),
                binding.channel.clone(),
                binding.patch.clone(),
            );
        }
        match &self.initial {
            Some(data) => spec.with_initial(Rc::clone(data), self.initial_position.clone()),
            None => spec,
        }
    }
}

impl<T> Default for UseRealtimeQueryOptions<T> {
    fn default() -> Self {
        Self {
            event: None,
            channel: None,
            subscribe: SubscribeOptions::default(),
            patch: None,
            more: Vec::new(),
            conflicts: ConflictPolicy::default(),
            query: None,
            stale_time: None,
            enabled: true,
            initial: None,
            initial_position: None,
        }
    }
}

impl<T> Clone for UseRealtimeQueryOptions<T> {
    fn clone(&self) -> Self {
        Self {
            event: self.event.clone(),
            channel: self.channel.clone(),
            subscribe: self.subscribe.clone(),
            patch: self.patch.clone(),
            more: self
                .more
                .iter()
                .map(|binding| Binding {
                    event: binding.event.clone(),
                    channel: binding.channel.clone(),
                    patch: binding.patch.clone(),
                })
                .collect(),
            conflicts: self.conflicts.clone(),
            query: self.query,
            stale_time: self.stale_time,
            enabled: self.enabled,
            initial: self.initial.clone(),
            initial_position: self.initial_position.clone(),
        }
    }
}

impl<T> fmt::Debug for UseRealtimeQueryOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeQueryOptions")
            .field("event", &self.event)
            .field("channel", &self.channel)
            .field("patch", &self.patch)
            .field("conflicts", &self.conflicts)
            .field("query", &self.query)
            .field("enabled", &self.enabled)
            .field("has_initial_data", &self.initial.is_some())
            .finish_non_exhaustive()
    }
}
