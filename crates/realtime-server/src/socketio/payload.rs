//! Payload: what goes over Socket.IO, and the envelope that sessions read and write.

use crate::envelope::Outbound;
use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The first argument of a client's event: `{channel, messageId, …data}`, or `{channel, id, data}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    channel: Option<String>,
    id: Option<serde_json::Value>,
    message_id: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// A client's event as an envelope.
#[derive(Debug)]
pub(super) struct Inward {
    /// The envelope.
    pub(super) text: String,
    /// What its answer will have as `re`.
    pub(super) id: Option<String>,
    /// The channel that the client leaves by it.
    pub(super) left: Option<String>,
}

impl Inward {
    /// `arguments` are the event's name and what came with it, as a JSON array; `fallback` is the id of a message that
    /// wants an answer but brings no id. What cannot be read is the data of an envelope without a channel, which the
    /// session refuses.
    pub(super) fn read(arguments: &str, fallback: Option<String>) -> Self {
        let arguments: Vec<&RawValue> = serde_json::from_str(arguments).unwrap_or_default();
        let mut arguments = arguments.into_iter();
        let event = arguments.next().and_then(text_of).unwrap_or_default();
        let payload = arguments.next();
        let name = payload.and_then(text_of);
        let is_name = name.is_some();
        let Payload {
            channel,
            id,
            message_id,
            data,
        } = match (name, payload) {
            (None, Some(payload)) => serde_json::from_str(payload.get()).unwrap_or_default(),
            (channel, _) => Payload {
                channel,
                ..Payload::default()
            },
        };
        let is_envelope = channel.is_some() && data.is_some();
        let own = id.as_ref().and_then(|id| id.as_str().map(str::to_owned));
        let id = own.filter(|_| is_envelope).or(message_id).or(fallback);
        let event = match event.as_str() {
            "join" => "subscribe",
            "leave" => "unsubscribe",
            other => other,
        };
        let envelope = Outbound {
            channel: channel.as_deref(),
            id: id.as_deref(),
            data: if is_envelope {
                data
            } else {
                payload.filter(|_| !is_name)
            },
            ..Outbound::new(event)
        };
        let text = envelope.encode().to_string();
        let left = channel.filter(|_| event == "unsubscribe");
        Self { text, id, left }
    }
}

/// A text, if that is what it is.
fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// A text, borrowed where it stands in the frame as it is, without escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn text<'a>(maybe: &'a Option<Text<'_>>) -> Option<&'a str> {
    maybe.as_ref().map(|text| &*text.0)
}

/// A session's frame, to be said over Socket.IO.
#[derive(Debug, Deserialize)]
pub(super) struct Outward<'a> {
    #[serde(borrow)]
    pub(super) event: Cow<'a, str>,
    #[serde(borrow)]
    re: Option<Text<'a>>,
    #[serde(borrow)]
    channel: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    seq: Option<u64>,
    #[serde(borrow)]
    epoch: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The one argument of an event or an ack.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Argument<'a> {
    Event {
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        epoch: Option<&'a str>,
        data: Option<&'a RawValue>,
    },
    Joined {
        seq: Option<u64>,
        epoch: Option<&'a str>,
        recovered: bool,
    },
    Refused {
        error: &'a RawValue,
    },
    Data(Option<&'a RawValue>),
}

#[derive(Default, Deserialize)]
struct Recovered {
    recovered: bool,
}

impl<'a> Outward<'a> {
    pub(super) fn read(frame: &'a Utf8Bytes) -> Result<Self, serde_json::Error> {
        serde_json::from_str(frame)
    }

    /// What an ack or an event says.
    pub(super) fn argument(&self) -> Argument<'_> {
        match (self.error, &self.re) {
            (Some(error), Some(_)) => Argument::Refused { error },
            (Some(error), None) => Argument::Data(Some(error)),
            (None, Some(_)) if self.event == "subscribe" => Argument::Joined {
                seq: self.seq,
                epoch: text(&self.epoch),
                recovered: self.is_recovered(),
            },
            (None, Some(_)) => Argument::Data(self.data),
            (None, None) => Argument::Event {
                channel: text(&self.channel),
                id: text(&self.id),
                seq: self.seq,
                epoch: text(&self.epoch),
                data: self.data,
            },
        }
    }

    /// The channel that the client has joined by what this answers.
    pub(super) fn joined(&self) -> Option<&str> {
        let is_joined = self.event == "subscribe" && self.error.is_none();
        text(&self.channel).filter(|_| is_joined)
    }

    /// The id of what this answers.
    pub(super) fn answers(&self) -> Option<&str> {
        text(&self.re)
    }

    fn is_recovered(&self) -> bool {
        let data = self.data.map(|data| serde_json::from_str(data.get()));
        let data: Recovered = data.transpose().ok().flatten().unwrap_or_default();
        data.recovered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn inward(event: &str, payload: Value) -> (Value, Option<String>) {
        let read = Inward::read(&json!([event, payload]).to_string(), Some("s1".into()));
        (serde_json::from_str(&read.text).unwrap(), read.id)
    }

    fn outward(frame: Value) -> Value {
        let frame = Utf8Bytes::from(frame.to_string());
        serde_json::to_value(Outward::read(&frame).unwrap().argument()).unwrap()
    }

    #[test]
    fn a_flat_payload_is_the_data_and_names_channel_and_message() {
        let payload = json!({"channel": "tasks", "messageId": "a-1", "id": "t1", "done": true});
        let (envelope, id) = inward("task:update", payload.clone());
        assert_eq!(
            envelope,
            json!({"event": "task:update", "channel": "tasks", "id": "a-1", "data": payload})
        );
        assert_eq!(id.as_deref(), Some("a-1"));
    }

    #[test]
    fn an_enveloped_payload_has_its_data_beside_them() {
        let payload = json!({"channel": "tasks", "id": "a-1", "data": {"title": "Write"}});
        let (envelope, _) = inward("task:create", payload);
        let told = json!({"event": "task:create", "channel": "tasks", "id": "a-1", "data": {"title": "Write"}});
        assert_eq!(envelope, told);
        let payload = json!({"channel": "tasks", "messageId": "a-1", "data": 7});
        assert_eq!(inward("task:create", payload).0["id"], "a-1");
    }

    #[test]
    fn joining_is_subscribing_and_an_answer_is_found_without_an_id_too() {
        let (envelope, id) = inward(
            "join",
            json!({"channel": "tasks", "since": 5, "epoch": "b"}),
        );
        assert_eq!(envelope["event"], "subscribe");
        assert_eq!(envelope["data"]["since"], 5);
        assert_eq!(id.as_deref(), Some("s1"));
        let (envelope, _) = inward("leave", json!("tasks"));
        let told = json!({"event": "unsubscribe", "channel": "tasks", "id": "s1"});
        assert_eq!(envelope, told);
    }

    #[test]
    fn what_cannot_be_read_is_data_without_a_channel() {
        for payload in [
            json!(7),
            json!([1]),
            json!({"channel": 7}),
            json!({"messageId": 7}),
        ] {
            let (envelope, _) = inward("task:create", payload.clone());
            let told = json!({"event": "task:create", "id": "s1", "data": payload});
            assert_eq!(envelope, told);
        }
        let nothing = Inward::read(r#"["demo:cut"]"#, None);
        assert_eq!(nothing.text, r#"{"event":"demo:cut"}"#);
    }

    #[test]
    fn an_event_keeps_its_position_and_its_cause() {
        let frame = json!({"event": "list:update", "channel": "tasks", "id": "a-1", "seq": 3, "epoch": "b", "data": {"x": 1}});
        let told =
            json!({"channel": "tasks", "id": "a-1", "seq": 3, "epoch": "b", "data": {"x": 1}});
        assert_eq!(outward(frame), told);
    }

    #[test]
    fn names_that_are_written_with_escapes_are_said_as_they_are() {
        let name = "a \"quoted\"\n\u{1}name";
        let frame = json!({"event": name, "channel": name, "id": name, "epoch": name, "data": 1});
        let text = Utf8Bytes::from(frame.to_string());
        assert_eq!(Outward::read(&text).unwrap().event, name);
        let told = json!({"channel": name, "id": name, "epoch": name, "data": 1});
        assert_eq!(outward(frame), told);
        let frame = json!({"event": "subscribe", "channel": name, "re": name, "epoch": name});
        let text = Utf8Bytes::from(frame.to_string());
        let answer = Outward::read(&text).unwrap();
        assert_eq!(
            (answer.answers(), answer.joined()),
            (Some(name), Some(name))
        );
    }

    #[test]
    fn an_answer_is_the_data_the_position_or_the_error() {
        let frame = json!({"event": "ack", "re": "a-1", "data": {"id": "t1"}});
        assert_eq!(outward(frame), json!({"id": "t1"}));
        let frame = json!({"event": "subscribe", "channel": "tasks", "re": "s1", "seq": 3, "epoch": "b", "data": {"recovered": true}});
        assert_eq!(
            outward(frame),
            json!({"seq": 3, "epoch": "b", "recovered": true})
        );
        let frame = json!({"event": "ack", "re": "a-1", "error": {"code": "conflict"}});
        assert_eq!(outward(frame), json!({"error": {"code": "conflict"}}));
        let frame = json!({"event": "error", "error": {"code": "rate_limited"}});
        assert_eq!(outward(frame), json!({"code": "rate_limited"}));
    }
}
