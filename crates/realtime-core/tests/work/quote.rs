//! A row that counts what is done with it.

use crate::tally::count;
use realtime_core::{DecodeError, ListItem, ListOptions};
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// A number that counts how often it is compared.
#[derive(Clone, Copy, Debug, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) u32);

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        count(|tally| tally.id_comparisons += 1);
        self.0 == other.0
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        count(|tally| tally.id_comparisons += 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) id: Id,
    pub(crate) version: u64,
    pub(crate) price: u32,
}

impl PartialEq for Quote {
    fn eq(&self, other: &Self) -> bool {
        count(|tally| tally.rows += 1);
        self.id.0 == other.id.0 && self.version == other.version && self.price == other.price
    }
}

impl ListItem for Quote {
    type Id = Id;

    fn id(&self) -> Id {
        count(|tally| tally.rows += 1);
        self.id
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
        id: Id(number),
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
