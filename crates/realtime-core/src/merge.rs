//! Merge patches: a JSON object that holds only what changed (RFC 7396).

use crate::error::DecodeError;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// `target` with the fields of `patch` merged in, by the rules of RFC 7396.
///
/// A field of the patch replaces the target's field, `null` removes it (so the Rust field must be
/// an `Option` or have a `#[serde(default)]`), objects merge into objects, arrays are replaced
/// whole. A patch that is not an object replaces the target altogether.
///
/// The target goes through a JSON tree, which costs an allocation per field; what is merged many
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
    let patch = serde_json::from_str(patch).map_err(|error| DecodeError::new("a patch", error))?;
    let target = serde_json::to_value(target)
        .map_err(|error| DecodeError::new("the value under a patch", error))?;
    serde_json::from_value(merge(target, patch))
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

/// The depth is bounded by the parser, which refuses more than 128 levels.
fn merge(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut fields = match target {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            let old = fields.remove(&name).unwrap_or(Value::Null);
            fields.insert(name, merge(old, value));
        }
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn large_integers_survive_exactly() {
        assert_eq!(
            merged(r#"{"a":18446744073709551615}"#, r#"{"b":1}"#)["a"],
            Value::from(u64::MAX)
        );
    }
}
