//! Outgoing: what the link says by itself, and the messages that wait, which it hands out as they are polled.

use super::Link;
use crate::{
    access::Token,
    channel::ChannelOutput,
    client::{Fault, turn::Turn},
    error::EncodeError,
    id::{ChannelName, Generation, MessageId},
    notify::Topic,
    outbox::OutboxOutput,
    wire::Outbound,
};

/// How many bytes of what waits go out before the shell is back: by then it knows whether the
/// socket takes more.
const BURST: usize = 256 << 10;

impl Link {
    /// What a channel has to tell; what it wants said is said.
    pub(in crate::client) fn poll_channel(&mut self, turn: &mut Turn) -> Option<ChannelOutput> {
        loop {
            let Some(output) = self.channels.poll_output() else {
                self.count_unknown(turn);
                return None;
            };
            match &output {
                ChannelOutput::Subscribe {
                    id,
                    channel,
                    since,
                    options,
                } => {
                    let since = since.as_ref();
                    self.say(
                        &Outbound::Subscribe {
                            id,
                            channel,
                            since,
                            options,
                        },
                        turn,
                    );
                    continue;
                }
                ChannelOutput::Unsubscribe { channel } => {
                    self.say(&Outbound::Unsubscribe { channel }, turn);
                    continue;
                }
                ChannelOutput::Unknown { channel, lost, .. } => {
                    self.tell_of_silence(channel, *lost, turn);
                }
                ChannelOutput::StillUnknown { channel, error } => {
                    let hint = format!(
                        "the server never answered the first subscription, and refused it when it \
                         was repeated: {error}; check that it answers one that it has granted before"
                    );
                    turn.fault(Fault::Unanswered {
                        channel: channel.clone(),
                        hint: hint.into(),
                    });
                    continue;
                }
                ChannelOutput::Refused { channel, error } => turn.fault(Fault::Refused {
                    channel: channel.clone(),
                    error: error.clone(),
                }),
                ChannelOutput::Gap { .. } => return Some(output),
                ChannelOutput::Live { .. }
                | ChannelOutput::Lost { .. }
                | ChannelOutput::Closed { .. } => {}
            }
            self.channels_moved = true;
            return Some(output);
        }
    }

    fn count_unknown(&mut self, turn: &mut Turn) {
        if std::mem::take(&mut self.channels_moved) {
            let unknown = self.channels.stats().unknown;
            if std::mem::replace(&mut self.unknown_channels, unknown) != unknown {
                turn.dirty.mark(Topic::Connection);
            }
        }
    }

    /// Says once what to check where a server answers nothing, and else which channel it has lost.
    fn tell_of_silence(&mut self, channel: &ChannelName, lost: bool, turn: &mut Turn) {
        let hint = if lost {
            "the server answers other subscriptions, but not this one; it is asked again".into()
        } else if std::mem::replace(&mut self.told_of_silence, true) {
            return;
        } else {
            self.codec.silence_hint()
        };
        let channel = channel.clone();
        turn.fault(Fault::Unanswered { channel, hint });
    }

    /// The shell is back: it knows by now what the socket takes.
    pub(in crate::client) const fn begin_burst(&mut self) {
        self.handed = 0;
    }

    /// Whether more waits that the socket may take, once the shell is back.
    pub(in crate::client) fn has_more(&self) -> bool {
        self.handed >= BURST && self.outbox.may_transmit()
    }

    /// Hands out the next message that waits, if the socket takes it; whether there was one.
    pub(in crate::client) fn transmit_next(&mut self, turn: &mut Turn) -> bool {
        if self.handed >= BURST || !self.outbox.may_transmit() {
            return false;
        }
        let Some(OutboxOutput::Transmit {
            send,
            id,
            event,
            channel,
            data,
        }) = self.outbox.poll_transmit()
        else {
            // It was overdue.
            return true;
        };
        self.handed += data.len();
        let message = Outbound::Event {
            event: &event,
            channel: channel.as_ref(),
            data: &data,
            id: id.as_ref(),
        };
        if let Err(error) = self.transmit(&message, turn) {
            self.outbox.unsendable(send, error);
        }
        true
    }

    pub(super) fn handshake(
        &mut self,
        generation: Generation,
        token: Option<&Token>,
        turn: &mut Turn,
    ) {
        self.codec.reset();
        self.renewal = None;
        let Some(token) = token else {
            if !self.codec.announces_ready() {
                self.connection.handshake_done(turn.now, generation);
            }
            return;
        };
        self.auth = Some(self.show_token(token, turn));
    }

    pub(super) fn show_token(&mut self, token: &Token, turn: &mut Turn) -> MessageId {
        self.last_auth += 1;
        let id = MessageId::from(format!("{}a-{}", self.id_prefix, self.last_auth));
        let token = token.as_str();
        self.say(&Outbound::Auth { id: &id, token }, turn);
        id
    }

    /// The app wants no more of this session, whatever becomes of the socket.
    pub(in crate::client) fn end_session(&mut self, turn: &mut Turn) {
        let mut frames = Vec::new();
        if self.codec.encode(&Outbound::Goodbye, &mut frames).is_ok() && self.connection.is_open() {
            for frame in frames {
                turn.transmit(self.connection.generation(), frame);
            }
        }
    }

    /// Says something that every codec can say.
    pub(super) fn say(&mut self, message: &Outbound<'_>, turn: &mut Turn) {
        if let Err(error) = self.transmit(message, turn) {
            turn.fault(Fault::Encode(error));
        }
    }

    fn transmit(&mut self, message: &Outbound<'_>, turn: &mut Turn) -> Result<(), EncodeError> {
        let mut frames = Vec::with_capacity(1);
        self.codec.encode(message, &mut frames)?;
        for frame in frames {
            turn.transmit(self.connection.generation(), frame);
        }
        Ok(())
    }
}
