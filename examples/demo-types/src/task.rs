//! Task of the board, and the messages that change one.

use serde::{Deserialize, Deserializer, Serialize};

/// A task on the board, an item of the list on the channel `tasks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Unique on the server.
    pub id: String,
    /// Grows by one with each change of this task.
    pub version: u64,
    /// Untrusted text.
    pub title: String,
    /// Whether it is ticked off.
    pub done: bool,
    /// Tasks are shown in the order of their positions; two with the same one, in the order of their ids.
    pub position: f64,
    /// Whose task it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<String>,
    /// When it was last changed.
    pub updated_at: u64,
}

/// The body of `POST /api/tasks` and the data of `task:create`. The new task comes last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewTask {
    /// Its title.
    pub title: String,
    /// Whose task it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Who creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<String>,
}

/// The body of `PATCH /api/tasks/{id}`; with an `id` beside these fields, the data of `task:update`. What is absent
/// stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskPatch {
    /// The new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it is ticked off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<bool>,
    /// `Some(None)` takes the assignee off (`null` on the wire).
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub assignee: Option<Option<String>>,
    /// Who makes the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<String>,
    /// The version the change was made on. If the task has moved on, the server refuses with `conflict`. Without
    /// one, the last writer wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
}

/// The body of `POST /api/tasks/{id}/move`; with an `id` beside these fields, the data of `task:move`. Exactly one
/// of the two must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveTask {
    /// The id of the task it is to stand before; `Some(None)` is the end.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub before: Option<Option<String>>,
    /// The id of the task it is to stand after; `Some(None)` is the start.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<Option<String>>,
    /// Who moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<String>,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_assignee_is_told_from_an_absent_one() {
        let cleared: TaskPatch = serde_json::from_str(r#"{"assignee":null}"#).unwrap();
        let untouched: TaskPatch = serde_json::from_str("{}").unwrap();
        assert_eq!(cleared.assignee, Some(None));
        assert_eq!(untouched.assignee, None);
        assert_eq!(
            serde_json::to_string(&cleared).unwrap(),
            r#"{"assignee":null}"#
        );
        assert_eq!(serde_json::to_string(&untouched).unwrap(), "{}");
    }

    #[test]
    fn a_task_is_camel_case_on_the_wire() {
        let task = Task {
            id: "t1".into(),
            version: 2,
            title: "Write".into(),
            done: false,
            position: 1.0,
            assignee: None,
            edited_by: Some("Ada".into()),
            updated_at: 5,
        };
        let text = serde_json::to_string(&task).unwrap();
        assert_eq!(
            text,
            r#"{"id":"t1","version":2,"title":"Write","done":false,"position":1.0,"editedBy":"Ada","updatedAt":5}"#
        );
        assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), task);
    }
}
