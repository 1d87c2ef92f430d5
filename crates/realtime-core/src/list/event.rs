//! Reading the data of a list event.

use super::item::ListItem;
use crate::{elements, error::DecodeError};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// One change as it came: which action, and the JSON of its parts, unread.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) action: Cow<'a, str>,
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    changes: Option<&'a RawValue>,
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "crate::merge::present")]
    pub(super) before: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "crate::merge::present")]
    pub(super) after: Option<&'a RawValue>,
}

impl<'a> Event<'a> {
    pub(super) fn read(data: &'a str) -> Result<Self, DecodeError> {
        // A list would be read as the fields in their order.
        if data.trim_start().starts_with('[') {
            return Err(DecodeError::new(
                "a list event",
                "expected a JSON object, not a list",
            ));
        }
        serde_json::from_str(data).map_err(|error| DecodeError::new("a list event", error))
    }

    pub(super) fn item(&self) -> Result<&'a str, DecodeError> {
        let item = self.item.ok_or_else(|| self.lacks("item"))?;
        Ok(item.get())
    }

    /// Gives the JSON of each change to `each`. How many are no objects, and so no changes.
    pub(super) fn each_change(&self, mut each: impl FnMut(&'a str)) -> Result<usize, DecodeError> {
        let changes = self.changes.ok_or_else(|| self.lacks("changes"))?;
        let mut others = 0;
        elements::for_each(changes, |change| {
            if change.starts_with('{') {
                each(change);
            } else {
                others += 1;
            }
            true
        })
        .map_err(|error| self.error(error))?;
        Ok(others)
    }

    /// Gives the JSON of each item to `each`, until that says no.
    pub(super) fn each_item(&self, each: impl FnMut(&'a str) -> bool) -> Result<(), DecodeError> {
        let items = self.items.ok_or_else(|| self.lacks("items"))?;
        elements::for_each(items, each).map_err(|error| self.error(error))
    }

    pub(super) fn error(&self, message: impl fmt::Display) -> DecodeError {
        DecodeError::new(format!("a list event `{}`", self.action), message)
    }

    fn lacks(&self, field: &str) -> DecodeError {
        self.error(format_args!("missing field `{field}`"))
    }
}

/// What is read of an item before it is known whether the rest is needed.
#[derive(Debug)]
pub(super) struct Head<T: ListItem> {
    id: Option<T::Id>,
    pub(super) version: Option<u64>,
    /// Whether there are fields besides the id.
    pub(super) has_fields: bool,
}

impl<T: ListItem> Head<T> {
    /// Reads the head of the JSON object `item` without building a tree of it.
    pub(super) fn read(item: &str) -> Result<Self, DecodeError> {
        serde_json::from_str(item).map_err(|error| DecodeError::new("an item", error))
    }

    pub(super) fn id(&self) -> Result<T::Id, DecodeError> {
        self.id.clone().ok_or_else(|| {
            DecodeError::new("an item", format_args!("missing field `{}`", T::ID_FIELD))
        })
    }
}

impl<'de, T: ListItem> Deserialize<'de> for Head<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadVisitor(PhantomData))
    }
}

struct HeadVisitor<T>(PhantomData<T>);

impl<'de, T: ListItem> Visitor<'de> for HeadVisitor<T> {
    type Value = Head<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<T>, A::Error> {
        let mut head = Head {
            id: None,
            version: None,
            has_fields: false,
        };
        while let Some(field) = map.next_key_seed(FieldSeed::<T>(PhantomData))? {
            head.has_fields |= !matches!(field, Field::Id);
            match field {
                Field::Id if head.id.is_some() => {
                    return Err(A::Error::duplicate_field(T::ID_FIELD));
                }
                Field::Id => head.id = Some(map.next_value()?),
                Field::Version => {
                    head.version = T::parse_version(map.next_value::<&RawValue>()?.get());
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(head)
    }
}

enum Field {
    Id,
    Version,
    Other,
}

/// Tells the fields apart by the names the item type gives them.
struct FieldSeed<T>(PhantomData<T>);

impl<'de, T: ListItem> DeserializeSeed<'de> for FieldSeed<T> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: ListItem> Visitor<'_> for FieldSeed<T> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            _ if name == T::ID_FIELD => Field::Id,
            _ if name == T::VERSION_FIELD => Field::Version,
            _ => Field::Other,
        })
    }
}
