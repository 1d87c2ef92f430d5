//! Reader: from a frame to what it says.

use super::{
    super::{Inbound, LONGEST_PING},
    SocketIoCodec, Stage,
    acks::Awaited,
    answers,
    attachments::Pending,
    engine::{EnginePacket, OpenPacket},
    error::{SocketIoError, excerpt},
    handshake::reply,
    packet::{Packet, PacketKind},
};
use std::borrow::Cow;

impl SocketIoCodec {
    pub(super) fn read_text<'a>(&mut self, frame: &'a str) -> Result<Inbound<'a>, SocketIoError> {
        match self.stage {
            Stage::Opening => return self.read_open(frame),
            // What was under way when the socket was given up.
            Stage::Over => return Ok(self.ignored()),
            Stage::Connecting | Stage::Connected => {}
        }
        match EnginePacket::read(frame)? {
            EnginePacket::Message(text) => {
                if let Some(pending) = &self.pending {
                    return Err(pending.missing());
                }
                let packet = Packet::read(text)?;
                if packet.attachments == 0 {
                    return self.read_packet(&packet);
                }
                self.pending = Some(Pending::new(&packet, text)?);
                Ok(Inbound::Nothing)
            }
            EnginePacket::Ping(probe) => {
                self.pending.as_mut().map_or(Ok(()), Pending::pinged)?;
                Ok(Inbound::Ping {
                    id: (1..=LONGEST_PING)
                        .contains(&probe.len())
                        .then_some(Cow::Borrowed(probe)),
                })
            }
            EnginePacket::Close => {
                self.stage = Stage::Over;
                Ok(Inbound::Closing)
            }
            EnginePacket::Open(_) => Err(SocketIoError::OpenPacket {
                message: "it came twice".into(),
            }),
            EnginePacket::Pong | EnginePacket::Noop => Ok(Inbound::Nothing),
        }
    }

    pub(super) fn read_binary(&mut self, frame: &[u8]) -> Result<Inbound<'static>, SocketIoError> {
        if self.stage == Stage::Over {
            return Ok(self.ignored());
        }
        let limit = self.options.max_frame_bytes;
        let Some(pending) = &mut self.pending else {
            let bytes = frame.len();
            return Err(SocketIoError::UnannouncedBinary { bytes });
        };
        if !pending.add(frame, limit)? {
            return Ok(Inbound::Nothing);
        }
        let Some(pending) = self.pending.take() else {
            return Ok(Inbound::Nothing);
        };
        let text = pending.complete(limit)?;
        let packet = Packet::read(&text)?;
        self.read_packet(&packet).map(Inbound::into_owned)
    }

    fn read_open<'a>(&mut self, frame: &'a str) -> Result<Inbound<'a>, SocketIoError> {
        let Ok(EnginePacket::Open(json)) = EnginePacket::read(frame) else {
            let got = excerpt(frame);
            return Err(SocketIoError::NotEngineIo { got });
        };
        let open = OpenPacket::read(json)?;
        self.max_payload = open.max_payload;
        self.stage = Stage::Connecting;
        self.connect();
        Ok(Inbound::ServerPings {
            silence: open.silence(),
        })
    }

    fn read_packet<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        let is_main = packet.namespace == self.main;
        match packet.kind {
            PacketKind::Connect if is_main => self.let_in(packet),
            PacketKind::Connect => self.let_in_to_channel(packet),
            PacketKind::ConnectError if is_main => self.turned_away(packet),
            PacketKind::ConnectError => self.turned_away_from_channel(packet),
            PacketKind::Disconnect if is_main => Ok(self.dismissed()),
            PacketKind::Disconnect => Ok(self.dismissed_from_channel(packet.namespace)),
            PacketKind::Event | PacketKind::BinaryEvent => self.read_event(packet),
            PacketKind::Ack | PacketKind::BinaryAck => self.read_ack(packet),
        }
    }

    fn read_ack<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        let result = answers::acknowledgement(packet)?;
        let Some(ack) = packet.ack else {
            return Err(SocketIoError::Payload {
                kind: packet.kind.name(),
                message: "the id is missing".into(),
            });
        };
        let (re, position) = match self.acks.take(ack) {
            Some(Awaited::Message(id)) => (id, None),
            Some(Awaited::Join { id, channel }) => {
                let data = result.as_ref().ok();
                let position = data.and_then(|data| answers::position(data));
                let joined = data.map(|_| position.is_some());
                self.rooms.answered(&channel, &id, joined);
                (id, position)
            }
            Some(Awaited::Leave(channel)) => {
                self.rooms.left(&channel);
                return Ok(Inbound::Nothing);
            }
            None => return Ok(self.ignored()),
        };
        Ok(reply(&re, result, position))
    }

    pub(super) fn ignored<'a>(&mut self) -> Inbound<'a> {
        self.stats.ignored += 1;
        Inbound::Nothing
    }
}
