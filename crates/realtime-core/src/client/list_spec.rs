//! List's spec: what it listens to, in which order and within which limits it is kept, and what it begins with.

use super::live_list::LiveList;
use crate::{
    id::{ChannelName, EventName, Position},
    list::{ListItem, ListOptions},
    query::Fetched,
    seed::Seeding,
};

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
    pub(super) initial: Option<Fetched>,
    pub(super) seeding: Option<&'static Seeding>,
    pub(super) is_persisted: bool,
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
            seeding: None,
            is_persisted: false,
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

    /// Lets the rows be taken along, to begin with them again: see
    /// [`Client::export`](crate::Client::export).
    #[must_use]
    pub fn with_seed(mut self) -> Self
    where
        T: ListItem,
    {
        self.seeding = Some(LiveList::seeding::<T>());
        self
    }

    /// Keeps the rows over page loads, where the client keeps anything: see [`Client::persist`](crate::Client::persist).
    /// Edits of them that are kept ([`Mutation::with_persist`](crate::Mutation::with_persist)) are shown again, too.
    #[must_use]
    pub fn with_persist(mut self) -> Self
    where
        T: ListItem,
    {
        self.is_persisted = true;
        self.seeding = Some(LiveList::storing::<T>());
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
