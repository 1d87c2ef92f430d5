//! List events: how their data is read.

use super::item::ItemType;
use crate::{elements, error::DecodeError, id::RowId};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// One change as it came: which action, and the JSON of its parts, unread.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    /// Empty if it is missing.
    #[serde(borrow, default)]
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
    pub(super) fn read(data: &'a str) -> Result<Self, Unreadable> {
        // A list would be read as the fields in their order.
        if data.trim_start().starts_with('[') {
            let error = Why::Because("expected a JSON object, not a list");
            return Err(Unreadable::Event(error));
        }
        let event: Self =
            serde_json::from_str(data).map_err(|error| Unreadable::Event(Why::Json(error)))?;
        match &*event.action {
            "" => Err(Unreadable::Event(Why::Lacks("action"))),
            _ => Ok(event),
        }
    }

    pub(super) fn item(&self) -> Result<&'a str, Unreadable> {
        let lacks = Unreadable::Event(Why::Lacks("item"));
        self.item.map(RawValue::get).ok_or(lacks)
    }

    /// Gives the JSON of each change to `each`. How many are no objects, and so no changes.
    pub(super) fn each_change(&self, mut each: impl FnMut(&'a str)) -> Result<usize, Unreadable> {
        let lacks = Unreadable::Event(Why::Lacks("changes"));
        let changes = self.changes.ok_or(lacks)?;
        let mut others = 0;
        elements::for_each(changes, |change| {
            if change.starts_with('{') {
                each(change);
            } else {
                others += 1;
            }
            true
        })
        .map_err(|error| Unreadable::Event(Why::Json(error)))?;
        Ok(others)
    }

    /// Gives the JSON of each item to `each`, until that says no.
    pub(super) fn each_item(&self, each: impl FnMut(&'a str) -> bool) -> Result<(), Unreadable> {
        let lacks = Unreadable::Event(Why::Lacks("items"));
        let items = self.items.ok_or(lacks)?;
        elements::for_each(items, each).map_err(|error| Unreadable::Event(Why::Json(error)))
    }
}

/// What cannot be read, and why. It has no text until it is told, as there may be millions in one batch, of
/// which one is told.
#[derive(Debug)]
pub(super) enum Unreadable {
    Event(Why),
    Item(Why),
    /// The item's own type says so.
    Told(DecodeError),
}

#[derive(Debug)]
pub(super) enum Why {
    Json(serde_json::Error),
    Lacks(&'static str),
    Because(&'static str),
}

impl Unreadable {
    /// As an error about the event with this action, or without one.
    pub(super) fn told(self, action: &str) -> DecodeError {
        match self {
            Self::Told(error) => error,
            Self::Item(why) => DecodeError::new("an item", why),
            Self::Event(why) if action.is_empty() => DecodeError::new("a list event", why),
            Self::Event(why) => DecodeError::new(format!("a list event `{action}`"), why),
        }
    }
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self::Told(error)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Lacks(field) => write!(f, "missing field `{field}`"),
            Self::Because(reason) => f.write_str(reason),
        }
    }
}

/// What is read of an item before it is known whether the rest is needed.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: Option<RowId>,
    pub(super) version: Option<u64>,
    /// Whether there are fields besides the id.
    pub(super) has_fields: bool,
}

impl Head {
    /// Reads the head of the JSON object `item` without building a tree of it.
    pub(super) fn read(of: &ItemType, item: &str) -> Result<Self, Unreadable> {
        let mut json = serde_json::Deserializer::from_str(item);
        let head = json.deserialize_map(HeadVisitor(of));
        head.and_then(|head| json.end().map(|()| head))
            .map_err(|error| Unreadable::Item(Why::Json(error)))
    }

    pub(super) fn id(&self, of: &ItemType) -> Result<RowId, Unreadable> {
        let lacks = Unreadable::Item(Why::Lacks(of.id_field));
        self.id.clone().ok_or(lacks)
    }
}

struct HeadVisitor<'a>(&'a ItemType);

impl<'de> Visitor<'de> for HeadVisitor<'_> {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head {
            id: None,
            version: None,
            has_fields: false,
        };
        while let Some(field) = map.next_key_seed(FieldSeed(self.0))? {
            head.has_fields |= !matches!(field, Field::Id);
            match field {
                Field::Id if head.id.is_some() => {
                    return Err(A::Error::duplicate_field(self.0.id_field));
                }
                Field::Id => {
                    let json = map.next_value::<&RawValue>()?;
                    head.id = Some(RowId::from_json(json.get()).map_err(A::Error::custom)?);
                }
                Field::Version => {
                    let json = map.next_value::<&RawValue>()?;
                    head.version = (self.0.parse_version)(json.get());
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
struct FieldSeed<'a>(&'a ItemType);

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldSeed<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            _ if name == self.0.id_field => Field::Id,
            _ if name == self.0.version_field => Field::Version,
            _ => Field::Other,
        })
    }
}
