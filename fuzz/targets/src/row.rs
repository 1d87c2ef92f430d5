//! Row: what the lists of the targets hold.

use realtime_core::{ListItem, ListOptions, ListSnapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    id: String,
    #[serde(default)]
    version: Option<u64>,
    #[serde(default)]
    title: Value,
    #[serde(default)]
    temp: Option<String>,
}

impl ListItem for Row {
    type Id = String;

    fn id(&self) -> String {
        self.id.clone()
    }

    fn version(&self) -> Option<u64> {
        self.version
    }

    fn temporary_id(&self) -> Option<String> {
        self.temp.clone()
    }
}

pub(crate) fn options(sorted: bool) -> ListOptions<Row> {
    let options = ListOptions::default().with_max_items(50);
    if sorted {
        options.with_sort(|a: &Row, b| a.title.to_string().cmp(&b.title.to_string()))
    } else {
        options
    }
}

/// What must hold of rows that are shown.
pub(crate) fn check(rows: &ListSnapshot<Row>) {
    let ids: BTreeSet<String> = rows.ids().collect();
    assert_eq!(ids.len(), rows.len(), "two rows have one id: {rows:?}");
    let keys: BTreeSet<String> = rows.keys().map(|key| key.to_string()).collect();
    assert_eq!(keys.len(), rows.len(), "two rows have one key: {rows:?}");
    assert_eq!(rows.iter().count(), rows.len());
}
