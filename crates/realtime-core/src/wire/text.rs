//! Text that borrows from the frame whenever it can.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::{borrow::Cow, fmt};

/// A string of a frame: borrowed unless it holds escapes. A whole number reads as its digits, as
/// some servers number their messages.
///
/// Serde's own `Option<Cow<str>>` always allocates, which this is here to avoid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text that a JSON value stands for: a string's, or the digits of a whole number. `None`
    /// for what is neither. `json` has been found to be JSON, as raw values are.
    pub(crate) fn of(json: &'a str) -> Option<Cow<'a, str>> {
        let Some(quoted) = json.strip_prefix('"') else {
            let digits = json.strip_prefix('-').unwrap_or(json);
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            return (is_whole && !digits.is_empty()).then_some(Cow::Borrowed(json));
        };
        let inside = quoted.strip_suffix('"')?;
        if inside.contains('\\') {
            serde_json::from_str(json).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inside))
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}
