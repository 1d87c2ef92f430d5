//! What goes with an event: data, channel and message id, in the shape that the server wants.

use super::super::Text;
use super::{
    arguments::Fields,
    options::{PayloadShape, SocketIoOptions},
};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::{borrow::Cow, fmt};

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The payload of a message of ours. `data` is JSON text.
pub(super) fn outgoing(
    options: &SocketIoOptions,
    channel: Option<&str>,
    id: Option<&str>,
    data: &str,
) -> String {
    let data = data.trim();
    let mut object = ObjectWriter::default();
    if options.shape == PayloadShape::Envelope {
        object.text("channel", channel);
        object.text("id", id);
        object.raw("data", data);
        return object.end();
    }
    let id_field = options.message_id_field.as_deref();
    let id = id.filter(|_| id_field.is_some());
    let id_field = id_field.unwrap_or_default();
    if data.starts_with('{') {
        // The outbox has made sure that it is JSON.
        let [has_channel, has_id] = has(data, ["channel", id_field]);
        object.text("channel", channel.filter(|_| !has_channel));
        object.text(id_field, id.filter(|_| !has_id));
        return object.end_with(data);
    }
    object.text("channel", channel);
    object.text(id_field, id);
    if data != "null" {
        object.raw("data", data);
    }
    object.end()
}

/// What of a payload is an event's data, and which channel and message it names.
pub(super) struct Incoming<'a> {
    pub(super) channel: Option<Cow<'a, str>>,
    pub(super) data: &'a str,
    pub(super) id: Option<Cow<'a, str>>,
}

/// Takes a payload that is an object apart. One with `channel` and `data` is an envelope.
pub(super) fn incoming<'a>(payload: &'a str, fields: Fields<'a>) -> Incoming<'a> {
    match (fields.channel, fields.data) {
        (Some(channel), Some(data)) => Incoming {
            channel: Some(channel),
            data,
            id: fields.id,
        },
        (channel, _) => Incoming {
            channel,
            data: payload,
            id: fields.message_id,
        },
    }
}

/// Writes an object from what is JSON already.
#[derive(Default)]
pub(super) struct ObjectWriter(String);

impl ObjectWriter {
    pub(super) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.raw(name, &quoted(text));
        }
    }

    pub(super) fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }

    /// Ends with the fields of another object.
    fn end_with(mut self, object: &str) -> String {
        if self.0.is_empty() {
            return object.to_owned();
        }
        let rest = object.strip_prefix('{').unwrap_or(object).trim_start();
        if rest != "}" {
            self.0.push(',');
        }
        self.0.push_str(rest);
        self.0
    }
}

/// Which of `names` an object has for fields.
fn has(object: &str, names: [&str; 2]) -> [bool; 2] {
    struct Search<'n>([&'n str; 2]);

    impl<'de> Visitor<'de> for Search<'_> {
        type Value = [bool; 2];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut has = [false; 2];
            while let Some((Text(field), _)) = map.next_entry::<_, IgnoredAny>()? {
                for (has, name) in has.iter_mut().zip(self.0) {
                    *has |= field == name;
                }
            }
            Ok(has)
        }
    }

    serde_json::Deserializer::from_str(object)
        .deserialize_map(Search(names))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(channel: Option<&str>, id: Option<&str>, data: &str) -> String {
        outgoing(&SocketIoOptions::new(), channel, id, data)
    }

    #[test]
    fn flat_data_gets_channel_and_id_unless_it_has_them() {
        let both = (Some("a\"b"), Some("q-1"));
        let cases = [
            (
                both,
                r#" { "n" : 1e999 } "#,
                r#"{"channel":"a\"b","messageId":"q-1","n" : 1e999 }"#,
            ),
            (both, "{}", r#"{"channel":"a\"b","messageId":"q-1"}"#),
            (
                both,
                r#"{"channel":1,"x":{"messageId":2}}"#,
                r#"{"messageId":"q-1","channel":1,"x":{"messageId":2}}"#,
            ),
            (
                both,
                r#"{"ch\u0061nnel":1,"messageId":2}"#,
                r#"{"ch\u0061nnel":1,"messageId":2}"#,
            ),
            (
                both,
                "[1]",
                r#"{"channel":"a\"b","messageId":"q-1","data":[1]}"#,
            ),
            ((None, None), "null", "{}"),
            ((None, None), r#""{""#, r#"{"data":"{"}"#),
            ((None, None), "{ }", "{ }"),
        ];
        for ((channel, id), data, expected) in cases {
            let written = flat(channel, id, data);
            assert_eq!(written, expected);
            assert!(serde_json::from_str::<IgnoredAny>(&written.replace("1e999", "1")).is_ok());
        }
    }

    #[test]
    fn an_envelope_wraps_whatever_the_data_is() {
        let options = SocketIoOptions::new().with_shape(PayloadShape::Envelope);
        assert_eq!(
            outgoing(&options, Some("tasks"), Some("q-1"), r#"{"channel":1}"#),
            r#"{"channel":"tasks","id":"q-1","data":{"channel":1}}"#
        );
        assert_eq!(outgoing(&options, None, None, "null"), r#"{"data":null}"#);
    }

    #[test]
    fn a_server_without_ids_gets_none() {
        let options = SocketIoOptions::new().with_message_id_field(None);
        let written = outgoing(&options, Some("tasks"), Some("q-1"), r#"{"":1}"#);
        assert_eq!(written, r#"{"channel":"tasks","":1}"#);
    }

    #[test]
    fn only_a_payload_with_channel_and_data_is_an_envelope() {
        let fields = |channel: Option<&'static str>, data| Fields {
            channel: channel.map(Cow::Borrowed),
            data,
            id: Some("envelope's".into()),
            message_id: Some("flat's".into()),
            ..Fields::default()
        };
        for (channel, data, expected) in [
            (Some("c"), Some("1"), ("1", "envelope's")),
            (Some("c"), None, ("whole", "flat's")),
            (None, Some("1"), ("whole", "flat's")),
        ] {
            let incoming = incoming("whole", fields(channel, data));
            assert_eq!(
                (incoming.data, incoming.id.as_deref()),
                (expected.0, Some(expected.1))
            );
            assert_eq!(incoming.channel.as_deref(), channel);
        }
    }
}
