//! Query keys: ordered segments, equal by value, matched by prefix.

use crate::excerpt::is_invisible;
use serde_json::value::RawValue;
use std::{
    fmt::{self, Write as _},
    rc::Rc,
};

/// Names one entry of the query cache, such as `["stock", "ACME"]`.
///
/// Order matters, and text and integers differ: `key!["a", 1]` is neither `key![1, "a"]` nor
/// `key!["a", "1"]`. Cloning copies a pointer.
///
/// ```
/// use realtime_core::key;
///
/// let symbol = String::from("ACME");
/// let stock = key!["stock", symbol];
/// assert!(stock.starts_with(&key!["stock"]));
/// assert_eq!(stock.to_string(), r#"["stock", "ACME"]"#);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryKey(Rc<[Segment]>);

/// One part of a [`QueryKey`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Text.
    Text(Rc<str>),
    /// A whole number.
    Integer(i128),
}

impl QueryKey {
    /// A key of these segments, in this order; [`key!`](crate::key) reads better.
    #[must_use]
    pub fn new(segments: Vec<Segment>) -> Self {
        Self(segments.into())
    }

    /// The key's segments.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The key as a JSON array of texts and whole numbers.
    pub(crate) fn to_json(&self) -> String {
        let mut json = String::from("[");
        for (number, segment) in self.0.iter().enumerate() {
            if number > 0 {
                json.push(',');
            }
            match segment {
                // A text always turns into JSON.
                Segment::Text(text) => {
                    json.push_str(&serde_json::to_string(text).unwrap_or_default());
                }
                Segment::Integer(integer) => json.push_str(&integer.to_string()),
            }
        }
        json.push(']');
        json
    }

    /// Reads what [`to_json`](Self::to_json) has written.
    pub(crate) fn from_json(json: &str) -> Option<Self> {
        let segments: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        let segment = |raw: &RawValue| match raw.get() {
            text if text.starts_with('"') => {
                let text: String = serde_json::from_str(text).ok()?;
                Some(Segment::from(text))
            }
            number => number.parse().ok().map(Segment::Integer),
        };
        let segments: Option<Vec<_>> = segments.into_iter().map(segment).collect();
        segments.map(Self::new)
    }

    /// Whether this key begins with all of `prefix`'s segments; every key begins with `key![]`.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

impl fmt::Debug for QueryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "[";
        for segment in &*self.0 {
            write!(f, "{between}{segment:?}")?;
            between = ", ";
        }
        f.write_str(if self.0.is_empty() { "[]" } else { "]" })
    }
}

impl fmt::Display for QueryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        c if is_invisible(c) => write!(f, "{}", c.escape_default())?,
                        c => f.write_char(c)?,
                    }
                }
                f.write_char('"')
            }
            Self::Integer(integer) => match (i64::try_from(*integer), u64::try_from(*integer)) {
                (Ok(integer), _) => fmt::Display::fmt(&integer, f),
                (_, Ok(integer)) => fmt::Display::fmt(&integer, f),
                // `key!` makes none.
                _ => fmt::LowerHex::fmt(integer, f),
            },
        }
    }
}

impl From<&str> for Segment {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Segment {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Segment {
    fn from(text: &String) -> Self {
        Self::Text(text.as_str().into())
    }
}

impl From<Rc<str>> for Segment {
    fn from(text: Rc<str>) -> Self {
        Self::Text(text)
    }
}

#[cfg(feature = "implicit-clone")]
impl From<implicit_clone::unsync::IString> for Segment {
    fn from(text: implicit_clone::unsync::IString) -> Self {
        Self::Text(crate::id::shared(text))
    }
}

#[cfg(feature = "implicit-clone")]
impl From<&implicit_clone::unsync::IString> for Segment {
    fn from(text: &implicit_clone::unsync::IString) -> Self {
        Self::Text(crate::id::shared(text.clone()))
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Segment {
            fn from(integer: $integer) -> Self {
                // Every 64-bit integer, signed or not, fits 128 bits.
                Self::Integer(integer as i128)
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// Builds a [`QueryKey`] from segments: text or whole numbers.
#[macro_export]
macro_rules! key {
    ($($segment:expr),* $(,)?) => {
        $crate::QueryKey::new(::std::vec![$($crate::Segment::from($segment)),*])
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_tell_text_from_numbers_and_order() {
        assert_ne!(key!["a", 1], key!["a", "1"]);
        assert_ne!(key!["a", "b"], key!["b", "a"]);
        assert_eq!(key!["a", 1_u8], key!["a", 1_i64]);
    }

    #[test]
    fn a_key_is_the_same_after_its_way_through_json() {
        for key in [key![], key!["a\"\\ä", i64::MIN, u64::MAX], key!["1", 1]] {
            assert_eq!(crate::QueryKey::from_json(&key.to_json()), Some(key));
        }
        for stranger in ["", "null", "{}", "[1.5]", "[true]", "[null]", "[[]]", "[1"] {
            assert_eq!(crate::QueryKey::from_json(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn a_prefix_matches_whole_segments_only() {
        assert!(key!["tasks", 7, "notes"].starts_with(&key!["tasks", 7]));
        assert!(!key!["tasks"].starts_with(&key!["tasks", 7]));
        assert!(!key!["tasksets"].starts_with(&key!["tasks"]));
        assert!(key!["anything"].starts_with(&key![]));
    }
}
