//! Engine.IO 4 over WebSocket: one packet a text frame, its type in the first character.

use super::error::{SocketIoError, excerpt};
use crate::excerpt::Excerpt;
use serde::Deserialize;
use std::time::Duration;

/// One Engine.IO packet. Binary frames have no type of their own and are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnginePacket<'a> {
    Open(&'a str),
    Close,
    Ping(&'a str),
    Pong,
    Message(&'a str),
    Noop,
}

impl<'a> EnginePacket<'a> {
    pub(super) fn read(frame: &'a str) -> Result<Self, SocketIoError> {
        let rest = frame.get(1..).unwrap_or_default();
        Ok(match frame.as_bytes().first() {
            Some(b'0') => Self::Open(rest),
            Some(b'1') => Self::Close,
            Some(b'2') => Self::Ping(rest),
            Some(b'3') => Self::Pong,
            Some(b'4') => Self::Message(rest),
            // An upgrade has no meaning here, but no harm in it either.
            Some(b'5' | b'6') => Self::Noop,
            _ => {
                let got = excerpt(frame);
                return Err(SocketIoError::EnginePacket { got });
            }
        })
    }
}

/// What the open packet says about the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenPacket {
    ping_interval: u64,
    ping_timeout: u64,
    /// The largest frame that the server takes, in bytes; servers before 4.5 do not say.
    pub(super) max_payload: Option<usize>,
}

impl OpenPacket {
    pub(super) fn read(json: &str) -> Result<Self, SocketIoError> {
        serde_json::from_str(json).map_err(|error| SocketIoError::OpenPacket {
            message: Excerpt(&error.to_string()).to_string().into(),
        })
    }

    /// How long a server that is alive is silent at most.
    pub(super) const fn silence(&self) -> Duration {
        Duration::from_millis(self.ping_interval.saturating_add(self.ping_timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_its_first_character_and_the_rest() {
        assert_eq!(
            EnginePacket::read("2probe"),
            Ok(EnginePacket::Ping("probe"))
        );
        assert_eq!(EnginePacket::read("4"), Ok(EnginePacket::Message("")));
        assert_eq!(EnginePacket::read("6"), Ok(EnginePacket::Noop));
        for wrong in ["", "7", "b4AA==", "{\"event\":1}", "é"] {
            let error = EnginePacket::read(wrong).unwrap_err();
            assert!(error.to_string().contains("Engine.IO"), "{error}");
        }
    }

    #[test]
    fn silence_is_the_interval_and_the_timeout_together() {
        let json = r#"{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        let open = OpenPacket::read(json).unwrap();
        assert_eq!(open.silence(), Duration::from_secs(45));
        assert_eq!(open.max_payload, Some(1_000_000));
        let endless = OpenPacket {
            ping_interval: u64::MAX,
            ..open
        };
        assert_eq!(endless.silence(), Duration::from_millis(u64::MAX));
        let old = OpenPacket::read(r#"{"sid":"a","pingInterval":1,"pingTimeout":1}"#).unwrap();
        assert_eq!(old.max_payload, None);
        assert!(OpenPacket::read("{}").is_err());
        assert!(OpenPacket::read(r#"{"pingInterval":-1,"pingTimeout":1}"#).is_err());
    }
}
