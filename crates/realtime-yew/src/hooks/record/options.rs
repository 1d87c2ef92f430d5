//! Options of a record's hooks, beside the key and the fetcher.

use crate::{
    fetcher::Positioned,
    hooks::{channel_access::ChannelTerms, observation::SourceOptions},
};
use realtime_core::{
    ChannelName, ConflictPolicy, EventName, Patch, QueryKey, QueryOptions, RecordSpec,
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
pub struct UseRealtimeQueryOptions<T, S = T> {
    record: RecordOptions<T>,
    select: Select<T, S>,
}

type Select<T, S> = Rc<dyn Fn(&Rc<T>) -> Rc<S>>;

/// What the record is, whatever a component selects of it.
struct RecordOptions<T> {
    source: SourceOptions,
    event: Option<EventName>,
    patch: Option<Patch<T>>,
    more: Vec<Binding<T>>,
    conflicts: ConflictPolicy<T>,
    initial: Option<Positioned<Rc<T>>>,
    seeded: Option<fn(RecordSpec<T>) -> RecordSpec<T>>,
}

impl<T: PartialEq + 'static, S> UseRealtimeQueryOptions<T, S> {
    /// For a component that shows only what `select` makes of the record: it renders again only when
    /// *that* changes. Default: the whole record.
    ///
    /// `select` may be another closure in each render; it should be quick, as it runs at each change
    /// of the record.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    /// use yew::prelude::*;
    ///
    /// #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
    /// struct Stock { price: f64, change: f64 }
    ///
    /// #[component]
    /// fn Trend() -> Html {
    ///     let rises = use_realtime_query(
    ///         key!["stock", "ACME"],
    ///         || async { Ok::<_, FetchError>(Stock { price: 1.0, change: 0.5 }) },
    ///         UseRealtimeQueryOptions::default()
    ///             .with_event("stock:update")
    ///             .with_channel("stocks:ACME")
    ///             .with_select(|stock: &Stock| stock.change >= 0.0),
    ///     );
    ///     let arrow = match rises.data().as_deref() {
    ///         Some(true) => "up",
    ///         Some(false) => "down",
    ///         None => "…",
    ///     };
    ///     html! { <span>{ arrow }</span> }
    /// }
    /// ```
    #[must_use]
    pub fn with_select<R>(
        self,
        select: impl Fn(&T) -> R + 'static,
    ) -> UseRealtimeQueryOptions<T, R> {
        UseRealtimeQueryOptions {
            record: self.record,
            select: Rc::new(move |record| Rc::new(select(record))),
        }
    }

    /// Listens to `event`. Unless told otherwise its data is the whole new record.
    #[must_use]
    pub fn with_event(mut self, event: impl Into<EventName>) -> Self
    where
        T: DeserializeOwned,
    {
        self.record.event = Some(event.into());
        self.record.patch.get_or_insert_with(Patch::replace);
        self
    }

    /// Subscribes to `channel` and takes the event from it. Default: from any channel, without
    /// subscribing to one.
    #[must_use]
    pub fn with_channel(mut self, channel: impl Into<ChannelName>) -> Self {
        self.record.source.channel = Some(channel.into());
        self
    }

    /// Asks for the channel with params, with a token of its own, or with both. All who use the
    /// channel at one time must agree on the params; whoever does not is told by
    /// [`channel_error`](crate::QueryHandle::channel_error).
    #[must_use]
    pub fn with_subscribe(mut self, subscribe: SubscribeOptions) -> Self {
        self.record.source.subscribe = ChannelTerms::new(subscribe);
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
        self.record.patch = Some(patch);
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
        self.record.more.push(Binding {
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
        self.record.conflicts = policy;
        self
    }

    /// Fetches as these options say. Default: as the client's query defaults do.
    #[must_use]
    pub fn with_query(mut self, query: QueryOptions) -> Self {
        self.record.source.query = Some(query);
        self
    }

    /// Counts data as fresh for this long. Default: as the client's query defaults say, at first
    /// not at all.
    #[must_use]
    pub fn with_stale_time(mut self, stale_time: Duration) -> Self {
        self.record.source.stale_time = Some(stale_time);
        self
    }

    /// Pauses with `false`: nothing is fetched or subscribed. Default `true`.
    #[must_use]
    pub fn with_enabled(mut self, enabled: bool) -> Self {
        self.record.source.enabled = enabled;
        self
    }

    /// Shows `data` until there is better, also on a server that renders the page. It counts as
    /// fetched just now; where events keep it fresh, it is fetched all the same, unless its
    /// position is known.
    ///
    /// That is [`Positioned`]: what a server that renders pages hands over, the data and the position
    /// of the channel at which it was read. The subscription then asks for what came after it. If the
    /// server has that, or nothing came, and the subscription stands within `subscribe_wait`, the
    /// data is kept and nothing is fetched. Counts where all events are from one channel.
    #[must_use]
    pub fn with_initial_data(mut self, data: impl Into<Positioned<T>>) -> Self {
        let Positioned { data, position } = data.into();
        let data = Rc::new(data);
        self.record.initial = Some(Positioned { data, position });
        self
    }

    /// Lets the value be taken along, with where the channel stood, so that the query begins with it in
    /// another place: in the browser after a server has rendered it, or in another tab.
    #[must_use]
    pub fn with_seed(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.record.seeded = Some(RecordSpec::with_seed);
        self
    }

    /// Whether the data can be taken along.
    pub(in crate::hooks) const fn is_seeded(&self) -> bool {
        self.record.seeded.is_some()
    }

    /// Keeps the value over page loads, if the client keeps anything
    /// ([`RealtimeOptions::with_persist`](crate::RealtimeOptions::with_persist)). It includes
    /// [`with_seed`](Self::with_seed). Feature `persist`.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn with_persist(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.record.seeded = Some(RecordSpec::with_persist);
        self
    }

    pub(in crate::hooks) const fn source(&self) -> &SourceOptions {
        &self.record.source
    }

    pub(super) fn select(&self, record: &Rc<T>) -> Rc<S> {
        (self.select)(record)
    }

    pub(in crate::hooks) fn initial_data(&self) -> Option<Rc<T>> {
        let initial = self.record.initial.as_ref()?;
        Some(Rc::clone(&initial.data))
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
        let RecordOptions {
            source,
            event,
            patch,
            more,
            conflicts,
            initial,
            seeded,
        } = &self.record;
        let mut spec = RecordSpec::new().with_conflicts(conflicts.clone());
        if let (Some(event), Some(patch)) = (event, patch) {
            spec = spec.on(event.clone(), source.channel.clone(), patch.clone());
        }
        for binding in more {
            spec = spec.on(
                binding.event.clone(),
                binding.channel.clone(),
                binding.patch.clone(),
            );
        }
        if let Some(seeded) = seeded {
            spec = seeded(spec);
        }
        match initial {
            Some(Positioned { data, position }) => {
                spec.with_initial(Rc::clone(data), position.clone())
            }
            None => spec,
        }
    }
}

impl<T: 'static> Default for UseRealtimeQueryOptions<T> {
    fn default() -> Self {
        Self {
            record: RecordOptions {
                source: SourceOptions::default(),
                event: None,
                patch: None,
                more: Vec::new(),
                conflicts: ConflictPolicy::default(),
                initial: None,
                seeded: None,
            },
            select: Rc::new(Rc::clone),
        }
    }
}

impl<T, S> Clone for UseRealtimeQueryOptions<T, S> {
    fn clone(&self) -> Self {
        let record = &self.record;
        Self {
            record: RecordOptions {
                source: record.source.clone(),
                event: record.event.clone(),
                patch: record.patch.clone(),
                more: record
                    .more
                    .iter()
                    .map(|binding| Binding {
                        event: binding.event.clone(),
                        channel: binding.channel.clone(),
                        patch: binding.patch.clone(),
                    })
                    .collect(),
                conflicts: record.conflicts.clone(),
                initial: record.initial.clone(),
                seeded: record.seeded,
            },
            select: Rc::clone(&self.select),
        }
    }
}

impl<T, S> fmt::Debug for UseRealtimeQueryOptions<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        f.debug_struct("UseRealtimeQueryOptions")
            .field("source", &record.source)
            .field("event", &record.event)
            .field("patch", &record.patch)
            .field("conflicts", &record.conflicts)
            .field("has_initial_data", &record.initial.is_some())
            .field("has_seed", &record.seeded.is_some())
            .finish_non_exhaustive()
    }
}
