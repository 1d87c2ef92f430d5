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
    object::{self, ObjectWriter},
};
use serde::de::Error;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::VecDeque, fmt};

/// The words that the server says to the client of the link itself, and that no listener gets.
const KEPT: [&str; 4] = ["auth:refresh", "error", "ping", "pong"];

/// What a frame is to be, as errors say it.
const EXPECTED: &str = "an envelope such as {\"event\": …, \"channel\": …, \"data\": …}";

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
    /// The words with which client and server speak of the link itself: no event of an app's has such
    /// a name, or it would be taken for one of those.
    pub(crate) const RESERVED: [&str; 7] = [
        "auth",
        "auth:refresh",
        "error",
        "ping",
        "pong",
        "subscribe",
        "unsubscribe",
    ];

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
        let read = object::each(text, EXPECTED, &mut |name, value| {
            envelope.take(name, value)
        });
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
        let mut data = None;
        match *message {
            Outbound::Auth { id, token } => {
                head.event = "auth";
                head.id = Some(id);
                let mut shown = ObjectWriter::default();
                shown.text("token", Some(token));
                data = Some(shown.end().into());
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
                let mut wish = ObjectWriter::default();
                if let Some(since) = since {
                    wish.raw("since", &since.seq.to_string());
                    wish.text("epoch", Some(&since.epoch));
                }
                if let Some(params) = options.params().and_then(checked) {
                    wish.raw("params", params);
                }
                wish.text("token", options.token().map(Token::as_str));
                if since.is_some() || !options.is_empty() {
                    data = Some(wish.end().into());
                }
            }
            Outbound::Unsubscribe { channel } => {
                head.event = "unsubscribe";
                head.channel = Some(channel);
            }
            Outbound::Event {
                event,
                channel,
                data: payload,
                id,
            } => {
                if Self::RESERVED.contains(&event.as_str()) {
                    let event = event.as_str().into();
                    return Err(EncodeError::ReservedName { event });
                }
                head.event = event;
                head.channel = channel.map(|channel| &**channel);
                head.id = id.map(|id| &**id);
                data = checked(payload).map(Cow::Borrowed);
            }
            Outbound::Ping => head.event = "ping",
            Outbound::Pong { re } => {
                head.event = "pong";
                head.re = re;
            }
            // Closing the socket says it all.
            Outbound::Goodbye => return Ok(()),
        }
        frames.push(head.frame(data.as_deref()));
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

#[derive(Default)]
struct Head<'a> {
    event: &'a str,
    channel: Option<&'a str>,
    id: Option<&'a str>,
    re: Option<&'a str>,
}

impl Head<'_> {
    fn frame(&self, data: Option<&str>) -> Frame {
        let mut frame = ObjectWriter::default();
        frame.text("event", Some(self.event));
        frame.text("channel", self.channel);
        frame.text("id", self.id);
        frame.text("re", self.re);
        if let Some(data) = data {
            frame.raw("data", data);
        }
        Frame::Text(frame.end())
    }
}

/// What is JSON of a text that should be.
fn checked(json: &str) -> Option<&str> {
    let raw: &RawValue = serde_json::from_str(json).ok()?;
    Some(raw.get())
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
    /// Takes a field, of which there may be more than one: the last counts.
    fn take(&mut self, name: &str, value: &'a RawValue) {
        let field = match name {
            "event" => &mut self.event,
            "channel" => &mut self.channel,
            "data" => &mut self.data,
            "id" => &mut self.id,
            "re" => &mut self.re,
            "seq" => &mut self.seq,
            "epoch" => &mut self.epoch,
            "error" => &mut self.error,
            _ => {
                self.unknown_fields += 1;
                return;
            }
        };
        *field = Some(value).filter(|value| value.get() != "null");
    }

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

#[cfg(test)]
mod tests;
