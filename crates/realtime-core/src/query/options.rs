//! Options of a query: stale and unused time, retries, refetches; and how large the cache may grow.

use std::time::Duration;

/// How one user of a query wants it to behave.
///
/// Where several observers of one key differ: `gc_time` is the longest ever asked for, what is
/// stale is decided by the shortest `stale_time`, a refetch happens if anyone enabled wants it, as does
/// one without a network, and the rest follows whoever was enabled last.
///
/// ```
/// use realtime_core::QueryOptions;
/// use std::time::Duration;
///
/// let options = QueryOptions::default().with_stale_time(Duration::from_secs(60)).with_retry(1);
/// assert!(options.refetch_on_focus);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryOptions {
    /// Whether to fetch at all; `false` pauses. Default `true`.
    pub enabled: bool,
    /// How long data counts as fresh. Default zero: stale at once. `Duration::MAX` is for ever.
    pub stale_time: Duration,
    /// How long data is kept after its last observer left. Default 5 min. `Duration::MAX` is for
    /// ever.
    pub gc_time: Duration,
    /// How many times a failed fetch is tried again. Default 3.
    pub retry: u32,
    /// The wait before the first retry; it doubles with each. Half of it is random. Default 1 s.
    pub retry_delay: Duration,
    /// The longest wait between retries. Default 30 s.
    pub retry_delay_max: Duration,
    /// Fetch stale data again when a component starts to use it. Default `true`.
    pub refetch_on_mount: bool,
    /// Fetch stale data again when the tab becomes visible. Default `true`.
    pub refetch_on_focus: bool,
    /// Fetch again when events may have been missed while the connection was down; without a
    /// channel, fetch stale data again when the machine comes online. Default `true`.
    pub refetch_on_reconnect: bool,
    /// Where many clients lose events at one moment, as when a server restarts, each waits for a
    /// random time of up to this before it fetches again, so that they do not all fetch at once. A
    /// first load, or one that somebody asks for, is never delayed. Default 2 s.
    pub gap_jitter: Duration,
    /// What fetches need of the network. Default [`NetworkMode::Online`].
    pub network_mode: NetworkMode,
    /// How long a fetch waits for the subscription to stand before it goes ahead without.
    /// Default 1.5 s.
    pub subscribe_wait: Duration,
    /// How long a fetch may take. Default 30 s; `None` is for ever.
    pub fetch_timeout: Option<Duration>,
}

/// When fetches pause for want of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NetworkMode {
    /// While the browser says that it is offline, unless the client's own connection is open: that
    /// tells more. What somebody asks for by name is tried all the same.
    #[default]
    Online,
    /// Never: what is fetched needs no network, as a worker or a device's own store.
    Always,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            enabled: true,
            stale_time: Duration::ZERO,
            gc_time: Duration::from_secs(5 * 60),
            retry: 3,
            retry_delay: Duration::from_secs(1),
            retry_delay_max: Duration::from_secs(30),
            refetch_on_mount: true,
            refetch_on_focus: true,
            refetch_on_reconnect: true,
            gap_jitter: Duration::from_secs(2),
            network_mode: NetworkMode::Online,
            subscribe_wait: Duration::from_millis(1_500),
            fetch_timeout: Some(Duration::from_secs(30)),
        }
    }
}

macro_rules! with {
    ($($with:ident $field:ident: $type:ty),* $(,)?) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub const fn $with(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    )*};
}

impl QueryOptions {
    with! {
        with_enabled enabled: bool,
        with_stale_time stale_time: Duration,
        with_gc_time gc_time: Duration,
        with_retry retry: u32,
        with_retry_delay retry_delay: Duration,
        with_retry_delay_max retry_delay_max: Duration,
        with_refetch_on_mount refetch_on_mount: bool,
        with_refetch_on_focus refetch_on_focus: bool,
        with_refetch_on_reconnect refetch_on_reconnect: bool,
        with_gap_jitter gap_jitter: Duration,
        with_network_mode network_mode: NetworkMode,
        with_subscribe_wait subscribe_wait: Duration,
        with_fetch_timeout fetch_timeout: Option<Duration>,
    }
}

/// How large the cache may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryLimits {
    /// Entries at once. Default 10 000. Over it, the entry that has been unused for longest goes.
    pub max_entries: usize,
    /// Events remembered during one fetch. Default 10 000.
    pub log_events: usize,
    /// Bytes of events remembered during one fetch. Default 4 MiB.
    pub log_bytes: usize,
    /// Bytes of events remembered during all fetches together. Default 32 MiB.
    pub log_bytes_total: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            max_entries: 10_000,
            log_events: 10_000,
            log_bytes: 4 << 20,
            log_bytes_total: 32 << 20,
        }
    }
}

impl QueryLimits {
    with! {
        with_max_entries max_entries: usize,
        with_log_events log_events: usize,
        with_log_bytes log_bytes: usize,
        with_log_bytes_total log_bytes_total: usize,
    }
}
