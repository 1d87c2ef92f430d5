//! Parameters: what the address asks for.

use crate::row::Row;
use realtime_yew::{Fetcher, get_json, prelude::*};
use std::cmp::Reverse;

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Which run of the server the page shows.
    pub run: String,
    /// Whether the rows stand in the order of their prices.
    pub sorted: bool,
}

impl Parameters {
    /// Reads the page's address.
    #[must_use]
    pub fn read() -> Self {
        let search = web_sys::window().and_then(|window| window.location().search().ok());
        let search = search.unwrap_or_default();
        let Ok(search) = web_sys::UrlSearchParams::new_with_str(&search) else {
            return Self::default();
        };
        Self {
            run: search.get("run").unwrap_or_default(),
            sorted: search.get("sorted").as_deref() == Some("1"),
        }
    }

    /// The list's key.
    #[must_use]
    pub fn key(&self) -> QueryKey {
        key!["rows", &*self.run]
    }

    /// Fetches the rows.
    #[must_use]
    pub fn fetcher(&self) -> Fetcher<Vec<Row>> {
        let path = format!("/runs/{}/rows", self.run);
        Fetcher::positioned(move || {
            let path = path.clone();
            async move { get_json(&path).await }
        })
    }

    /// Which events keep the list fresh, and how it is sorted.
    #[must_use]
    pub fn options(&self) -> UseRealtimeListOptions<Row> {
        let options = UseRealtimeListOptions::default().with_channel(format!("run:{}", self.run));
        if self.sorted {
            options.with_sort_key(|row: &Row| Reverse(row.price))
        } else {
            options
        }
    }
}
