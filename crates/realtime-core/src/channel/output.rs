//! Inputs and outputs of the subscriptions, their leases, and what they count.

use super::{Continuity, GapReason};
use crate::{
    access::SubscribeOptions,
    error::ServerError,
    id::{ChannelName, EventName, MessageId, Position},
    time::Instant,
};
use std::rc::Rc;

/// One user of a channel; the channel is subscribed while it has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub(super) u64);

/// Why a channel cannot be subscribed to, or listened on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// There are as many channels as there may be.
    #[error("there are {limit} channels already; release some, or raise `max_channels`")]
    TooMany {
        /// `max_channels`.
        limit: usize,
    },
    /// There are as many listeners as there may be.
    #[error("there are {limit} listeners already; end some, or raise `max_listeners`")]
    TooManyListeners {
        /// `max_listeners`.
        limit: usize,
    },
    /// The protocol keeps the event's name for itself.
    #[error(
        "event `{event}` never reaches the app, as the protocol keeps the name for itself; give the event another name"
    )]
    ReservedName {
        /// The event.
        event: EventName,
    },
    /// The server refused the subscription, or has ended it.
    #[error("no events from channel `{channel}`: {error}")]
    Refused {
        /// The channel.
        channel: ChannelName,
        /// What the server said.
        error: ServerError,
    },
    /// The channel is subscribed to already, with other params.
    #[error(
        "channel `{channel}` is in use with other params; use one set of params per channel, or put what differs into the channel's name"
    )]
    OtherParams {
        /// The channel.
        channel: ChannelName,
    },
    /// The params do not turn into JSON, so the channel was not asked for with them.
    #[error(
        "could not write the params of channel `{channel}`: {message}; check their Serialize implementation"
    )]
    Params {
        /// The channel.
        channel: ChannelName,
        /// What the serializer said.
        message: Rc<str>,
    },
}

/// The server's answer to a `subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscribeReply {
    /// Where the channel's history stands now.
    pub position: Option<Position>,
    /// Whether the server sends what was missed.
    pub recovered: bool,
}

/// The position that an event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition<'a> {
    /// The incarnation; without one, the same as before.
    pub epoch: Option<&'a str>,
    /// The event's number in it.
    pub seq: u64,
}

/// What to do with an event on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Apply it.
    Apply,
    /// Ignore it: it was seen before.
    Duplicate,
    /// Ignore it: it came before the answer to `subscribe`, and out of order. What it says comes
    /// again, with the recovery or with the fetch.
    Early,
    /// Ignore it: nobody is subscribed to the channel any more.
    Unsubscribed,
}

/// How a channel is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// The link is down.
    Waiting,
    /// The server has yet to answer.
    Subscribing,
    /// Asked for, but neither an answer nor an event of it has come: nobody knows whether events
    /// arrive. Those that do are applied, and the channel is asked for again, less and less often,
    /// until the server refuses the repetition.
    Unknown,
    /// Events arrive: the server said so, or one has come.
    Live,
    /// The server refused. The channel is asked for again after the error's `retry_after`; without
    /// one, by the next link or the next lease.
    Refused(ServerError),
}

/// What the subscriptions want done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelOutput {
    /// Send a `subscribe`.
    Subscribe {
        /// The id that the answer names.
        id: MessageId,
        /// The channel.
        channel: ChannelName,
        /// How far we had come, to resume from there.
        since: Option<Position>,
        /// What it is asked for with.
        options: SubscribeOptions,
    },
    /// Send an `unsubscribe`.
    Unsubscribe {
        /// The channel.
        channel: ChannelName,
    },
    /// Events arrive from now on: fetch, if the continuity says so.
    Live {
        /// The channel.
        channel: ChannelName,
        /// What is known about the time before.
        continuity: Continuity,
        /// Where the server's history stands, as far as it said so.
        position: Option<Position>,
    },
    /// Nothing tells whether events arrive: the `subscribe` was not answered in time, and no event
    /// came.
    Unknown {
        /// The channel.
        channel: ChannelName,
        /// When it was asked for.
        asked: Instant,
        /// Whether the server has answered others before, so that this one got lost.
        lost: bool,
    },
    /// No events arrive any more, as the link is down.
    Lost {
        /// The channel.
        channel: ChannelName,
    },
    /// Events are lost on a live channel: fetch again.
    Gap {
        /// The channel.
        channel: ChannelName,
        /// How it was noticed.
        reason: GapReason,
        /// What a fetch must have reached to contain what is lost, as far as the server numbers its
        /// events.
        position: Option<Position>,
    },
    /// The server refused the subscription; if the channel was live, it no longer is.
    Refused {
        /// The channel.
        channel: ChannelName,
        /// Why.
        error: ServerError,
    },
    /// The server refused a `subscribe` that was repeated because the ones before were not answered.
    /// One of those may have been granted, so it is not known any better whether events arrive.
    StillUnknown {
        /// The channel.
        channel: ChannelName,
        /// What the server said.
        error: ServerError,
    },
    /// The last lease is gone and the grace over: forget the channel.
    Closed {
        /// The channel.
        channel: ChannelName,
    },
}

/// Counters of the subscriptions, since they were made, and how many there are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelStats {
    /// Channels now, those in grace included.
    pub channels: usize,
    /// Leases refused because there were as many channels as there may be.
    pub too_many: u64,
    /// `subscribe`s sent.
    pub subscribes: u64,
    /// `unsubscribe`s sent.
    pub unsubscribes: u64,
    /// Subscriptions that the server refused.
    pub refused: u64,
    /// Channels now of which nobody knows whether their events arrive.
    pub unknown: usize,
    /// `subscribe`s that were not answered in time.
    pub unanswered: u64,
    /// Answers to a `subscribe` that no longer counts, or to none.
    pub unknown_answers: u64,
    /// Events dropped because they were seen before.
    pub duplicates: u64,
    /// Events dropped because they came out of order before the answer to `subscribe`.
    pub early: u64,
    /// Events dropped because nobody is subscribed to their channel.
    pub unsubscribed: u64,
    /// Times that events were lost.
    pub gaps: u64,
    /// Times that a channel came back and nothing was lost.
    pub recovered: u64,
}
