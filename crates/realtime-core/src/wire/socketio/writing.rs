//! Writer: from what the client wants to say to frames.

use super::{
    super::{CodecOutput, Frame, Outbound},
    SocketIoCodec, Stage,
    acks::Awaited,
    attachments::Pending,
    events::is_reserved,
    handshake::{RECOVERED, reply},
    namespaces::{self, State, Step},
    options::{ChannelMapping, JoinPayload},
    packet::{MAX_SAFE_INTEGER, Packet, PacketKind},
    payload, placeholder,
};
use crate::{
    access::{SubscribeOptions, Token},
    error::{EncodeError, ServerError},
    id::{ChannelName, EventName, MessageId, Position},
    object::{ObjectWriter, quoted},
};
use std::borrow::Cow;

impl SocketIoCodec {
    pub(super) fn write(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        let by_namespace = self.options.mapping == ChannelMapping::Namespace;
        match *message {
            // CONNECT goes out when the server has opened.
            Outbound::Auth { token, .. } => self.token = Some((*token).to_owned()),
            Outbound::Subscribe {
                id,
                channel,
                options,
                ..
            } if by_namespace => self.enter(id, channel, options, frames),
            Outbound::Subscribe {
                id,
                channel,
                since,
                options,
            } => self.join(id, channel, since, options, frames),
            Outbound::Unsubscribe { channel } if by_namespace => self.exit(channel, frames),
            Outbound::Unsubscribe { channel } => frames.push(self.leave(channel)),
            Outbound::Event {
                event,
                channel,
                data,
                id,
            } => return self.say(event, channel, data, id, frames),
            // The server is the one to ask.
            Outbound::Ping => {}
            Outbound::Pong { re } => {
                frames.push(Frame::Text(format!("3{}", re.unwrap_or_default())));
            }
            Outbound::Goodbye => {
                if self.stage == Stage::Connected {
                    frames.push(self.packet(&self.main, PacketKind::Disconnect, None, ""));
                    self.stage = Stage::Over;
                }
                self.end_sessions();
            }
        }
        Ok(())
    }

    fn join(
        &mut self,
        id: &MessageId,
        channel: &ChannelName,
        since: Option<&Position>,
        options: &SubscribeOptions,
        frames: &mut Vec<Frame>,
    ) {
        if self.resumed && self.rooms.resume(channel, since) {
            let position = self.early.position(channel);
            return self.answer(id, Ok(RECOVERED), position);
        }
        self.rooms.asked(channel, id);
        let payload = self.join_payload(channel, since, options);
        let awaited = Awaited::Join {
            id: id.clone(),
            channel: channel.clone(),
        };
        frames.push(self.ask(&self.options.join.clone(), &payload, awaited));
        if !self.options.join_ack {
            self.rooms.answered(channel, id, Some(false));
            self.answer(id, Ok("null"), None);
        }
    }

    fn leave(&mut self, channel: &ChannelName) -> Frame {
        // What nobody will answer is taken as done.
        let resumable = self.options.join_ack && self.session.is_resumable();
        self.rooms.leaving(channel, resumable);
        let payload = self.join_payload(channel, None, &SubscribeOptions::default());
        let awaited = Awaited::Leave(channel.clone());
        self.ask(&self.options.leave.clone(), &payload, awaited)
    }

    fn enter(
        &mut self,
        id: &MessageId,
        channel: &ChannelName,
        options: &SubscribeOptions,
        frames: &mut Vec<Frame>,
    ) {
        let name = namespaces::normalised(channel);
        let refusal = |code: &str, message: String| ServerError {
            code: code.into(),
            message: message.into(),
            retry_after: None,
        };
        if name.contains(',') {
            let message = format!("`{channel}` cannot be a namespace, for it has a comma");
            return self.answer(id, Err(refusal("invalid_channel", message)), None);
        }
        match self.namespaces.subscribe(&name, channel, id) {
            Step::Connect if name == self.main => {
                if let Some(namespace) = self.namespaces.get_mut(&name) {
                    namespace.state = State::In;
                }
                let resumed = self.resumed.then_some(RECOVERED);
                let position = resumed.and_then(|_| self.early.position(channel));
                self.answer(id, Ok(resumed.unwrap_or("null")), position);
            }
            Step::Connect => {
                let Some(namespace) = self.namespaces.get(&name) else {
                    return;
                };
                let frame = self.connect_frame(&name, &namespace.session, options);
                if let Err(error) = self.check_size(&frame) {
                    self.namespaces.remove(&name);
                    let error = refusal("too_large", error.to_string());
                    return self.answer(id, Err(error), None);
                }
                frames.push(frame);
            }
            Step::Done => self.answer(id, Ok("null"), None),
            Step::Wait | Step::Disconnect => {}
        }
    }

    fn exit(&mut self, channel: &ChannelName, frames: &mut Vec<Frame>) {
        let name = namespaces::normalised(channel);
        if self.namespaces.unsubscribe(&name) == Step::Disconnect && name != self.main {
            frames.push(self.packet(&name, PacketKind::Disconnect, None, ""));
        }
    }

    fn say(
        &mut self,
        event: &EventName,
        channel: Option<&ChannelName>,
        data: &str,
        id: Option<&MessageId>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        if is_reserved(event) || self.joins_or_leaves(event) {
            let event = event.as_str().into();
            return Err(EncodeError::ReservedName { event });
        }
        let mut named = channel.map(ChannelName::as_str);
        let mut namespace = Cow::Borrowed(self.main.as_str());
        if self.options.mapping == ChannelMapping::Namespace
            && let Some(channel) = named.take()
        {
            let name = namespaces::normalised(channel);
            let state = self.namespaces.get(&name).map(|namespace| &namespace.state);
            if name != self.main && state != Some(&State::In) {
                let channel = channel.into();
                return Err(EncodeError::NotSubscribed { channel });
            }
            namespace = Cow::Owned(name);
        }
        let payload = payload::outgoing(&self.options, named, id.map(|id| &**id), data);
        let (payload, buffers) = placeholder::take_out(&payload);
        let (count, limit) = (buffers.len(), Pending::MOST);
        if count > limit {
            return Err(EncodeError::TooManyAttachments { count, limit });
        }
        let ack = id.map(|id| self.acks.ask(Awaited::Message(id.clone())));
        let json = format!("[{},{payload}]", quoted(event));
        let packet = Packet {
            kind: if count == 0 {
                PacketKind::Event
            } else {
                PacketKind::BinaryEvent
            },
            attachments: count,
            namespace: &namespace,
            ack,
            json: &json,
        };
        let text = Frame::Text(packet.write());
        let all = std::iter::once(text).chain(buffers.into_iter().map(Frame::Binary));
        let all: Vec<Frame> = all.collect();
        if let Some(error) = all.iter().find_map(|frame| self.check_size(frame).err()) {
            if let Some(ack) = ack {
                self.acks.take(ack);
            }
            return Err(error);
        }
        frames.extend(all);
        Ok(())
    }

    /// Whether the server would take the event for the beginning or the end of a subscription.
    fn joins_or_leaves(&self, event: &str) -> bool {
        self.options.mapping == ChannelMapping::Payload
            && (event == self.options.join || event == self.options.leave)
    }

    /// The argument of a join or leave; two, where the first is the bare name.
    fn join_payload(
        &self,
        channel: &str,
        since: Option<&Position>,
        options: &SubscribeOptions,
    ) -> String {
        let mut payload = ObjectWriter::default();
        if self.options.join_payload == JoinPayload::Name {
            let name = quoted(channel);
            if options.is_empty() {
                return name;
            }
            write_options(&mut payload, options);
            return format!("{name},{}", payload.end());
        }
        payload.text("channel", Some(channel));
        if let Some(position) = since {
            let seq = position.seq.to_string();
            if position.seq <= MAX_SAFE_INTEGER {
                payload.raw("since", &seq);
            } else {
                payload.text("since", Some(&seq));
            }
            payload.text("epoch", Some(&position.epoch));
        }
        write_options(&mut payload, options);
        payload.end()
    }

    /// A join or a leave.
    fn ask(&mut self, event: &str, payload: &str, awaited: Awaited) -> Frame {
        let ack = (self.options.join_ack).then(|| self.acks.ask(awaited));
        let json = format!("[{},{payload}]", quoted(event));
        self.packet(&self.main, PacketKind::Event, ack, &json)
    }

    /// Answers a subscription without the server.
    fn answer(
        &mut self,
        id: &MessageId,
        result: Result<&'static str, ServerError>,
        position: Option<Position>,
    ) {
        let inbound = reply(id, result, position);
        self.outputs.push_back(CodecOutput::Inbound(inbound));
    }

    /// Done once the client has said which channels it still wants: leaves the others, where the
    /// server has taken all up again, and delivers what was missed.
    pub(super) fn settle_session(&mut self) {
        self.settled = true;
        self.resumed = false;
        for channel in self.rooms.unclaimed() {
            let frame = self.leave(&channel);
            self.outputs.push_back(CodecOutput::Transmit(frame));
        }
        self.namespaces.forget_unwanted();
        let main = self.main.clone();
        self.release_early(&main);
    }

    pub(super) fn packet(
        &self,
        namespace: &str,
        kind: PacketKind,
        ack: Option<u64>,
        json: &str,
    ) -> Frame {
        let packet = Packet {
            kind,
            attachments: 0,
            namespace,
            ack,
            json,
        };
        Frame::Text(packet.write())
    }

    pub(super) fn check_size(&self, frame: &Frame) -> Result<(), EncodeError> {
        let size = frame.as_frame_ref().len();
        match self.max_payload {
            Some(limit) if size > limit => Err(EncodeError::TooLarge { size, limit }),
            _ => Ok(()),
        }
    }
}

fn write_options(payload: &mut ObjectWriter, options: &SubscribeOptions) {
    if let Some(params) = options.params() {
        payload.raw("params", params);
    }
    payload.text("token", options.token().map(Token::as_str));
}
