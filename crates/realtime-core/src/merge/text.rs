//! Merged text: objects merged as they are written; each text is read once, however deep its objects lie.

use crate::{error::DecodeError, ordered::OrderedMap};
use std::borrow::Cow;

/// Objects within objects, as many as the JSON parser would read into a tree.
const MAX_DEPTH: usize = 128;

/// The merged text. What is not an object, or is in one of the two only, is copied as it is written.
/// Both texts must be JSON.
pub(super) fn merge(target: &str, patch: &str) -> Result<String, DecodeError> {
    let mut merged = String::with_capacity(target.len() + patch.len());
    let patch = Reader::new("a patch", patch).part(0)?;
    Reader::new("the value under a patch", target).merge_into(&mut merged, patch)?;
    Ok(merged)
}

/// A value of a patch: as it is written, or by its fields.
#[derive(Debug)]
enum Part<'a> {
    Whole(&'a str),
    Object(Fields<'a>),
}

/// The fields of an object; those that are merged already have no value any more.
type Fields<'a> = OrderedMap<Cow<'a, str>, Option<Part<'a>>>;

impl Part<'_> {
    /// Writes what there is nothing under.
    fn write(self, out: &mut String) -> Result<(), DecodeError> {
        match self {
            Self::Whole(json) => out.push_str(json),
            Self::Object(fields) => {
                out.push('{');
                write_rest(out, out.len(), fields)?;
                out.push('}');
            }
        }
        Ok(())
    }
}

/// Writes the fields that nothing has been merged with, into an object that begins at `start`.
fn write_rest(out: &mut String, start: usize, fields: Fields<'_>) -> Result<(), DecodeError> {
    for (name, change) in fields {
        match change {
            None | Some(Part::Whole("null")) => {}
            Some(change) => {
                let name = serde_json::to_string(&name)
                    .map_err(|error| DecodeError::new("a patch", error))?;
                push_name(out, start, &name);
                change.write(out)?;
            }
        }
    }
    Ok(())
}

/// Writes a name, which is JSON already.
fn push_name(out: &mut String, start: usize, name: &str) {
    if out.len() > start {
        out.push(',');
    }
    out.push_str(name);
    out.push(':');
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

    /// Writes the next value with `patch` merged in. It goes no deeper than the patch does.
    fn merge_into(&mut self, out: &mut String, patch: Part<'_>) -> Result<(), DecodeError> {
        let mut changes = match patch {
            Part::Object(changes) if self.peek() == Some(b'{') => changes,
            patch => {
                self.whole()?;
                return patch.write(out);
            }
        };
        self.at += 1;
        out.push('{');
        let start = out.len();
        let mut is_first = true;
        while self.peek() != Some(b'}') {
            if !std::mem::take(&mut is_first) {
                self.eat(b',')?;
            }
            let (written, name) = self.name()?;
            self.eat(b':')?;
            match changes.get_mut(&*name).map(Option::take) {
                None => {
                    let value = self.whole()?;
                    push_name(out, start, written);
                    out.push_str(value);
                }
                Some(None | Some(Part::Whole("null"))) => {
                    self.whole()?;
                }
                Some(Some(change)) => {
                    push_name(out, start, written);
                    self.merge_into(out, change)?;
                }
            }
        }
        self.at += 1;
        write_rest(out, start, changes)?;
        out.push('}');
        Ok(())
    }

    /// The next value, taken apart as far as it consists of objects.
    fn part(&mut self, depth: usize) -> Result<Part<'a>, DecodeError> {
        if self.peek() != Some(b'{') {
            return self.whole().map(Part::Whole);
        }
        if depth >= MAX_DEPTH {
            return Err(DecodeError::new(
                self.what,
                format_args!("objects lie more than {MAX_DEPTH} deep in one another"),
            ));
        }
        self.at += 1;
        let mut fields = Fields::new();
        while self.peek() != Some(b'}') {
            if !fields.is_empty() {
                self.eat(b',')?;
            }
            let (_, name) = self.name()?;
            self.eat(b':')?;
            // Of two fields with one name the later counts.
            fields.insert(name, Some(self.part(depth + 1)?));
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

    /// The name of a field, as it is written and as it is.
    fn name(&mut self) -> Result<(&'a str, Cow<'a, str>), DecodeError> {
        let written = match self.peek() {
            Some(b'"') => self.whole()?,
            _ => return Err(self.broken()),
        };
        let inner = written
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        let name = match inner.filter(|inner| !inner.contains('\\')) {
            Some(plain) => Cow::Borrowed(plain),
            None => serde_json::from_str(written)
                .map(Cow::Owned)
                .map_err(|error| DecodeError::new(self.what, error))?,
        };
        Ok((written, name))
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
    fn a_field_that_is_there_twice_is_merged_once() {
        let merged = merge(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":4,"a":5}"#).unwrap();
        assert_eq!(merged, r#"{"a":5,"b":2}"#);
        assert_eq!(merge(r#"{"a":1,"a":2}"#, r#"{"a":null}"#).unwrap(), "{}");
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
