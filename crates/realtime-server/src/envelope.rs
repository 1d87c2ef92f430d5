//! Envelope: reading a client's frames and writing the server's.

use crate::{Refusal, limits::NAME_BYTES, refusal::quoted};
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{error::Category, value::RawValue};

/// One frame from a client.
#[derive(Debug)]
pub(crate) struct Inbound<'a> {
    pub(crate) event: String,
    pub(crate) channel: Option<String>,
    pub(crate) id: Option<String>,
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    event: Option<String>,
    channel: Option<String>,
    id: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl<'a> Inbound<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.trim_start().starts_with('[') {
            return Err(invalid_envelope("it must be one object"));
        }
        let raw: Raw<'a> = serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => invalid_envelope(quoted(&error.to_string())),
            _ => Refusal::new("invalid_json", format!("the frame is not JSON: {error}")),
        })?;
        let event = raw
            .event
            .filter(|event| !event.is_empty())
            .ok_or_else(|| Refusal::new("missing_event", "an envelope needs an event"))?;
        let names = [Some(&event), raw.channel.as_ref(), raw.id.as_ref()];
        if names
            .into_iter()
            .flatten()
            .any(|name| name.len() > NAME_BYTES)
        {
            let message = format!("event, channel and id have at most {NAME_BYTES} bytes each");
            return Err(invalid_envelope(&message));
        }
        Ok(Self {
            event,
            channel: raw.channel,
            id: raw.id,
            data: raw.data,
        })
    }

    /// The data in the type that the event has.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_str(self.raw_data())
            .map_err(|error| Refusal::invalid(format!("{} has wrong data: {error}", self.event)))
    }

    /// The data as it came, `null` if there was none.
    pub(crate) fn raw_data(&self) -> &'a str {
        self.data.map_or("null", RawValue::get)
    }

    /// The same to be kept.
    pub(crate) fn owned_data(&self) -> Box<RawValue> {
        self.data.unwrap_or(RawValue::NULL).to_owned()
    }

    /// The channel, which presence and typing may name in the data instead.
    pub(crate) fn channel(&self) -> Result<String, Refusal> {
        #[derive(Deserialize)]
        struct Named {
            channel: String,
        }
        if let Some(channel) = &self.channel {
            return Ok(channel.clone());
        }
        let named = self.data::<Named>();
        let Ok(Named { channel }) = named else {
            return Err(Refusal::invalid(format!("{} needs a channel", self.event)));
        };
        if channel.len() > NAME_BYTES {
            let message = format!("a channel has at most {NAME_BYTES} bytes");
            return Err(invalid_envelope(&message));
        }
        Ok(channel)
    }
}

/// One frame to a client.
#[derive(Debug, Serialize)]
pub(crate) struct Outbound<'a, D> {
    pub(crate) event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) re: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) epoch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<D>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'a Refusal>,
}

impl<'a, D: Serialize> Outbound<'a, D> {
    /// A frame with no more than an event.
    pub(crate) fn new(event: &'a str) -> Self {
        Self {
            event,
            channel: None,
            id: None,
            re: None,
            seq: None,
            epoch: None,
            data: None,
            error: None,
        }
    }

    /// The frame as text.
    pub(crate) fn encode(&self) -> Utf8Bytes {
        // The server's own types have string keys and finite numbers, which always serialise.
        let text = serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, event = self.event, "an event could not be written");
            r#"{"event":"error","error":{"code":"internal","message":"the server could not write an event"}}"#
                .to_owned()
        });
        text.into()
    }
}

/// The answer to a message: `ack`, or what the message's event calls for, or a plain `error` if it had no id.
pub(crate) fn refusal_frame(
    event: &str,
    channel: Option<&str>,
    re: Option<&str>,
    refusal: &Refusal,
) -> Utf8Bytes {
    let event = match (re, event) {
        (None, _) => "error",
        (Some(_), "auth" | "subscribe") => event,
        (Some(_), _) => "ack",
    };
    Outbound::<()> {
        channel,
        re,
        error: Some(refusal),
        ..Outbound::new(event)
    }
    .encode()
}

fn invalid_envelope(why: &str) -> Refusal {
    Refusal::new(
        "invalid_envelope",
        format!("the frame is not an envelope: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Inbound::parse(text).unwrap_err().code().to_owned()
    }

    #[test]
    fn a_frame_that_is_no_envelope_is_refused_with_the_reason() {
        assert_eq!(code("{"), "invalid_json");
        assert_eq!(code(""), "invalid_json");
        assert_eq!(code(r#"["ping",null,null,null]"#), "invalid_envelope");
        assert_eq!(code(r#"{"event":5}"#), "invalid_envelope");
        assert_eq!(code(r#"{"event":"a","event":"b"}"#), "invalid_envelope");
        assert_eq!(code("{}"), "missing_event");
        assert_eq!(code(r#"{"event":null}"#), "missing_event");
        let long = "x".repeat(NAME_BYTES + 1);
        assert_eq!(
            code(&format!(r#"{{"event":"ping","id":"{long}"}}"#)),
            "invalid_envelope"
        );
    }

    #[test]
    fn an_unknown_field_is_ignored() {
        let frame = Inbound::parse(r#"{"event":"ping","colour":"red"}"#).unwrap();
        assert_eq!(frame.event, "ping");
        assert_eq!(frame.raw_data(), "null");
    }

    #[test]
    fn the_channel_may_be_in_the_data() {
        let frame = r#"{"event":"typing:stop","data":{"channel":"room:a","id":"u"}}"#;
        assert_eq!(Inbound::parse(frame).unwrap().channel().unwrap(), "room:a");
        assert!(
            Inbound::parse(r#"{"event":"typing:stop"}"#)
                .unwrap()
                .channel()
                .is_err()
        );
        let long = "x".repeat(NAME_BYTES + 1);
        let frame = format!(r#"{{"event":"typing:stop","data":{{"channel":"{long}"}}}}"#);
        let refused = Inbound::parse(&frame).unwrap().channel().unwrap_err();
        assert_eq!(refused.code(), "invalid_envelope");
    }
}
