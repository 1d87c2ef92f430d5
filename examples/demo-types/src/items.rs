//! The types that are rows of lists, as the SDK's lists want them.

use crate::{Message, Quote, Task};
use realtime_core::{DecodeError, ListItem, RowId, present};
use serde::Deserialize;

/// A change of a task, as the server sends it: what is absent stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskChange {
    version: Option<u64>,
    title: Option<String>,
    done: Option<bool>,
    position: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    assignee: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    edited_by: Option<Option<String>>,
    updated_at: Option<u64>,
}

impl ListItem for Task {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }

    // The default would do, by way of a JSON tree; this reads the change and nothing else.
    fn merged(&self, patch: &str) -> Result<Self, DecodeError> {
        let change: TaskChange = serde_json::from_str(patch)
            .map_err(|error| DecodeError::new("a change of a task", error))?;
        Ok(Self {
            id: self.id.clone(),
            version: change.version.unwrap_or(self.version),
            title: change.title.unwrap_or_else(|| self.title.clone()),
            done: change.done.unwrap_or(self.done),
            position: change.position.unwrap_or(self.position),
            assignee: change.assignee.unwrap_or_else(|| self.assignee.clone()),
            edited_by: change.edited_by.unwrap_or_else(|| self.edited_by.clone()),
            updated_at: change.updated_at.unwrap_or(self.updated_at),
        })
    }
}

impl ListItem for Message {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }
}

impl ListItem for Quote {
    fn id(&self) -> RowId {
        self.id.into()
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use realtime_core::merge_patch;

    #[test]
    fn a_change_of_a_task_merges_as_the_default_would() {
        let task = Task {
            id: "t1".into(),
            version: 2,
            title: "Write".into(),
            done: false,
            position: 1.5,
            assignee: Some("Ada".into()),
            edited_by: Some("Lin".into()),
            updated_at: 7,
        };
        for change in [
            r#"{"id":"t1"}"#,
            r#"{"id":"t1","version":3,"done":true,"editedBy":"Sam","updatedAt":9}"#,
            r#"{"id":"t1","version":3,"title":"Read","position":0.25}"#,
            r#"{"id":"t1","version":3,"assignee":null,"editedBy":null}"#,
            r#"{"id":"t1","version":3,"assignee":"Lin","unknown":[1]}"#,
        ] {
            let merged = task.merged(change).unwrap();
            assert_eq!(merged, merge_patch(&task, change).unwrap(), "{change}");
        }
    }

    #[test]
    fn a_change_of_the_wrong_shape_is_an_error_that_says_whose() {
        let task: Task = serde_json::from_str(
            r#"{"id":"t1","version":1,"title":"a","done":false,"position":1,"updatedAt":0}"#,
        )
        .unwrap();
        let error = task.merged(r#"{"done":"yes"}"#).unwrap_err().to_string();
        assert!(error.contains("a change of a task"), "{error}");
    }
}
