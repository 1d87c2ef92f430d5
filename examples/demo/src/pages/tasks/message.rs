//! The messages that change tasks.

use realtime_demo_types::{MoveTask, TaskPatch};
use serde::Serialize;

pub(super) const CREATE: &str = "task:create";
pub(super) const UPDATE: &str = "task:update";
pub(super) const DELETE: &str = "task:delete";
pub(super) const MOVE: &str = "task:move";

/// What is to be done with the task `id`.
#[derive(Serialize)]
pub(super) struct OfTask<T> {
    id: String,
    #[serde(flatten)]
    change: T,
}

/// Nothing beside the id.
#[derive(Serialize)]
pub(super) struct Nothing {}

impl OfTask<Nothing> {
    pub(super) fn only(id: &str) -> Self {
        Self::new(id, Nothing {})
    }
}

impl OfTask<TaskPatch> {
    pub(super) fn titled(id: &str, title: String, by: &str) -> Self {
        let patch = TaskPatch {
            title: Some(title),
            ..changed_by(by)
        };
        Self::new(id, patch)
    }

    pub(super) fn done(id: &str, done: bool, by: &str) -> Self {
        let patch = TaskPatch {
            done: Some(done),
            ..changed_by(by)
        };
        Self::new(id, patch)
    }
}

/// Where a task is to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Right before this task.
    Before(String),
    /// Right after this task.
    After(String),
}

impl Place {
    /// The task it is beside.
    pub(super) fn neighbour(&self) -> &str {
        match self {
            Self::Before(task) | Self::After(task) => task,
        }
    }
}

impl OfTask<MoveTask> {
    pub(super) fn moved(id: &str, place: Place, by: &str) -> Self {
        let (before, after) = match place {
            Place::Before(task) => (Some(Some(task)), None),
            Place::After(task) => (None, Some(Some(task))),
        };
        let edited_by = Some(by.to_owned());
        Self::new(
            id,
            MoveTask {
                before,
                after,
                edited_by,
            },
        )
    }
}

impl<T> OfTask<T> {
    fn new(id: &str, change: T) -> Self {
        Self {
            id: id.to_owned(),
            change,
        }
    }
}

fn changed_by(name: &str) -> TaskPatch {
    TaskPatch {
        edited_by: Some(name.to_owned()),
        ..TaskPatch::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(message: &impl Serialize) -> String {
        serde_json::to_string(message).unwrap()
    }

    #[test]
    fn a_message_holds_the_id_and_the_change_side_by_side() {
        assert_eq!(json(&OfTask::only("t1")), r#"{"id":"t1"}"#);
        assert_eq!(
            json(&OfTask::titled("t1", "Write".into(), "Ada")),
            r#"{"id":"t1","title":"Write","editedBy":"Ada"}"#
        );
        assert_eq!(
            json(&OfTask::done("t1", true, "Ada")),
            r#"{"id":"t1","done":true,"editedBy":"Ada"}"#
        );
    }

    #[test]
    fn a_move_names_one_neighbour() {
        assert_eq!(
            json(&OfTask::moved("t1", Place::Before("t3".into()), "Ada")),
            r#"{"id":"t1","before":"t3","editedBy":"Ada"}"#
        );
        assert_eq!(
            json(&OfTask::moved("t1", Place::After("t3".into()), "Ada")),
            r#"{"id":"t1","after":"t3","editedBy":"Ada"}"#
        );
    }
}
