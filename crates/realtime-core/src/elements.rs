//! Elements: those of a JSON array, one after the other, without a list of them all.

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Gives the JSON text of each element of `array` to `each`, until that says no.
///
/// # Errors
/// When `array` is no array.
pub(crate) fn for_each<'a>(
    array: &'a RawValue,
    mut each: impl FnMut(&'a str) -> bool,
) -> Result<(), serde_json::Error> {
    walk(array, &mut each)
}

/// The part that is compiled once, for whatever is done with the elements.
fn walk<'a>(
    array: &'a RawValue,
    each: &mut dyn FnMut(&'a str) -> bool,
) -> Result<(), serde_json::Error> {
    serde_json::Deserializer::from_str(array.get()).deserialize_seq(Array(each))
}

struct Array<'f, 'a>(&'f mut dyn FnMut(&'a str) -> bool);

impl<'de> Visitor<'de> for Array<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if !(self.0)(element.get()) {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, most: usize) -> Result<Vec<&str>, serde_json::Error> {
        let mut elements = Vec::new();
        let array: &RawValue = serde_json::from_str(json)?;
        for_each(array, |element| {
            elements.push(element);
            elements.len() < most
        })?;
        Ok(elements)
    }

    #[test]
    fn each_element_comes_as_its_text_until_there_are_enough() {
        let json = r#" [1, {"a" : [2]},"x", null ] "#;
        assert_eq!(
            read(json, 9).unwrap(),
            ["1", r#"{"a" : [2]}"#, "\"x\"", "null"]
        );
        assert_eq!(read(json, 2).unwrap().len(), 2);
        assert!(read("[]", 9).unwrap().is_empty());
        assert!(read("{}", 9).is_err() && read("1", 9).is_err());
    }
}
