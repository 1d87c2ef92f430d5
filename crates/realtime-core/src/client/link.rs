//! The link: connection, subscriptions, outbox and codec, from frames to what they say and back.

mod outgoing;

use super::{ClientOptions, Fault, Output, turn::Turn};
use crate::{
    channel::{ChannelOutput, Channels, SubscribeReply},
    connection::{Connection, ConnectionOutput, ConnectionStatus},
    ephemeral::Ephemeral,
    error::{AddressError, EncodeError},
    excerpt::Address,
    id::{ChannelName, Generation, MessageId},
    notify::Topic,
    outbox::{Delivery, Message, Outbox, ReliableOptions, SendError, SendId},
    presence,
    query::FetchError,
    time::{Instant, earliest},
    typing,
    wire::{Codec, CodecOutput, EventFrame, FrameRef, Inbound, Outbound, ReplyFrame},
};
use serde::Deserialize;
use std::rc::Rc;

/// The names of events that the client sends and reads itself, which no message of the app's may have.
const WORDS: [&str; 6] = [
    presence::ANNOUNCE,
    presence::LEAVE,
    presence::SYNC,
    presence::UPDATE,
    typing::START,
    typing::STOP,
];

/// What the link tells the client's root.
pub(super) enum LinkOutput {
    /// A connection is sought.
    Sought,
    /// The link is up, and the channels in use are asked for.
    Up,
    /// The link is down.
    Down,
    /// No link will come.
    Ended,
    /// A channel has come, gone or lost something.
    Channel(ChannelOutput),
    /// A send is over.
    Settled(SendId, Result<Rc<str>, SendError>),
    /// An event that had to wait in the codec.
    Event(EventFrame<'static>),
}

/// Everything between the socket and what is said over it.
#[derive(Debug)]
pub(super) struct Link {
    url: Address<String>,
    pub(super) codec: Box<dyn Codec>,
    pub(super) connection: Connection,
    pub(super) channels: Channels,
    pub(super) outbox: Outbox,
    /// Where parts have their chance from.
    pub(super) rng: fastrand::Rng,
    /// The answer that ends the handshake under way.
    auth: Option<MessageId>,
    /// The answer to a token that was renewed on the open link.
    renewal: Option<MessageId>,
    id_prefix: String,
    last_auth: u64,
    /// Since when the link is up, or was last.
    up_since: Option<Instant>,
    /// Whether no link will come.
    is_over: bool,
    /// Whether the app has been told that the server answers no subscription.
    told_of_silence: bool,
    /// How many channels are unknown, as last told.
    unknown_channels: usize,
    /// Whether that may be another number now.
    channels_moved: bool,
    /// Bytes of the outbox that were handed out since the shell was last back.
    handed: usize,
    /// Makes one person of the user of all tabs, where this one speaks for them.
    #[cfg(feature = "tabs")]
    pub(super) speaks_for_all: Option<Box<dyn super::person::SpeaksForAll>>,
}

impl Link {
    pub(super) fn new(
        options: &ClientOptions,
        codec: Box<dyn Codec>,
        id_prefix: &str,
        rng: &mut fastrand::Rng,
    ) -> Self {
        Self {
            url: Address(options.url.clone()),
            codec,
            connection: Connection::new(options.connection.clone(), rng.fork()),
            channels: Channels::new(options.channels, &format!("{id_prefix}s"), rng.fork()),
            outbox: Outbox::new(options.outbox, id_prefix),
            rng: rng.fork(),
            auth: None,
            renewal: None,
            id_prefix: id_prefix.to_owned(),
            last_auth: 0,
            up_since: None,
            is_over: false,
            told_of_silence: false,
            unknown_channels: 0,
            channels_moved: false,
            handed: 0,
            #[cfg(feature = "tabs")]
            speaks_for_all: None,
        }
    }

    /// What makes the ids of this client's messages its own.
    pub(super) fn id_prefix(&self) -> &str {
        &self.id_prefix
    }

    pub(super) fn is_open(&self) -> bool {
        self.connection.is_open()
    }

    /// Since when the link is up, or was last.
    pub(super) const fn up_since(&self) -> Option<Instant> {
        self.up_since
    }

    /// Whether no link will come, unless the app wants one again.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the next link is on its way.
    pub(super) fn is_sought(&self) -> bool {
        matches!(
            self.connection.info().status,
            ConnectionStatus::Connecting | ConnectionStatus::Reconnecting
        )
    }

    pub(super) const fn unknown_channels(&self) -> usize {
        self.unknown_channels
    }

    /// When an answer is due.
    pub(super) fn answers_due(&self) -> Option<Instant> {
        earliest(self.channels.next_deadline(), self.outbox.next_deadline())
    }

    pub(super) fn answers_overdue(&mut self, now: Instant) {
        self.channels.handle_timeout(now);
        self.outbox.handle_timeout(now);
    }

    /// Takes in a message of the app's. One with a name of presence or typing would be taken for what
    /// the client says of its user, and is refused; the codec refuses those of its protocol.
    pub(super) fn send(&mut self, now: Instant, message: Message, id: Option<MessageId>) -> SendId {
        if WORDS.contains(&message.event.as_str()) {
            let event = message.event.as_str().into();
            return self.outbox.refuse(now, EncodeError::ReservedName { event });
        }
        self.outbox.push_as(now, message, id)
    }

    /// Says something of our user in a room.
    pub(super) fn say_of_user(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        ephemeral: Ephemeral,
    ) -> SendId {
        let delivery = match ephemeral.event {
            presence::ANNOUNCE => Delivery::Latest(channel.as_str().into()),
            // It must come after whatever a full socket still holds back.
            presence::LEAVE => Delivery::Reliable(ReliableOptions {
                ack: false,
                ..ReliableOptions::default()
            }),
            _ => Delivery::Volatile,
        };
        let message = Message::new(ephemeral.event, ephemeral.data)
            .on(channel)
            .with(delivery);
        self.outbox.push_own(now, message)
    }

    /// What our user says becomes one with what they say in other tabs.
    pub(super) fn of_all_tabs(
        &mut self,
        channel: &ChannelName,
        ephemeral: Ephemeral,
    ) -> Option<Ephemeral> {
        #[cfg(feature = "tabs")]
        if let Some(person) = &mut self.speaks_for_all {
            return person.say(None, channel, ephemeral.event, ephemeral.data);
        }
        let _ = channel;
        Some(ephemeral)
    }

    /// Takes in a frame; gives an event that it brings.
    pub(super) fn frame<'a>(
        &mut self,
        generation: Generation,
        frame: FrameRef<'a>,
        turn: &mut Turn,
    ) -> Option<EventFrame<'a>> {
        if !self.connection.frame_received(turn.now, generation) {
            return None;
        }
        turn.stats.frames_received += 1;
        turn.stats.bytes_received += frame.len() as u64;
        match self.codec.decode(frame) {
            Ok(inbound) => self.inbound(generation, inbound, turn),
            Err(error) => {
                turn.stats.malformed_frames += 1;
                if error.is_fatal() {
                    let message = self.codec.complaint(&error);
                    self.connection
                        .protocol_error(turn.now, generation, &message);
                }
                turn.fault(Fault::Frame(error));
                None
            }
        }
    }

    fn inbound<'a>(
        &mut self,
        generation: Generation,
        inbound: Inbound<'a>,
        turn: &mut Turn,
    ) -> Option<EventFrame<'a>> {
        match inbound {
            Inbound::Event(event) => return Some(event),
            Inbound::Reply(reply) => self.reply(generation, reply, turn),
            Inbound::Ping { id } => self.say(&Outbound::Pong { re: id.as_deref() }, turn),
            Inbound::Pong => self.connection.pong_received(turn.now, generation),
            Inbound::Ready => self.connection.handshake_done(turn.now, generation),
            Inbound::Rejected(error) => {
                self.connection
                    .handshake_failed(turn.now, generation, error);
            }
            Inbound::ServerPings { silence } => {
                self.connection.server_pings(turn.now, generation, silence);
            }
            Inbound::Revoked { channel, error } => self.channels.revoke(turn.now, &channel, error),
            Inbound::Closing => self.connection.server_closing(turn.now, generation),
            Inbound::Dismissed { reason } => {
                self.connection.dismissed(turn.now, generation, &reason);
            }
            Inbound::TokenExpired => self.connection.token_expired(turn.now, generation),
            Inbound::Error(error)
                if self.connection.is_open()
                    && self.connection.has_token()
                    && &*error.code == "token_expired" =>
            {
                self.connection.token_expired(turn.now, generation);
            }
            Inbound::Error(error) => {
                // Nothing but the token has been said yet, so that is what the server means.
                if !self.connection.is_open() && self.auth.take().is_some() {
                    self.connection
                        .handshake_failed(turn.now, generation, error.clone());
                }
                turn.fault(Fault::Server(error));
            }
            Inbound::Nothing => {}
        }
        None
    }

    fn reply(&mut self, generation: Generation, reply: ReplyFrame<'_>, turn: &mut Turn) {
        let re = MessageId::from(reply.re.as_ref());
        if self.auth.as_ref() == Some(&re) {
            self.auth = None;
            match reply.result {
                Ok(_) => self.connection.handshake_done(turn.now, generation),
                Err(error) => self
                    .connection
                    .handshake_failed(turn.now, generation, error),
            }
        } else if self.renewal.as_ref() == Some(&re) {
            self.renewal = None;
            if let Err(error) = reply.result {
                self.connection.renewal_failed(turn.now, generation, error);
            }
        } else if self.channels.expects(&re) {
            let result = reply.result.map(|data| SubscribeReply {
                position: reply.position,
                recovered: recovered(&data),
            });
            self.channels.reply(turn.now, &re, result);
        } else {
            let result = reply.result.as_deref().map_err(Clone::clone);
            if !self.outbox.acked(turn.now, &re, result) {
                turn.stats.unknown_replies += 1;
            }
        }
    }

    /// The next thing that the root is to know.
    pub(super) fn poll_output(&mut self, turn: &mut Turn) -> Option<LinkOutput> {
        loop {
            if let Some(output) = self.connection.poll_output() {
                if let Some(output) = self.connection_output(output, turn) {
                    return Some(output);
                }
            } else if let Some(output) = self.poll_channel(turn) {
                return Some(LinkOutput::Channel(output));
            } else if let Some((send, result)) = self.outbox.poll_settled() {
                if result == Err(SendError::Timeout) {
                    self.connection.answer_missed(turn.now);
                }
                return Some(LinkOutput::Settled(send, result));
            } else {
                let generation = self.connection.generation();
                match self.codec.poll_output()? {
                    CodecOutput::Transmit(frame) => turn.transmit(generation, frame),
                    CodecOutput::Inbound(inbound) => {
                        if let Some(event) = self.inbound(generation, inbound, turn) {
                            return Some(LinkOutput::Event(event));
                        }
                    }
                }
            }
        }
    }

    fn connection_output(
        &mut self,
        output: ConnectionOutput,
        turn: &mut Turn,
    ) -> Option<LinkOutput> {
        match output {
            ConnectionOutput::RequestToken { generation } => {
                turn.push(Output::RequestToken { generation });
                return Some(self.sought(turn.now));
            }
            ConnectionOutput::Connect { generation } => {
                match self.codec.address(&self.url.0) {
                    Ok((url, protocols)) => turn.push(Output::Connect {
                        generation,
                        url,
                        protocols,
                    }),
                    Err(error) => self.address_refused(generation, error, turn),
                }
                return Some(self.sought(turn.now));
            }
            ConnectionOutput::Handshake { generation, token } => {
                self.handshake(generation, token.as_ref(), turn);
            }
            ConnectionOutput::RenewToken { generation } => {
                turn.push(Output::RequestToken { generation });
            }
            ConnectionOutput::ShowToken { token, .. } if !self.codec.renews_tokens() => {
                self.connection.reconnect_with(turn.now, token);
            }
            ConnectionOutput::ShowToken { token, .. } => {
                self.renewal = Some(self.show_token(&token, turn));
            }
            ConnectionOutput::SendPing { .. } => self.say(&Outbound::Ping, turn),
            ConnectionOutput::Close {
                generation,
                code,
                reason,
            } => turn.push(Output::Close {
                generation,
                code,
                reason: reason.to_owned(),
            }),
            ConnectionOutput::Up { .. } => {
                // Subscriptions go turn before what waited: a server may want to know the client before
                // it hears from it, and echoes need a subscription.
                self.channels.up(turn.now);
                self.outbox.up(turn.now);
                (self.up_since, self.is_over) = (Some(turn.now), false);
                return Some(LinkOutput::Up);
            }
            ConnectionOutput::Down { .. } => {
                self.channels.down();
                self.outbox.down(turn.now);
                return Some(LinkOutput::Down);
            }
            ConnectionOutput::Ended { .. } => {
                self.outbox.disconnected_for_good(turn.now);
                self.is_over = true;
                return Some(LinkOutput::Ended);
            }
            ConnectionOutput::StatusChanged => turn.dirty.mark(Topic::Connection),
        }
        None
    }

    /// Also the way back after the end: sends wait for the link again.
    fn sought(&mut self, now: Instant) -> LinkOutput {
        self.outbox.down(now);
        self.is_over = false;
        LinkOutput::Sought
    }

    pub(super) fn address_refused(
        &mut self,
        generation: Generation,
        error: AddressError,
        turn: &mut Turn,
    ) {
        self.connection
            .address_refused(turn.now, generation, error.clone());
        turn.fault(Fault::Address(error));
    }

    /// Asks the app for a new token and shows it on the open link, or on another in its place.
    pub(super) fn renew_token(&mut self, now: Instant) {
        if self.connection.has_token() {
            self.connection.renew_token(now);
        } else if self.connection.is_open() && !self.codec.renews_tokens() {
            // Who the client is may also be in a cookie, which a new socket brings along.
            self.connection.reconnect(now);
        }
    }

    /// The app has a token, or has none.
    pub(super) fn token(
        &mut self,
        generation: Generation,
        result: Result<Option<String>, FetchError>,
        turn: &mut Turn,
    ) {
        match result {
            Err(error) if is_denial(&error) => {
                self.connection
                    .token_denied(turn.now, generation, error.message);
            }
            Err(error) => {
                let message = error.message.to_string();
                if self.connection.is_renewing(generation) {
                    turn.fault(Fault::Token(error));
                }
                self.connection
                    .token_ready(turn.now, generation, Err(message));
            }
            Ok(token) => self.connection.token_ready(turn.now, generation, Ok(token)),
        }
    }
}

/// Whether nobody is signed in, as far as the token provider knows. Any other answer of a server that
/// cannot be used (a page of a hotel's network, a 404 while it is deployed) says nothing about that.
fn is_denial(error: &FetchError) -> bool {
    !error.retryable && matches!(error.status, None | Some(401 | 403))
}

/// Whether the answer to a subscribe says that nothing was missed. One that says nothing has not
/// resumed.
fn recovered(data: &str) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        recovered: bool,
    }

    // A list would be read as the fields in their order.
    let is_object = data.starts_with('{');
    is_object && serde_json::from_str::<Answer>(data).is_ok_and(|answer| answer.recovered)
}

#[cfg(test)]
mod tests {
    use super::recovered;

    #[test]
    fn only_an_object_says_that_nothing_was_missed() {
        assert!(recovered(r#"{"recovered":true}"#));
        for answer in ["null", "[true]", "[[true]]", "true", r#"{"recovered":1}"#] {
            assert!(!recovered(answer), "{answer}");
        }
    }
}
