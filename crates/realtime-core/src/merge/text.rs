//! Merging objects as they are written, without reading them into trees.

use crate::{error::DecodeError, ordered::OrderedMap};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Objects within objects, as many as the JSON parser would read into a tree.
const MAX_DEPTH: usize = 128;

/// The merged text. No tree of values is built: what is not an object, or is in one of the two only,
/// is copied as it is written.
pub(super) fn merge(target: &str, patch: &str) -> Result<String, DecodeError> {
    let mut merged = String::with_capacity(target.len() + patch.len());
    merge_into(&mut merged, target, patch, 0)?;
    Ok(merged)
}

fn merge_into(
    out: &mut String,
    target: &str,
    patch: &str,
    depth: usize,
) -> Result<(), DecodeError> {
    if !is_object(patch) {
        out.push_str(patch);
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Err(DecodeError::new(
            "a patch",
            format_args!("objects lie more than {MAX_DEPTH} deep in one another"),
        ));
    }
    let mut changes = Fields::read("a patch", patch)?.0;
    let fields = match is_object(target) {
        true => Fields::read("the value under a patch", target)?.0,
        false => OrderedMap::new(),
    };
    out.push('{');
    let start = out.len();
    for (name, value) in fields {
        match changes.remove(&name).map(RawValue::get) {
            Some("null") => {}
            Some(change) => {
                push_name(out, start, &name)?;
                merge_into(out, value.get(), change, depth + 1)?;
            }
            None => {
                push_name(out, start, &name)?;
                out.push_str(value.get());
            }
        }
    }
    for (name, change) in changes {
        if change.get() != "null" {
            push_name(out, start, &name)?;
            merge_into(out, "null", change.get(), depth + 1)?;
        }
    }
    out.push('}');
    Ok(())
}

fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

fn push_name(out: &mut String, start: usize, name: &str) -> Result<(), DecodeError> {
    if out.len() > start {
        out.push(',');
    }
    let name = serde_json::to_string(name).map_err(|error| DecodeError::new("a patch", error))?;
    out.push_str(&name);
    out.push(':');
    Ok(())
}

/// The fields of an object, as they are written. Of two with one name the later counts.
struct Fields<'a>(OrderedMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    fn read(what: &'static str, json: &'a str) -> Result<Self, DecodeError> {
        serde_json::from_str(json).map_err(|error| DecodeError::new(what, error))
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = OrderedMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    fields.insert(name, value);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}
