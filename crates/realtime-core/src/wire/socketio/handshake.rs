//! Handshake: how a namespace lets us in, turns us away, and sends us off.

use super::{
    super::{CodecOutput, Frame, Inbound, ReplyFrame, Text},
    SocketIoCodec, Stage, answers,
    error::SocketIoError,
    namespaces::State,
    packet::{Packet, PacketKind},
    recovery::Session,
};
use crate::{
    access::{SubscribeOptions, Token},
    error::ServerError,
    id::{MessageId, Position},
    object::ObjectWriter,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The answer to a subscription that is as it was before the break.
pub(super) const RECOVERED: &str = r#"{"recovered":true}"#;

impl SocketIoCodec {
    /// Asks the main namespace to let us in.
    pub(super) fn connect(&mut self) {
        let frame = self.connect_frame(&self.main, &self.session, &SubscribeOptions::default());
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

    /// CONNECT, with what the app wants the server to know of us. A token that is only for this
    /// namespace takes the place of the one for the server.
    pub(super) fn connect_frame(
        &self,
        namespace: &str,
        session: &Session,
        options: &SubscribeOptions,
    ) -> Frame {
        let mut payload = ObjectWriter::default();
        session.ask(&mut payload);
        for (field, value) in &self.options.auth {
            payload.raw(field, &value.to_string());
        }
        if let Some(params) = options.params() {
            payload.raw("params", params);
        }
        let token = options.token().map(Token::as_str);
        let token = token.or(self.token.as_deref());
        payload.text(&self.options.auth_field, token);
        let payload = if payload.is_empty() {
            String::new()
        } else {
            payload.end()
        };
        let packet = Packet {
            kind: PacketKind::Connect,
            attachments: 0,
            namespace,
            ack: None,
            json: &payload,
        };
        Frame::Text(packet.write())
    }

    pub(super) fn let_in<'a>(&mut self, packet: &Packet<'a>) -> Result<Inbound<'a>, SocketIoError> {
        let pid = session_of(packet)?;
        if self.stage != Stage::Connecting {
            return Ok(self.ignored());
        }
        self.stage = Stage::Connected;
        self.resumed = self.session.connected(pid.as_deref());
        if !self.resumed {
            self.rooms.clear();
        }
        self.settled = false;
        Ok(Inbound::Ready)
    }

    pub(super) fn let_in_to_channel<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Inbound<'a>, SocketIoError> {
        let pid = session_of(packet)?;
        let name = packet.namespace;
        let Some(namespace) = self.namespaces.get_mut(name) else {
            return Ok(self.ignored());
        };
        let State::Joining { wanted } = &mut namespace.state else {
            return Ok(self.ignored());
        };
        let Some(id) = wanted.take() else {
            self.namespaces.remove(name);
            self.early.take(name);
            let frame = self.packet(name, PacketKind::Disconnect, None, "");
            self.outputs.push_back(CodecOutput::Transmit(frame));
            return Ok(Inbound::Nothing);
        };
        namespace.state = State::In;
        let resumed = namespace.session.connected(pid.as_deref());
        let position = self.early.position(&namespace.channel);
        self.release_early(name);
        let data = if resumed { RECOVERED } else { "null" };
        Ok(reply(&id, Ok(data), position.filter(|_| resumed)))
    }

    pub(super) fn turned_away<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Inbound<'a>, SocketIoError> {
        let error = answers::connect_error(packet)?;
        self.stage = Stage::Over;
        Ok(Inbound::Rejected(error))
    }

    pub(super) fn turned_away_from_channel<'a>(
        &mut self,
        packet: &Packet<'a>,
    ) -> Result<Inbound<'a>, SocketIoError> {
        let error = answers::connect_error(packet)?;
        let Some(namespace) = self.namespaces.remove(packet.namespace) else {
            return Ok(self.ignored());
        };
        self.early.take(packet.namespace);
        Ok(match namespace.state {
            State::Joining { wanted: Some(id) } => reply(&id, Err(error), None),
            State::In => Inbound::Revoked {
                channel: namespace.channel.as_str().to_owned().into(),
                error,
            },
            State::Joining { wanted: None } | State::Out => Inbound::Nothing,
        })
    }

    pub(super) fn dismissed<'a>(&mut self) -> Inbound<'a> {
        self.stage = Stage::Over;
        self.end_sessions();
        Inbound::Dismissed {
            reason: "io server disconnect".into(),
        }
    }

    pub(super) fn dismissed_from_channel<'a>(&mut self, name: &str) -> Inbound<'a> {
        let Some(namespace) = self.namespaces.remove(name) else {
            return self.ignored();
        };
        self.early.take(name);
        Inbound::Revoked {
            channel: namespace.channel.as_str().to_owned().into(),
            error: ServerError {
                code: "disconnected".into(),
                message: "the server disconnected this client from the channel's namespace".into(),
                retry_after: None,
            },
        }
    }

    /// Something of what was missed is lost, so the session is not to count as resumed.
    pub(super) fn forget_session(&mut self, namespace: &str) {
        if namespace == self.main {
            self.session = Session::default();
        } else if let Some(namespace) = self.namespaces.get_mut(namespace) {
            namespace.session = Session::default();
        }
    }

    /// Nothing of what was will be taken up again.
    pub(super) fn end_sessions(&mut self) {
        self.session = Session::default();
        self.rooms.clear();
        self.namespaces.clear();
        self.early.clear();
    }
}

pub(super) fn reply<'a>(
    re: &MessageId,
    result: Result<&'a str, ServerError>,
    position: Option<Position>,
) -> Inbound<'a> {
    Inbound::Reply(ReplyFrame {
        re: re.as_str().to_owned().into(),
        result: result.map(Cow::Borrowed),
        position,
    })
}

/// The private session id in the answer to CONNECT, if the server resumes sessions.
fn session_of<'a>(packet: &Packet<'a>) -> Result<Option<Cow<'a, str>>, SocketIoError> {
    #[derive(Default, Deserialize)]
    struct Welcome<'a> {
        #[serde(borrow)]
        sid: Option<&'a RawValue>,
        #[serde(borrow)]
        pid: Option<&'a RawValue>,
    }

    let welcome: Welcome<'a> = match packet.json {
        "" => Welcome::default(),
        json => serde_json::from_str(json).map_err(|error| packet.invalid(&error))?,
    };
    match welcome.sid {
        Some(_) => Ok(welcome.pid.and_then(|pid| Text::of(pid.get()))),
        None => Err(SocketIoError::OldServer),
    }
}
