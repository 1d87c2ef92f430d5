//! Options of a client: what it is built from.

use super::ChannelRules;
use crate::{
    channel::ChannelOptions,
    connection::ConnectionOptions,
    id::{ChannelName, EventName},
    mutation::MutationLimits,
    outbox::OutboxLimits,
    query::QueryLimits,
};

/// What a client is built from. Every default suits a page with a few hundred live components.
///
/// ```
/// use realtime_core::{ClientOptions, connection::ConnectionOptions};
///
/// let options = ClientOptions::new("wss://example.test/ws")
///     .with_connection(ConnectionOptions { give_up_after: Some(10), ..Default::default() })
///     .with_seed(42);
/// assert_eq!(options.seed, 42);
/// ```
///
/// Its `Debug` shows of the address neither a user nor parameters.
#[derive(Clone)]
pub struct ClientOptions {
    /// Where the server is: a `ws:`, `wss:`, `http:` or `https:` address, or one relative to the page if
    /// there is one.
    pub url: String,
    /// Backoff, heartbeat, close codes, token.
    pub connection: ConnectionOptions,
    /// Grace, answers and number of subscriptions.
    pub channels: ChannelOptions,
    /// How much may wait to be sent.
    pub outbox: OutboxLimits,
    /// How much the query cache may hold.
    pub queries: QueryLimits,
    /// How many mutations there may be.
    pub mutations: MutationLimits,
    /// What tells the channel of an event that names none. Default: nothing does.
    pub channel_rules: ChannelRules,
    /// How many event listeners there may be: 10 000.
    pub max_listeners: usize,
    /// Where chance comes from: jitter and message ids. Must differ between clients.
    pub seed: u64,
}

impl ClientOptions {
    /// The defaults, for a server at `url`, with seed 0.
    #[must_use]
    pub fn new(url: impl AsRef<str>) -> Self {
        Self {
            url: url.as_ref().to_owned(),
            connection: ConnectionOptions::default(),
            channels: ChannelOptions::default(),
            outbox: OutboxLimits::default(),
            queries: QueryLimits::default(),
            mutations: MutationLimits::default(),
            channel_rules: ChannelRules::default(),
            max_listeners: 10_000,
            seed: 0,
        }
    }

    /// Sets the connection's options.
    #[must_use]
    pub fn with_connection(mut self, connection: ConnectionOptions) -> Self {
        self.connection = connection;
        self
    }

    /// Sets the subscriptions' options.
    #[must_use]
    pub fn with_channels(mut self, channels: ChannelOptions) -> Self {
        self.channels = channels;
        self
    }

    /// Makes the channel of an `event` that names none from a field of its data: `{}` in `pattern`
    /// stands for the field's value. Dots in `field` lead into objects; a text or a number counts.
    ///
    /// ```
    /// use realtime_core::ClientOptions;
    ///
    /// let options = ClientOptions::new("wss://example.test/ws")
    ///     .with_channel_field("stock:update", "symbol", "stocks:{}")
    ///     .with_channel_field("list:update", "item.list", "lists:{}");
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn with_channel_field(
        mut self,
        event: impl Into<EventName>,
        field: &str,
        pattern: &str,
    ) -> Self {
        self.channel_rules.add_field(event, field, pattern);
        self
    }

    /// Asks `channel_of(event, data)` for the channel of an event that names none and that no field
    /// tells of; `data` is JSON text. See [`ChannelRules::add_function`].
    #[must_use]
    pub fn with_channel_of<C: Into<ChannelName>>(
        mut self,
        channel_of: impl Fn(&str, &str) -> Option<C> + 'static,
    ) -> Self {
        self.channel_rules.add_function(channel_of);
        self
    }

    /// Sets how much may wait to be sent.
    #[must_use]
    pub fn with_outbox(mut self, outbox: OutboxLimits) -> Self {
        self.outbox = outbox;
        self
    }

    /// Sets how much the query cache may hold.
    #[must_use]
    pub fn with_queries(mut self, queries: QueryLimits) -> Self {
        self.queries = queries;
        self
    }

    /// Sets how many mutations there may be.
    #[must_use]
    pub const fn with_mutations(mut self, mutations: MutationLimits) -> Self {
        self.mutations = mutations;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
