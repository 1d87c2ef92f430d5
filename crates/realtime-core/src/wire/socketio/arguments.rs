//! The arguments of an event or an acknowledgement, read in one pass and borrowed.

use super::super::{LONGEST_EPOCH, Text};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// The elements of a JSON array, one after the other, each parsed as its reader wants it.
///
/// Serde would want to know all their types beforehand, and would parse a payload once to find its
/// end and once more for what is in it.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    json: &'a str,
    /// How much of it is read.
    at: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First,
    Later,
    Over,
}

impl<'a> Arguments<'a> {
    /// The elements of `json`, which is to be an array.
    pub(super) fn new(json: &'a str) -> Result<Self, serde_json::Error> {
        let mut arguments = Self {
            json,
            at: 0,
            state: State::First,
        };
        if arguments.peek() != Some(b'[') {
            return Err(Error::custom("it is to be an array"));
        }
        arguments.at += 1;
        Ok(arguments)
    }

    /// Whether the next element is an object.
    pub(super) fn object_is_next(&self) -> bool {
        let rest = &self.json[self.at..];
        let rest = rest.trim_start_matches([' ', '\n', '\t', '\r']);
        let rest = rest.strip_prefix(',').unwrap_or(rest);
        rest.trim_start_matches([' ', '\n', '\t', '\r'])
            .starts_with('{')
    }

    /// The next element as `seed` reads it, with its JSON text; `None` after the last.
    pub(super) fn next<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<(S::Value, &'a str)>, serde_json::Error> {
        if self.state == State::Over {
            return Ok(None);
        }
        match (self.peek(), self.state) {
            (Some(b']'), _) => {
                self.at += 1;
                self.state = State::Over;
                return match self.peek() {
                    None => Ok(None),
                    Some(_) => Err(Error::custom("something follows the array")),
                };
            }
            (Some(b','), State::Later) => {
                self.at += 1;
                // Serde would step over the white space itself, but we want to know where it ends.
                self.peek();
            }
            (Some(_), State::First) => {}
            _ => return Err(Error::custom("the array ends too early")),
        }
        self.state = State::Later;
        let start = self.at;
        let mut json = serde_json::Deserializer::from_str(&self.json[start..]);
        let value = seed.deserialize(&mut json)?;
        self.at += json.into_iter::<IgnoredAny>().byte_offset();
        Ok(Some((value, &self.json[start..self.at])))
    }

    /// The next element as its JSON text.
    pub(super) fn next_raw(&mut self) -> Result<Option<&'a str>, serde_json::Error> {
        let next = self.next(PhantomData::<IgnoredAny>)?;
        Ok(next.map(|(_, raw)| raw))
    }

    fn peek(&mut self) -> Option<u8> {
        let rest = &self.json.as_bytes()[self.at..];
        let white = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r'))
            .count();
        self.at += white;
        rest.get(white).copied()
    }
}

/// What of an event's payload the client itself wants to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    pub(super) channel: Option<Cow<'a, str>>,
    pub(super) data: Option<&'a str>,
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) message_id: Option<Cow<'a, str>>,
    pub(super) seq: Option<u64>,
    pub(super) epoch: Option<Cow<'a, str>>,
}

/// Reads [`Fields`] out of an object. What is of another type than ours are is the app's own
/// business and left alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldsOf<'f> {
    /// The field that says which message caused the event.
    pub(super) message_id: Option<&'f str>,
}

impl<'de> DeserializeSeed<'de> for FieldsOf<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldsOf<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "channel" => fields.channel = text(map.next_value()?),
                "data" => fields.data = Some(map.next_value::<&RawValue>()?.get()),
                "seq" => fields.seq = text(map.next_value()?).and_then(|seq| seq.parse().ok()),
                "epoch" => {
                    let epoch = text(map.next_value()?);
                    fields.epoch = epoch.filter(|epoch| epoch.len() <= LONGEST_EPOCH);
                }
                "id" => fields.id = text(map.next_value()?),
                name if Some(name) == self.message_id => {
                    fields.message_id = text(map.next_value()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.message_id == Some("id") {
            fields.message_id.clone_from(&fields.id);
        }
        Ok(fields)
    }
}

fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    Text::of(value.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(json: &'a str, message_id: Option<&str>) -> Fields<'a> {
        let mut arguments = Arguments::new(json).unwrap();
        let (fields, raw) = arguments.next(FieldsOf { message_id }).unwrap().unwrap();
        assert_eq!(format!("[{raw}]"), json);
        assert_eq!(arguments.next_raw().unwrap(), None);
        fields
    }

    #[test]
    fn elements_are_read_one_by_one_with_their_text() {
        let json = " [ \"e\" , {\"a\": [1]} ,1e999, null,[[2],3]] ";
        let mut arguments = Arguments::new(json).unwrap();
        let mut raw = Vec::new();
        while let Some(next) = arguments.next_raw().unwrap() {
            raw.push(next);
        }
        assert_eq!(raw, ["\"e\"", "{\"a\": [1]}", "1e999", "null", "[[2],3]"]);
        assert_eq!(arguments.next_raw().unwrap(), None);
        assert_eq!(Arguments::new("[]").unwrap().next_raw().unwrap(), None);
    }

    #[test]
    fn what_is_no_array_is_an_error_and_never_an_end() {
        assert!(Arguments::new("").is_err());
        assert!(Arguments::new("{}").is_err());
        for wrong in [
            "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[\"a]", "[tru]", "[1}",
        ] {
            let mut arguments = Arguments::new(wrong).unwrap();
            let mut next = arguments.next_raw();
            while matches!(next, Ok(Some(_))) {
                next = arguments.next_raw();
            }
            assert!(next.is_err(), "{wrong}");
        }
    }

    #[test]
    fn fields_are_borrowed_and_those_of_another_type_left_to_the_app() {
        let json = r#"[{"seq":7,"channel":"tasks","x":[[]],"epoch":"b1","data":{"n":1e999},"messageId":"q-1"}]"#;
        let read = fields(json, Some("messageId"));
        assert!(matches!(read.channel, Some(Cow::Borrowed("tasks"))));
        assert_eq!((read.seq, read.data), (Some(7), Some(r#"{"n":1e999}"#)));
        assert_eq!(read.message_id.as_deref(), Some("q-1"));
        assert_eq!(read.id, None);

        let strange = r#"[{"channel":{"a":1},"seq":-1,"epoch":1.5,"id":null,"messageId":[1]}]"#;
        assert_eq!(fields(strange, Some("messageId")), Fields::default());
        let escaped = fields(
            r#"[{"channel":"a\u0062","seq":"18446744073709551615"}]"#,
            None,
        );
        assert_eq!(escaped.channel.as_deref(), Some("ab"));
        assert_eq!(escaped.seq, Some(u64::MAX));
        let numbered = fields(r#"[{"id":12}]"#, Some("id"));
        assert_eq!(numbered.message_id.as_deref(), Some("12"));
    }

    #[test]
    fn deep_nesting_is_stepped_over() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = format!(r#"["e",{{"x":{deep}}},{deep}]"#);
        let mut arguments = Arguments::new(&json).unwrap();
        arguments.next_raw().unwrap();
        let seed = FieldsOf { message_id: None };
        assert!(arguments.next(seed).unwrap().is_some());
        assert_eq!(arguments.next_raw().unwrap(), Some(deep.as_str()));
    }
}
