//! Socket.IO 5 packets: type, attachments, namespace, acknowledgement id, and JSON not yet parsed.

use super::error::{SocketIoError, excerpt};
use crate::excerpt::Excerpt;
use std::fmt::Write;

/// The largest whole number that every JavaScript server counts to without an error.
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PacketKind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck,
}

impl PacketKind {
    const fn from_digit(digit: u8) -> Option<Self> {
        Some(match digit {
            b'0' => Self::Connect,
            b'1' => Self::Disconnect,
            b'2' => Self::Event,
            b'3' => Self::Ack,
            b'4' => Self::ConnectError,
            b'5' => Self::BinaryEvent,
            b'6' => Self::BinaryAck,
            _ => return None,
        })
    }

    const fn digit(self) -> char {
        match self {
            Self::Connect => '0',
            Self::Disconnect => '1',
            Self::Event => '2',
            Self::Ack => '3',
            Self::ConnectError => '4',
            Self::BinaryEvent => '5',
            Self::BinaryAck => '6',
        }
    }

    /// The name that the protocol's description uses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Disconnect => "DISCONNECT",
            Self::Event => "EVENT",
            Self::Ack => "ACK",
            Self::ConnectError => "CONNECT_ERROR",
            Self::BinaryEvent => "BINARY_EVENT",
            Self::BinaryAck => "BINARY_ACK",
        }
    }

    const fn is_binary(self) -> bool {
        matches!(self, Self::BinaryEvent | Self::BinaryAck)
    }
}

/// One packet, as it stands between Engine.IO's type and the end of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) kind: PacketKind,
    /// How many binary frames follow.
    pub(super) attachments: usize,
    pub(super) namespace: &'a str,
    pub(super) ack: Option<u64>,
    /// JSON text; empty if there is none.
    pub(super) json: &'a str,
}

impl<'a> Packet<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, SocketIoError> {
        let kind = text
            .as_bytes()
            .first()
            .and_then(|digit| PacketKind::from_digit(*digit))
            .ok_or_else(|| SocketIoError::PacketType {
                got: excerpt(text.get(..1).unwrap_or(text)),
            })?;
        let mut rest = &text[1..];
        let mut attachments = 0;
        if kind.is_binary() {
            let (count, after) = digits(rest);
            let after = after.strip_prefix('-');
            (attachments, rest) =
                count
                    .parse()
                    .ok()
                    .zip(after)
                    .ok_or_else(|| SocketIoError::Payload {
                        kind: kind.name(),
                        message: "the number of attachments is missing".into(),
                    })?;
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        let (id, json) = digits(rest);
        let ack = match id {
            "" => None,
            id => Some(
                id.parse()
                    .ok()
                    .filter(|id| *id <= MAX_SAFE_INTEGER)
                    .ok_or_else(|| SocketIoError::AckId { got: excerpt(id) })?,
            ),
        };
        Ok(Self {
            kind,
            attachments,
            namespace,
            ack,
            json,
        })
    }

    /// What is wrong with the packet's payload.
    pub(super) fn invalid(&self, error: &serde_json::Error) -> SocketIoError {
        SocketIoError::Payload {
            kind: self.kind.name(),
            message: Excerpt(&error.to_string()).to_string().into(),
        }
    }

    /// The packet as a text frame, Engine.IO's type included.
    pub(super) fn write(&self) -> String {
        let mut frame = String::with_capacity(self.json.len() + self.namespace.len() + 16);
        frame.push('4');
        frame.push(self.kind.digit());
        // Writing to a string does not fail.
        if self.kind.is_binary() {
            let _ = write!(frame, "{}-", self.attachments);
        }
        if self.namespace != "/" {
            let _ = write!(frame, "{},", self.namespace);
        }
        if let Some(ack) = self.ack {
            let _ = write!(frame, "{ack}");
        }
        frame.push_str(self.json);
        frame
    }
}

/// The digits that `text` begins with, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(kind: PacketKind, json: &str) -> Packet<'_> {
        Packet {
            kind,
            attachments: 0,
            namespace: "/",
            ack: None,
            json,
        }
    }

    #[test]
    fn every_part_of_a_packet_is_optional_but_its_type() {
        assert_eq!(Packet::read("0"), Ok(plain(PacketKind::Connect, "")));
        let event = plain(PacketKind::Event, r#"["a",1]"#);
        assert_eq!(Packet::read(r#"2["a",1]"#), Ok(event));
        let whole = Packet {
            kind: PacketKind::BinaryEvent,
            attachments: 2,
            namespace: "/admin",
            ack: Some(12),
            json: "[1]",
        };
        assert_eq!(Packet::read("52-/admin,12[1]"), Ok(whole));
        assert_eq!(whole.write(), "452-/admin,12[1]");
        let bare = Packet {
            namespace: "/admin",
            ..plain(PacketKind::Disconnect, "")
        };
        assert_eq!(Packet::read("1/admin,"), Ok(bare));
        assert_eq!(Packet::read("1/admin"), Ok(bare));
    }

    #[test]
    fn ids_are_read_up_to_what_javascript_can_count_to() {
        let largest = Packet::read("39007199254740991[]").unwrap();
        assert_eq!(largest.ack, Some(MAX_SAFE_INTEGER));
        for wrong in ["39007199254740992[]", "399999999999999999999999[]"] {
            assert!(matches!(
                Packet::read(wrong),
                Err(SocketIoError::AckId { .. })
            ));
        }
    }

    #[test]
    fn what_is_no_packet_is_an_error_that_says_so() {
        for wrong in ["", "7", "é", "x[]", "-1"] {
            let error = Packet::read(wrong).unwrap_err();
            assert!(matches!(error, SocketIoError::PacketType { .. }), "{wrong}");
        }
        for wrong in [
            "5",
            "5[]",
            "5-[]",
            "51[]",
            "6x-[]",
            "599999999999999999999999-[]",
        ] {
            let error = Packet::read(wrong).unwrap_err();
            assert!(matches!(error, SocketIoError::Payload { .. }), "{wrong}");
        }
    }
}
