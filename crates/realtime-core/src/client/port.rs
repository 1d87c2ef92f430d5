//! Port: what goes into a client and what comes out of it (`Input`, `Output`, `Fault`).

use crate::{
    channel::ChannelError,
    error::{AddressError, DecodeError, EncodeError, ServerError},
    excerpt::Excerpt,
    id::{ChannelName, EventName, Generation, MessageId, MutationId, Position},
    key::QueryKey,
    mutation::MutationEvent,
    outbox::{SendError, SendId},
    presence::PresenceEvent,
    query::{FetchError, FetchId, Fetched},
    seed::SeedError,
    storage::{StoreCommand, StoreError, StoreEvent},
    wire::{Frame, FrameRef, WireError},
};
use serde::Deserialize;
use std::{borrow::Cow, rc::Rc};

use super::route::ListenerId;

/// Something that happened outside, for [`Client::handle`](super::Client::handle). Its `Debug` shows
/// neither tokens nor payloads.
pub enum Input<'a> {
    /// The token provider answered [`Output::RequestToken`].
    Token {
        /// The generation it was asked for.
        generation: Generation,
        /// The token, `None` for "no token needed", or why there is none. After an error that is not
        /// [retryable](FetchError::retryable) the connection ends, unless its status is another than
        /// 401 or 403.
        result: Result<Option<String>, FetchError>,
    },
    /// The socket is open.
    Opened {
        /// The socket's generation.
        generation: Generation,
    },
    /// The address of [`Output::Connect`] is none that a socket can be opened for, now or later: the
    /// connection ends.
    AddressRefused {
        /// The generation that the socket would have had.
        generation: Generation,
        /// What is wrong with it.
        error: AddressError,
    },
    /// A frame arrived.
    Frame {
        /// The socket's generation.
        generation: Generation,
        /// The frame.
        frame: FrameRef<'a>,
    },
    /// The socket is closed, or could not be opened (1006).
    Closed {
        /// The socket's generation.
        generation: Generation,
        /// The close code.
        code: u16,
        /// The server's reason.
        reason: &'a str,
        /// Whether there was a closing handshake.
        was_clean: bool,
    },
    /// A fetch ended.
    FetchFinished {
        /// Which one, from [`Output::StartFetch`].
        fetch: FetchId,
        /// What it returned.
        result: Result<Fetched, FetchError>,
    },
    /// A function of the app's has carried a mutation out, or failed.
    MutationFinished {
        /// Which one, from [`Output::StartMutation`].
        mutation: MutationId,
        /// The server's answer as JSON text, or why there is none.
        result: Result<Rc<str>, FetchError>,
    },
    /// The time of [`Client::next_deadline`](super::Client::next_deadline) has come.
    Timeout,
    /// The page became visible or hidden.
    Visible(bool),
    /// The browser believes to be online or offline.
    Online(bool),
    /// The page is going away, perhaps to come back from the back/forward cache.
    PageHide,
    /// The page came back.
    PageShow,
    /// The user pressed a key or moved the pointer.
    Activity,
    /// The socket's buffer is full, or has room again: until then no more messages are handed out, and
    /// volatile ones are dropped. Whoever says nothing gets 256 KiB of them at a time.
    Blocked(bool),
    /// The store has done what [`Output::Store`] asked for, or could not.
    Store(StoreEvent),
}

/// Something the client wants done, from [`Client::poll_output`](super::Client::poll_output). Its
/// `Debug` shows neither tokens nor payloads, and of an address no parameters.
pub enum Output {
    /// Ask the app for a token; answer with [`Input::Token`].
    RequestToken {
        /// The generation to answer with.
        generation: Generation,
    },
    /// Open a socket; drop the one before it.
    Connect {
        /// The socket's generation.
        generation: Generation,
        /// Where to.
        url: String,
        /// Subprotocols to offer; mostly none.
        protocols: Vec<String>,
    },
    /// Send a frame.
    Transmit {
        /// The socket's generation.
        generation: Generation,
        /// The frame.
        frame: Frame,
    },
    /// Close the socket.
    Close {
        /// The socket's generation.
        generation: Generation,
        /// The close code.
        code: u16,
        /// A reason for the server's logs.
        reason: String,
    },
    /// Run the fetcher of `key`; answer with [`Input::FetchFinished`].
    StartFetch {
        /// What to answer with.
        fetch: FetchId,
        /// Whose fetcher to run.
        key: QueryKey,
    },
    /// A fetch's result is no longer wanted.
    CancelFetch {
        /// Which one.
        fetch: FetchId,
    },
    /// An event for a listener. Every one is delivered, in order.
    Event {
        /// Whose event.
        listener: ListenerId,
        /// The event.
        event: Rc<ReceivedEvent>,
    },
    /// A send has its outcome; each send gets exactly one.
    Settled {
        /// Which one.
        send: SendId,
        /// The server's answer as JSON text, or why there is none.
        result: Result<Rc<str>, SendError>,
    },
    /// Carry a mutation out; answer with [`Input::MutationFinished`]. It may be asked for again.
    StartMutation {
        /// Which one.
        mutation: MutationId,
        /// The key that makes repeats harmless: the server is to treat two requests with one
        /// key as one, and to put it into the event that the request causes.
        id: MessageId,
        /// The function's input as JSON text.
        data: Rc<str>,
    },
    /// A mutation has its outcome, or met someone else's change.
    Mutation {
        /// Which one.
        mutation: MutationId,
        /// What happened.
        event: MutationEvent,
    },
    /// Someone joined, changed or left.
    Presence {
        /// Where.
        channel: ChannelName,
        /// Who and how.
        event: PresenceEvent,
    },
    /// Read or write what is kept over page loads; answer with [`Input::Store`]. Said only after
    /// [`Client::persist`](super::Client::persist).
    Store(StoreCommand),
    /// Post this to the tabs that follow.
    #[cfg(feature = "tabs")]
    #[doc(hidden)]
    Tabs(crate::tabs::ToTabs),
    /// Something went wrong that no caller waits for.
    Fault(Fault),
}

/// An event as a listener gets it. Its `Debug` shows the size of its payload.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// What happened.
    pub event: EventName,
    /// Where; `None` if the server did not say.
    pub channel: Option<ChannelName>,
    /// The payload as JSON text.
    pub data: Rc<str>,
    /// Where in the channel's history, if the server numbers events.
    pub position: Option<Position>,
    /// The message that caused it, if the server says so.
    pub id: Option<MessageId>,
}

impl ReceivedEvent {
    /// Reads the payload as a `T`.
    ///
    /// # Errors
    ///
    /// When the payload is not a `T`; the message names the field.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        serde_json::from_str(&self.data)
            .map_err(|error| DecodeError::new(format!("data of `{}`", self.event), error))
    }
}

/// Something that went wrong that no caller waits for. The client has counted it and lives on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A frame could not be read and was ignored.
    #[error(transparent)]
    Frame(#[from] WireError),
    /// An event's payload could not be read by one of its users, who ignored it.
    #[error("event `{}` was ignored: {error}", Excerpt(event))]
    Payload {
        /// Which event.
        event: EventName,
        /// Where.
        channel: Option<ChannelName>,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// Events of this name do not say which channel they are for, several channels listen to them,
    /// and no rule tells. None of them gets any; what they feed is fetched instead. Said once for
    /// each name.
    #[error(
        "event `{event}` names no channel and {channels} channels listen to it, so none of them gets it: add `with_channel_field` or `with_channel_of` to the options, or let the server name the channel"
    )]
    Unaddressed {
        /// Which event.
        event: EventName,
        /// How many channels listened to it.
        channels: usize,
    },
    /// All events of this name so far, twenty or more, were for channels that nobody uses, though it
    /// is listened to on others: the rule that leads them, or what their data calls `channel`, may be
    /// another name than the one subscribed to. Said once for each name.
    #[error(
        "event `{}` has only come for channels that nobody uses, such as `{}`, while {channels} channels listen to it: check the rule that leads it there, or the `channel` in its data",
        Excerpt(event),
        Excerpt(channel)
    )]
    Misaddressed {
        /// Which event.
        event: EventName,
        /// The channel that the last of them was for.
        channel: ChannelName,
        /// How many channels listen to it.
        channels: usize,
    },
    /// The server refused a subscription.
    #[error("no events from channel `{channel}`: {error}")]
    Refused {
        /// Which channel.
        channel: ChannelName,
        /// What the server said.
        error: ServerError,
    },
    /// A subscription was not answered, and no event has come: whether events arrive is not known.
    /// Data is fetched all the same, events are applied, and the channel is asked for again. Told
    /// once of a server that never answers, and else once for each channel on each connection; told
    /// too where the server refuses that a subscription which it has not answered is repeated.
    #[error("nobody knows whether events of channel `{channel}` arrive: {hint}")]
    Unanswered {
        /// Which channel.
        channel: ChannelName,
        /// What to check.
        hint: Cow<'static, str>,
    },
    /// A subscription could not be made.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// Something that the client had to say cannot go over this wire, and was not sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// What the app gave is no address of a server, and nothing was opened.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A seed could not be used, and its query is fetched as if there had been none.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Something in the outbox of the store is no mutation that this version knows. It is left there.
    #[error(
        "an edit that was kept is of another version of the client, and waits for that: it is neither shown nor sent"
    )]
    UnknownMutation,
    /// The app had no new token for the link, which stays open for as long as the server lets it.
    #[error("could not renew the token: {0}; the server may end the connection")]
    Token(FetchError),
    /// The server complained without saying about what.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// What is kept over page loads could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
