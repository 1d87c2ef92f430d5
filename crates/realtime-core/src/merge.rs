//! Merge patches: a JSON object that holds only what changed (RFC 7396).

mod text;

use crate::error::DecodeError;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// `target` with the fields of `patch` merged in, by the rules of RFC 7396.
///
/// A field of the patch replaces the target's field, `null` removes it (so the Rust field must be
/// an `Option` or have a `#[serde(default)]`), objects merge into objects, arrays are replaced
/// whole. A patch that is not an object replaces the target altogether.
///
/// The target goes through its JSON text, which costs an allocation per field; what is merged many
/// times a second can say how to apply its own patch, see
/// [`ListItem::merged`](crate::list::ListItem::merged).
///
/// # Errors
/// When `patch` is not JSON, or when the merged value does not fit `T`: a wrong type, or a
/// required field removed.
///
/// ```
/// use realtime_core::merge_patch;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Task { title: String, due: Option<u32>, done: bool }
///
/// let task = Task { title: "Write".into(), due: Some(7), done: false };
/// let merged = merge_patch(&task, r#"{"due":null,"done":true}"#)?;
/// assert_eq!(merged, Task { title: "Write".into(), due: None, done: true });
/// # Ok::<(), realtime_core::DecodeError>(())
/// ```
pub fn merge_patch<T: Serialize + DeserializeOwned>(
    target: &T,
    patch: &str,
) -> Result<T, DecodeError> {
    let patch: &RawValue =
        serde_json::from_str(patch).map_err(|error| DecodeError::new("a patch", error))?;
    let target = serde_json::to_string(target)
        .map_err(|error| DecodeError::new("the value under a patch", error))?;
    serde_json::from_str(&text::merge(&target, patch.get())?)
        .map_err(|error| DecodeError::new("a value after its patch", error))
}

/// Tells a field that is `null` from one that is absent, in a patch struct of your own.
///
/// With this attribute, absent is `None`, `null` is `Some(None)`:
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Patch {
///     #[serde(default, deserialize_with = "realtime_core::present")]
///     due: Option<Option<u32>>,
/// }
///
/// let due = |json| serde_json::from_str::<Patch>(json).map(|patch| patch.due);
/// assert_eq!(due("{}")?, None);
/// assert_eq!(due(r#"{"due":null}"#)?, Some(None));
/// assert_eq!(due(r#"{"due":7}"#)?, Some(Some(7)));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// Those of reading a `T`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn merged(target: &str, patch: &str) -> Value {
        let target: Value = serde_json::from_str(target).unwrap();
        merge_patch(&target, patch).unwrap()
    }

    #[test]
    fn the_rules_of_rfc_7396_hold() {
        for (target, patch, result) in [
            (r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":null}"#, r#"{"b":2}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#),
            (
                r#"{"a":{"b":1}}"#,
                r#"{"a":{"c":2}}"#,
                r#"{"a":{"b":1,"c":2}}"#,
            ),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#),
            (
                r#"{"a":5}"#,
                r#"{"a":{"b":{"c":null}}}"#,
                r#"{"a":{"b":{}}}"#,
            ),
            (r#"{"a":1}"#, "7", "7"),
            ("[1]", r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            let result: Value = serde_json::from_str(result).unwrap();
            assert_eq!(merged(target, patch), result, "{target} + {patch}");
        }
    }

    #[test]
    fn removing_a_required_field_is_an_error_that_names_it() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Named {
            name: String,
        }
        let target = Named { name: "a".into() };
        let error = merge_patch(&target, r#"{"name":null}"#).unwrap_err();
        assert!(error.to_string().contains("`name`"), "{error}");
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Point {
        x: f64,
        y: f32,
        note: u32,
    }

    proptest! {
        #[test]
        fn numbers_that_a_patch_does_not_touch_keep_every_bit(
            x in any::<f64>().prop_filter("JSON has no such number", |x| x.is_finite()),
            y in any::<f32>().prop_filter("JSON has no such number", |y| y.is_finite()),
        ) {
            let mut point = Point { x, y, note: 0 };
            for note in 1..4 {
                point = merge_patch(&point, &format!(r#"{{"note":{note}}}"#)).unwrap();
            }
            prop_assert_eq!(point.x.to_bits(), x.to_bits());
            prop_assert_eq!(point.y.to_bits(), y.to_bits());
        }
    }

    #[test]
    fn large_integers_survive_exactly() {
        assert_eq!(
            merged(r#"{"a":18446744073709551615}"#, r#"{"b":1}"#)["a"],
            Value::from(u64::MAX)
        );
    }

    #[test]
    fn names_are_read_and_written_by_the_rules_of_json() {
        let target = r#"{"a\"b":1,"\u00fc":{"x":1}}"#;
        let result: Value = serde_json::from_str(r#"{"a\"b":2,"ü":{"x":1,"y":2}}"#).unwrap();
        assert_eq!(
            merged(target, r#" {"a\u0022b" : 2 , "ü" : {"y":2}} "#),
            result
        );
    }

    #[test]
    fn of_two_fields_with_one_name_the_later_counts() {
        let result: Value = serde_json::from_str(r#"{"b":1}"#).unwrap();
        assert_eq!(merged(r#"{"a":0,"b":1}"#, r#"{"a":2,"a":null}"#), result);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        let target = Value::Null;
        for patch in ["", "{", "{}{}", r#"{"a":}"#, r#"{"a":1,}"#, "{\"a\":1}x"] {
            assert!(merge_patch(&target, patch).is_err(), "{patch}");
        }
        let deep = r#"{"a":"#.repeat(100_000) + "null" + &"}".repeat(100_000);
        let error = merge_patch(&target, &deep).unwrap_err();
        assert!(error.to_string().contains("128"), "{error}");
    }
}
