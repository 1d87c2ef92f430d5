//! Events: from a packet to the client, at once or when the namespace has let us in.

use super::{
    super::{CodecOutput, EventFrame, Frame, Inbound, Text},
    SocketIoCodec, Stage,
    arguments::{Arguments, FieldsOf},
    error::SocketIoError,
    namespaces::State,
    options::ChannelMapping,
    packet::{Packet, PacketKind},
    payload,
    recovery::{EarlyEvent, Session},
};
use std::{borrow::Cow, marker::PhantomData};

/// Names that Socket.IO has for things of its own; neither side may emit them.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

pub(super) fn is_reserved(event: &str) -> bool {
    RESERVED.contains(&event)
}

impl SocketIoCodec {
    pub(super) fn read_event<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Inbound<'a>, SocketIoError> {
        let invalid = |error| packet.invalid(&error);
        let mut arguments = Arguments::new(packet.json).map_err(invalid)?;
        let event = arguments.next(PhantomData::<Text<'a>>).map_err(invalid)?;
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
        let mut last = None;
        if arguments.object_is_next() {
            let seed = FieldsOf {
                message_id: self.options.message_id_field.as_deref(),
            };
            let payload = arguments.next(seed).map_err(invalid)?;
            if let Some((mut fields, payload)) = payload {
                let (data, id) = payload::incoming(&self.options, payload, &mut fields);
                frame.data = data.into();
                frame.id = id;
                frame.channel = fields.channel;
                frame.seq = fields.seq;
                frame.epoch = fields.epoch;
            }
        } else if let Some(data) = arguments.next_raw().map_err(invalid)? {
            frame.data = data.into();
            last = Some(data);
        }
        while let Some(next) = arguments.next_raw().map_err(invalid)? {
            last = Some(next);
        }
        Ok(self.place(packet, frame, last))
    }

    /// Finds out where an event belongs, and whether it can go there yet.
    fn place<'a>(
        &mut self,
        packet: &Packet<'a>,
        mut frame: EventFrame<'a>,
        last: Option<&'a str>,
    ) -> Inbound<'a> {
        let is_main = packet.namespace == self.main;
        let (is_in, session) = if is_main {
            (self.stage == Stage::Connected, &mut self.session)
        } else {
            match self.namespaces.get_mut(packet.namespace) {
                Some(namespace) => (namespace.state == State::In, &mut namespace.session),
                None => return self.ignored(),
            }
        };
        if is_in {
            session.delivered(last);
        }
        if self.options.mapping == ChannelMapping::Namespace {
            frame.channel = self
                .namespaces
                .get(packet.namespace)
                .map(|namespace| borrowed(packet.namespace, &namespace.channel));
        }
        if is_in {
            if let Some(ack) = packet.ack {
                self.acknowledge(packet.namespace, ack);
            }
            return Inbound::Event(frame);
        }
        let early = EarlyEvent {
            namespace: packet.namespace.to_owned(),
            event: frame.into_owned(),
            last: Session::offset_in(last).map(str::to_owned),
            ack: packet.ack,
        };
        if !self.early.push(early, self.options.max_frame_bytes) {
            // It cannot be said any more that nothing was lost.
            self.forget_session(packet.namespace);
        }
        Inbound::Nothing
    }

    /// A namespace has let us in: what came before that can be delivered.
    pub(super) fn release_early(&mut self, namespace: &str) {
        for early in self.early.take(namespace) {
            if let Some(ack) = early.ack {
                self.acknowledge(namespace, ack);
            }
            if namespace == self.main {
                self.session.delivered(early.last.as_deref());
            } else if let Some(namespace) = self.namespaces.get_mut(namespace) {
                namespace.session.delivered(early.last.as_deref());
            }
            let inbound = Inbound::Event(early.event);
            self.outputs.push_back(CodecOutput::Inbound(inbound));
        }
    }

    /// The server asked to be told that its event arrived.
    fn acknowledge(&mut self, namespace: &str, ack: u64) {
        let packet = Packet {
            kind: PacketKind::Ack,
            attachments: 0,
            namespace,
            ack: Some(ack),
            json: "[]",
        };
        let frame = Frame::Text(packet.write());
        self.outputs.push_back(CodecOutput::Transmit(frame));
    }
}

/// The channel's name, mostly a part of the namespace's.
fn borrowed<'a>(namespace: &'a str, channel: &str) -> Cow<'a, str> {
    match namespace.strip_prefix('/') {
        Some(name) if name == channel => Cow::Borrowed(name),
        _ => Cow::Owned(channel.to_owned()),
    }
}
