//! From what the client wants to say to frames.

use super::{
    super::{CodecOutput, Frame, Inbound, Outbound},
    Secret, SocketIoCodec, Stage,
    acks::Awaited,
    options::JoinPayload,
    packet::{Packet, PacketKind},
    payload::{self, ObjectWriter, quoted},
    reading::is_reserved,
};
use crate::{
    error::{EncodeError, ServerError},
    id::{ChannelName, Position},
};

impl SocketIoCodec {
    pub(super) fn write(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        match *message {
            // CONNECT goes out when the server has opened.
            Outbound::Auth { token, .. } => self.token = Some(Secret(token.to_owned())),
            Outbound::Subscribe { id, channel, since } => {
                let payload = self.join_payload(channel, since);
                let join = self.options.join.clone();
                frames.push(self.ask(&join, &payload, Awaited::Join(id.clone())));
            }
            Outbound::Unsubscribe { channel } => {
                let payload = self.join_payload(channel, None);
                let leave = self.options.leave.clone();
                frames.push(self.ask(&leave, &payload, Awaited::Leave));
            }
            Outbound::Event {
                event,
                channel,
                data,
                id,
            } => {
                if is_reserved(event) {
                    return Err(EncodeError::ReservedName {
                        event: event.as_str().into(),
                    });
                }
                let channel = channel.map(ChannelName::as_str);
                let payload = payload::outgoing(&self.options, channel, id.map(|id| &**id), data);
                let ack = id.map(|id| self.acks.ask(Awaited::Message(id.clone())));
                let frame = self.emit(event, &payload, ack);
                self.check_size(&frame)
                    .inspect_err(|_| drop(ack.map(|ack| self.acks.take(ack))))?;
                frames.push(frame);
            }
            // The server is the one to ask.
            Outbound::Ping => {}
            Outbound::Pong { re } => {
                frames.push(Frame::Text(format!("3{}", re.unwrap_or_default())));
            }
            Outbound::Goodbye => {
                if self.stage == Stage::Connected {
                    frames.push(self.packet(PacketKind::Disconnect, None, ""));
                    self.stage = Stage::Over;
                }
            }
        }
        Ok(())
    }

    /// Asks the namespace to let us in.
    pub(super) fn connect(&mut self) {
        let mut payload = ObjectWriter::default();
        for (field, value) in &self.options.auth {
            payload.raw(field, &value.to_string());
        }
        let token = self.token.as_ref().map(|token| token.0.as_str());
        payload.text(&self.options.auth_field, token);
        let payload = if payload.is_empty() {
            String::new()
        } else {
            payload.end()
        };
        let frame = self.packet(PacketKind::Connect, None, &payload);
        let output = match self.check_size(&frame) {
            Ok(()) => CodecOutput::Transmit(frame),
            Err(error) => CodecOutput::Inbound(Inbound::Rejected(ServerError {
                code: "too_large".into(),
                message: error.to_string().into(),
                retry_after: None,
            })),
        };
        self.outputs.push_back(output);
    }

    fn join_payload(&self, channel: &str, since: Option<&Position>) -> String {
        if self.options.join_payload == JoinPayload::Name {
            return quoted(channel);
        }
        let mut payload = ObjectWriter::default();
        payload.text("channel", Some(channel));
        if let Some(position) = since {
            payload.raw("since", &position.seq.to_string());
            payload.text("epoch", Some(&position.epoch));
        }
        payload.end()
    }

    fn ask(&mut self, event: &str, payload: &str, awaited: Awaited) -> Frame {
        let ack = self.acks.ask(awaited);
        self.emit(event, payload, Some(ack))
    }

    fn emit(&self, event: &str, payload: &str, ack: Option<u64>) -> Frame {
        let json = format!("[{},{payload}]", quoted(event));
        self.packet(PacketKind::Event, ack, &json)
    }

    fn packet(&self, kind: PacketKind, ack: Option<u64>, json: &str) -> Frame {
        let packet = Packet {
            kind,
            attachments: 0,
            namespace: &self.namespace,
            ack,
            json,
        };
        Frame::Text(packet.write())
    }

    fn check_size(&self, frame: &Frame) -> Result<(), EncodeError> {
        let size = frame.as_frame_ref().len();
        match self.max_payload {
            Some(limit) if size > limit => Err(EncodeError::TooLarge { size, limit }),
            _ => Ok(()),
        }
    }
}
