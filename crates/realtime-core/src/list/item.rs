//! What a row of a list must be able to say.

use crate::{error::DecodeError, merge::merge_patch};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt::{self, Debug, Display, Write},
    hash::Hash,
};

/// What may name an item: strings, integers, the names of this crate, a UUID.
///
/// Implemented for everything that has these traits. Cloning should be cheap: prefer `Rc<str>` to
/// `String`.
pub trait ItemId:
    Clone + Eq + Hash + Ord + Debug + Display + Serialize + DeserializeOwned + 'static
{
}

impl<I> ItemId for I where
    I: Clone + Eq + Hash + Ord + Debug + Display + Serialize + DeserializeOwned + 'static
{
}

/// How long an id is as text: what it costs to remember, more or less.
pub(super) fn text_len(id: &impl Display) -> usize {
    struct Length(usize);

    impl Write for Length {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }

    let mut length = Length(0);
    // It never fails, and an id that does not know its own text is none.
    let _ = write!(length, "{id}");
    length.0
}

/// A row of a [`KeyedList`](super::KeyedList): has an id and, if the data has one, a version.
///
/// An ordinary serde type needs nothing else:
///
/// ```
/// use realtime_core::ListItem;
/// use serde::{Deserialize, Serialize};
/// use std::rc::Rc;
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Task {
///     id: Rc<str>,
///     version: u64,
///     title: String,
///     due: Option<u32>,
/// }
///
/// impl ListItem for Task {
///     type Id = Rc<str>;
///
///     fn id(&self) -> Rc<str> {
///         Rc::clone(&self.id)
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
/// use realtime_core::{DecodeError, ListItem};
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
///     type Id = Rc<str>;
///     const ID_FIELD: &'static str = "symbol";
///
///     fn id(&self) -> Rc<str> {
///         Rc::clone(&self.symbol)
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
    /// What names an item. On the wire it is a string or a number, whichever this type reads.
    type Id: ItemId;

    /// The field that holds the id, as it is called on the wire.
    const ID_FIELD: &'static str = "id";

    /// The field that holds the version, as it is called on the wire.
    const VERSION_FIELD: &'static str = "version";

    /// The item's id; the same for the item's whole life.
    fn id(&self) -> Self::Id;

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
    fn temporary_id(&self) -> Option<Self::Id> {
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
