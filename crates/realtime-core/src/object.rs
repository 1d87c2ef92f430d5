//! Object: those fields of a JSON object that somebody asks for, as they are written.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The fields of `json` with these names, in the order of the names. `None` for one that is not there, or
/// is `null`. Compiled once, where a derived `Deserialize` is compiled for each set of fields.
///
/// # Errors
/// When `json` is no object, or has one of them twice.
pub(crate) fn fields<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], serde_json::Error> {
    let mut found = [None; N];
    read(json, &names, &mut found)?;
    Ok(found)
}

fn read<'a>(
    json: &'a str,
    names: &[&str],
    found: &mut [Option<&'a RawValue>],
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(Fields { names, found })?;
    json.end()
}

struct Fields<'f, 'a> {
    names: &'f [&'f str],
    found: &'f mut [Option<&'a RawValue>],
}

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(at) = map.next_key_seed(Name(self.names))? {
            match at.and_then(|at| self.found.get_mut(at)) {
                Some(Some(_)) => return Err(A::Error::custom("a field is there twice")),
                Some(field) => *field = map.next_value()?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Which of the names a key is.
struct Name<'f>(&'f [&'f str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|name| *name == key))
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
            r#"{"id":1,"id":1}"#,
        ] {
            assert_eq!(texts(json), None, "{json}");
        }
        assert_eq!(texts(r#"{"x":1,"x":2}"#), Some([None, None]));
    }
}
