//! The JSON envelope, as docs/PROTOCOL.md specifies it.

use super::{
    Codec, CodecOutput, CodecStats, EventFrame, Frame, FrameRef, Inbound, LONGEST_EPOCH,
    LONGEST_PING, Outbound, ReplyFrame, Text, WireError, refusal, well_formed,
};
use crate::{
    access::Token,
    error::{DecodeError, EncodeError, ServerError},
    excerpt::Excerpt,
    id::Position,
};
use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::VecDeque, fmt};

/// The words with which client and server speak of the link itself: no event of an app's has such
/// a name, or it would be taken for one of those.
const RESERVED: [&str; 7] = [
    "auth",
    "auth:refresh",
    "error",
    "ping",
    "pong",
    "subscribe",
    "unsubscribe",
];

/// Those of them that the server says to the client, and that no listener gets.
const KEPT: [&str; 4] = ["auth:refresh", "error", "ping", "pong"];

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
#[derive(Clone)]
pub struct JsonCodec {
    max_frame_bytes: usize,
    subscribe_ack: bool,
    unknown_fields: u64,
    outputs: VecDeque<CodecOutput>,
}

impl Default for JsonCodec {
    fn default() -> Self {
        Self {
            max_frame_bytes: Self::DEFAULT_MAX_FRAME_BYTES,
            subscribe_ack: true,
            unknown_fields: 0,
            outputs: VecDeque::new(),
        }
    }
}

impl fmt::Debug for JsonCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonCodec")
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

    /// Whether the server answers `subscribe`. Default `true`.
    ///
    /// With `false` a channel counts as subscribed, and its data as live, as soon as `subscribe` is
    /// sent on an open connection: by the app's own word, for nobody else says so. It is then sent
    /// without an `id`, and the first fetch waits for nothing.
    #[must_use]
    pub const fn with_subscribe_ack(mut self, answers: bool) -> Self {
        self.subscribe_ack = answers;
        self
    }

    fn read<'a>(&mut self, text: &'a str) -> Result<Inbound<'a>, WireError> {
        let mut envelope = Envelope::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Fields(&mut envelope).deserialize(&mut json);
        let read = read.and_then(|()| json.end());
        self.unknown_fields += envelope.unknown_fields;
        let inbound = read.and_then(|()| envelope.to_inbound());
        inbound.or_else(|error| match envelope.re() {
            // What it answers would wait in vain, or be taken for done.
            Some(re) => Ok(Inbound::Reply(ReplyFrame {
                re,
                result: Err(unreadable(text)),
                position: None,
            })),
            None => Err(DecodeError::new("envelope", error).into()),
        })
    }
}

impl Codec for JsonCodec {
    fn reset(&mut self) {
        self.outputs.clear();
    }

    fn keeps(&self, event: &str) -> bool {
        KEPT.contains(&event)
    }

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
        match well_formed(text) {
            Cow::Borrowed(text) => self.read(text),
            Cow::Owned(text) => self.read(&text).map(Inbound::into_owned),
        }
    }

    fn encode(
        &mut self,
        message: &Outbound<'_>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), EncodeError> {
        let mut head = Head::default();
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
                since,
                options,
            } => {
                head.event = "subscribe";
                head.channel = Some(channel);
                if self.subscribe_ack {
                    head.id = Some(id);
                } else {
                    let answer = Inbound::Reply(ReplyFrame {
                        re: id.as_str().to_owned().into(),
                        result: Ok("null".into()),
                        position: None,
                    });
                    self.outputs.push_back(CodecOutput::Inbound(answer));
                }
                let params = options.params().map(serde_json::from_str::<&RawValue>);
                let data = SubscribeData {
                    since: since.map(|since| since.seq),
                    epoch: since.map(|since| &*since.epoch),
                    params: params.and_then(Result::ok),
                    token: options.token().map(Token::as_str),
                };
                let says_more = since.is_some() || !options.is_empty();
                frames.extend(head.frame(says_more.then_some(&data)));
                return Ok(());
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
                if RESERVED.contains(&event.as_str()) {
                    let event = event.as_str().into();
                    return Err(EncodeError::ReservedName { event });
                }
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
        frames.extend(head.frame(raw));
        Ok(())
    }

    fn poll_output(&mut self) -> Option<CodecOutput> {
        self.outputs.pop_front()
    }

    fn silence_hint(&self) -> Cow<'static, str> {
        "the server did not answer `subscribe`; check that it answers with the `id` as `re` \
         (PROTOCOL.md); if it never does, say so with `JsonCodec::with_subscribe_ack(false)`"
            .into()
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
struct SubscribeData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
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

/// Stands for an answer that is no JSON.
fn unreadable(frame: &str) -> ServerError {
    let message = format!("the answer could not be read: {}", Excerpt(frame));
    ServerError::new("unreadable", message)
}

/// The envelope as it stands in the frame; `null` is as good as nothing.
#[derive(Default)]
struct Envelope<'a> {
    event: Option<&'a RawValue>,
    channel: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    re: Option<&'a RawValue>,
    seq: Option<&'a RawValue>,
    epoch: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    unknown_fields: u64,
}

impl<'a> Envelope<'a> {
    fn re(&self) -> Option<Cow<'a, str>> {
        Text::of(self.re?.get())
    }

    fn to_inbound(&self) -> Result<Inbound<'a>, serde_json::Error> {
        let data = self.data.map_or("null", RawValue::get);
        let event = self.event.and_then(|event| Text::of(event.get()));
        let control = event.as_deref().unwrap_or_default();
        if control == "pong" {
            return Ok(Inbound::Pong);
        }
        if let Some(re) = self.re() {
            let error = self.error.map(|error| refusal::read(error.get()));
            return Ok(Inbound::Reply(ReplyFrame {
                re,
                result: error.map_or(Ok(data.into()), Err),
                position: self.position(),
            }));
        }
        if control == "auth:refresh" {
            return Ok(Inbound::TokenExpired);
        }
        if control == "ping" {
            let id = self.id.and_then(|id| Text::of(id.get()));
            return Ok(Inbound::Ping {
                id: id.filter(|id| id.len() <= LONGEST_PING),
            });
        }
        if let Some(error) = self.error {
            return Ok(Inbound::Error(refusal::read(error.get())));
        }
        if control == "error" {
            return Ok(Inbound::Error(refusal::read(data)));
        }
        let event = event.ok_or_else(|| match self.event {
            Some(event) => odd("event", "a string", event),
            None => Error::missing_field("event"),
        })?;
        let seq = self.seq.map(|seq| {
            seq_of(seq).ok_or_else(|| odd("seq", "a whole number of at most 64 bits", seq))
        });
        Ok(Inbound::Event(EventFrame {
            event,
            channel: text("channel", self.channel)?,
            data: data.into(),
            seq: seq.transpose()?,
            epoch: text("epoch", self.epoch)?,
            id: text("id", self.id)?,
        }))
    }

    /// The position in an answer; odd ones are as good as none.
    fn position(&self) -> Option<Position> {
        let epoch = match text("epoch", self.epoch) {
            Ok(epoch) => epoch.unwrap_or_default(),
            Err(_) => return None,
        };
        Some(Position {
            seq: seq_of(self.seq?)?,
            epoch: epoch.as_ref().into(),
        })
    }
}

/// A `seq`, which servers in languages without 64-bit integers send as text.
fn seq_of(value: &RawValue) -> Option<u64> {
    Text::of(value.get())?.parse().ok()
}

fn text<'a>(
    field: &str,
    value: Option<&'a RawValue>,
) -> Result<Option<Cow<'a, str>>, serde_json::Error> {
    let Some(value) = value else { return Ok(None) };
    let text = Text::of(value.get()).ok_or_else(|| odd(field, "a string", value))?;
    if field == "epoch" && text.len() > LONGEST_EPOCH {
        return Err(odd(field, "a string of at most 256 bytes", value));
    }
    Ok(Some(text))
}

fn odd(field: &str, expected: &str, value: &RawValue) -> serde_json::Error {
    Error::custom(format_args!(
        "{field} must be {expected}, not {}",
        Excerpt(value.get())
    ))
}

/// Reads the fields of an envelope, and keeps those that it has read when a later one is no JSON.
struct Fields<'e, 'a>(&'e mut Envelope<'a>);

impl<'de> DeserializeSeed<'de> for Fields<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope such as {\"event\": …, \"channel\": …, \"data\": …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let envelope = self.0;
        while let Some(Text(field)) = map.next_key()? {
            let value = match field.as_ref() {
                "event" => &mut envelope.event,
                "channel" => &mut envelope.channel,
                "data" => &mut envelope.data,
                "id" => &mut envelope.id,
                "re" => &mut envelope.re,
                "seq" => &mut envelope.seq,
                "epoch" => &mut envelope.epoch,
                "error" => &mut envelope.error,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    envelope.unknown_fields += 1;
                    continue;
                }
            };
            *value = map.next_value()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
