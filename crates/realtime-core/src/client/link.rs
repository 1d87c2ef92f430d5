//! Between the connection, the subscriptions, the outbox and the codec.

use super::{Client, Fault, Output};
use crate::{
    access::Token,
    channel::{ChannelOutput, GapReason, SubscribeReply},
    connection::ConnectionOutput,
    error::AddressError,
    id::{ChannelName, Generation, MessageId},
    notify::Topic,
    outbox::{OutboxOutput, SendError},
    time::Instant,
    wire::{CodecOutput, FrameRef, Inbound, Outbound, ReplyFrame},
};
use serde::Deserialize;

impl Client {
    pub(super) fn frame(&mut self, now: Instant, generation: Generation, frame: FrameRef<'_>) {
        if !self.connection.frame_received(now, generation) {
            return;
        }
        self.stats.frames_received += 1;
        self.stats.bytes_received += frame.len() as u64;
        match self.codec.decode(frame) {
            Ok(inbound) => self.inbound(now, generation, inbound),
            Err(error) => {
                self.stats.malformed_frames += 1;
                if error.is_fatal() {
                    let message = error.to_string();
                    self.connection.protocol_error(now, generation, &message);
                }
                self.fault(Fault::Frame(error));
            }
        }
    }

    fn inbound(&mut self, now: Instant, generation: Generation, inbound: Inbound<'_>) {
        match inbound {
            Inbound::Event(event) => self.event(now, &event),
            Inbound::Reply(reply) => self.reply(now, generation, reply),
            Inbound::Ping { id } => self.say(&Outbound::Pong { re: id.as_deref() }),
            Inbound::Pong => self.connection.pong_received(now, generation),
            Inbound::Ready => self.connection.handshake_done(now, generation),
            Inbound::Rejected(error) => {
                self.connection.handshake_failed(now, generation, error);
            }
            Inbound::ServerPings { silence } => {
                self.connection.server_pings(now, generation, silence);
            }
            Inbound::Revoked { channel, error } => self.channels.revoke(now, &channel, error),
            Inbound::Closing => self.connection.server_closing(now, generation),
            Inbound::Dismissed { reason } => {
                self.connection.dismissed(now, generation, &reason);
            }
            Inbound::TokenExpired => self.token_expired(now, generation),
            Inbound::Error(error)
                if self.connection.is_open()
                    && self.connection.has_token()
                    && &*error.code == "token_expired" =>
            {
                self.token_expired(now, generation);
            }
            Inbound::Error(error) => {
                // Nothing but the token has been said yet, so that is what the server means.
                if !self.connection.is_open() && self.auth.take().is_some() {
                    self.connection
                        .handshake_failed(now, generation, error.clone());
                }
                self.fault(Fault::Server(error));
            }
            Inbound::Nothing => {}
        }
    }

    /// What the codec has to say by itself.
    pub(super) fn drain_codec(&mut self, now: Instant) -> bool {
        let mut spoke = false;
        while let Some(output) = self.codec.poll_output() {
            spoke = true;
            match output {
                CodecOutput::Transmit(frame) => self.transmit_frame(frame),
                CodecOutput::Inbound(inbound) => {
                    self.inbound(now, self.connection.generation(), inbound);
                    // The next may be about what this one has brought about.
                    self.drain_channels(now);
                }
            }
        }
        spoke
    }

    /// Says something that every codec can say.
    fn say(&mut self, message: &Outbound<'_>) {
        if let Err(error) = self.transmit(message) {
            self.fault(Fault::Encode(error));
        }
    }

    /// The app wants no more of this session, whatever becomes of the socket.
    pub(super) fn end_session(&mut self) {
        let mut frames = Vec::new();
        if self.codec.encode(&Outbound::Goodbye, &mut frames).is_ok() && self.connection.is_open() {
            for frame in frames {
                self.transmit_frame(frame);
            }
        }
    }

    fn reply(&mut self, now: Instant, generation: Generation, reply: ReplyFrame<'_>) {
        let re = MessageId::from(reply.re.as_ref());
        if self.auth.as_ref() == Some(&re) {
            self.auth = None;
            match reply.result {
                Ok(_) => self.connection.handshake_done(now, generation),
                Err(error) => self.connection.handshake_failed(now, generation, error),
            }
        } else if self.renewal.as_ref() == Some(&re) {
            self.renewal = None;
            if let Err(error) = reply.result {
                self.connection.renewal_failed(now, generation, error);
            }
        } else if self.channels.expects(&re) {
            let result = reply.result.map(|data| SubscribeReply {
                position: reply.position,
                recovered: recovered(&data),
            });
            self.channels.reply(now, &re, result);
        } else if !self
            .outbox
            .acked(now, &re, reply.result.as_deref().map_err(Clone::clone))
        {
            self.stats.unknown_replies += 1;
        }
    }

    pub(super) fn address_refused(
        &mut self,
        now: Instant,
        generation: Generation,
        error: AddressError,
    ) {
        self.connection
            .address_refused(now, generation, error.clone());
        self.fault(Fault::Address(error));
    }

    pub(super) fn drain_connection(&mut self, now: Instant) -> bool {
        let mut spoke = false;
        while let Some(output) = self.connection.poll_output() {
            spoke = true;
            match output {
                ConnectionOutput::RequestToken { generation } => {
                    self.outbox.down(now);
                    self.mutations.link_wanted();
                    self.outputs.push_back(Output::RequestToken { generation });
                }
                ConnectionOutput::Connect { generation } => {
                    // Also the way back after the end: sends wait for the link again.
                    self.outbox.down(now);
                    self.mutations.link_wanted();
                    match self.codec.address(&self.url.0) {
                        Ok((url, protocols)) => self.outputs.push_back(Output::Connect {
                            generation,
                            url,
                            protocols,
                        }),
                        Err(error) => self.address_refused(now, generation, error),
                    }
                }
                ConnectionOutput::Handshake { generation, token } => {
                    self.handshake(now, generation, token.as_ref());
                }
                ConnectionOutput::RenewToken { generation } => {
                    self.outputs.push_back(Output::RequestToken { generation });
                }
                ConnectionOutput::ShowToken { token, .. } if !self.codec.renews_tokens() => {
                    self.connection.reconnect_with(now, token);
                }
                ConnectionOutput::ShowToken { token, .. } => {
                    self.renewal = Some(self.show_token(&token));
                }
                ConnectionOutput::SendPing { .. } => self.say(&Outbound::Ping),
                ConnectionOutput::Close {
                    generation,
                    code,
                    reason,
                } => self.outputs.push_back(Output::Close {
                    generation,
                    code,
                    reason: reason.to_owned(),
                }),
                ConnectionOutput::Up { .. } => {
                    self.cache.set_link_open(now, true);
                    // Subscriptions go out before what waited: a server may want to know the
                    // client before it hears from it, and echoes need a subscription.
                    self.channels.up(now);
                    self.drain_channels(now);
                    self.link_entries_up(now);
                    self.outbox.up(now);
                    self.mutations.link_up(now);
                }
                ConnectionOutput::Down { .. } => {
                    self.cache.set_link_open(now, false);
                    self.channels.down();
                    self.link_entries_down(now);
                    self.mutations_down(now);
                    self.outbox.down(now);
                    self.cancel_own_sends();
                }
                ConnectionOutput::Ended { .. } => {
                    self.outbox.disconnected_for_good(now);
                    self.mutations_over(now);
                }
                ConnectionOutput::StatusChanged => self.dirty.mark(Topic::Connection),
            }
        }
        spoke
    }

    /// Presence says on the next link what is true then; what a full socket held back may not be.
    fn cancel_own_sends(&mut self) {
        for send in &self.own_sends {
            self.outbox.cancel(*send);
        }
    }

    fn handshake(&mut self, now: Instant, generation: Generation, token: Option<&Token>) {
        self.codec.reset();
        self.renewal = None;
        let Some(token) = token else {
            if !self.codec.announces_ready() {
                self.connection.handshake_done(now, generation);
            }
            return;
        };
        self.auth = Some(self.show_token(token));
    }

    fn show_token(&mut self, token: &Token) -> MessageId {
        self.last_auth += 1;
        let id = MessageId::from(format!("{}a-{}", self.id_prefix, self.last_auth));
        self.say(&Outbound::Auth {
            id: &id,
            token: token.as_str(),
        });
        id
    }

    pub(super) fn drain_channels(&mut self, now: Instant) -> bool {
        let (mut spoke, mut moved) = (false, false);
        while let Some(output) = self.channels.poll_output() {
            spoke = true;
            match output {
                ChannelOutput::Subscribe {
                    id,
                    channel,
                    since,
                    options,
                } => {
                    self.say(&Outbound::Subscribe {
                        id: &id,
                        channel: &channel,
                        since: since.as_ref(),
                        options: &options,
                    });
                }
                ChannelOutput::Unsubscribe { channel } => {
                    self.say(&Outbound::Unsubscribe { channel: &channel });
                }
                ChannelOutput::Live {
                    channel,
                    continuity,
                    position,
                } => {
                    tracing::debug!(%channel, ?continuity, "channel live");
                    moved = true;
                    self.tell_of_channel(&channel);
                    self.mutations
                        .channel_live(&channel, &continuity, position.as_ref());
                    self.entries_live(now, &channel, &continuity, position);
                    self.rooms.link_up(now, &channel);
                }
                ChannelOutput::Unknown {
                    channel,
                    asked,
                    lost,
                } => {
                    tracing::debug!(%channel, "nothing tells whether its events arrive");
                    moved = true;
                    self.mutations.channel_lost(&channel);
                    self.entries_unknown(now, &channel, asked);
                    self.rooms.link_up(now, &channel);
                    self.dirty.mark(Topic::Presence(channel.clone()));
                    self.tell_of_silence(channel, lost);
                }
                ChannelOutput::Lost { channel } => {
                    moved = true;
                    self.mutations.channel_lost(&channel);
                    self.entries_down(now, &channel);
                    self.rooms.link_down(now, &channel);
                }
                ChannelOutput::Gap {
                    channel,
                    reason,
                    position,
                } => {
                    tracing::debug!(%channel, ?reason, "gap in a live channel");
                    self.entries_gap(now, &channel, reason, position.as_ref());
                    if matches!(reason, GapReason::Short { .. }) {
                        self.mutations.channel_lost(&channel);
                        self.stop_waiting_for_channels(now);
                    }
                }
                ChannelOutput::Refused { channel, error } => {
                    moved = true;
                    self.tell_of_channel(&channel);
                    self.entries_refused(now, &channel);
                    self.rooms.link_down(now, &channel);
                    self.stop_waiting_for_channels(now);
                    self.fault(Fault::Refused { channel, error });
                }
                ChannelOutput::StillUnknown { channel, error } => {
                    let hint = format!(
                        "the server never answered the first subscription, and refused it when it \
                         was repeated: {error}; check that it answers one that it has granted before"
                    );
                    self.fault(Fault::Unanswered {
                        channel,
                        hint: hint.into(),
                    });
                }
                ChannelOutput::Closed { channel } => {
                    moved = true;
                    self.mutations.channel_lost(&channel);
                    self.entries_down(now, &channel);
                    self.stop_waiting_for_channels(now);
                }
            }
        }
        if moved {
            let unknown = self.channels.stats().unknown;
            if std::mem::replace(&mut self.unknown_channels, unknown) != unknown {
                self.dirty.mark(Topic::Connection);
            }
        }
        spoke
    }

    /// Says once what to check where a server answers nothing, and else which channel it has lost.
    fn tell_of_silence(&mut self, channel: ChannelName, lost: bool) {
        let hint = if lost {
            "the server answers other subscriptions, but not this one; it is asked again".into()
        } else if std::mem::replace(&mut self.told_of_silence, true) {
            return;
        } else {
            self.codec.silence_hint()
        };
        self.fault(Fault::Unanswered { channel, hint });
    }

    pub(super) fn drain_outbox(&mut self, now: Instant) -> bool {
        let mut spoke = false;
        while let Some(output) = self.outbox.poll_output() {
            spoke = true;
            match output {
                OutboxOutput::Transmit {
                    send,
                    id,
                    event,
                    channel,
                    data,
                } => {
                    let message = Outbound::Event {
                        event: &event,
                        channel: channel.as_ref(),
                        data: &data,
                        id: id.as_ref(),
                    };
                    if let Err(error) = self.transmit(&message) {
                        self.outbox.unsendable(send, error);
                    }
                }
                OutboxOutput::Settled { send, result } => {
                    if result == Err(SendError::Timeout) {
                        self.connection.answer_missed(now);
                    }
                    if let Some(mutation) = self.mutations.take_send(send) {
                        if let Some(mutation) = mutation {
                            self.mutation_done(now, mutation, result.map_err(Into::into));
                        }
                    } else if !self.own_sends.remove(&send) {
                        self.outputs.push_back(Output::Settled { send, result });
                    }
                }
            }
        }
        spoke
    }
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
