//! The rows: one that reads its own patches, and one that leaves that to the core.

use realtime_core::{DecodeError, ListItem, RowId};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt::Debug, rc::Rc};

/// A row of a benchmark's list.
pub(crate) trait Quote: ListItem + Clone + Debug {
    fn new(number: u32, version: u64, price: u32) -> Self;

    fn price(&self) -> u32;

    /// The highest price first.
    fn by_price(&self, other: &Self) -> Ordering {
        other.price().cmp(&self.price())
    }
}

pub(crate) fn id(number: u32) -> Rc<str> {
    format!("r{number}").into()
}

macro_rules! quote {
    ($(#[$doc:meta])* $name:ident { $($patching:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub(crate) struct $name {
            id: Rc<str>,
            version: u64,
            name: Rc<str>,
            price: u32,
            note: Option<Rc<str>>,
        }

        impl ListItem for $name {
            fn id(&self) -> RowId {
                RowId::from(&self.id)
            }

            fn version(&self) -> Option<u64> {
                Some(self.version)
            }

            $($patching)*
        }

        impl Quote for $name {
            fn new(number: u32, version: u64, price: u32) -> Self {
                Self {
                    id: id(number),
                    version,
                    name: format!("Instrument {number}").into(),
                    price,
                    note: None,
                }
            }

            fn price(&self) -> u32 {
                self.price
            }
        }
    };
}

quote! {
    /// A row as derived: its patches are merged as JSON trees.
    Derived {}
}

quote! {
    /// A row that reads its patches into a struct of options.
    Patched {
        fn merged(&self, patch: &str) -> Result<Self, DecodeError> {
            let patch: Patch = serde_json::from_str(patch)
                .map_err(|error| DecodeError::new("a patch of a row", error))?;
            Ok(Self {
                id: Rc::clone(&self.id),
                version: patch.version.unwrap_or(self.version),
                name: patch.name.unwrap_or_else(|| Rc::clone(&self.name)),
                price: patch.price.unwrap_or(self.price),
                note: patch.note.unwrap_or_else(|| self.note.clone()),
            })
        }
    }
}

#[derive(Deserialize)]
struct Patch {
    version: Option<u64>,
    name: Option<Rc<str>>,
    price: Option<u32>,
    #[serde(default, deserialize_with = "realtime_core::present")]
    note: Option<Option<Rc<str>>>,
}
