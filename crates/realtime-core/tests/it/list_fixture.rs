//! The item that the list tests use, and a server's own idea of it.

use proptest::prelude::*;
use realtime_core::{
    Instant, ListItem, ListOptions, RowId,
    list::{Applied, KeyedList},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    pub(crate) rank: i64,
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, u8>,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        self.version
    }
}

impl Task {
    pub(crate) fn new(id: &str, version: impl Into<Option<u64>>, rank: i64) -> Self {
        Self {
            id: id.into(),
            version: version.into(),
            rank,
            title: None,
            tags: BTreeMap::new(),
        }
    }
}

/// What a partial update sets, as a server thinks of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) rank: Option<i64>,
    pub(crate) title: Option<Option<String>>,
    pub(crate) tags: BTreeMap<String, Option<u8>>,
}

impl Fields {
    /// The server's way to change its row, which knows nothing of merge patches.
    pub(crate) fn change(&self, task: &mut Task) {
        task.rank = self.rank.unwrap_or(task.rank);
        if let Some(title) = &self.title {
            task.title.clone_from(title);
        }
        for (tag, value) in &self.tags {
            match value {
                Some(value) => task.tags.insert(tag.clone(), *value),
                None => task.tags.remove(tag),
            };
        }
    }

    pub(crate) fn json(&self, id: &str, version: Option<u64>) -> Value {
        let mut item = json!({ "id": id });
        if let Some(version) = version {
            item["version"] = version.into();
        }
        if let Some(rank) = self.rank {
            item["rank"] = rank.into();
        }
        if let Some(title) = &self.title {
            item["title"] = json!(title);
        }
        if !self.tags.is_empty() {
            item["tags"] = json!(self.tags);
        }
        item
    }
}

pub(crate) fn fields() -> impl Strategy<Value = Fields> {
    (
        prop::option::of(0_i64..5),
        prop::option::of(prop::option::of("[a-c]")),
        prop::collection::btree_map("[x-z]", prop::option::of(any::<u8>()), 0..3),
    )
        .prop_map(|(rank, title, tags)| Fields { rank, title, tags })
}

pub(crate) const NOW: Instant = Instant::ZERO;

pub(crate) fn sorted() -> KeyedList<Task> {
    KeyedList::new(ListOptions::default().with_sort(by_rank))
}

pub(crate) fn by_rank(a: &Task, b: &Task) -> std::cmp::Ordering {
    a.rank.cmp(&b.rank)
}

/// Applies one event that must be readable.
pub(crate) fn apply(list: &mut KeyedList<Task>, event: Value) -> Applied {
    list.apply(NOW, &event.to_string()).unwrap()
}

pub(crate) fn create(item: &Task) -> Value {
    json!({ "action": "create", "item": item })
}

pub(crate) fn update(item: Value) -> Value {
    json!({ "action": "update", "item": item })
}

pub(crate) fn delete(item: Value) -> Value {
    json!({ "action": "delete", "item": item })
}

pub(crate) fn ids(list: &KeyedList<Task>) -> Vec<String> {
    list.snapshot().ids().map(|id| id.to_string()).collect()
}

pub(crate) fn tasks(list: &KeyedList<Task>) -> Vec<Task> {
    list.snapshot()
        .iter()
        .map(|task| Task::clone(&task))
        .collect()
}

/// Panics unless the list's two ways of looking at its rows agree.
pub(crate) fn check(list: &KeyedList<Task>) {
    let snapshot = list.snapshot();
    assert_eq!(snapshot.len(), list.len());
    for (rank, task) in snapshot.iter().enumerate() {
        assert_eq!(list.rank(&task.id), Some(rank));
        assert!(std::rc::Rc::ptr_eq(&list.get(&task.id).unwrap(), &task));
    }
}
