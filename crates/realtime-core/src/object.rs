//! Object: the fields of a JSON object as they are written, read and put together without a type for
//! each kind of object. What serde derives is compiled for each of them; this is compiled once.

mod writer;

pub(crate) use writer::ObjectWriter;
#[cfg(feature = "socketio")]
pub(crate) use writer::quoted;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// Gives each field of `json` to `each`, up to the first mistake.
///
/// # Errors
/// When `json` is no object; `expected` then says what it should have been.
pub(crate) fn each<'a>(
    json: &'a str,
    expected: &str,
    each: &mut dyn FnMut(&str, &'a RawValue),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(Fields { expected, each })?;
    json.end()
}

/// The fields of `json` with these names, in the order of the names. `None` for one that is not there, or
/// is `null`.
///
/// # Errors
/// When `json` is no object, or has one of them twice.
pub(crate) fn fields<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], serde_json::Error> {
    let mut found = [None; N];
    match read(json, &names, &mut found)? {
        Times::Once => Ok(found),
        Times::Again => Err(Error::custom("a field is there twice")),
    }
}

/// How often a field is in an object at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    Once,
    Again,
}

/// As [`fields`], into `found`, which has a place for each name. Of two with one name the later counts.
///
/// # Errors
/// When `json` is no object.
pub(crate) fn read<'a>(
    json: &'a str,
    names: &[&str],
    found: &mut [Option<&'a RawValue>],
) -> Result<Times, serde_json::Error> {
    let (mut seen, mut times) = (0_u64, Times::Once);
    each(json, "an object", &mut |name, value| {
        let at = names.iter().position(|it| *it == name);
        if let Some((at, field)) = at.and_then(|at| Some((at, found.get_mut(at)?))) {
            let bit = 1_u64.checked_shl(at as u32).unwrap_or_default();
            if seen & bit != 0 {
                times = Times::Again;
            }
            seen |= bit;
            *field = Some(value).filter(|value| value.get() != "null");
        }
    })?;
    Ok(times)
}

struct Fields<'f, 'a> {
    expected: &'f str,
    each: &'f mut dyn FnMut(&str, &'a RawValue),
}

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            (self.each)(&name, map.next_value()?);
        }
        Ok(())
    }
}

/// A field's name, borrowed unless it is written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Option<[Option<&str>; 2]> {
        let found = fields(json, ["id", "name"]).ok()?;
        Some(found.map(|field| field.map(RawValue::get)))
    }

    #[test]
    fn what_is_asked_for_comes_as_it_is_written_in_the_order_of_the_names() {
        let json = r#" {"name" : "A\u0064a", "x": [{"id": 1}], "id":7.0} "#;
        assert_eq!(texts(json), Some([Some("7.0"), Some(r#""A\u0064a""#)]));
        assert_eq!(texts(r#"{"\u0069d":true}"#), Some([Some("true"), None]));
        assert_eq!(
            texts(r#"{"id":null,"name":""}"#),
            Some([None, Some("\"\"")])
        );
        assert_eq!(texts("{}"), Some([None, None]));
    }

    #[test]
    fn what_is_no_object_or_has_a_field_twice_is_an_error() {
        for json in [
            "[1,2]",
            "null",
            "7",
            "",
            "{",
            r#"{"id":1}}"#,
            r#"{"id":null,"id":1}"#,
        ] {
            assert_eq!(texts(json), None, "{json}");
        }
        assert_eq!(texts(r#"{"x":1,"x":2}"#), Some([None, None]));
    }

    #[test]
    fn who_reads_one_by_one_gets_the_later_of_two_and_what_stands_before_a_mistake() {
        let mut found = [None];
        assert!(matches!(
            read(r#"{"a":1,"a":2}"#, &["a"], &mut found),
            Ok(Times::Again)
        ));
        assert_eq!(found.map(|it| it.map(RawValue::get)), [Some("2")]);
        assert!(read(r#"{"a":3,"b"}"#, &["a"], &mut found).is_err());
        assert_eq!(found.map(|it| it.map(RawValue::get)), [Some("3")]);
    }
}
