//! What a list hook is told beside its key and its fetcher.

use realtime_core::{
    ChannelName, ConflictPolicy, EventName, Instant, ListItem, ListOptions, ListSnapshot, ListSpec,
    Position, QueryOptions, SortKey, SubscribeOptions, list::KeyedList,
};
use serde::Serialize;
use std::{cmp::Ordering, fmt, rc::Rc, time::Duration};

/// Which events keep a list fresh, how it is sorted and how it is fetched. By default:
/// `list:update` on any channel, in arrival order, with the client's query defaults.
///
/// The order is decided when the list is first observed; the comparator should depend on nothing
/// but its arguments.
///
/// ```
/// use realtime_yew::prelude::*;
///
/// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// # struct Task { id: u64, rank: u32 }
/// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
/// let options = UseRealtimeListOptions::<Task>::default()
///     .with_channel("tasks")
///     .with_sort(|a, b| a.rank.cmp(&b.rank));
/// # let _ = options;
/// ```
pub struct UseRealtimeListOptions<T> {
    channel: Option<ChannelName>,
    subscribe: SubscribeOptions,
    event: EventName,
    list: ListOptions<T>,
    query: Option<QueryOptions>,
    stale_time: Option<Duration>,
    enabled: bool,
    initial: Option<Rc<dyn Fn() -> Vec<T>>>,
    initial_position: Option<Position>,
}

impl<T> UseRealtimeListOptions<T> {
    /// Subscribes to `channel` and takes changes from it. Default: from any channel, without
    /// subscribing to one.
    #[must_use]
    pub fn with_channel(mut self, channel: impl Into<ChannelName>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sends `params` with the subscription of the channel: see
    /// [`SubscribeOptions`](realtime_core::SubscribeOptions). All who use the channel at one time must
    /// agree on them; whoever does not is told by [`channel_error`](crate::UseRealtimeListHandle::channel_error).
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

    /// Listens to `event`. Default: `list:update`.
    #[must_use]
    pub fn with_event(mut self, event: impl Into<EventName>) -> Self {
        self.event = event.into();
        self
    }

    /// Keeps the list sorted by `compare`, and by id where that finds no difference. Default:
    /// arrival order.
    #[must_use]
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self {
        self.list = self.list.with_sort(compare);
        self
    }

    /// Keeps the list sorted by what `key` gives for an item, and by id where keys are equal. Costs less
    /// than [`with_sort`](Self::with_sort) does in a long list.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    /// use std::cmp::Reverse;
    ///
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct Quote { id: u64, price: f64 }
    /// # impl ListItem for Quote { type Id = u64; fn id(&self) -> u64 { self.id } }
    /// let dearest_first = UseRealtimeListOptions::<Quote>::default()
    ///     .with_sort_key(|quote| Reverse(quote.price));
    /// # let _ = dearest_first;
    /// ```
    #[must_use]
    pub fn with_sort_key<K: SortKey>(mut self, key: impl Fn(&T) -> K + 'static) -> Self
    where
        T: 'static,
    {
        self.list = self.list.with_sort_key(key);
        self
    }

    /// Sets the order and the limits all at once.
    #[must_use]
    pub fn with_list(mut self, list: ListOptions<T>) -> Self {
        self.list = list;
        self
    }

    /// How an edit of ours that waits for the server and somebody else's change of the same row come
    /// together. Default: the last writer wins.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self {
        self.list = self.list.with_conflicts(policy);
        self
    }

    /// Fetches as these options say. Default: as the client's query defaults do.
    #[must_use]
    pub fn with_query(mut self, query: QueryOptions) -> Self {
        self.query = Some(query);
        self
    }

    /// Counts data as fresh for this long. Default: as the client's query defaults say, at first
    /// not at all.
    #[must_use]
    pub fn with_stale_time(mut self, stale_time: Duration) -> Self {
        self.stale_time = Some(stale_time);
        self
    }

    /// Pauses with `false`: nothing is fetched or subscribed. Default `true`.
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Shows `items` until there is better, also on a server that renders the page. They count as
    /// fetched just now; where events keep them fresh, they are fetched all the same, unless their
    /// [position](Self::with_initial_position) is known.
    #[must_use]
    pub fn with_initial_data(mut self, items: Vec<T>) -> Self
    where
        T: Clone + 'static,
    {
        self.initial = Some(Rc::new(move || items.clone()));
        self
    }

    /// Says at which position of the channel the initial data was read: what a server that renders
    /// pages hands over beside the data.
    ///
    /// The subscription then asks for what came after it. If the server has that, or nothing came, and
    /// the subscription stands within `subscribe_wait`, the initial data is kept and nothing is
    /// fetched. Counts for a list with a channel.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// # #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct Task { id: u64 }
    /// # impl ListItem for Task { type Id = u64; fn id(&self) -> u64 { self.id } }
    /// /// What the server hands over with its page, by yew's `use_prepared_state!`, say.
    /// #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    /// struct Prepared {
    ///     tasks: Vec<Task>,
    ///     position: Option<Position>,
    /// }
    ///
    /// fn options(page: &Prepared) -> UseRealtimeListOptions<Task> {
    ///     UseRealtimeListOptions::default()
    ///         .with_channel("tasks")
    ///         .with_initial_data(page.tasks.clone())
    ///         .with_initial_position(page.position.clone())
    /// }
    /// ```
    #[must_use]
    pub fn with_initial_position(mut self, position: impl Into<Option<Position>>) -> Self {
        self.initial_position = position.into();
        self
    }

    pub(super) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    fn make_initial_data(&self) -> Option<Vec<T>> {
        self.initial.as_ref().map(|make| make())
    }

    /// The initial data as the list will hold it.
    pub(super) fn initial_snapshot(&self) -> Option<ListSnapshot<T>>
    where
        T: ListItem,
    {
        self.make_initial_data().map(|items| {
            let mut list = KeyedList::new(self.list.clone());
            // What it would say of single rows is of no use before the list is in the cache.
            let _ = list.replace(Instant::ZERO, items);
            list.snapshot()
        })
    }

    pub(super) fn query_options(&self, defaults: QueryOptions) -> QueryOptions {
        let mut options = self.query.unwrap_or(defaults);
        options.enabled &= self.enabled;
        options.stale_time = self.stale_time.unwrap_or(options.stale_time);
        options
    }

    /// The channel, and what it is asked for with.
    pub(super) const fn subscription(&self) -> (Option<&ChannelName>, &SubscribeOptions) {
        (self.channel.as_ref(), &self.subscribe)
    }

    /// Another one means to observe anew.
    pub(super) fn binding(&self) -> (EventName, Option<ChannelName>) {
        (self.event.clone(), self.channel.clone())
    }

    pub(super) fn spec(&self) -> ListSpec<T>
    where
        T: 'static,
    {
        let spec = ListSpec::new(self.channel.clone())
            .with_event(self.event.clone())
            .with_options(self.list.clone());
        match self.make_initial_data() {
            Some(items) => spec.with_initial(items, self.initial_position.clone()),
            None => spec,
        }
    }
}

impl<T> Default for UseRealtimeListOptions<T> {
    fn default() -> Self {
        Self {
            channel: None,
            subscribe: SubscribeOptions::default(),
            event: EventName::from("list:update"),
            list: ListOptions::default(),
            query: None,
            stale_time: None,
            enabled: true,
            initial: None,
            initial_position: None,
        }
    }
}

impl<T> Clone for UseRealtimeListOptions<T> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            subscribe: self.subscribe.clone(),
            event: self.event.clone(),
            list: self.list.clone(),
            query: self.query,
            stale_time: self.stale_time,
            enabled: self.enabled,
            initial: self.initial.clone(),
            initial_position: self.initial_position.clone(),
        }
    }
}

impl<T> fmt::Debug for UseRealtimeListOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListOptions")
            .field("channel", &self.channel)
            .field("event", &self.event)
            .field("list", &self.list)
            .field("query", &self.query)
            .field("enabled", &self.enabled)
            .field("has_initial_data", &self.initial.is_some())
            .finish_non_exhaustive()
    }
}
