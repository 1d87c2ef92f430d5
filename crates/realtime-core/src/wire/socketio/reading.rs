//! From a text frame to what it says.

use super::{
    super::{CodecOutput, EventFrame, Frame, Inbound, Refusal, ReplyFrame, Text},
    SocketIoCodec, Stage,
    acks::Awaited,
    arguments::{Arguments, FieldsOf, text},
    engine::{EnginePacket, OpenPacket},
    error::{SocketIoError, excerpt},
    packet::{Packet, PacketKind},
    payload::{self, Incoming},
};
use crate::{error::ServerError, id::Position};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, marker::PhantomData};

/// Names that Socket.IO has for things of its own; neither side may emit them.
pub(super) const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

impl SocketIoCodec {
    pub(super) fn read<'a>(&mut self, frame: &'a str) -> Result<Inbound<'a>, SocketIoError> {
        match self.stage {
            Stage::Opening => return self.read_open(frame),
            // What was under way when the socket was given up.
            Stage::Over => return Ok(self.ignored()),
            Stage::Connecting | Stage::Connected => {}
        }
        match EnginePacket::read(frame)? {
            EnginePacket::Message(packet) => self.read_packet(Packet::read(packet)?),
            EnginePacket::Ping(probe) => Ok(Inbound::Ping {
                id: (!probe.is_empty()).then_some(Cow::Borrowed(probe)),
            }),
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

    fn read_packet<'a>(&mut self, packet: Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        if packet.namespace != self.namespace {
            return Ok(self.ignored());
        }
        match packet.kind {
            PacketKind::Connect => self.read_connect(&packet),
            PacketKind::ConnectError => self.read_connect_error(&packet),
            PacketKind::Disconnect => {
                self.stage = Stage::Over;
                let reason = "io server disconnect".into();
                Ok(Inbound::Dismissed { reason })
            }
            PacketKind::Event | PacketKind::BinaryEvent => self.read_event(&packet),
            PacketKind::Ack | PacketKind::BinaryAck => self.read_ack(&packet),
        }
    }

    fn read_connect<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        #[derive(Default, Deserialize)]
        struct Session<'a> {
            #[serde(borrow)]
            sid: Option<Text<'a>>,
        }

        let session: Session<'a> = match packet.json {
            "" => Session::default(),
            json => serde_json::from_str(json).map_err(|error| invalid(packet, &error))?,
        };
        if session.sid.is_none() {
            return Err(SocketIoError::OldServer);
        }
        self.stage = Stage::Connected;
        Ok(Inbound::Ready)
    }

    fn read_connect_error<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Inbound<'a>, SocketIoError> {
        self.stage = Stage::Over;
        Ok(Inbound::Rejected(connect_error(packet)?))
    }

    fn read_event<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        let mut arguments = Arguments::new(packet.json).map_err(|error| invalid(packet, &error))?;
        let event = arguments
            .next(PhantomData::<Text<'a>>)
            .map_err(|error| invalid(packet, &error))?;
        let Some((Text(event), _)) = event.filter(|(event, _)| !is_reserved(&event.0)) else {
            return Err(SocketIoError::Payload {
                kind: packet.kind.name(),
                message: "the event's name is missing, or one that is reserved".into(),
            });
        };
        let mut frame = EventFrame {
            event,
            channel: None,
            data: Cow::Borrowed("null"),
            seq: None,
            epoch: None,
            id: None,
        };
        if arguments.object_is_next() {
            let seed = FieldsOf {
                message_id: self.options.message_id_field.as_deref(),
            };
            let payload = arguments
                .next(seed)
                .map_err(|error| invalid(packet, &error))?;
            if let Some((mut fields, payload)) = payload {
                frame.seq = fields.seq;
                frame.epoch = fields.epoch.take();
                let Incoming { channel, data, id } = payload::incoming(payload, fields);
                frame.channel = channel;
                frame.data = data.into();
                frame.id = id;
            }
        } else if let Some(data) = arguments
            .next_raw()
            .map_err(|error| invalid(packet, &error))?
        {
            frame.data = data.into();
        }
        while arguments
            .next_raw()
            .map_err(|error| invalid(packet, &error))?
            .is_some()
        {}
        if let Some(ack) = packet.ack {
            self.acknowledge(ack);
        }
        Ok(Inbound::Event(frame))
    }

    /// The server asked to be told that its event arrived.
    fn acknowledge(&mut self, ack: u64) {
        let packet = Packet {
            kind: PacketKind::Ack,
            attachments: 0,
            namespace: &self.namespace,
            ack: Some(ack),
            json: "[]",
        };
        let frame = Frame::Text(packet.write());
        self.outputs.push_back(CodecOutput::Transmit(frame));
    }

    fn read_ack<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        let mut arguments = Arguments::new(packet.json).map_err(|error| invalid(packet, &error))?;
        let mut next = || {
            arguments
                .next_raw()
                .map_err(|error| invalid(packet, &error))
        };
        let (first, second) = (next()?, next()?);
        while next()?.is_some() {}
        let Some(ack) = packet.ack else {
            return Err(SocketIoError::Payload {
                kind: packet.kind.name(),
                message: "the id is missing".into(),
            });
        };
        let result = match (first, second) {
            (first, None) => answer(first.unwrap_or("null")),
            (Some("null") | None, Some(second)) => Ok(second),
            (Some(first), Some(_)) => Err(refusal(first)),
        };
        let reply = |re: &str, position| {
            Inbound::Reply(ReplyFrame {
                re: re.to_owned().into(),
                result: result.clone().map(Cow::Borrowed),
                position,
            })
        };
        Ok(match self.acks.take(ack) {
            Some(Awaited::Message(id)) => reply(&id, None),
            Some(Awaited::Join(id)) => {
                let position = result.as_ref().ok().and_then(|data| position(data));
                reply(&id, position)
            }
            Some(Awaited::Leave) => Inbound::Nothing,
            None => self.ignored(),
        })
    }

    fn ignored<'a>(&mut self) -> Inbound<'a> {
        self.stats.ignored += 1;
        Inbound::Nothing
    }
}

pub(super) fn is_reserved(event: &str) -> bool {
    RESERVED.contains(&event)
}

fn invalid(packet: &Packet<'_>, error: &serde_json::Error) -> SocketIoError {
    SocketIoError::Payload {
        kind: packet.kind.name(),
        message: error.to_string().into(),
    }
}

/// What an acknowledgement with one argument says: an object with an `error` is a refusal.
fn answer(argument: &str) -> Result<&str, ServerError> {
    #[derive(Deserialize)]
    struct Answer {
        error: Option<Refusal>,
    }

    if !argument.starts_with('{') {
        return Ok(argument);
    }
    // An `error` of another shape is the app's own business.
    match serde_json::from_str(argument) {
        Ok(Answer { error: Some(error) }) => Err(error.0),
        _ => Ok(argument),
    }
}

/// What a server gave for an error, in whatever shape.
fn refusal(argument: &str) -> ServerError {
    serde_json::from_str(argument).map_or_else(
        |_| ServerError {
            code: "unknown".into(),
            message: argument.into(),
            retry_after: None,
        },
        |Refusal(error)| error,
    )
}

/// The position that the answer to a join tells, if it does.
fn position(answer: &str) -> Option<Position> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        seq: &'a RawValue,
        #[serde(borrow)]
        epoch: &'a RawValue,
    }

    let answer: Answer<'_> = serde_json::from_str(answer).ok()?;
    Some(Position {
        epoch: text(answer.epoch)?.as_ref().into(),
        seq: text(answer.seq)?.parse().ok()?,
    })
}

/// Why a namespace does not let us in: its middleware's error, or that there is no such namespace.
fn connect_error(packet: &Packet<'_>) -> Result<ServerError, SocketIoError> {
    #[derive(Default, Deserialize)]
    struct Object<'a> {
        #[serde(default)]
        message: String,
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }

    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data<'a> {
        #[serde(borrow)]
        code: Option<Text<'a>>,
        retry_after: Option<u64>,
    }

    let read = if packet.json.starts_with('"') {
        serde_json::from_str(packet.json).map(|message| Object {
            message,
            data: None,
        })
    } else {
        serde_json::from_str(packet.json)
    };
    let Object { message, data } = read.map_err(|error| invalid(packet, &error))?;
    let data: Data<'_> = data
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .unwrap_or_default();
    Ok(ServerError {
        code: data
            .code
            .map_or("connect_error".into(), |code| code.0.as_ref().into()),
        message: message.into(),
        retry_after: data.retry_after,
    })
}
