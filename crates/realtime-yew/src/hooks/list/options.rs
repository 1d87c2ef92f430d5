//! Options of a list's hook, beside the key and the fetcher.

use crate::{
    fetcher::Positioned,
    hooks::{channel_access::ChannelTerms, observation::SourceOptions},
};
use realtime_core::{
    ChannelName, ConflictPolicy, EventName, Instant, ListItem, ListOptions, ListSpec, QueryOptions,
    SortKey, SubscribeOptions,
    list::{KeyedList, Rows},
};
use std::{cmp::Ordering, fmt, rc::Rc, time::Duration};

/// What of a list makes its component render again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RenderOn {
    /// Any change of a row.
    #[default]
    Rows,
    /// Rows that come, go or move. Each row watches itself, with
    /// [`use_realtime_item`](crate::use_realtime_item): a change of one row of a thousand renders one.
    Order,
    /// Whether there is data, and how the list stands. Others show it: a
    /// [`VirtualList`](crate::components::VirtualList), or components with
    /// [`use_realtime_window`](crate::use_realtime_window),
    /// [`use_realtime_list_view`](crate::use_realtime_list_view) or
    /// [`use_realtime_list_selector`](crate::use_realtime_list_selector).
    Status,
}

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
/// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
/// let options = UseRealtimeListOptions::<Task>::default()
///     .with_channel("tasks")
///     .with_sort(|a, b| a.rank.cmp(&b.rank));
/// # let _ = options;
/// ```
pub struct UseRealtimeListOptions<T> {
    source: SourceOptions,
    event: EventName,
    list: ListOptions<T>,
    render_on: RenderOn,
    initial: Option<Rc<dyn Fn() -> Positioned<Vec<T>>>>,
    seeded: Option<fn(ListSpec<T>) -> ListSpec<T>>,
}

/// The event and the channel that keep a list fresh, and what the channel is asked for with.
pub(in crate::hooks) type Binding = (EventName, (Option<ChannelName>, SubscribeOptions));

impl<T> UseRealtimeListOptions<T> {
    /// Subscribes to `channel` and takes changes from it. Default: from any channel, without
    /// subscribing to one.
    #[must_use]
    pub fn with_channel(mut self, channel: impl Into<ChannelName>) -> Self {
        self.source.channel = Some(channel.into());
        self
    }

    /// Asks for the channel with params, with a token of its own, or with both. All who use the
    /// channel at one time must agree on the params; whoever does not is told by
    /// [`channel_error`](crate::QueryHandle::channel_error).
    #[must_use]
    pub fn with_subscribe(mut self, subscribe: SubscribeOptions) -> Self {
        self.source.subscribe = ChannelTerms::new(subscribe);
        self
    }

    /// Renders the component again when this of the list changes. Default: any row.
    #[must_use]
    pub const fn with_render_on(mut self, render_on: RenderOn) -> Self {
        self.render_on = render_on;
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
    pub fn with_sort(mut self, compare: impl Fn(&T, &T) -> Ordering + 'static) -> Self
    where
        T: 'static,
    {
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
    /// # impl ListItem for Quote { fn id(&self) -> RowId { self.id.into() } }
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
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self
    where
        T: ListItem,
    {
        self.list = self.list.with_conflicts(policy);
        self
    }

    /// Fetches as these options say. Default: as the client's query defaults do.
    #[must_use]
    pub fn with_query(mut self, query: QueryOptions) -> Self {
        self.source.query = Some(query);
        self
    }

    /// Counts data as fresh for this long. Default: as the client's query defaults say, at first
    /// not at all.
    #[must_use]
    pub fn with_stale_time(mut self, stale_time: Duration) -> Self {
        self.source.stale_time = Some(stale_time);
        self
    }

    /// Pauses with `false`: nothing is fetched or subscribed. Default `true`.
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.source.enabled = enabled;
        self
    }

    /// Shows `items` until there is better, also on a server that renders the page. They count as
    /// fetched just now; where events keep them fresh, they are fetched all the same, unless their
    /// position is known.
    ///
    /// That is [`Positioned`]: what a server that renders pages hands over, the rows and the position
    /// of the channel at which they were read. The subscription then asks for what came after it. If
    /// the server has that, or nothing came, and the subscription stands within `subscribe_wait`, the
    /// rows are kept and nothing is fetched. Counts for a list with a channel.
    ///
    /// ```
    /// use realtime_yew::{prelude::*, realtime_core::Position};
    ///
    /// # #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct Task { id: u64 }
    /// # impl ListItem for Task { fn id(&self) -> RowId { self.id.into() } }
    /// /// What the server hands over with its page, by yew's `use_prepared_state!`, say.
    /// #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    /// struct Prepared {
    ///     tasks: Vec<Task>,
    ///     position: Option<Position>,
    /// }
    ///
    /// fn options(page: &Prepared) -> UseRealtimeListOptions<Task> {
    ///     let Prepared { tasks, position } = page.clone();
    ///     UseRealtimeListOptions::default()
    ///         .with_channel("tasks")
    ///         .with_initial_data(Positioned { data: tasks, position })
    /// }
    /// ```
    #[must_use]
    pub fn with_initial_data(mut self, items: impl Into<Positioned<Vec<T>>>) -> Self
    where
        T: Clone + 'static,
    {
        let items = items.into();
        self.initial = Some(Rc::new(move || items.clone()));
        self
    }

    /// Lets the rows be taken along, with where the channel stood, so that the list begins with them in
    /// another place: in the browser after a server has rendered it, or in another tab.
    #[must_use]
    pub const fn with_seed(mut self) -> Self
    where
        T: ListItem,
    {
        self.seeded = Some(ListSpec::with_seed);
        self
    }

    /// Whether the data can be taken along.
    pub(in crate::hooks) const fn is_seeded(&self) -> bool {
        self.seeded.is_some()
    }

    /// Keeps the rows over page loads, if the client keeps anything
    /// ([`RealtimeOptions::with_persist`](crate::RealtimeOptions::with_persist)). It includes
    /// [`with_seed`](Self::with_seed). Feature `persist`.
    #[cfg(feature = "persist")]
    #[must_use]
    pub const fn with_persist(mut self) -> Self
    where
        T: ListItem,
    {
        self.seeded = Some(ListSpec::with_persist);
        self
    }

    pub(in crate::hooks) const fn source(&self) -> &SourceOptions {
        &self.source
    }

    pub(in crate::hooks) const fn render_on(&self) -> RenderOn {
        self.render_on
    }

    fn make_initial_data(&self) -> Option<Positioned<Vec<T>>> {
        self.initial.as_ref().map(|make| make())
    }

    /// The initial data as the list will hold it.
    pub(in crate::hooks) fn initial_rows(&self) -> Option<Rows>
    where
        T: ListItem,
    {
        self.make_initial_data().map(|items| {
            let mut list = KeyedList::new(self.list.clone());
            // What it would say of single rows is of no use before the list is in the cache.
            let _ = list.replace(Instant::ZERO, items.data);
            list.snapshot().rows().clone()
        })
    }

    /// Another one means to observe anew.
    pub(in crate::hooks) fn binding(&self) -> Binding {
        (self.event.clone(), self.source.subscription())
    }

    pub(in crate::hooks) fn spec(&self) -> ListSpec<T>
    where
        T: 'static,
    {
        let spec = ListSpec::new(self.source.channel.clone())
            .with_event(self.event.clone())
            .with_options(self.list.clone());
        let spec = match self.seeded {
            Some(seeded) => seeded(spec),
            None => spec,
        };
        match self.make_initial_data() {
            Some(Positioned { data, position }) => spec.with_initial(data, position),
            None => spec,
        }
    }
}

impl<T> Default for UseRealtimeListOptions<T> {
    fn default() -> Self {
        Self {
            source: SourceOptions::default(),
            event: EventName::from("list:update"),
            list: ListOptions::default(),
            render_on: RenderOn::default(),
            initial: None,
            seeded: None,
        }
    }
}

impl<T> Clone for UseRealtimeListOptions<T> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            event: self.event.clone(),
            list: self.list.clone(),
            render_on: self.render_on,
            initial: self.initial.clone(),
            seeded: self.seeded,
        }
    }
}

impl<T> fmt::Debug for UseRealtimeListOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeListOptions")
            .field("source", &self.source)
            .field("event", &self.event)
            .field("list", &self.list)
            .field("render_on", &self.render_on)
            .field("has_initial_data", &self.initial.is_some())
            .field("has_seed", &self.seeded.is_some())
            .finish_non_exhaustive()
    }
}
