//! The composition root: routes what happens to the parts it concerns, and their wishes outwards.

mod channel_rules;
mod entries;
mod events;
mod link;
mod live_list;
mod mutations;
mod options;
mod port;
mod queries;
mod room;
mod rooms;
mod route;
mod session;
mod shown;
mod stats;
mod waking;
mod words;

pub use channel_rules::ChannelRules;
pub use options::ClientOptions;
pub use port::{Fault, Input, Output, ReceivedEvent};
pub use queries::ListSpec;
pub use rooms::{RosterLease, TypingLease};
pub use route::ListenerId;
pub use stats::ClientStats;

use crate::{
    access::SubscribeOptions,
    channel::{ChannelError, ChannelState, Channels, LeaseId},
    connection::{Connection, ConnectionInfo},
    error::EncodeError,
    excerpt::Address,
    id::{ChannelName, Epoch, EventName, MessageId},
    mutation::Mutations,
    notify::{Dirty, Topic},
    outbox::{Message, Outbox, SendId},
    query::QueryCache,
    time::{Instant, earliest},
    wire::{Codec, Frame, Outbound},
};
use entries::Entries;
use rooms::Rooms;
use route::{Routes, Target};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use waking::Waking;

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
    url: Address<String>,
    codec: Box<dyn Codec>,
    connection: Connection,
    channels: Channels,
    outbox: Outbox,
    cache: QueryCache,
    entries: Entries,
    rooms: Rooms,
    mutations: Mutations,
    /// What is done about mutations; none as long as there has been no mutation.
    mutating: Option<&'static mutations::Calls>,
    routes: Routes,
    listeners: FxHashMap<ListenerId, Listener>,
    last_listener: u64,
    max_listeners: usize,
    dirty: Dirty,
    outputs: VecDeque<Output>,
    /// The answer that ends the handshake under way.
    auth: Option<MessageId>,
    /// Whether the app has been told that the server answers no subscription.
    told_of_silence: bool,
    /// How many channels are unknown, as last told.
    unknown_channels: usize,
    /// The answer to a token that was renewed on the open link.
    renewal: Option<MessageId>,
    id_prefix: String,
    last_auth: u64,
    /// Sends of presence and typing, whose outcome is nobody's business.
    own_sends: FxHashSet<SendId>,
    channel_rules: ChannelRules,
    /// Events that nobody could be given, which was told.
    unaddressed: FxHashSet<EventName>,
    /// How many events of a name were for channels that nobody uses; `None` once one has found
    /// somebody.
    misses: FxHashMap<EventName, Option<u32>>,
    /// The epoch seen last: most events share it, so it is not allocated again.
    epoch: Epoch,
    /// Kept for its memory.
    targets: Vec<Target>,
    waking: Waking,
    stats: ClientStats,
}

#[derive(Debug)]
struct Listener {
    event: EventName,
    channel: Option<ChannelName>,
    lease: Option<LeaseId>,
}

impl Client {
    /// A client that does nothing until [`connect`](Self::connect).
    #[must_use]
    pub fn new(options: ClientOptions, codec: Box<dyn Codec>) -> Self {
        let mut rng = fastrand::Rng::with_seed(options.seed);
        let waking = Waking::new(options.connection.heartbeat.probe_within);
        let id_prefix: String = (0..8).map(|_| rng.lowercase()).collect();
        Self {
            connection: Connection::new(options.connection, rng.fork()),
            outbox: Outbox::new(options.outbox, &id_prefix),
            cache: QueryCache::new(rng.fork(), options.queries),
            entries: Entries::default(),
            mutations: Mutations::new(options.mutations, &id_prefix, rng.fork()),
            rooms: Rooms::new(rng.fork()),
            channels: Channels::new(options.channels, &format!("{id_prefix}s"), rng.fork()),
            mutating: None,
            routes: Routes::default(),
            listeners: FxHashMap::default(),
            last_listener: 0,
            max_listeners: options.max_listeners,
            dirty: Dirty::default(),
            outputs: VecDeque::new(),
            auth: None,
            told_of_silence: false,
            unknown_channels: 0,
            renewal: None,
            id_prefix,
            last_auth: 0,
            own_sends: FxHashSet::default(),
            channel_rules: options.channel_rules,
            unaddressed: FxHashSet::default(),
            misses: FxHashMap::default(),
            epoch: Epoch::from(""),
            targets: Vec::new(),
            waking,
            stats: ClientStats::default(),
            url: Address(options.url),
            codec,
        }
    }

    /// Takes in something that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Token { generation, result } => self.token(now, generation, result),
            Input::Opened { generation } => self.connection.socket_opened(now, generation),
            Input::AddressRefused { generation, error } => {
                self.address_refused(now, generation, error);
            }
            Input::Frame { generation, frame } => self.frame(now, generation, frame),
            Input::Closed {
                generation,
                code,
                reason,
                was_clean,
            } => self
                .connection
                .socket_closed(now, generation, code, reason, was_clean),
            Input::FetchFinished { fetch, result } => {
                let entry = self.cache.fetching(fetch);
                self.cache.fetch_finished(now, fetch, result);
                if let Some(entry) = entry {
                    self.hear_overlay(now, entry);
                }
            }
            Input::MutationFinished { mutation, result } => {
                let result = result.map_err(Into::into);
                self.mutation_done(now, mutation, result);
            }
            Input::Timeout => self.timeout(now),
            Input::Visible(visible) => {
                self.connection.set_visible(now, visible);
                self.cache.set_visible(now, visible);
                self.rooms.set_visible(now, visible);
            }
            Input::Online(online) => {
                self.connection.set_online(now, online);
                self.cache.set_online(now, online);
                self.mutations.set_online(online);
            }
            Input::PageHide => {
                self.rooms.leave_all(now);
                self.settle(now);
                self.connection.page_hide(now);
            }
            Input::PageShow => self.connection.page_show(now),
            Input::Activity => self.rooms.activity(now),
            Input::Blocked(blocked) => self.outbox.set_blocked(now, blocked),
        }
        self.settle(now);
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Timeout`]; `None` for never.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let answers = self.answers_due().map(|due| self.waking.put_off(due));
        let others = earliest(self.connection.next_deadline(), self.rooms.next_deadline());
        earliest(answers, others)
    }

    /// When the time is up of something that an answer would settle.
    fn answers_due(&self) -> Option<Instant> {
        [
            self.channels.next_deadline(),
            self.outbox.next_deadline(),
            self.cache.next_deadline(),
            self.mutations.next_deadline(),
        ]
        .into_iter()
        .fold(None, earliest)
    }

    /// Whether anything waits to be published.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Whether what waits is the user's own doing, to be shown before the next frame.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.dirty.is_urgent()
    }

    /// What to tell hooks about, each topic once.
    pub fn take_changes(&mut self) -> Vec<Topic> {
        self.dirty.take()
    }

    /// Starts connecting, unless that is under way or done.
    pub fn connect(&mut self, now: Instant) {
        self.cache.sign_in(now);
        self.connection.connect(now);
        self.settle(now);
    }

    /// Connects afresh and at once, also after the client gave up or was told to stop.
    pub fn reconnect(&mut self, now: Instant) {
        self.end_session();
        self.cache.sign_in(now);
        self.connection.reconnect(now);
        self.settle(now);
    }

    /// Leaves every room, closes the socket and stays away until told otherwise. What still waits
    /// to be sent settles as disconnected.
    pub fn disconnect(&mut self, now: Instant) {
        self.rooms.leave_all(now);
        self.settle(now);
        self.end_session();
        self.connection.disconnect(now);
        self.settle(now);
    }

    /// How the connection stands.
    #[must_use]
    pub fn connection(&self) -> &ConnectionInfo {
        self.connection.info()
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
        let lease = self.channels.subscribe_with(now, channel, options)?;
        self.settle(now);
        Ok(lease)
    }

    /// Why the server sends no events of a channel, if it has refused to.
    #[must_use]
    pub fn channel_refusal(&self, channel: &ChannelName) -> Option<ChannelError> {
        match self.channels.state(channel)? {
            ChannelState::Refused(error) => Some(ChannelError::Refused {
                channel: channel.clone(),
                error,
            }),
            _ => None,
        }
    }

    /// Of how many channels nobody knows whether their events arrive: they were asked for, and
    /// neither an answer nor an event has come.
    #[must_use]
    pub const fn unknown_channels(&self) -> usize {
        self.unknown_channels
    }

    /// Gives up one use of a channel; after the last, and a short grace, it is unsubscribed.
    pub fn release(&mut self, now: Instant, lease: LeaseId) {
        self.channels.release(now, lease);
        self.settle(now);
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
        if self.codec.keeps(event) {
            let event = event.clone();
            return Err(ChannelError::ReservedName { event });
        }
        if self.listeners.len() >= self.max_listeners {
            return Err(ChannelError::TooManyListeners {
                limit: self.max_listeners,
            });
        }
        let lease = channel
            .map(|channel| self.channels.subscribe(now, channel))
            .transpose()?;
        self.last_listener += 1;
        let id = ListenerId(self.last_listener);
        self.routes.add(event, channel, Target::Listener(id));
        let listener = Listener {
            event: event.clone(),
            channel: channel.cloned(),
            lease,
        };
        self.listeners.insert(id, listener);
        self.settle(now);
        Ok(id)
    }

    /// Ends a listener.
    pub fn unlisten(&mut self, now: Instant, id: ListenerId) {
        let Some(listener) = self.listeners.remove(&id) else {
            return;
        };
        let channel = listener.channel.as_ref();
        self.routes
            .remove(&listener.event, channel, Target::Listener(id));
        if let Some(lease) = listener.lease {
            self.channels.release(now, lease);
        }
        self.settle(now);
    }

    /// Sends a message. Exactly one [`Output::Settled`] says what became of it.
    ///
    /// Names of events that the client uses itself are refused with
    /// [`EncodeError::ReservedName`](crate::EncodeError::ReservedName): those of presence and typing,
    /// and the protocol's own, such as `ping`.
    pub fn send(&mut self, now: Instant, message: Message) -> SendId {
        let send = self.push(now, message, None);
        self.settle(now);
        send
    }

    /// Gives up a send; it settles as cancelled, though the server may have got it.
    pub fn cancel_send(&mut self, now: Instant, send: SendId) {
        self.outbox.cancel(send);
        self.settle(now);
    }

    fn timeout(&mut self, now: Instant) {
        self.connection.handle_timeout(now);
        self.rooms.handle_timeout(now);
        if self.waking.may_give_up(now, self.answers_due()) {
            self.channels.handle_timeout(now);
            self.outbox.handle_timeout(now);
            self.cache.handle_timeout(now);
            self.mutations_timeout(now);
        }
    }

    /// Lets the parts hear of each other until none has more to say.
    fn settle(&mut self, now: Instant) {
        loop {
            let spoke = self.drain_connection(now)
                | self.drain_channels(now)
                | self.drain_rooms(now)
                | self.drain_mutations(now)
                | self.drain_outbox(now)
                | self.drain_cache(now)
                | self.drain_codec(now);
            if !spoke {
                break;
            }
        }
    }

    fn transmit(&mut self, message: &Outbound<'_>) -> Result<(), EncodeError> {
        let mut frames = Vec::with_capacity(1);
        self.codec.encode(message, &mut frames)?;
        for frame in frames {
            self.transmit_frame(frame);
        }
        Ok(())
    }

    fn transmit_frame(&mut self, frame: Frame) {
        let generation = self.connection.generation();
        self.stats.frames_sent += 1;
        self.outputs
            .push_back(Output::Transmit { generation, frame });
    }

    fn fault(&mut self, fault: Fault) {
        tracing::debug!(%fault, "fault");
        self.stats.faults += 1;
        self.outputs.push_back(Output::Fault(fault));
    }
}
