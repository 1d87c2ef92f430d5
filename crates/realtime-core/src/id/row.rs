//! Row ids: what names a row of a list, a whole number or a text.

use super::{ChannelName, ConnectionId, EventName, MessageId, UserId};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error, Visitor},
    ser::Serializer,
};
use std::{fmt, rc::Rc};

/// Names a row of a list, as it does on the wire: a whole number or a text.
///
/// `7` and `"7"` are two ids. Numbers come before texts; numbers stand in the order of their values, texts in
/// that of their bytes. Cloning copies a number or a pointer. A struct may hold its id as one, so that
/// asking for it costs no more than that.
///
/// ```
/// use realtime_core::RowId;
///
/// let id: RowId = serde_json::from_str("18446744073709551615")?;
/// assert_eq!(id, RowId::from(u64::MAX));
/// assert_eq!(serde_json::to_string(&RowId::from("t1"))?, r#""t1""#);
/// assert!(serde_json::from_str::<RowId>("1.5").is_err());
/// assert!(RowId::from(-1) < RowId::from(2) && RowId::from(10) < RowId::from("1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(Kind);

/// In the order of the ids.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// Below zero.
    Negative(i64),
    Natural(u64),
    Text(Rc<str>),
}

impl RowId {
    /// Reads an id as it stands in a JSON text that is known to be well-formed. Unlike its `Deserialize`, this
    /// needs no code that parses numbers with a fraction.
    pub(crate) fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        let plain = json
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        match plain {
            Some(text) if !text.contains('\\') => Ok(text.into()),
            Some(_) => serde_json::from_str::<String>(json).map(Self::from),
            None => {
                let natural = json.parse::<u64>().map(Self::from);
                let number = natural.or_else(|_| json.parse::<i64>().map(Self::from));
                number.map_err(|_| Error::custom("expected a string or a whole number"))
            }
        }
    }

    /// How long the id is as text: what it costs to remember, more or less.
    pub(crate) fn text_len(&self) -> usize {
        match &self.0 {
            Kind::Negative(number) => digits(number.unsigned_abs()) + 1,
            Kind::Natural(number) => digits(*number),
            Kind::Text(text) => text.len(),
        }
    }

    /// The text, if the id is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Kind::Text(text) => Some(text),
            Kind::Negative(_) | Kind::Natural(_) => None,
        }
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Negative(number) => number.fmt(f),
            Kind::Natural(number) => number.fmt(f),
            Kind::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Negative(number) => number.fmt(f),
            Kind::Natural(number) => number.fmt(f),
            Kind::Text(text) => fmt::Debug::fmt(text, f),
        }
    }
}

impl Serialize for RowId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Negative(number) => serializer.serialize_i64(*number),
            Kind::Natural(number) => serializer.serialize_u64(*number),
            Kind::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for RowId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowIdVisitor)
    }
}

struct RowIdVisitor;

impl Visitor<'_> for RowIdVisitor {
    type Value = RowId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RowId, E> {
        Ok(text.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<RowId, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<RowId, E> {
        Ok(number.into())
    }
}

impl From<&Self> for RowId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl From<Rc<str>> for RowId {
    fn from(text: Rc<str>) -> Self {
        Self(Kind::Text(text))
    }
}

impl From<&Rc<str>> for RowId {
    fn from(text: &Rc<str>) -> Self {
        Rc::clone(text).into()
    }
}

impl From<&str> for RowId {
    fn from(text: &str) -> Self {
        Rc::<str>::from(text).into()
    }
}

impl From<String> for RowId {
    fn from(text: String) -> Self {
        Rc::<str>::from(text).into()
    }
}

impl From<&String> for RowId {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

#[cfg(feature = "implicit-clone")]
impl From<implicit_clone::unsync::IString> for RowId {
    fn from(text: implicit_clone::unsync::IString) -> Self {
        super::shared(text).into()
    }
}

#[cfg(feature = "implicit-clone")]
impl From<&implicit_clone::unsync::IString> for RowId {
    fn from(text: &implicit_clone::unsync::IString) -> Self {
        text.clone().into()
    }
}

#[cfg(feature = "implicit-clone")]
impl implicit_clone::ImplicitClone for RowId {}

impl PartialEq<str> for RowId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for RowId {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq<String> for RowId {
    fn eq(&self, other: &String) -> bool {
        self == other.as_str()
    }
}

macro_rules! numbers {
    ($wide:ident, $make:expr, $($number:ty)*) => {$(
        impl From<$number> for RowId {
            fn from(number: $number) -> Self {
                // Every whole number of up to 64 bits fits.
                let make: fn($wide) -> Self = $make;
                make(number as $wide)
            }
        }

        impl From<&$number> for RowId {
            fn from(number: &$number) -> Self {
                (*number).into()
            }
        }

        impl PartialEq<$number> for RowId {
            fn eq(&self, other: &$number) -> bool {
                let other: Self = other.into();
                *self == other
            }
        }
    )*};
}

numbers! { u64, |number| Self(Kind::Natural(number)), u8 u16 u32 u64 usize }
numbers! { i64, |number| Self(match u64::try_from(number) {
    Ok(number) => Kind::Natural(number),
    Err(_) => Kind::Negative(number),
}), i8 i16 i32 i64 isize }

macro_rules! names {
    ($($name:ty)*) => {$(
        impl From<$name> for RowId {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }

        impl From<&$name> for RowId {
            fn from(name: &$name) -> Self {
                Rc::clone(&name.0).into()
            }
        }
    )*};
}

names! { ChannelName ConnectionId EventName MessageId UserId }

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id() -> impl Strategy<Value = RowId> {
        prop_oneof![
            any::<i64>().prop_map(RowId::from),
            any::<u64>().prop_map(RowId::from),
            ".*".prop_map(RowId::from),
        ]
    }

    proptest! {
        #[test]
        fn an_id_is_the_same_after_its_way_through_json(id in id()) {
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<RowId>(&json).unwrap(), id.clone());
            prop_assert_eq!(RowId::from_json(&json).unwrap(), id);
        }

        #[test]
        fn numbers_stand_in_the_order_of_their_values(one: i64, two: i64, three: u64) {
            prop_assert_eq!(RowId::from(one).cmp(&two.into()), one.cmp(&two));
            let wide = i128::from(one).cmp(&i128::from(three));
            prop_assert_eq!(RowId::from(one).cmp(&three.into()), wide);
        }

        #[test]
        fn its_length_is_that_of_its_text(id in id()) {
            prop_assert_eq!(id.text_len(), id.to_string().len());
        }
    }

    #[test]
    fn a_number_and_its_digits_are_two_ids() {
        assert_ne!(RowId::from(7), RowId::from("7"));
        assert_eq!(RowId::from(7_u8), RowId::from(7_i64));
        assert_eq!(
            format!("{:?} {:?}", RowId::from(7), RowId::from("7")),
            r#"7 "7""#
        );
    }

    #[test]
    fn nothing_else_is_an_id() {
        for json in [
            "null",
            "true",
            "1.5",
            "1e3",
            "18446744073709551616",
            "[1]",
            "{}",
        ] {
            assert!(serde_json::from_str::<RowId>(json).is_err(), "{json}");
            assert!(RowId::from_json(json).is_err(), "{json}");
        }
    }
}
