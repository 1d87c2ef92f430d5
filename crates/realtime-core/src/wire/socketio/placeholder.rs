//! Byte strings in a packet's JSON: placeholders on the wire, base64 for the app.

use super::{super::Text, error::SocketIoError};
use crate::bytes;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// Puts `buffers` in the place of their placeholders. The result has at most `limit` bytes.
pub(super) fn fill_in(
    json: &str,
    buffers: &[Vec<u8>],
    limit: usize,
) -> Result<String, SocketIoError> {
    replace(json, |object, written| {
        let mut is_placeholder = false;
        let read = read_object(object, Placeholder(&mut is_placeholder));
        // One that is begun and cannot be read on ends it all. To go on within it would read what
        // it holds once more for each level.
        let Some(num) = read else {
            return if is_placeholder {
                Err(SocketIoError::Placeholder)
            } else {
                Ok(false)
            };
        };
        let buffer = num
            .and_then(|num| buffers.get(num))
            .ok_or(SocketIoError::Placeholder)?;
        let bytes = written.len() + buffer.len() / 3 * 4;
        if bytes > limit {
            return Err(SocketIoError::AttachmentsTooLarge { bytes, limit });
        }
        bytes::write(written, buffer);
        Ok(true)
    })
}

/// Puts placeholders in the place of byte strings, which it takes out.
pub(super) fn take_out(json: &str) -> (Cow<'_, str>, Vec<Vec<u8>>) {
    // A name may be written with escapes, but nobody who writes this one does.
    if !json.contains(bytes::FIELD) {
        return (Cow::Borrowed(json), Vec::new());
    }
    let mut buffers = Vec::new();
    let replaced = replace(json, |object, written| {
        let Some(ByteString(buffer)) = read_object(object, PhantomData) else {
            return Ok::<_, std::convert::Infallible>(false);
        };
        written.push_str("{\"_placeholder\":true,\"num\":");
        written.push_str(&buffers.len().to_string());
        written.push('}');
        buffers.push(buffer);
        Ok(true)
    });
    match replaced {
        Ok(replaced) => (Cow::Owned(replaced), buffers),
        Err(never) => match never {},
    }
}

/// Copies `json`, and offers each object in it to `write`, which may write something else for it
/// and then says so. It is given the text from the object's brace to the end.
///
/// Goes through the text once however deep it is nested, provided that `write` looks no further
/// than the object that it replaces.
fn replace<E>(
    json: &str,
    mut write: impl FnMut(&mut Objects<'_>, &mut String) -> Result<bool, E>,
) -> Result<String, E> {
    let mut written = String::with_capacity(json.len());
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    let bytes = json.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match (in_string, byte) {
            (true, b'\\') => at += 1,
            (_, b'"') => in_string = !in_string,
            (false, b'{') => {
                written.push_str(&json[copied..at]);
                copied = at;
                let mut object = Objects {
                    json: &json[at..],
                    read: 0,
                };
                if write(&mut object, &mut written)? {
                    at += object.read;
                    copied = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    written.push_str(&json[copied..]);
    Ok(written)
}

/// The text from an object on.
struct Objects<'a> {
    json: &'a str,
    /// How long the object is, once it is read.
    read: usize,
}

fn read_object<'a, S: DeserializeSeed<'a>>(object: &mut Objects<'a>, seed: S) -> Option<S::Value> {
    let mut json = serde_json::Deserializer::from_str(object.json);
    let value = seed.deserialize(&mut json).ok()?;
    object.read = json.into_iter::<IgnoredAny>().byte_offset();
    Some(value)
}

/// Reads `{"_placeholder": true, "num": 0}`, in any order, for its `num`: `None` for what is no index.
/// Reading stops at once where it is something else; the flag tells whether it is one.
struct Placeholder<'p>(&'p mut bool);

impl<'de> DeserializeSeed<'de> for Placeholder<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Placeholder<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a placeholder")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (is_placeholder, mut num) = (self.0, None);
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "num" if *is_placeholder => {
                    num = map.next_value::<&RawValue>()?.get().parse().ok();
                }
                _ if *is_placeholder => drop(map.next_value::<IgnoredAny>()?),
                "_placeholder" if map.next_value()? => *is_placeholder = true,
                // Nothing nested, or each level would read all those below it.
                "num" => num = Some(map.next_value()?),
                _ => return Err(Error::custom("something else")),
            }
        }
        if *is_placeholder {
            Ok(num)
        } else {
            Err(Error::custom("something else"))
        }
    }
}

/// `{"$bytes": "…"}` and nothing else.
struct ByteString(Vec<u8>);

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bytes::Bytes::deserialize(deserializer).map(|bytes| Self(bytes.into_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_can_be_filled_in_again() {
        let json = r#"{"a":{"$bytes":"AAH+"},"b":[{"$bytes":""},{"$bytes":1},"{\"$bytes\":\"\"}"],"$bytes":"AA=="}"#;
        let (text, buffers) = take_out(json);
        assert_eq!(
            text,
            r#"{"a":{"_placeholder":true,"num":0},"b":[{"_placeholder":true,"num":1},{"$bytes":1},"{\"$bytes\":\"\"}"],"$bytes":"AA=="}"#
        );
        assert_eq!(buffers, [vec![0, 1, 0xfe], vec![]]);
        assert_eq!(fill_in(&text, &buffers, 1_000).as_deref(), Ok(json));
        assert!(matches!(take_out(r#"{"a":1}"#), (Cow::Borrowed(_), _)));
    }

    #[test]
    fn placeholders_are_known_in_any_order_and_nothing_else_is_one() {
        let buffers = [vec![1], vec![2]];
        let filled = r#"[{"$bytes":"Ag=="}]"#;
        for json in [
            r#"[{"num":1,"_placeholder":true}]"#,
            r#"[{ "_placeholder" : true , "num" : 1 }]"#,
            r#"[{"_placeholder":true,"x":[{}],"num":1}]"#,
        ] {
            assert_eq!(
                fill_in(json, &buffers, 100).as_deref(),
                Ok(filled),
                "{json}"
            );
        }
        for json in [
            r#"["{\"_placeholder\":true,\"num\":0}",{},{"num":1}]"#,
            r#"[{"_placeholder":false,"num":0},{"x":1,"_placeholder":true,"num":0}]"#,
            r#"[{"num":{"num":{"num":[]}}}]"#,
        ] {
            assert_eq!(fill_in(json, &buffers, 100).as_deref(), Ok(json), "{json}");
        }
        for json in [
            r#"[{"_placeholder":true,"num":2}]"#,
            r#"[{"_placeholder":true,"num":-1}]"#,
            r#"[{"_placeholder":true,"num":0.5}]"#,
            r#"[{"_placeholder":true,"num":"0"}]"#,
            r#"[{"_placeholder":true,"num":18446744073709551616}]"#,
            r#"[{"_placeholder":true}]"#,
            r#"[{"_placeholder":true,"x":{"_placeholder":true,"num":0}"#,
        ] {
            let filled = fill_in(json, &buffers, 100);
            assert_eq!(filled, Err(SocketIoError::Placeholder), "{json}");
        }
    }

    #[test]
    fn one_buffer_named_again_and_again_does_not_fill_the_memory() {
        let json = format!("[{}]", [r#"{"_placeholder":true,"num":0}"#; 50].join(","));
        let filled = fill_in(&json, &[vec![0; 100]], 1_000);
        let Err(SocketIoError::AttachmentsTooLarge { limit: 1_000, .. }) = filled else {
            panic!("{filled:?}")
        };
    }

    #[test]
    fn deep_nesting_takes_no_stack_and_no_time() {
        for (open, close) in [
            ("[", "]"),
            (r#"{"num":"#, "}"),
            (r#"{"_placeholder":"#, "}"),
        ] {
            let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
            assert_eq!(fill_in(&deep, &[], 10).as_deref(), Ok(deep.as_str()));
        }
        let deep = format!(
            "{}1{}",
            r#"{"$bytes":"#.repeat(200_000),
            "}".repeat(200_000)
        );
        assert_eq!(take_out(&deep).0, deep);
    }

    #[test]
    fn cut_off_text_is_copied() {
        for json in ["\"", "\"\\", "{", "{\"", "[{\"$bytes\":\"AA=="] {
            assert_eq!(take_out(json).0, json);
            assert_eq!(fill_in(json, &[], 10).as_deref(), Ok(json));
        }
    }
}
