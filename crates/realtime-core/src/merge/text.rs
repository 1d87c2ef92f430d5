//! Merging objects as they are written: each text is read once, however deep its objects lie.

use crate::{error::DecodeError, ordered::OrderedMap};
use std::borrow::Cow;

/// Objects within objects, as many as the JSON parser would read into a tree.
const MAX_DEPTH: usize = 128;

/// The merged text. What is not an object, or is in one of the two only, is copied as it is written.
/// Both texts must be JSON.
pub(super) fn merge(target: &str, patch: &str) -> Result<String, DecodeError> {
    let mut merged = String::with_capacity(target.len() + patch.len());
    let patch = Reader::new("a patch", patch).part(None, 0)?;
    let target = Reader::new("the value under a patch", target).part(Some(&patch), 0)?;
    merge_into(&mut merged, Some(target), patch)?;
    Ok(merged)
}

fn merge_into(
    out: &mut String,
    target: Option<Part<'_>>,
    patch: Part<'_>,
) -> Result<(), DecodeError> {
    let changes = match patch {
        Part::Whole(json) => {
            out.push_str(json);
            return Ok(());
        }
        Part::Object(changes) => changes,
    };
    let fields = match target {
        Some(Part::Object(fields)) => fields,
        _ => OrderedMap::new(),
    };
    out.push('{');
    let start = out.len();
    // Both are in order.
    let (mut fields, mut changes) = (
        fields.into_iter().peekable(),
        changes.into_iter().peekable(),
    );
    loop {
        let name = match (fields.peek(), changes.peek()) {
            (Some((field, _)), Some((change, _))) => field.min(change).clone(),
            (Some((name, _)), None) | (None, Some((name, _))) => name.clone(),
            (None, None) => break,
        };
        let field = fields.next_if(|(field, _)| *field == name);
        let change = changes.next_if(|(change, _)| *change == name);
        match (field.map(|(_, value)| value), change) {
            (_, Some((_, Part::Whole("null")))) => {}
            (field, Some((_, change))) => {
                push_name(out, start, &name)?;
                merge_into(out, field, change)?;
            }
            (Some(Part::Whole(json)), None) => {
                push_name(out, start, &name)?;
                out.push_str(json);
            }
            // Where the patch has nothing, nothing is taken apart.
            (Some(Part::Object(_)) | None, None) => {}
        }
    }
    out.push('}');
    Ok(())
}

fn push_name(out: &mut String, start: usize, name: &str) -> Result<(), DecodeError> {
    if out.len() > start {
        out.push(',');
    }
    let name = serde_json::to_string(name).map_err(|error| DecodeError::new("a patch", error))?;
    out.push_str(&name);
    out.push(':');
    Ok(())
}

/// A value: as it is written, or as far as it is to be merged, by its fields in order.
#[derive(Debug)]
enum Part<'a> {
    Whole(&'a str),
    Object(Fields<'a>),
}

type Fields<'a> = OrderedMap<Cow<'a, str>, Part<'a>>;

impl<'a> Part<'a> {
    /// What there is for a field of this name.
    fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        fields.get(name)
    }
}

/// Goes through a JSON text from its beginning to its end.
struct Reader<'a> {
    what: &'static str,
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    const fn new(what: &'static str, text: &'a str) -> Self {
        Self { what, text, at: 0 }
    }

    /// The next value. It is taken apart where `patch` is an object; without one, where it is one itself.
    fn part(&mut self, patch: Option<&Part<'_>>, depth: usize) -> Result<Part<'a>, DecodeError> {
        let is_apart = patch.is_none_or(|patch| matches!(patch, Part::Object(_)));
        if self.peek() != Some(b'{') || !is_apart {
            return self.whole().map(Part::Whole);
        }
        if depth >= MAX_DEPTH {
            return Err(DecodeError::new(
                self.what,
                format_args!("objects lie more than {MAX_DEPTH} deep in one another"),
            ));
        }
        self.at += 1;
        let mut fields: Fields<'a> = OrderedMap::new();
        while self.peek() != Some(b'}') {
            if !fields.is_empty() {
                self.eat(b',')?;
            }
            let name = self.name()?;
            self.eat(b':')?;
            let value = match patch {
                None => self.part(None, depth + 1)?,
                Some(patch) => match patch.field(&name) {
                    Some(change) => self.part(Some(change), depth + 1)?,
                    None => Part::Whole(self.whole()?),
                },
            };
            // Of two fields with one name the later counts.
            fields.insert(name, value);
        }
        self.at += 1;
        Ok(Part::Object(fields))
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = b" \t\n\r";
        self.at += rest.iter().take_while(|byte| blank.contains(byte)).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Result<(), DecodeError> {
        if self.peek() != Some(byte) {
            return Err(self.broken());
        }
        self.at += 1;
        Ok(())
    }

    fn name(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let written = match self.peek() {
            Some(b'"') => self.whole()?,
            _ => return Err(self.broken()),
        };
        let inner = written
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        match inner.filter(|inner| !inner.contains('\\')) {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => serde_json::from_str(written)
                .map(Cow::Owned)
                .map_err(|error| DecodeError::new(self.what, error)),
        }
    }

    /// The next value as it is written.
    fn whole(&mut self) -> Result<&'a str, DecodeError> {
        self.peek();
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => break,
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                _ => self.skip_word(),
            }
            if depth == 0 {
                break;
            }
        }
        #[cfg(test)]
        tests::count(self.at - start);
        let written = self.text.get(start..self.at);
        written
            .filter(|it| !it.is_empty())
            .ok_or_else(|| self.broken())
    }

    /// Skips a string with its quotes.
    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            self.at += match byte {
                b'"' => break,
                b'\\' => 2,
                _ => 1,
            };
        }
        self.at += 1;
    }

    /// Skips a number or a word.
    fn skip_word(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let ends = b",:]}\" \t\n\r";
        self.at += rest.iter().take_while(|byte| !ends.contains(byte)).count();
    }

    fn broken(&self) -> DecodeError {
        DecodeError::new(self.what, format_args!("no JSON at byte {}", self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};
    use std::cell::Cell;

    thread_local! {
        static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    /// So many bytes were gone through.
    pub(super) fn count(bytes: usize) {
        BYTES.set(BYTES.get() + bytes);
    }

    #[test]
    fn however_deep_objects_lie_each_byte_is_read_once() {
        let nested = |depth: usize, end: &str| {
            let (start, end) = (
                r#"{"x":"#.repeat(depth),
                format!("{end}{}", "}".repeat(depth)),
            );
            start + &end
        };
        let big = format!("[{}1]", "1,".repeat(50_000));
        for (target, patch) in [
            (nested(0, "{}"), nested(126, &big)),
            (nested(126, "0"), nested(126, &big)),
            (nested(126, &big), nested(126, "0")),
            (nested(126, &big), nested(127, "{}")),
        ] {
            BYTES.set(0);
            merge(&target, &patch).unwrap();
            assert!(BYTES.get() <= target.len() + patch.len(), "{}", BYTES.get());
        }
    }

    #[test]
    fn of_what_is_no_json_nothing_is_made() {
        for broken in [
            "",
            "{",
            "{]",
            r#"{"a"}"#,
            r#"{"a":"#,
            r#"{"a":}"#,
            r#"{1:2}"#,
            r#"{"a":1 2}"#,
        ] {
            assert!(merge("{}", broken).is_err(), "{broken}");
            assert!(merge(broken, r#"{"a":{}}"#).is_err(), "{broken}");
        }
    }

    fn merged(target: &Value, patch: &Value) -> Value {
        let Value::Object(changes) = patch else {
            return patch.clone();
        };
        let mut fields = target.as_object().cloned().unwrap_or_default();
        for (name, change) in changes {
            let old = fields.remove(name).unwrap_or_default();
            if !change.is_null() {
                fields.insert(name.clone(), merged(&old, change));
            }
        }
        Value::Object(fields)
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = || prop::sample::select(vec!["a", "b", "c", "\"", "\\", "é{", "}]", ","]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, move |inner| {
            let fields = prop::collection::vec((text(), inner.clone()), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| {
                    let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
                    Value::Object(fields.collect::<Map<String, Value>>())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_merged_text_is_what_merged_trees_are(
            target in values(),
            patch in values(),
            is_spaced in any::<bool>(),
        ) {
            let text = |value: &Value| match is_spaced {
                true => format!(" {value:#} "),
                false => value.to_string(),
            };
            let result = merge(&text(&target), &text(&patch)).unwrap();
            let result: Value = serde_json::from_str(&result).unwrap();
            prop_assert_eq!(result, merged(&target, &patch));
        }
    }
}
