//! Row: what the lists of the targets hold.

use realtime_core::{ListItem, ListOptions, ListSnapshot, RowId};
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
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        self.version
    }

    fn temporary_id(&self) -> Option<RowId> {
        self.temp.as_ref().map(RowId::from)
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
    let ids: BTreeSet<RowId> = rows.ids().collect();
    assert_eq!(ids.len(), rows.len(), "two rows have one id: {rows:?}");
    let keys: BTreeSet<RowId> = rows.keys().collect();
    assert_eq!(keys.len(), rows.len(), "two rows have one key: {rows:?}");
    assert_eq!(rows.iter().count(), rows.len());
}
