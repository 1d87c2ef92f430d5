//! Frames on the links between tabs: what those that follow say, and what they are told, as envelopes.

use crate::{
    error::ServerError,
    id::Position,
    object::{self, ObjectWriter},
    tabs::{escaped, unescaped},
    wire::{EventFrame, Text},
};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a tab says on its link.
pub(super) struct Said<'a> {
    event: Cow<'a, str>,
    pub(super) channel: Option<Cow<'a, str>>,
    pub(super) id: Option<Cow<'a, str>>,
    /// JSON text.
    pub(super) data: &'a str,
}

impl<'a> Said<'a> {
    /// Reads a frame; `None` if it is none that a tab would say.
    pub(super) fn read(frame: &'a str) -> Option<Self> {
        let names = ["event", "channel", "id", "data"];
        let [event, channel, id, data] = object::fields(frame, names).ok()?;
        let text = |value: Option<&'a RawValue>| match value {
            Some(value) => Text::of(value.get()).map(Some),
            None => Some(None),
        };
        Some(Self {
            event: text(event)??,
            channel: text(channel)?,
            id: text(id)?,
            data: data.map_or("null", RawValue::get),
        })
    }

    /// The word of the envelope's, or the name of an event as it goes over the link.
    pub(super) fn word(&self) -> &str {
        &self.event
    }

    /// The name of the app's event.
    pub(super) fn event(&self) -> &str {
        unescaped(&self.event)
    }
}

/// What a `subscribe` asks for.
pub(super) struct Wish {
    pub(super) since: Option<Position>,
    pub(super) params: Option<Box<RawValue>>,
    pub(super) token: Option<String>,
}

impl Wish {
    pub(super) fn read(data: &str) -> Option<Self> {
        if data == "null" {
            return Some(Self {
                since: None,
                params: None,
                token: None,
            });
        }
        let names = ["since", "epoch", "params", "token"];
        let [since, epoch, params, token] = object::fields(data, names).ok()?;
        let since = match (since, epoch) {
            (Some(since), epoch) => Some(Position {
                seq: since.get().parse().ok()?,
                epoch: match epoch {
                    Some(epoch) => Text::of(epoch.get())?.as_ref().into(),
                    None => "".into(),
                },
            }),
            (None, _) => None,
        };
        Some(Self {
            since,
            params: params.map(ToOwned::to_owned),
            token: match token {
                Some(token) => Some(Text::of(token.get())?.into_owned()),
                None => None,
            },
        })
    }
}

/// An event, as the server sent it or under a position of our own.
pub(super) fn event_frame(
    frame: &EventFrame<'_>,
    channel: Option<&str>,
    position: Option<&Position>,
) -> String {
    let mut envelope = ObjectWriter::default();
    envelope.text("event", Some(&escaped(&frame.event)));
    envelope.text("channel", channel);
    envelope.text("id", frame.id.as_deref());
    match position {
        Some(position) => write_position(&mut envelope, position),
        // Without a channel it counts in none that we know.
        None => {
            if let Some(seq) = frame.seq {
                envelope.raw("seq", &seq.to_string());
            }
            envelope.text("epoch", frame.epoch.as_deref());
        }
    }
    envelope.raw("data", &frame.data);
    envelope.end()
}

/// An event of the relay's own.
pub(super) fn own_frame(event: &str, channel: &str, data: &str) -> String {
    let mut envelope = ObjectWriter::default();
    envelope.text("event", Some(event));
    envelope.text("channel", Some(channel));
    envelope.raw("data", data);
    envelope.end()
}

/// The answer to a `subscribe`.
pub(super) fn subscribed_frame(
    re: &str,
    channel: &str,
    position: &Position,
    resumes: bool,
) -> String {
    let mut data = ObjectWriter::default();
    data.raw("recovered", if resumes { "true" } else { "false" });
    let mut envelope = ObjectWriter::default();
    envelope.text("event", Some("subscribe"));
    envelope.text("channel", Some(channel));
    envelope.text("re", Some(re));
    write_position(&mut envelope, position);
    envelope.raw("data", &data.end());
    envelope.end()
}

/// The answer to a message: JSON text, or a refusal.
pub(super) fn answer_frame(re: &str, result: Result<&str, &ServerError>) -> String {
    let mut envelope = ObjectWriter::default();
    envelope.text("event", Some("ack"));
    envelope.text("re", Some(re));
    match result {
        Ok(data) => envelope.raw("data", data),
        Err(error) => envelope.raw("error", &refusal_json(error)),
    }
    envelope.end()
}

pub(super) fn pong_frame(re: Option<&str>) -> String {
    let mut envelope = ObjectWriter::default();
    envelope.text("event", Some("pong"));
    envelope.text("re", re);
    envelope.end()
}

/// An error, as the envelope has it.
pub(super) fn refusal_json(error: &ServerError) -> String {
    let mut refusal = ObjectWriter::default();
    refusal.text("code", Some(&error.code));
    refusal.text("message", Some(&error.message));
    if let Some(wait) = error.retry_after {
        refusal.raw("retryAfter", &wait.to_string());
    }
    refusal.end()
}

fn write_position(envelope: &mut ObjectWriter, position: &Position) {
    envelope.raw("seq", &position.seq.to_string());
    envelope.text("epoch", Some(&position.epoch));
}
