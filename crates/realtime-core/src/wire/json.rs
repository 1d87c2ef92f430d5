//! The JSON envelope, as docs/PROTOCOL.md specifies it.

use super::{
    Codec, CodecStats, EventFrame, Frame, FrameRef, Inbound, Outbound, Refusal, ReplyFrame, Text,
    WireError,
};
use crate::{
    error::{DecodeError, EncodeError, ServerError},
    id::Position,
};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The JSON envelope: one object a text frame, payloads left unparsed.
///
/// ```
/// use realtime_core::wire::{Codec, FrameRef, Inbound, JsonCodec};
///
/// let mut codec = JsonCodec::default();
/// let frame = r#"{"event":"stock:update","channel":"stocks:ACME","seq":7,"data":{"price":2}}"#;
/// let Ok(Inbound::Event(event)) = codec.decode(FrameRef::Text(frame)) else { panic!() };
/// assert_eq!((&*event.event, event.seq, &*event.data), ("stock:update", Some(7), r#"{"price":2}"#));
/// ```
#[derive(Clone, Debug)]
pub struct JsonCodec {
    max_frame_bytes: usize,
    unknown_fields: u64,
}

impl Default for JsonCodec {
    fn default() -> Self {
        Self {
            max_frame_bytes: Self::DEFAULT_MAX_FRAME_BYTES,
            unknown_fields: 0,
        }
    }
}

impl JsonCodec {
    /// The largest frame read unless told otherwise: 16 MiB.
    pub const DEFAULT_MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

    /// Sets the largest frame that is read, in bytes.
    #[must_use]
    pub const fn with_max_frame_bytes(mut self, bytes: usize) -> Self {
        self.max_frame_bytes = bytes;
        self
    }
}

impl Codec for JsonCodec {
    fn decode<'a>(&mut self, frame: FrameRef<'a>) -> Result<Inbound<'a>, WireError> {
        if frame.len() > self.max_frame_bytes {
            return Err(WireError::TooLarge {
                bytes: frame.len(),
                limit: self.max_frame_bytes,
            });
        }
        let text = match frame {
            FrameRef::Text(text) => text,
            FrameRef::Binary(bytes) => return Err(WireError::Binary { bytes: bytes.len() }),
        };
        let envelope: Envelope<'a> =
            serde_json::from_str(text).map_err(|error| DecodeError::new("envelope", error))?;
        self.unknown_fields += envelope.unknown_fields;
        Ok(envelope.into_inbound())
    }

    fn encode(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        let mut head = Head::default();
        let mut since = None;
        let mut raw = None;
        match *message {
            Outbound::Auth { id, token } => {
                head.event = "auth";
                head.id = Some(id);
                let data = AuthData { token };
                frames.extend(head.frame(Some(&data)));
                return Ok(());
            }
            Outbound::Subscribe {
                id,
                channel,
                since: position,
            } => {
                head.event = "subscribe";
                head.channel = Some(channel);
                head.id = Some(id);
                since = position.map(|position| SinceData {
                    since: position.seq,
                    epoch: &position.epoch,
                });
            }
            Outbound::Unsubscribe { channel } => {
                head.event = "unsubscribe";
                head.channel = Some(channel);
            }
            Outbound::Event {
                event,
                channel,
                data,
                id,
            } => {
                head.event = event;
                head.channel = channel.map(|channel| &**channel);
                head.id = id.map(|id| &**id);
                raw = serde_json::from_str::<&RawValue>(data).ok();
            }
            Outbound::Ping => head.event = "ping",
            Outbound::Pong { re } => {
                head.event = "pong";
                head.re = re;
            }
            // Closing the socket says it all.
            Outbound::Goodbye => return Ok(()),
        }
        frames.extend(match since {
            Some(since) => head.frame(Some(&since)),
            None => head.frame(raw),
        });
        Ok(())
    }

    fn stats(&self) -> CodecStats {
        CodecStats {
            unknown_fields: self.unknown_fields,
            ..CodecStats::default()
        }
    }
}

#[derive(Serialize)]
struct AuthData<'a> {
    token: &'a str,
}

#[derive(Serialize)]
struct SinceData<'a> {
    since: u64,
    epoch: &'a str,
}

#[derive(Default)]
struct Head<'a> {
    event: &'a str,
    channel: Option<&'a str>,
    id: Option<&'a str>,
    re: Option<&'a str>,
}

#[derive(Serialize)]
struct Written<'a, D: ?Sized> {
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    re: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a D>,
}

impl<'a> Head<'a> {
    /// Strings and a parsed payload always serialise, so the option is never empty in practice.
    fn frame<D: Serialize + ?Sized>(&self, data: Option<&'a D>) -> Option<Frame> {
        let written = Written {
            event: self.event,
            channel: self.channel,
            id: self.id,
            re: self.re,
            data,
        };
        serde_json::to_string(&written).ok().map(Frame::Text)
    }
}

/// The envelope as read, by hand so that unknown fields can be counted.
#[derive(Default)]
struct Envelope<'a> {
    event: Option<Text<'a>>,
    channel: Option<Text<'a>>,
    data: Option<&'a RawValue>,
    id: Option<Text<'a>>,
    re: Option<Text<'a>>,
    seq: Option<u64>,
    epoch: Option<Text<'a>>,
    error: Option<ServerError>,
    unknown_fields: u64,
}

impl<'a> Envelope<'a> {
    fn into_inbound(self) -> Inbound<'a> {
        let data = self.data.map_or("null", RawValue::get);
        let event = self.event.map_or(Cow::Borrowed(""), |event| event.0);
        if event == "pong" {
            return Inbound::Pong;
        }
        if let Some(Text(re)) = self.re {
            let epoch = self.epoch.map_or(Cow::Borrowed(""), |epoch| epoch.0);
            let position = self.seq.map(|seq| Position {
                epoch: epoch.as_ref().into(),
                seq,
            });
            return Inbound::Reply(ReplyFrame {
                re,
                result: self.error.map_or(Ok(data.into()), Err),
                position,
            });
        }
        if event == "ping" {
            return Inbound::Ping {
                id: self.id.map(|id| id.0),
            };
        }
        if event == "error" || self.error.is_some() {
            let error = self
                .error
                .or_else(|| serde_json::from_str(data).ok())
                .unwrap_or_else(|| ServerError {
                    code: "unknown".into(),
                    message: data.into(),
                    retry_after: None,
                });
            return Inbound::Error(error);
        }
        Inbound::Event(EventFrame {
            event,
            channel: self.channel.map(|channel| channel.0),
            data: data.into(),
            seq: self.seq,
            epoch: self.epoch.map(|epoch| epoch.0),
            id: self.id.map(|id| id.0),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;

        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an envelope such as {\"event\": …, \"channel\": …, \"data\": …}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(Text(field)) = map.next_key()? {
                    match field.as_ref() {
                        "event" => envelope.event = Some(map.next_value()?),
                        "channel" => envelope.channel = map.next_value()?,
                        "data" => envelope.data = map.next_value()?,
                        "id" => envelope.id = map.next_value()?,
                        "re" => envelope.re = map.next_value()?,
                        "seq" => envelope.seq = map.next_value::<Option<Seq>>()?.map(|seq| seq.0),
                        "epoch" => envelope.epoch = map.next_value()?,
                        "error" => {
                            envelope.error = map
                                .next_value::<Option<Refusal>>()?
                                .map(|refusal| refusal.0);
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            envelope.unknown_fields += 1;
                        }
                    }
                }
                if envelope.event.is_none() && envelope.re.is_none() && envelope.error.is_none() {
                    return Err(serde::de::Error::missing_field("event"));
                }
                Ok(envelope)
            }
        }

        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

/// A `seq`, which servers in languages without 64-bit integers send as text.
struct Seq(u64);

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(digits) = Text::deserialize(deserializer)?;
        digits.parse().map(Seq).map_err(|_| {
            serde::de::Error::custom(format_args!(
                "seq must be a whole number of at most 64 bits, not {digits:?}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(frame: &str) -> Result<Inbound<'_>, WireError> {
        JsonCodec::default().decode(FrameRef::Text(frame))
    }

    #[test]
    fn a_payload_stays_unparsed_and_borrowed() {
        let frame = String::from(r#"{"channel":"c","event":"e","data": {"n" : 1e999}}"#);
        let Ok(Inbound::Event(event)) = decode(&frame) else {
            panic!("an event was expected")
        };
        assert!(matches!(event.event, Cow::Borrowed("e")));
        assert!(
            frame
                .as_bytes()
                .as_ptr_range()
                .contains(&event.data.as_ptr())
        );
    }

    #[test]
    fn a_sequence_number_keeps_all_64_bits_as_number_and_as_text() {
        for seq in ["18446744073709551615", "\"18446744073709551615\""] {
            let frame = format!(r#"{{"event":"e","seq":{seq}}}"#);
            let Ok(Inbound::Event(event)) = decode(&frame) else {
                panic!("an event was expected")
            };
            assert_eq!(event.seq, Some(u64::MAX));
        }
        assert!(decode(r#"{"event":"e","seq":-1}"#).is_err());
        assert!(decode(r#"{"event":"e","seq":1.5}"#).is_err());
    }

    #[test]
    fn unknown_fields_are_ignored_and_counted() {
        let mut codec = JsonCodec::default();
        let frame = FrameRef::Text(r#"{"event":"e","trace":{"a":[1]},"v":2}"#);
        assert!(matches!(codec.decode(frame), Ok(Inbound::Event(_))));
        assert_eq!(codec.stats().unknown_fields, 2);
    }

    #[test]
    fn errors_read_in_every_shape_a_server_may_choose() {
        for frame in [
            r#"{"event":"error","error":{"code":"unknown","message":"no"}}"#,
            r#"{"event":"error","error":"no"}"#,
            r#"{"event":"error","data":{"message":"no"}}"#,
            r#"{"error":"no"}"#,
        ] {
            let Ok(Inbound::Error(error)) = decode(frame) else {
                panic!("an error was expected from {frame}")
            };
            assert_eq!(&*error.message, "no", "{frame}");
        }
    }

    #[test]
    fn what_is_no_envelope_is_a_typed_error_that_names_it() {
        for frame in [
            "",
            "null",
            "[]",
            "{}",
            "{",
            r#"{"event":{}}"#,
            r#"{"data":1}"#,
        ] {
            let error = decode(frame).unwrap_err();
            assert!(error.to_string().contains("envelope"), "{frame}: {error}");
        }
        assert_eq!(
            JsonCodec::default().decode(FrameRef::Binary(&[1, 2])),
            Err(WireError::Binary { bytes: 2 })
        );
    }

    #[test]
    fn a_frame_over_the_limit_is_not_parsed() {
        let mut codec = JsonCodec::default().with_max_frame_bytes(8);
        let result = codec.decode(FrameRef::Text(r#"{"event":"e"}"#));
        assert_eq!(
            result,
            Err(WireError::TooLarge {
                bytes: 13,
                limit: 8
            })
        );
    }

    #[test]
    fn deep_nesting_is_stepped_over_and_refused_by_whoever_parses_the_payload() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let frame = format!(r#"{{"event":"e","x":{deep},"data":{deep}}}"#);
        let Ok(Inbound::Event(event)) = decode(&frame) else {
            panic!("an event was expected")
        };
        assert!(serde_json::from_str::<serde_json::Value>(&event.data).is_err());
    }
}
