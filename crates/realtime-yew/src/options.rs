//! Options: what an app may set about its client.

use crate::{
    console::{self, OpenConsole, Tell, Warn},
    error::{IntoFetchError, RealtimeError},
    store::Persist,
};
use futures::future::LocalBoxFuture;
#[cfg(feature = "persist")]
use realtime_core::PersistOptions;
#[cfg(feature = "socketio")]
use realtime_core::wire::socketio::{SocketIoCodec, SocketIoOptions};
use realtime_core::{
    ChannelName, ChannelRules, Client, ClientOptions, Codec, ConnectionError, ConnectionOptions,
    EventName, FetchError, MutationLimits, QueryOptions,
    connection::{BackoffOptions, ClosePolicy},
    query::QueryLimits,
    wire::JsonCodec,
};
use std::{cell::Cell, fmt, future::Future, rc::Rc};
use yew::Callback;

type TokenFuture = LocalBoxFuture<'static, Result<Option<String>, FetchError>>;
type TokenProvider = Rc<dyn Fn() -> TokenFuture>;
type MakeCodec = Rc<dyn Fn() -> Box<dyn Codec>>;

/// How a [`RealtimeClient`](crate::RealtimeClient) behaves. The default is right for a server that
/// speaks the JSON envelope and asks for no token.
///
/// ```
/// use realtime_yew::prelude::*;
/// use std::time::Duration;
///
/// let options = RealtimeOptions::default()
///     .with_token(|| async { Ok::<_, String>(String::from("eyJhbGciOi…")) })
///     .with_query_defaults(QueryOptions::default().with_stale_time(Duration::from_secs(30)))
///     .with_on_error(|error: RealtimeError| tracing::warn!(%error));
/// # let _ = options;
/// ```
#[derive(Clone, Default)]
pub struct RealtimeOptions {
    connection: ConnectionOptions,
    query_defaults: QueryOptions,
    query_limits: QueryLimits,
    mutation_limits: MutationLimits,
    channel_rules: ChannelRules,
    token: Option<TokenProvider>,
    on_error: Option<Callback<RealtimeError>>,
    console: ConsoleChoice,
    codec: Option<MakeCodec>,
    seed: Option<u64>,
    persist: Option<Rc<Persist>>,
    #[cfg(feature = "tabs")]
    tabs: Option<Rc<crate::tabs::Tabs>>,
}

impl RealtimeOptions {
    /// Sets everything about the connection: backoff, heartbeat, time-outs, what close codes mean.
    #[must_use]
    pub fn with_connection(mut self, connection: ConnectionOptions) -> Self {
        self.connection = connection;
        self
    }

    /// Sets how long to wait between attempts. Default: 500 ms to 20 s, with full jitter.
    #[must_use]
    pub fn with_backoff(mut self, backoff: BackoffOptions) -> Self {
        self.connection.backoff = backoff;
        self
    }

    /// Sets what close codes mean, where the protocol's table does not fit the server.
    #[must_use]
    pub fn with_close_policy(mut self, policy: ClosePolicy) -> Self {
        self.connection.close_policy = policy;
        self
    }

    /// Sets how queries and lists behave that do not say so themselves.
    #[must_use]
    pub fn with_query_defaults(mut self, defaults: QueryOptions) -> Self {
        self.query_defaults = defaults;
        self
    }

    /// Sets how large the query cache may grow. Default: 10,000 entries.
    #[must_use]
    pub fn with_query_limits(mut self, limits: QueryLimits) -> Self {
        self.query_limits = limits;
        self
    }

    /// Sets how many mutations may wait, and how many may be under way. Default: 1,000 and 64.
    #[must_use]
    pub fn with_mutation_limits(mut self, limits: MutationLimits) -> Self {
        self.mutation_limits = limits;
        self
    }

    /// Says which channel an `event` is for that does not name it, by a field of its data: `{}` in
    /// `pattern` stands for the field's value. Default: see
    /// [`with_channel_of`](Self::with_channel_of).
    ///
    /// Dots in `field` lead into objects. A text or a number counts; without such a field it is as
    /// if there were no rule. May be called several times, for one event too: the first field that
    /// is there counts.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// // io.to("stocks:AAPL").emit("stock:update", { symbol: "AAPL", price: 230 });
    /// // io.to("lists:7").emit("list:update", { action: "create", item: { id: 1, list: 7 } });
    /// let options = RealtimeOptions::default()
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

    /// Asks `channel_of(event, data)` which channel an event is for that names none, beside its data
    /// or in a field `channel` of it, and that no
    /// [`with_channel_field`](Self::with_channel_field) tells of. `data` is JSON text; `None` is as
    /// if there were no rule.
    ///
    /// Queries, lists, presence, typing and [`use_realtime_event`](crate::use_realtime_event) then
    /// take the event as if it had named that channel. Without a rule it goes to the one channel
    /// that listens to events of its name. Where several do, it goes to none of them: what they
    /// show is fetched again, and one warning for each name says so.
    ///
    /// It is called for each such event, so it should be quick; it must not panic.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Placed { room_id: u32 }
    ///
    /// let options = RealtimeOptions::default().with_channel_of(|event, data| {
    ///     let is_about_people = event.starts_with("presence:") || event.starts_with("typing:");
    ///     let placed: Placed = serde_json::from_str(data).ok().filter(|_| is_about_people)?;
    ///     Some(format!("room:{}", placed.room_id))
    /// });
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn with_channel_of<C: Into<ChannelName>>(
        mut self,
        channel_of: impl Fn(&str, &str) -> Option<C> + 'static,
    ) -> Self {
        self.channel_rules.add_function(channel_of);
        self
    }

    /// Asks `provide` for a token before every attempt to connect. Default: no token.
    ///
    /// One question is open at a time, and an answer that comes too late is ignored. An error
    /// counts as a failed attempt, and there will be another, unless it says that nobody is signed
    /// in: a 401 or 403, or a [permanent](FetchError::permanent) error of the app's own, without a
    /// status. The session is over then, and the connection ends as
    /// [`Unauthorized`](realtime_core::CloseReason::Unauthorized).
    ///
    /// It is asked for another as well when the server, on an open link, wants to see one, or the app
    /// calls [`renew_token`](crate::RealtimeClient::renew_token).
    #[must_use]
    pub fn with_token<F, Fut, E>(mut self, provide: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<String, E>> + 'static,
        E: IntoFetchError,
    {
        self.token = Some(Rc::new(move || {
            let token = provide();
            Box::pin(async move {
                let token = token.await.map(Some);
                token.map_err(IntoFetchError::into_token_error)
            })
        }));
        self.connection.has_token = true;
        self
    }

    /// Tells `on_error` of what goes wrong and shows on no handle. Default: only a log entry, and what
    /// [`with_console`](Self::with_console) says.
    ///
    /// It may command the client; a [`send`](crate::RealtimeClient::send) from in here that fails
    /// is only logged.
    #[must_use]
    pub fn with_on_error(mut self, on_error: impl Into<Callback<RealtimeError>>) -> Self {
        self.on_error = Some(on_error.into());
        self
    }

    /// Says on the browser's console, too, what goes wrong and shows on no handle, and why there is no
    /// connection: each cause once, short. Default: in debug builds only.
    #[must_use]
    pub const fn with_console(mut self, console: bool) -> Self {
        self.console = ConsoleChoice(if console { Some(console::open) } else { None });
        self
    }

    /// Speaks another wire than the JSON envelope: `make` gives a fresh codec for each client.
    #[must_use]
    pub fn with_codec(mut self, make: impl Fn() -> Box<dyn Codec> + 'static) -> Self {
        self.codec = Some(Rc::new(make));
        self
    }

    /// Speaks Socket.IO instead of the JSON envelope, to a server of socket.io 3 or 4.
    ///
    /// The URL is then that of the server, such as `/` or `https://live.example.test`, without the
    /// `/socket.io/` part, which is an option; a path names a namespace.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// let options = RealtimeOptions::default()
    ///     .with_socketio(SocketIoOptions::new())
    ///     .with_token(|| async { Ok::<_, String>(String::from("eyJhbGciOi…")) });
    /// # let _ = options;
    /// ```
    #[cfg(feature = "socketio")]
    #[must_use]
    pub fn with_socketio(self, options: SocketIoOptions) -> Self {
        self.with_codec(move || Box::new(SocketIoCodec::new(options.clone())))
    }

    /// Keeps over page loads what queries and lists hold that ask for it
    /// ([`with_persist`](crate::UseRealtimeListOptions::with_persist) in their options), in the browser's
    /// IndexedDB: after a reload the rows are there in the first frame, and where the server has a history
    /// nothing is fetched. Default: nothing is kept. Feature `persist`.
    ///
    /// There is one database for each app and each user. The user is the provider's
    /// [`session`](crate::RealtimeProvider), by its [name](crate::Session::with_name). Signing out empties
    /// it: see [`RealtimeClient::sign_out`](crate::RealtimeClient::sign_out).
    ///
    /// ```
    /// use realtime_yew::{PersistOptions, prelude::*};
    ///
    /// let options = RealtimeOptions::default()
    ///     .with_persist(PersistOptions::new("tasks").with_build(env!("CARGO_PKG_VERSION")));
    /// # let _ = options;
    /// ```
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn with_persist(mut self, options: PersistOptions) -> Self {
        self.persist = Some(Rc::new(Persist::queries(options)));
        self
    }

    /// As [`with_persist`](Self::with_persist), and keeps the mutations that ask for it
    /// ([`MutationSpec::with_persist`](crate::MutationSpec::with_persist)) until they have an outcome: what was
    /// done offline is shown again after a reload, and sent once. One that fails then is told to
    /// [`on_error`](Self::with_on_error), as nobody waits for it any more. Feature `persist`.
    ///
    /// [`PersistOptions::with_remembered_ids`] says for how long the server knows a message's id again; what
    /// may have been sent longer ago fails as
    /// [`Interrupted`](realtime_core::MutationError::Interrupted) and is not sent again.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn with_persist_mutations(mut self, options: PersistOptions) -> Self {
        self.persist = Some(Rc::new(Persist::queries_and_mutations(options)));
        self
    }

    /// Shares one socket with the app's other tabs: one of them has it, the others reach the server
    /// through that one. Default: each tab has its own. Feature `tabs`.
    ///
    /// Tabs with the same `app` and the same user share; the user is the provider's
    /// [`session`](crate::RealtimeProvider), if that is a text, a number, a `UserId`, or an `Option` of
    /// one. A tab that opens begins with what the others have of queries with
    /// [`with_seed`](crate::UseRealtimeListOptions::with_seed), and fetches nothing where the server has a
    /// history. Put the version into `app` where builds differ in the types of their data.
    ///
    /// It takes Web Locks and a `BroadcastChannel`, which pages have that are served over `https` or from
    /// `localhost`. Elsewhere, and from the 66th tab on, a tab has a socket of its own:
    /// [`use_connection`](crate::use_connection) says which.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// let options = RealtimeOptions::default().with_tabs(concat!("tasks ", env!("CARGO_PKG_VERSION")));
    /// # let _ = options;
    /// ```
    #[cfg(feature = "tabs")]
    #[must_use]
    pub fn with_tabs(mut self, app: &str) -> Self {
        self.tabs = Some(Rc::new(crate::tabs::Tabs::new(app)));
        self
    }

    /// Fixes the seed of jitter and message ids, for tests. Default: random.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Takes the options apart: what the core is built of, and what stays in this crate.
    pub(crate) fn into_parts(self, url: &str, seed: u64) -> (Client, App) {
        let codec = self.codec.map_or_else(
            || Box::new(JsonCodec::default()) as Box<dyn Codec>,
            |make| make(),
        );
        #[cfg(feature = "tabs")]
        let tabs = crate::tabs::Tabs::used(self.tabs).map(|tabs| Rc::new(tabs.of_client()));
        #[cfg(feature = "tabs")]
        let codec = match &tabs {
            Some(tabs) => tabs.wrap(codec),
            None => codec,
        };
        let mut options = ClientOptions::new(url)
            .with_connection(self.connection)
            .with_queries(self.query_limits)
            .with_mutations(self.mutation_limits)
            .with_seed(self.seed.unwrap_or(seed));
        options.channel_rules = self.channel_rules;
        let app = App {
            reporting: Cell::new(false),
            token: self.token,
            on_error: self.on_error,
            open_console: self.console.0,
            console: None,
            query_defaults: self.query_defaults,
            persist: self.persist,
            #[cfg(feature = "tabs")]
            tabs,
        };
        (Client::new(options, codec), app)
    }
}

/// What writes to the console, if anything is to.
#[derive(Clone, Copy)]
struct ConsoleChoice(Option<OpenConsole>);

impl Default for ConsoleChoice {
    #[cfg(debug_assertions)]
    fn default() -> Self {
        Self(Some(console::open))
    }

    #[cfg(not(debug_assertions))]
    fn default() -> Self {
        Self(None)
    }
}

/// Closures are equal if they are clones of one.
impl PartialEq for RealtimeOptions {
    fn eq(&self, other: &Self) -> bool {
        fn same<T: ?Sized>(one: &Option<Rc<T>>, two: &Option<Rc<T>>) -> bool {
            match (one, two) {
                (Some(one), Some(two)) => Rc::ptr_eq(one, two),
                (None, None) => true,
                _ => false,
            }
        }
        #[cfg(feature = "tabs")]
        if self.tabs.as_ref().map(|tabs| tabs.name()) != other.tabs.as_ref().map(|tabs| tabs.name())
        {
            return false;
        }
        self.connection == other.connection
            && self.query_defaults == other.query_defaults
            && self.query_limits == other.query_limits
            && self.mutation_limits == other.mutation_limits
            && self.channel_rules == other.channel_rules
            && same(&self.token, &other.token)
            && self.on_error == other.on_error
            && self.console.0.is_some() == other.console.0.is_some()
            && same(&self.codec, &other.codec)
            && self.seed == other.seed
            && self.persist == other.persist
    }
}

impl fmt::Debug for RealtimeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealtimeOptions")
            .field("connection", &self.connection)
            .field("query_defaults", &self.query_defaults)
            .field("query_limits", &self.query_limits)
            .field("mutation_limits", &self.mutation_limits)
            .field("channel_rules", &self.channel_rules)
            .field("persist", &self.persist)
            .field("has_token", &self.token.is_some())
            .field("has_on_error", &self.on_error.is_some())
            .finish_non_exhaustive()
    }
}

/// What the app gave that the core knows nothing of.
pub(crate) struct App {
    token: Option<TokenProvider>,
    on_error: Option<Callback<RealtimeError>>,
    open_console: Option<OpenConsole>,
    console: Option<Rc<dyn Tell>>,
    pub(crate) query_defaults: QueryOptions,
    pub(crate) persist: Option<Rc<Persist>>,
    #[cfg(feature = "tabs")]
    pub(crate) tabs: Option<Rc<crate::tabs::Tabs>>,
    reporting: Cell<bool>,
}

impl App {
    /// The app's answer to "which token?", if it gives tokens.
    pub(crate) fn request_token(&self) -> Option<TokenFuture> {
        self.token.as_ref().map(|provide| provide())
    }

    /// Where the console is, for whoever wants to read there.
    pub(crate) fn set_console(&mut self, warn: Warn) {
        self.console = self.open_console.map(|open| open(warn));
    }

    /// Says on the console why there is no connection.
    pub(crate) fn warn_of(&self, error: &ConnectionError) {
        if let Some(console) = &self.console {
            console.connection(error);
        }
    }

    /// Logs `error` and tells the app.
    pub(crate) fn report(&self, error: RealtimeError) {
        tracing::warn!(%error, "realtime");
        if let Some(console) = &self.console {
            console.error(&error);
        }
        if let Some(on_error) = &self.on_error {
            let outer = self.reporting.replace(true);
            on_error.emit(error);
            self.reporting.set(outer);
        }
    }

    /// Whether the app is being told of an error now. What it sends in answer is not reported in
    /// turn when it fails, or the two would go on for ever.
    pub(crate) fn is_reporting(&self) -> bool {
        self.reporting.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_core::SendError;

    #[test]
    fn where_nobody_listens_nothing_is_kept() {
        let options = RealtimeOptions::default().with_console(false);
        let (_, mut app) = options.into_parts("/ws", 1);
        app.set_console(Rc::new(|_| unreachable!("nobody wants to be told")));
        app.report(RealtimeError::Unsent {
            event: EventName::from("say"),
            error: SendError::Timeout,
        });
        assert!(app.console.is_none());
    }
}
