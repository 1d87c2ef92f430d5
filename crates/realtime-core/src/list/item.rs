//! Items: what a row of a list must be able to say, and how the engine knows it without its type.

use crate::{
    error::DecodeError, id::RowId, merge::merge_patch, object::ObjectWriter, overlay::JsonOf,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::{Any, TypeId, type_name},
    rc::Rc,
};

/// A row of a [`KeyedList`](super::KeyedList): has an id and, if the data has one, a version.
///
/// An ordinary serde type needs nothing else:
///
/// ```
/// use realtime_core::{ListItem, RowId};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Task {
///     id: RowId,
///     version: u64,
///     title: String,
///     due: Option<u32>,
/// }
///
/// impl ListItem for Task {
///     fn id(&self) -> RowId {
///         self.id.clone()
///     }
///
///     fn version(&self) -> Option<u64> {
///         Some(self.version)
///     }
/// }
///
/// let task = Task::decode(r#"{"id":"t1","version":1,"title":"Write","due":7}"#)?;
/// let task = task.merged(r#"{"version":2,"due":null}"#)?;
/// assert_eq!((task.version, task.due), (2, None));
/// # Ok::<(), realtime_core::DecodeError>(())
/// ```
///
/// # A cheap patch
///
/// The default [`merged`](Self::merged) turns the item into a JSON tree and back. An item that is
/// patched many times a second can read the patch into a struct of options instead:
///
/// ```
/// use realtime_core::{DecodeError, ListItem, RowId};
/// use serde::{Deserialize, Serialize};
/// use std::rc::Rc;
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Quote {
///     symbol: Rc<str>,
///     version: u64,
///     price: f64,
///     note: Option<Rc<str>>,
/// }
///
/// #[derive(Deserialize)]
/// struct QuotePatch {
///     version: Option<u64>,
///     price: Option<f64>,
///     // `null` removes a note, an absent field leaves it: two different things.
///     #[serde(default, deserialize_with = "realtime_core::present")]
///     note: Option<Option<Rc<str>>>,
/// }
///
/// impl ListItem for Quote {
///     const ID_FIELD: &'static str = "symbol";
///
///     fn id(&self) -> RowId {
///         RowId::from(&self.symbol)
///     }
///
///     fn version(&self) -> Option<u64> {
///         Some(self.version)
///     }
///
///     fn merged(&self, patch: &str) -> Result<Self, DecodeError> {
///         let patch: QuotePatch = serde_json::from_str(patch)
///             .map_err(|error| DecodeError::new("a patch of a quote", error))?;
///         Ok(Self {
///             symbol: Rc::clone(&self.symbol),
///             version: patch.version.unwrap_or(self.version),
///             price: patch.price.unwrap_or(self.price),
///             note: patch.note.unwrap_or_else(|| self.note.clone()),
///         })
///     }
/// }
///
/// let quote = Quote::decode(r#"{"symbol":"ACME","version":1,"price":9.5,"note":"halted"}"#)?;
/// let quote = quote.merged(r#"{"symbol":"ACME","version":2,"price":9.75,"note":null}"#)?;
/// assert_eq!((quote.price, quote.note), (9.75, None));
/// # Ok::<(), DecodeError>(())
/// ```
pub trait ListItem: PartialEq + Sized + Serialize + DeserializeOwned + 'static {
    /// The field that holds the id, as it is called on the wire.
    const ID_FIELD: &'static str = "id";

    /// The field that holds the version, as it is called on the wire.
    const VERSION_FIELD: &'static str = "version";

    /// The item's id, as it is on the wire: a number or a text; the same for the item's whole life.
    fn id(&self) -> RowId;

    /// The item's version, which grows with each change of the item; `None` if it has none.
    ///
    /// Without versions events are taken in the order they arrive.
    fn version(&self) -> Option<u64> {
        None
    }

    /// The temporary id under which the item was created optimistically, if the server keeps it in
    /// the item; `None` if it does not.
    ///
    /// With it, an item that a fetch or someone's event brings before our own answer is known to be
    /// the row that is shown already, and is not shown beside it for that moment.
    fn temporary_id(&self) -> Option<RowId> {
        None
    }

    /// Reads the JSON of [`VERSION_FIELD`](Self::VERSION_FIELD) in a partial update.
    ///
    /// By default a whole number, bare or in quotes; anything else counts as no version.
    #[must_use]
    fn parse_version(json: &str) -> Option<u64> {
        json.trim_matches('"').parse().ok()
    }

    /// Reads a whole item.
    ///
    /// # Errors
    /// When `json` is not an item.
    fn decode(json: &str) -> Result<Self, DecodeError> {
        serde_json::from_str(json).map_err(|error| DecodeError::new("an item", error))
    }

    /// This item with the fields of `patch`, a JSON object, merged in as [`merge_patch`] does.
    ///
    /// # Errors
    /// When `patch` is not JSON or the result is not an item.
    fn merged(&self, patch: &str) -> Result<Self, DecodeError> {
        merge_patch(self, patch)
    }
}

/// An item of a type that only the ends of the engine know.
pub(crate) trait AnyItem: Any {
    fn id(&self) -> RowId;

    fn version(&self) -> Option<u64>;

    fn temporary_id(&self) -> Option<RowId>;

    /// Whether both are of one type, and equal.
    fn equals(&self, other: &dyn AnyItem) -> bool;

    fn merged(&self, patch: &str) -> Result<Item, DecodeError>;
}

/// A shared item.
pub(crate) type Item = Rc<dyn AnyItem>;

/// A fetched item, and its version.
pub(crate) type Versioned = (Item, Option<u64>);

impl<T: ListItem> AnyItem for T {
    fn id(&self) -> RowId {
        ListItem::id(self)
    }

    fn version(&self) -> Option<u64> {
        ListItem::version(self)
    }

    fn temporary_id(&self) -> Option<RowId> {
        ListItem::temporary_id(self)
    }

    fn equals(&self, other: &dyn AnyItem) -> bool {
        typed(other) == Some(self)
    }

    fn merged(&self, patch: &str) -> Result<Item, DecodeError> {
        Ok(Rc::new(ListItem::merged(self, patch)?))
    }
}

impl PartialEq for dyn AnyItem {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}

/// The item, if it is a `T`.
pub(crate) fn typed<T: 'static>(item: &dyn AnyItem) -> Option<&T> {
    (item as &dyn Any).downcast_ref()
}

/// The shared item, if it is a `T`.
pub(crate) fn shared<T: 'static>(item: &Item) -> Option<Rc<T>> {
    let item: Rc<dyn Any> = Rc::<dyn AnyItem>::clone(item);
    item.downcast().ok()
}

/// What the engine must know of a type to make items of it.
pub(crate) struct ItemType {
    pub(crate) id_field: &'static str,
    pub(super) version_field: &'static str,
    pub(super) parse_version: fn(&str) -> Option<u64>,
    pub(super) decode: fn(&str) -> Result<Item, DecodeError>,
    /// Takes a `Vec` of them.
    pub(crate) take: fn(Box<dyn Any>) -> Option<Vec<Versioned>>,
    id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
}

impl ItemType {
    /// That of `T`.
    pub(crate) const fn of<T: ListItem>() -> &'static Self {
        const {
            &Self {
                id_field: T::ID_FIELD,
                version_field: T::VERSION_FIELD,
                parse_version: T::parse_version,
                decode: |json| Ok(Rc::new(T::decode(json)?)),
                take: |items| Some(versioned(*items.downcast::<Vec<T>>().ok()?)),
                id: TypeId::of::<T>,
                name: type_name::<T>,
            }
        }
    }

    /// The type itself.
    pub(crate) fn id(&self) -> TypeId {
        (self.id)()
    }
}

/// The items with their own versions, without their type.
pub(super) fn versioned<T: ListItem>(items: Vec<T>) -> Vec<Versioned> {
    let items = items.into_iter().map(|item| {
        let version = ListItem::version(&item);
        (Rc::new(item) as Item, version)
    });
    items.collect()
}

/// The item under another id.
pub(super) fn renamed(id_field: &str, item: &dyn AnyItem, id: &RowId) -> Option<Item> {
    let mut patch = ObjectWriter::default();
    patch.raw(id_field, &serde_json::to_string(id).ok()?);
    item.merged(&patch.end())
        .ok()
        .filter(|item| item.id() == *id)
}

/// Writes an item that is a `T` as JSON.
pub(crate) fn write_json<T: ListItem>(item: &dyn AnyItem, json: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(json, typed::<T>(item)?).ok()
}

/// How items that are `T`s become JSON and back, for edits.
pub(crate) const fn json_of<T: ListItem>() -> JsonOf<dyn AnyItem> {
    JsonOf {
        merge: |item, patch| merged_in_place(T::ID_FIELD, item, patch),
        write: |item| serde_json::to_value(typed::<T>(item)),
        read: |value| Ok(Rc::new(serde_json::from_value::<T>(value)?)),
    }
}

/// The item with `patch` merged in, which may name it by a temporary id: it stays the same row.
fn merged_in_place(id_field: &str, item: &dyn AnyItem, patch: &str) -> Result<Item, DecodeError> {
    let merged = item.merged(patch)?;
    let id = item.id();
    if merged.id() == id {
        return Ok(merged);
    }
    renamed(id_field, &*merged, &id)
        .ok_or_else(|| DecodeError::new("an edit", "it changes the id of its row"))
}
