//! The list that cases edit: its rows, and watching it.

use crate::{
    failure::{Failure, Verdict, shown},
    native::Native,
    wait::holds,
};
use realtime_core::{ListItem, ListSpec, QueryKey, QueryOptions, RowId, key};
use serde::{Deserialize, Serialize};

/// A task, as far as the servers agree on what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) version: u64,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// The query that holds them.
pub(crate) fn tasks_key() -> QueryKey {
    key!["tasks"]
}

/// Has a client follow the tasks.
pub(crate) fn watch_tasks(native: &Native) -> Verdict {
    let spec = ListSpec::<Task>::new(Some("tasks".into()));
    let options = QueryOptions::default();
    native
        .run(|client, now| client.observe_list(now, &tasks_key(), spec, &options))
        .map(drop)
        .map_err(|error| Failure::unable("observe the tasks", error))
}

/// What a client shows, sorted; `None` before it has anything.
pub(crate) fn shown_tasks(native: &Native) -> Option<Vec<Task>> {
    let client = native.client();
    let list = client.list::<Task>(&tasks_key())?;
    let mut rows: Vec<Task> = list.iter().map(|row| Task::clone(&row)).collect();
    rows.sort();
    Some(rows)
}

/// Waits until a client shows exactly these, which are sorted.
pub(crate) async fn shows_tasks(native: &Native, tasks: &[Task]) -> Verdict {
    let seen = holds(native, "a client shows the tasks as they are", |native| {
        shown_tasks(native).as_deref() == Some(tasks)
    });
    seen.await.map_err(|failure| {
        let rows = shown(&shown_tasks(native));
        Failure::new(format!("{failure}; it shows {rows}, not {}", shown(&tasks)))
    })
}
