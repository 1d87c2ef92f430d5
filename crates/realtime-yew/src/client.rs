//! The handle on one client, for commands from anywhere in an app.

mod ack;
mod mutate;
mod observe;

pub use ack::PendingAck;
pub use mutate::PendingMutation;
pub(crate) use mutate::read_answer;
pub(crate) use observe::{Lease, Observer};

use crate::{
    error::{AckError, RealtimeError},
    options::RealtimeOptions,
    runtime::{Platform, Runtime, Subscription, Timer},
    session::Session,
    store::Loading,
};
use realtime_core::{
    Client, ClientStats, ConnectionInfo, Delivery, Instant, ListItem, ListSnapshot, Message,
    QueryError, QueryKey, ReliableOptions, RowId, SendError, Topic,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::Any, fmt, rc::Rc};
use yew::{Html, html::ImplicitClone};

/// A live client: one connection, one cache. Clones are the same client, and compare so.
///
/// Get it with [`use_realtime_client`](crate::use_realtime_client), or make one and give it to a
/// [`RealtimeProvider`](crate::RealtimeProvider). No command panics or fails because a component
/// has unmounted. When the last clone is dropped the connection is closed with code 1000.
///
/// ```
/// use realtime_yew::prelude::*;
/// use serde_json::json;
/// use yew::prelude::*;
///
/// #[component]
/// fn SendButton() -> Html {
///     let client = use_realtime_client();
///     let onclick = move |_| {
///         client.send("message:send", Some("room:lobby"), &json!({ "text": "hello" }));
///     };
///     html! { <button {onclick}>{ "Say hello" }</button> }
/// }
/// ```
#[derive(Clone)]
pub struct RealtimeClient {
    runtime: Rc<Runtime>,
}

impl RealtimeClient {
    /// A client for the server at `url`, which does not connect before it is told to.
    ///
    /// A relative `url` is taken against the page's; `http` and `https` become `ws` and `wss`.
    #[must_use]
    pub fn new(url: &str, options: RealtimeOptions) -> Self {
        Self::on_platform(url, options, Platform::detect())
    }

    pub(crate) fn on_platform(url: &str, options: RealtimeOptions, platform: Platform) -> Self {
        let (client, app) = options.into_parts(url, platform.seed);
        Self {
            runtime: Runtime::new(client, app, platform),
        }
    }

    /// Connects, if it has not been told so before. A [`RealtimeProvider`](crate::RealtimeProvider)
    /// does this for the client it provides.
    pub fn connect(&self) {
        if let Some(keeper) = self.runtime.keeper() {
            keeper.reopen(&*self.runtime);
        }
        self.runtime.watch_page();
        #[cfg(feature = "tabs")]
        if self.with_tabs(|tabs, host| tabs.join(host)) == Some(true) {
            return;
        }
        self.runtime.post(Client::connect);
    }

    /// Tries again now, whatever the state: also after the client gave up or was told to stop.
    pub fn reconnect(&self) {
        if let Some(keeper) = self.runtime.keeper() {
            keeper.reopen(&*self.runtime);
        }
        self.runtime.watch_page();
        #[cfg(feature = "tabs")]
        if self.with_tabs(|tabs, host| tabs.join(host)) == Some(true) {
            return;
        }
        self.runtime.post(Client::reconnect);
    }

    /// Leaves all rooms and closes the connection with code 1000; it stays closed until
    /// [`reconnect`](Self::reconnect).
    pub fn disconnect(&self) {
        self.runtime.post(Client::disconnect);
        #[cfg(feature = "tabs")]
        self.with_tabs(|tabs, host| tabs.leave(host));
    }

    /// Asks for a [token](RealtimeOptions::with_token) anew and shows it to the server on the link
    /// that there is: call it when the one before runs out or another took its place. Over Socket.IO,
    /// which shows tokens only when it connects, another socket takes the place of this one, once the
    /// token is there, and goes on with its session. Without a link nothing happens, as the next attempt asks anyway.
    pub fn renew_token(&self) {
        #[cfg(feature = "tabs")]
        if self.with_tabs(|tabs, host| tabs.renew_token(host)) == Some(true) {
            return;
        }
        self.runtime.post(Client::renew_token);
    }

    /// Ends the session: leaves all rooms, closes the connection, empties the cache, the rosters and
    /// the list of typists, and settles everything that was sent with [`SendError::SignedOut`]. Of
    /// what was on its way to the server, it may have carried out some.
    ///
    /// Hooks that stay mounted show no data, and nothing is fetched, until
    /// [`connect`](Self::connect) or [`reconnect`](Self::reconnect) begins the next session: with the
    /// token that the provider then gives, and the users that components then name. Apps in which
    /// another user may sign in give the provider a [`Session`](crate::Session) instead, and need not
    /// call this.
    ///
    /// What was [kept over page loads](RealtimeOptions::with_persist) for the user is deleted.
    pub fn sign_out(&self) {
        #[cfg(feature = "tabs")]
        self.with_tabs(|tabs, host| tabs.sign_out(host));
        self.end();
    }

    fn end(&self) {
        self.runtime.sign_out();
        #[cfg(feature = "tabs")]
        self.with_tabs(|tabs, host| tabs.leave(host));
    }

    /// The socket is shared with the tabs of whoever `session` names.
    #[cfg(feature = "tabs")]
    pub(crate) fn share(&self, session: &Session) {
        self.with_tabs(|tabs, host| tabs.set_user(host, session));
    }

    #[cfg(feature = "tabs")]
    fn with_tabs<R>(
        &self,
        call: impl FnOnce(&dyn crate::tabs::OtherTabs, &dyn crate::tabs::Host) -> R,
    ) -> Option<R> {
        let tabs = self.runtime.neighbours()?;
        Some(call(tabs, &*self.runtime))
    }

    /// Signs out if the client has served another session. The default one says nothing of who it is.
    pub(crate) fn serve(&self, session: &Session) {
        let is_known = *session != Session::default();
        if is_known && self.runtime.serve(session) {
            self.sign_out();
        }
    }

    /// Ends the session on this page, and leaves on the disk what is kept for the user.
    pub(crate) fn close(&self) {
        if let Some(keeper) = self.runtime.keeper() {
            keeper.close(&*self.runtime);
        }
        self.end();
    }

    /// Keeps over page loads what the client holds for `session`, if the app wants that.
    pub(crate) fn keep(&self, session: &Session) {
        if let Some(keeper) = self.runtime.keeper() {
            keeper.open(&*self.runtime, session);
        }
    }

    /// The app, or `fallback` while what was kept is being read.
    pub(crate) fn gate(&self, fallback: &Html, app: &Html) -> Html {
        match self.runtime.keeper() {
            Some(keeper) => keeper.gate(Rc::new(self.clone()), fallback.clone(), app.clone()),
            None => app.clone(),
        }
    }

    /// Deletes what is [kept over page loads](RealtimeOptions::with_persist) for a user who is not signed in
    /// now, such as one who was signed out elsewhere. `user` is the name of their
    /// [`Session`](crate::Session); the empty text stands for the default one. Whoever is signed in now is
    /// [signed out](Self::sign_out) for that. Feature `persist`.
    #[cfg(feature = "persist")]
    pub fn forget_user(&self, user: &str) {
        if let Some(persist) = &self.runtime.app().persist {
            persist.forget(user);
        }
    }

    /// The state of the connection; [`use_connection`](crate::use_connection) keeps a component up
    /// to date with it.
    #[must_use]
    pub fn connection(&self) -> ConnectionInfo {
        self.runtime.connection()
    }

    /// Sends an event. It waits for the connection, if need be for a minute, and is sent again if
    /// the connection broke before the server answered.
    ///
    /// Nobody waits for the outcome; a failure goes to
    /// [`on_error`](RealtimeOptions::with_on_error). To wait, use
    /// [`send_with_ack`](Self::send_with_ack).
    pub fn send<T: Serialize + ?Sized>(&self, event: &str, channel: Option<&str>, data: &T) {
        self.dispatch(event, channel, data, Delivery::default());
    }

    /// Sends an event and wants no answer, as `socket.emit(event, data)` does: for a server that
    /// acknowledges nothing, where a [`send`](Self::send) would time out.
    ///
    /// It waits for the connection, if need be for a minute, and is sent once; whether it arrived is
    /// not known. A failure to send it goes to [`on_error`](RealtimeOptions::with_on_error).
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, channel: Option<&str>, data: &T) {
        let once = ReliableOptions {
            ack: false,
            ..ReliableOptions::default()
        };
        self.dispatch(event, channel, data, Delivery::Reliable(once));
    }

    /// Sends an event now or, without a connection, never. For what is worthless a moment later.
    pub fn emit_volatile<T: Serialize + ?Sized>(
        &self,
        event: &str,
        channel: Option<&str>,
        data: &T,
    ) {
        match encode(event, channel, data, Delivery::Volatile) {
            // That one may be lost is what volatile means.
            Ok(message) => self.runtime.post(move |client, now| {
                client.send(now, message);
            }),
            Err(error) => self.runtime.app().report(error),
        }
    }

    /// Sends an event and gives a future of the server's answer, read as an `R`.
    ///
    /// The event is sent whether or not the future is polled, and dropping it does not take the
    /// event back.
    ///
    /// ```
    /// use realtime_yew::{AckError, prelude::*};
    /// #[derive(serde::Deserialize)]
    /// struct Sent { id: String }
    ///
    /// async fn say(client: &RealtimeClient, text: &str) -> Result<String, AckError> {
    ///     let sent: Sent = client
    ///         .send_with_ack("message:send", Some("room:lobby"), &serde_json::json!({ "text": text }))
    ///         .await?;
    ///     Ok(sent.id)
    /// }
    /// ```
    pub fn send_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        channel: Option<&str>,
        data: &(impl Serialize + ?Sized),
    ) -> PendingAck<R> {
        let message = match encode(event, channel, data, Delivery::default()) {
            Ok(message) => message,
            Err(RealtimeError::Encode { message, .. }) => {
                return PendingAck::failed(AckError::Encode(message));
            }
            Err(_) => return PendingAck::failed(SendError::Cancelled.into()),
        };
        let sent = self.runtime.run(|client, now| {
            let send = client.send(now, message);
            (send, self.runtime.callbacks().await_settled(send))
        });
        match sent {
            Some((send, receiver)) => PendingAck::new(&self.runtime, send, receiver),
            None => PendingAck::failed(AckError::Busy),
        }
    }

    fn dispatch<T: Serialize + ?Sized>(
        &self,
        event: &str,
        channel: Option<&str>,
        data: &T,
        delivery: Delivery,
    ) {
        match encode(event, channel, data, delivery) {
            Ok(message) => {
                let callbacks = Rc::clone(self.runtime.callbacks());
                let reported = !self.runtime.app().is_reporting();
                self.runtime.post(move |client, now| {
                    let event = message.event.clone();
                    let send = client.send(now, message);
                    if reported {
                        callbacks.report_settled(send, event);
                    }
                });
            }
            Err(error) => self.runtime.app().report(error),
        }
    }

    /// Marks everything whose key begins with `prefix` as out of date; what is on screen is
    /// fetched again.
    pub fn invalidate(&self, prefix: &QueryKey) {
        let prefix = prefix.clone();
        self.runtime
            .post(move |client, now| client.invalidate(now, &prefix));
    }

    /// Fetches `key` again now.
    pub fn refetch(&self, key: &QueryKey) {
        let key = key.clone();
        self.runtime
            .post(move |client, now| client.refetch(now, &key));
    }

    /// Puts a record into the cache, as if it had been fetched; says whether anyone observes it,
    /// as nothing is kept otherwise.
    ///
    /// # Errors
    ///
    /// If `key` holds data of another type.
    pub fn set_data<T: PartialEq + 'static>(
        &self,
        key: &QueryKey,
        data: T,
    ) -> Result<bool, QueryError> {
        self.runtime
            .run(|client, now| client.set_record(now, key, data))
            .unwrap_or(Ok(false))
    }

    /// Changes the record at `key` where it stands; for crates that build on this one. Says whether there is one, and
    /// fails if `key` holds data of another type.
    #[doc(hidden)]
    pub fn adjust_data<T: PartialEq + 'static>(
        &self,
        key: &QueryKey,
        adjust: impl FnOnce(&T) -> T,
    ) -> Result<bool, QueryError> {
        self.runtime
            .run(|client, now| client.adjust_record(now, key, adjust))
            .unwrap_or(Ok(false))
    }

    /// Puts a list into the cache, as [`set_data`](Self::set_data) does a record.
    ///
    /// # Errors
    ///
    /// If `key` holds data of another type.
    pub fn set_list<T: ListItem>(&self, key: &QueryKey, items: Vec<T>) -> Result<bool, QueryError> {
        self.runtime
            .run(|client, now| client.set_list(now, key, items))
            .unwrap_or(Ok(false))
    }

    /// The record at `key`, if there is one.
    #[must_use]
    pub fn data<T: PartialEq + 'static>(&self, key: &QueryKey) -> Option<Rc<T>> {
        self.read(|client| client.record(key)).flatten()
    }

    /// All rows of the list at `key`, if there is one, with the edits that wait for the server.
    #[must_use]
    pub fn list<T: ListItem>(&self, key: &QueryKey) -> Option<ListSnapshot<T>> {
        self.read(|client| client.list(key)).flatten()
    }

    /// One row of the list at `key`; also by its temporary id.
    #[must_use]
    pub fn item<T: ListItem>(&self, key: &QueryKey, id: impl Into<RowId>) -> Option<Rc<T>> {
        let item = |client: &Client| client.item::<T>(key, &client.current_id(key, id));
        self.read(item).flatten()
    }

    /// What the client has counted, for logs and tests.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        self.read(Client::stats).unwrap_or_default()
    }

    /// Topics that mounted hooks are subscribed to now: zero when all have unmounted.
    #[must_use]
    pub fn subscription_count(&self) -> usize {
        self.runtime.subscriptions()
    }

    /// Fetches that run now.
    #[must_use]
    pub fn running_fetches(&self) -> usize {
        self.runtime.fetches().running()
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&Client) -> R) -> Option<R> {
        self.runtime.read(look)
    }

    /// As [`read`](Self::read), but in the first pass over a page only for what `is_first`.
    pub(crate) fn read_in_pass<R>(
        &self,
        is_first: bool,
        look: impl FnOnce(&Client) -> R,
    ) -> Option<R> {
        if is_first || !self.runtime.first_pass().is_on() {
            self.runtime.read(look)
        } else {
            None
        }
    }

    /// Whether a server renders a page with this client.
    #[inline(always)]
    pub(crate) fn is_on_server(&self) -> bool {
        self.runtime.first_pass().fetches().is_some()
    }

    /// What this tab is to the app's others, if they [share a socket](RealtimeOptions::with_tabs):
    /// [`use_connection`](crate::use_connection) keeps a component up to date with it. Feature `tabs`.
    #[cfg(feature = "tabs")]
    #[must_use]
    pub fn tab_role(&self) -> realtime_core::TabRole {
        self.tab().0
    }

    #[cfg(feature = "tabs")]
    pub(crate) fn tab(&self) -> (realtime_core::TabRole, usize) {
        let tabs = self.runtime.neighbours();
        tabs.map_or((realtime_core::TabRole::Alone, 1), |tabs| tabs.tab())
    }

    pub(crate) fn runtime(&self) -> &Rc<Runtime> {
        &self.runtime
    }

    /// The time of the client's clock; for crates that build on this one.
    #[doc(hidden)]
    pub fn now(&self) -> Instant {
        self.runtime.now()
    }

    pub(crate) fn timer(&self, ring: Rc<dyn Fn()>) -> Box<dyn Timer> {
        self.runtime.timer(ring)
    }

    pub(crate) fn subscribe(&self, topics: Vec<Topic>, call: Rc<dyn Fn()>) -> Subscription {
        self.runtime.subscribe(topics, call)
    }
}

fn encode<T: Serialize + ?Sized>(
    event: &str,
    channel: Option<&str>,
    data: &T,
    delivery: Delivery,
) -> Result<Message, RealtimeError> {
    let data = serde_json::to_string(data).map_err(|error| RealtimeError::Encode {
        event: event.into(),
        message: error.to_string().into(),
    })?;
    let message = Message::new(event, data).with(delivery);
    Ok(match channel {
        Some(channel) => message.on(channel),
        None => message,
    })
}

impl PartialEq for RealtimeClient {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.runtime, &other.runtime)
    }
}

impl Eq for RealtimeClient {}

impl ImplicitClone for RealtimeClient {}

impl fmt::Debug for RealtimeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealtimeClient")
            .field("connection", &self.connection().status)
            .finish_non_exhaustive()
    }
}

impl Loading for RealtimeClient {
    fn is_loading(&self) -> bool {
        let keeper = self.runtime.keeper();
        keeper.is_some_and(|keeper| {
            self.read(|client| keeper.is_loading(client))
                .unwrap_or(false)
        })
    }

    fn subscribe(&self, look: Rc<dyn Fn()>) -> Box<dyn Any> {
        Box::new(self.subscribe(vec![Topic::Connection], look))
    }
}
