//! Payload: data, channel and message id of an event, in the shape that the server wants.

use super::super::Text;
use super::{
    arguments::Fields,
    options::{ChannelMapping, PayloadShape, SocketIoOptions},
};
use crate::{bytes, object::ObjectWriter};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

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
    // The outbox has made sure that it is JSON.
    if data.starts_with('{')
        && let Beside::Fits { has_channel } = beside(data, channel, id.map(|_| id_field))
    {
        object.text("channel", channel.filter(|_| !has_channel));
        object.text(id_field, id);
        return object.end_with(data);
    }
    object.text("channel", channel);
    object.text(id_field, id);
    if data != "null" {
        object.raw("data", data);
    }
    object.end()
}

/// What of a payload is an event's data, and which message it names.
///
/// One with `channel` and `data` is an envelope. Where the channel need not be named, `data` alone
/// does not tell an envelope from an object that happens to have such a field: the options do.
pub(super) fn incoming<'a>(
    options: &SocketIoOptions,
    payload: &'a str,
    fields: &mut Fields<'a>,
) -> (&'a str, Option<Cow<'a, str>>) {
    let is_envelope = match options.mapping {
        ChannelMapping::Payload => fields.channel.is_some(),
        ChannelMapping::Namespace => options.shape == PayloadShape::Envelope,
    };
    match fields.data.filter(|_| is_envelope) {
        // Data that would not fit beside the id is wrapped, and comes back so.
        Some(data) => (data, fields.id.take().or(fields.message_id.take())),
        None => (payload, fields.message_id.take()),
    }
}

/// Whether an object has room for channel and id beside its own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Fits {
        /// Whether it names the same channel already.
        has_channel: bool,
    },
    /// One of its fields would be taken for ours, or ours for one of its own.
    Clashes,
}

/// How the fields of `object` go with ours. Beside a channel, `data` would make an envelope of it.
fn beside(object: &str, channel: Option<&str>, id_field: Option<&str>) -> Beside {
    struct Search<'n> {
        channel: Option<&'n str>,
        id_field: Option<&'n str>,
    }

    impl<'de> Visitor<'de> for Search<'_> {
        type Value = Beside;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut has_channel, mut clashes) = (false, false);
            while let Some((Text(field), value)) = map.next_entry::<_, &RawValue>()? {
                let field = field.as_ref();
                if field == "channel" && self.channel.is_some() {
                    has_channel = true;
                    let is_text = value.get().starts_with('"');
                    let named = Text::of(value.get()).filter(|_| is_text);
                    clashes |= named.as_deref() != self.channel;
                }
                clashes |= field == "data" && self.channel.is_some();
                clashes |= field == bytes::FIELD || Some(field) == self.id_field;
            }
            Ok(if clashes {
                Beside::Clashes
            } else {
                Beside::Fits { has_channel }
            })
        }
    }

    serde_json::Deserializer::from_str(object)
        .deserialize_map(Search { channel, id_field })
        .unwrap_or(Beside::Clashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(channel: Option<&str>, id: Option<&str>, data: &str) -> String {
        outgoing(&SocketIoOptions::new(), channel, id, data)
    }

    #[test]
    fn flat_data_gets_channel_and_id_or_is_wrapped_where_its_fields_would_clash_with_them() {
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
                r#"{"ch\u0061nnel":"a\"b","x":{"messageId":2}}"#,
                r#"{"messageId":"q-1","ch\u0061nnel":"a\"b","x":{"messageId":2}}"#,
            ),
            (
                both,
                r#"{"ch\u0061nnel":"c"}"#,
                r#"{"channel":"a\"b","messageId":"q-1","data":{"ch\u0061nnel":"c"}}"#,
            ),
            (
                both,
                r#"{"message\u0049d":2}"#,
                r#"{"channel":"a\"b","messageId":"q-1","data":{"message\u0049d":2}}"#,
            ),
            (
                both,
                r#"{"data":1,"x":2}"#,
                r#"{"channel":"a\"b","messageId":"q-1","data":{"data":1,"x":2}}"#,
            ),
            (
                (None, Some("q-1")),
                r#"{"messageId":"mine"}"#,
                r#"{"messageId":"q-1","data":{"messageId":"mine"}}"#,
            ),
            (
                (None, Some("q-1")),
                r#"{"channel":"c","data":1}"#,
                r#"{"messageId":"q-1","channel":"c","data":1}"#,
            ),
            (
                (Some("1"), None),
                r#"{"channel":1,"messageId":2}"#,
                r#"{"channel":"1","data":{"channel":1,"messageId":2}}"#,
            ),
            ((None, None), r#"{"messageId":2}"#, r#"{"messageId":2}"#),
            (
                both,
                r#"{"$bytes":"AA=="}"#,
                r#"{"channel":"a\"b","messageId":"q-1","data":{"$bytes":"AA=="}}"#,
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
            assert!(
                serde_json::from_str::<serde::de::IgnoredAny>(&written.replace("1e999", "1"))
                    .is_ok()
            );
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
        let plain = SocketIoOptions::new();
        let namespaces = plain.clone().with_mapping(ChannelMapping::Namespace);
        let wrapped = namespaces.clone().with_shape(PayloadShape::Envelope);
        for (options, channel, data, expected) in [
            (&plain, Some("c"), Some("1"), ("1", "envelope's")),
            (&plain, Some("c"), None, ("whole", "flat's")),
            (&plain, None, Some("1"), ("whole", "flat's")),
            (&namespaces, Some("c"), Some("1"), ("whole", "flat's")),
            (&wrapped, None, Some("1"), ("1", "envelope's")),
            (&wrapped, None, None, ("whole", "flat's")),
        ] {
            let mut fields = Fields {
                channel: channel.map(Cow::Borrowed),
                data,
                id: Some("envelope's".into()),
                message_id: Some("flat's".into()),
                ..Fields::default()
            };
            let (data, id) = incoming(options, "whole", &mut fields);
            assert_eq!((data, id.as_deref()), (expected.0, Some(expected.1)));
        }
    }
}
