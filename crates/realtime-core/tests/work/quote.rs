//! A row that counts what is done with it.

use crate::tally::count;
use realtime_core::{DecodeError, ListItem, ListOptions, RowId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) id: u32,
    pub(crate) version: u64,
    pub(crate) price: u32,
}

impl PartialEq for Quote {
    fn eq(&self, other: &Self) -> bool {
        count(|tally| tally.rows += 1);
        self.id == other.id && self.version == other.version && self.price == other.price
    }
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        count(|tally| tally.rows += 1);
        self.id.into()
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }

    fn merged(&self, patch: &str) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Patch {
            version: Option<u64>,
            price: Option<u32>,
        }

        let patch: Patch = serde_json::from_str(patch)
            .map_err(|error| DecodeError::new("a patch of a quote", error))?;
        Ok(Self {
            version: patch.version.unwrap_or(self.version),
            price: patch.price.unwrap_or(self.price),
            ..self.clone()
        })
    }
}

/// The row of this number before any event. The prices of neighbours are far apart.
pub(crate) fn quote(number: u32) -> Quote {
    Quote {
        id: number,
        version: 1,
        price: number.wrapping_mul(2_654_435_761),
    }
}

pub(crate) fn quotes(size: u32) -> Vec<Quote> {
    (0..size).map(quote).collect()
}

pub(crate) fn options(sorted: bool) -> ListOptions<Quote> {
    let options = ListOptions::default();
    if !sorted {
        return options;
    }
    options.with_sort(|a: &Quote, b| {
        count(|tally| tally.comparisons += 1);
        a.price.cmp(&b.price)
    })
}
