//! A field of a payload that ought to be text.

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// What a field holds that ought to be text. Reading it never fails, so that one odd field does not
/// hide the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// It is not there, or `null`.
    #[default]
    Absent,
    /// Text, or the digits of a whole number.
    Text(Cow<'a, str>),
    /// Something else: a fraction, an object.
    Odd,
}

impl<'a> Field<'a> {
    /// What a field that is written like this holds.
    pub(crate) fn of(json: Option<&'a RawValue>) -> Self {
        let Some(json) = json.map(RawValue::get) else {
            return Self::Absent;
        };
        if let Some(inside) = json.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            if !inside.contains('\\') {
                return Self::Text(Cow::Borrowed(inside));
            }
            return serde_json::from_str(json)
                .map_or(Self::Odd, |text| Self::Text(Cow::Owned(text)));
        }
        match json {
            "null" => Self::Absent,
            number if is_whole(number) => Self::Text(Cow::Borrowed(number)),
            _ => Self::Odd,
        }
    }

    /// The text, if it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Odd => None,
        }
    }
}

/// Whether a JSON number is a whole one of 64 bits, as the parser would find by reading it.
fn is_whole(number: &str) -> bool {
    let (digits, largest) = match number.strip_prefix('-') {
        Some("0") => return false,
        Some(digits) => (digits, "9223372036854775808"),
        None => (number, "18446744073709551615"),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (digits.len(), digits) <= (largest.len(), largest)
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Odd)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Field<'de>, E> {
        Ok(Field::Odd)
    }

    fn visit_unit<E: Error>(self) -> Result<Field<'de>, E> {
        Ok(Field::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Odd)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Field<'de>, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Odd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Field<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_whole_number_is_its_digits_and_what_is_odd_is_no_error() {
        for (json, text) in [
            (r#""7""#, "7"),
            ("7", "7"),
            ("-7", "-7"),
            ("18446744073709551615", "18446744073709551615"),
            (r#""\n""#, "\n"),
        ] {
            assert_eq!(read(json), Field::Text(text.into()), "{json}");
        }
        for odd in [
            "7.0",
            "1e3",
            "true",
            "[[1],2]",
            r#"{"a":{"b":1}}"#,
            "99999999999999999999",
        ] {
            assert_eq!(read(odd), Field::Odd, "{odd}");
        }
        assert_eq!(read("null"), Field::Absent);
    }
}
