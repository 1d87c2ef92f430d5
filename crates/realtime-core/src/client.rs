//! The client: the commands on the connection, channels, sends and rooms; those on data are in `queries`.

mod author;
mod channel_rules;
mod doing;
mod hold;
mod keeping;
mod link;
mod list_spec;
mod live_list;
mod membership;
mod mutations;
mod options;
mod part;
mod persistence;
#[cfg(feature = "tabs")]
mod person;
mod port;
mod queries;
#[cfg(feature = "tabs")]
mod relay;
mod room;
mod rooms;
mod root;
mod route;
mod router;
mod seeds;
mod shown;
mod stats;
mod store;
#[cfg(feature = "tabs")]
mod tabs;
mod turn;
mod typing;
mod waking;

pub use channel_rules::ChannelRules;
pub use list_spec::ListSpec;
pub use membership::RosterLease;
pub use options::ClientOptions;
pub use port::{Fault, Input, Output, ReceivedEvent};
#[cfg(feature = "tabs")]
pub use relay::RelayStats;
pub use route::ListenerId;
pub use stats::ClientStats;
#[cfg(feature = "tabs")]
pub use tabs::ClientTabs;
pub use typing::TypingLease;

use crate::{
    access::SubscribeOptions,
    channel::{ChannelError, ChannelState, LeaseId},
    connection::ConnectionInfo,
    id::{ChannelName, EventName, UserId},
    liveness::Liveness,
    mutation::Mutations,
    notify::Topic,
    outbox::{Message, SendId},
    presence::{Metadata, PresenceOptions, PresenceSnapshot, PresenceStats, PresenceStatus, User},
    time::Instant,
    typing::{TypingOptions, TypingStats, Typist},
    wire::Codec,
};
use membership::Membership;
use rooms::Rooms;
use root::Root;
use seeds::Seeds;
use stats::SeedStats;
use std::rc::Rc;
use typing::Typing;

/// The whole client, without a socket, a clock or a thread.
///
/// Call a command or [`handle`](Self::handle) an input, then drain
/// [`poll_output`](Self::poll_output) until it is `None` and carry each output out, then arm one
/// timer for [`next_deadline`](Self::next_deadline). Publish
/// [`take_changes`](Self::take_changes) once per animation frame.
///
/// ```
/// use realtime_core::{Client, ClientOptions, ConnectionStatus, Input, Instant, Output, wire::JsonCodec};
///
/// let now = Instant::ZERO;
/// let mut client = Client::new(ClientOptions::new("wss://example.test/ws"), Box::new(JsonCodec::default()));
/// client.connect(now);
/// let Some(Output::Connect { generation, url, .. }) = client.poll_output() else { panic!() };
/// assert_eq!(url, "wss://example.test/ws");
/// client.handle(now, Input::Opened { generation });
/// assert_eq!(client.connection().status, ConnectionStatus::Connected);
/// ```
#[derive(Debug)]
pub struct Client {
    root: Root,
}

impl Client {
    /// A client that does nothing until [`connect`](Self::connect).
    #[must_use]
    pub fn new(options: ClientOptions, codec: Box<dyn Codec>) -> Self {
        Self {
            root: Root::new(options, codec),
        }
    }

    /// Takes in something that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.root.at(now).handle(input);
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.root.poll_output()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Timeout`]; `None` for never.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.root.next_deadline()
    }

    /// Whether anything waits to be published.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.root.turn.dirty.is_empty()
    }

    /// Whether what waits is the user's own doing, to be shown before the next frame.
    #[doc(hidden)]
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.root.turn.dirty.is_urgent()
    }

    /// What to tell hooks about, each topic once.
    pub fn take_changes(&mut self) -> Vec<Topic> {
        self.root.turn.dirty.take()
    }

    /// Starts connecting, unless that is under way or done.
    pub fn connect(&mut self, now: Instant) {
        self.root.at(now).connect();
    }

    /// Connects afresh and at once, also after the client gave up or was told to stop.
    pub fn reconnect(&mut self, now: Instant) {
        let root = self.root.at(now);
        root.link.end_session(&mut root.turn);
        root.release_hold();
        root.store.cache.sign_in(now);
        root.link.connection.reconnect(now);
        root.settle();
    }

    /// Leaves every room, closes the socket and stays away until told otherwise. What still waits
    /// to be sent settles as disconnected.
    pub fn disconnect(&mut self, now: Instant) {
        self.root.at(now).disconnect();
    }

    /// Asks the app for a new token and shows it on the open link. Where the protocol has no way to
    /// say it there (Socket.IO), another socket takes the place of this one once the token is there,
    /// and the session is taken up again on it. Does nothing without a link: the next one begins with
    /// a new token anyway.
    pub fn renew_token(&mut self, now: Instant) {
        let root = self.root.at(now);
        root.link.renew_token(now);
        root.settle();
    }

    /// The user signs out: leaves every room, closes the socket, settles everything that was sent
    /// ([`SendError::SignedOut`](crate::SendError::SignedOut)) and empties the cache, the rosters and
    /// the list of typists.
    ///
    /// Observers, leases and listeners stay, but have nothing, and nothing is fetched, until
    /// [`connect`](Self::connect) or [`reconnect`](Self::reconnect) begins the next session. That one
    /// is not a continuation: channels are not resumed, and an answer to this session is nobody's.
    pub fn sign_out(&mut self, now: Instant) {
        self.root.at(now).sign_out();
    }

    /// What this client is to the app's other tabs.
    #[cfg(feature = "tabs")]
    #[doc(hidden)]
    pub fn tabs(&mut self, now: Instant) -> ClientTabs<'_> {
        ClientTabs::new(self.root.at(now))
    }

    /// What has been counted so far.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        let Root {
            link, store, parts, ..
        } = &self.root;
        ClientStats {
            codec: link.codec.stats(),
            connection: link.connection.stats(),
            channels: link.channels.stats(),
            outbox: link.outbox.stats(),
            queries: store.cache.stats(),
            mutations: parts.get().map(Mutations::stats).unwrap_or_default(),
            seeds: SeedStats {
                waiting: parts.get().map_or(0, Seeds::waiting),
                ..self.root.turn.stats.seeds
            },
            ..self.root.turn.stats.clone()
        }
    }

    /// How the connection stands.
    #[must_use]
    pub fn connection(&self) -> &ConnectionInfo {
        self.root.link.connection.info()
    }

    /// Subscribes to a channel, or shares the subscription there is.
    ///
    /// # Errors
    ///
    /// When there are too many channels already.
    pub fn subscribe(
        &mut self,
        now: Instant,
        channel: &ChannelName,
    ) -> Result<LeaseId, ChannelError> {
        self.subscribe_with(now, channel, &SubscribeOptions::default())
    }

    /// As [`subscribe`](Self::subscribe), with params or a token for this channel. Taken before
    /// anything else uses the channel, it is what the channel is first asked for with.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe), and if others use the channel with other params.
    pub fn subscribe_with(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        options: &SubscribeOptions,
    ) -> Result<LeaseId, ChannelError> {
        let root = self.root.at(now);
        let channels = &mut root.link.channels;
        let lease = channels.subscribe_with(now, channel, options)?;
        root.settle();
        Ok(lease)
    }

    /// Why the server sends no events of a channel, if it has refused to.
    #[doc(hidden)]
    #[must_use]
    pub fn channel_refusal(&self, channel: &ChannelName) -> Option<ChannelError> {
        self.root.link.channels.refusal(channel)
    }

    /// Of how many channels nobody knows whether their events arrive: they were asked for, and
    /// neither an answer nor an event has come.
    #[doc(hidden)]
    #[must_use]
    pub const fn unknown_channels(&self) -> usize {
        self.root.link.unknown_channels()
    }

    /// Whether what happens on a channel is known to reach us; [`Liveness::None`] if nobody has
    /// asked for it.
    #[doc(hidden)]
    #[must_use]
    pub fn channel_liveness(&self, channel: &str) -> Liveness {
        let state = self.root.link.channels.state(channel);
        state.map_or(Liveness::None, |state| match state {
            ChannelState::Waiting | ChannelState::Subscribing => Liveness::Waiting,
            ChannelState::Unknown => Liveness::Unknown,
            ChannelState::Live => Liveness::Live,
            ChannelState::Refused(_) => Liveness::Refused,
        })
    }

    /// Gives up one use of a channel; after the last, and a short grace, it is unsubscribed.
    pub fn release(&mut self, now: Instant, lease: LeaseId) {
        let root = self.root.at(now);
        root.link.channels.release(now, lease);
        root.settle();
    }

    /// Asks for every `event` on `channel` as [`Output::Event`], and subscribes to the channel.
    /// Without a channel: every event of that name that any subscription brings.
    ///
    /// An event that names no channel counts as one on `channel` if a rule says so
    /// ([`ClientOptions::with_channel_field`], [`ClientOptions::with_channel_of`]), or if no other
    /// channel listens to events of that name.
    ///
    /// # Errors
    ///
    /// When there are too many channels or listeners already, and when the protocol keeps the event's
    /// name for itself, so that it would never come.
    pub fn listen(
        &mut self,
        now: Instant,
        event: &EventName,
        channel: Option<&ChannelName>,
    ) -> Result<ListenerId, ChannelError> {
        let root = self.root.at(now);
        let (link, router) = (&mut root.link, &mut root.router);
        if link.codec.keeps(event) {
            let event = event.clone();
            return Err(ChannelError::ReservedName { event });
        }
        let id = router.listen(now, event, channel, &mut link.channels)?;
        root.settle();
        Ok(id)
    }

    /// Ends a listener.
    pub fn unlisten(&mut self, now: Instant, id: ListenerId) {
        let root = self.root.at(now);
        let channels = &mut root.link.channels;
        root.router.unlisten(now, id, channels);
        root.settle();
    }

    /// Sends a message. Exactly one [`Output::Settled`] says what became of it.
    ///
    /// Names of events that the client uses itself are refused with
    /// [`EncodeError::ReservedName`](crate::EncodeError::ReservedName): those of presence and typing,
    /// and the protocol's own, such as `ping`.
    pub fn send(&mut self, now: Instant, message: Message) -> SendId {
        let root = self.root.at(now);
        let send = root.link.send(now, message, None);
        root.settle();
        send
    }

    /// Gives up a send; it settles as cancelled, though the server may have got it.
    pub fn cancel_send(&mut self, now: Instant, send: SendId) {
        let root = self.root.at(now);
        root.link.outbox.cancel(send);
        root.settle();
    }

    /// Joins a channel's presence as `user`, or shares the place this client has there. A second
    /// user takes the place of the first.
    ///
    /// # Errors
    ///
    /// When there are too many channels already.
    pub fn join(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        user: User,
        options: PresenceOptions,
    ) -> Result<RosterLease, ChannelError> {
        self.root.at(now).part(|rooms: &mut Rooms, context| {
            Membership::join(rooms, channel, user, options, context)
        })
    }

    /// Gives back a share in a channel's presence. One second after the last, we leave.
    pub fn leave(&mut self, now: Instant, lease: RosterLease) {
        let RosterLease(channel) = lease;
        self.root.at(now).part(|rooms: &mut Rooms, _| {
            if let Some(membership) = Membership::of(rooms, &channel) {
                membership.release(now);
            }
        });
    }

    /// Who is on a channel, once we have joined it.
    #[must_use]
    pub fn presence(&self, channel: &ChannelName) -> Option<Rc<PresenceSnapshot>> {
        let membership = Membership::seen(self.root.parts.get()?, channel)?;
        Some(membership.roster.snapshot())
    }

    /// Sets our status on a channel; nothing happens if we are not on it.
    pub fn set_status(&mut self, now: Instant, channel: &ChannelName, status: PresenceStatus) {
        self.root.at(now).part(|rooms: &mut Rooms, context| {
            if let Some(membership) = Membership::of(rooms, channel) {
                membership.roster.set_status(now, status);
                context.turn.dirty.mark_urgent();
            }
        });
    }

    /// Sets what we tell about ourselves on a channel; nothing happens if we are not on it.
    pub fn set_metadata(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        metadata: Option<Metadata>,
    ) {
        self.root.at(now).part(|rooms: &mut Rooms, _| {
            if let Some(membership) = Membership::of(rooms, channel) {
                membership.roster.set_metadata(now, metadata);
            }
        });
    }

    /// Watches who types on a channel, and lets `user` be seen typing there.
    ///
    /// # Errors
    ///
    /// When there are too many channels already.
    pub fn open_typing(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        user: UserId,
        name: &str,
        options: TypingOptions,
    ) -> Result<TypingLease, ChannelError> {
        self.root.at(now).part(|rooms: &mut Rooms, context| {
            Typing::open(rooms, channel, user, name, options, context)
        })
    }

    /// Gives back a share in a channel's typing; after the last, the user has stopped typing.
    pub fn close_typing(&mut self, now: Instant, lease: TypingLease) {
        self.root
            .at(now)
            .part(|rooms: &mut Rooms, _| Typing::close(rooms, now, &lease));
    }

    /// Who types on a channel, `user` excepted, in the order they began.
    #[must_use]
    pub fn typing(&self, channel: &ChannelName, user: &UserId) -> Option<Rc<[Rc<Typist>]>> {
        let typing = Typing::seen(self.root.parts.get()?, channel, user)?;
        Some(typing.room.snapshot())
    }

    /// `user` pressed a key. Call it on each: what is sent is thinned out.
    pub fn start_typing(&mut self, now: Instant, channel: &ChannelName, user: &UserId) {
        self.root.at(now).part(|rooms: &mut Rooms, _| {
            if let Some(typing) = Typing::of(rooms, channel, user) {
                typing.room.start(now);
            }
        });
    }

    /// `user` has sent or cleared what they typed, or went elsewhere.
    pub fn stop_typing(&mut self, now: Instant, channel: &ChannelName, user: &UserId) {
        self.root.at(now).part(|rooms: &mut Rooms, _| {
            if let Some(typing) = Typing::of(rooms, channel, user) {
                typing.room.stop(now);
            }
        });
    }

    /// Stops showing `typist` on a channel, as the app knows that they have finished.
    pub fn clear_typist(&mut self, now: Instant, channel: &ChannelName, typist: &UserId) {
        self.root.at(now).part(|rooms: &mut Rooms, _| {
            if let Some(room) = rooms.get_mut(channel) {
                room.clear_typist(now, typist);
            }
        });
    }

    /// What our presence on a channel has counted since we joined it.
    #[doc(hidden)]
    #[must_use]
    pub fn presence_stats(&self, channel: &ChannelName) -> Option<PresenceStats> {
        let membership = Membership::seen(self.root.parts.get()?, channel)?;
        Some(membership.roster.stats())
    }

    /// What the typing of `user` on a channel has counted since it was opened.
    #[doc(hidden)]
    #[must_use]
    pub fn typing_stats(&self, channel: &ChannelName, user: &UserId) -> Option<TypingStats> {
        let typing = Typing::seen(self.root.parts.get()?, channel, user)?;
        Some(typing.room.stats())
    }
}
