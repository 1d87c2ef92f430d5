//! Changes of the board: what is sent, and what shows until the server has answered.

use super::{CHANNEL, place::Place};
use realtime_demo_types::{NewTask, Task, TaskPatch};
use realtime_yew::prelude::*;
use serde::Serialize;
use serde_json::json;

/// Creates and moves go one by one: a place may be beside a task that the server has not named yet.
const ORDER: &str = "tasks:order";

/// A change of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Create { title: String },
    Rename { id: String, title: String },
    Tick { id: String, done: bool },
    Move { id: String, place: Place },
    Delete { id: String },
}

/// A message about the task `id`.
#[derive(Serialize)]
struct OfTask<T> {
    id: String,
    #[serde(flatten)]
    change: T,
}

/// Nothing beside the id.
#[derive(Serialize)]
struct Nothing {}

impl Change {
    /// The change as a mutation of the board `tasks`, made by `me`.
    pub(super) fn spec(
        &self,
        client: &RealtimeClient,
        tasks: &ListRef<Task>,
        me: &str,
    ) -> MutationSpec {
        let rows = || client.list::<Task>(tasks.key()).unwrap_or_default();
        let spec = match self {
            Self::Create { title } => {
                let end = rows().iter().next_back().map_or(0.0, |last| last.position) + 1.0;
                MutationSpec::message("task:create", CHANNEL, &new_task(title, me))
                    .with_edit(tasks.insert(shown_task(client.temporary_id(), title, end, me)))
                    .with_scope(ORDER)
                    .with_keep_failed(true)
            }
            Self::Rename { id, title } => {
                let title = Some(title.clone());
                let change = TaskPatch {
                    title,
                    ..TaskPatch::default()
                };
                update(tasks, id, change, me)
            }
            Self::Tick { id, done } => {
                let done = Some(*done);
                let change = TaskPatch {
                    done,
                    ..TaskPatch::default()
                };
                update(tasks, id, change, me)
            }
            Self::Move { id, place } => {
                let message = of_task(id, place.to_message(me));
                let rows: Vec<_> = rows().iter().collect();
                let rows = rows.iter().map(|task| (task.id.as_str(), task.position));
                let spec = MutationSpec::message("task:move", CHANNEL, &message).with_scope(ORDER);
                match place.position(id, rows) {
                    Some(position) => {
                        spec.with_edit(tasks.update(id, &json!({ "position": position })))
                    }
                    None => spec,
                }
            }
            Self::Delete { id } => {
                MutationSpec::message("task:delete", CHANNEL, &of_task(id, Nothing {}))
                    .with_edit(tasks.delete(id))
                    .with_scope(id.as_str())
            }
        };
        // What is done offline is done, whatever becomes of the page.
        spec.with_persist()
    }
}

/// Changes fields of a task: shows them, and sends what is left of them once other people's changes
/// are known, with the version that they were made on.
fn update(tasks: &ListRef<Task>, id: &str, change: TaskPatch, me: &str) -> MutationSpec {
    let id = id.to_owned();
    let by = Some(me.to_owned());
    MutationSpec::message("task:update", CHANNEL, &of_task(&id, &change))
        .with_edit(tasks.update(&id, &change))
        .with_scope(id.as_str())
        .with_keep_failed(true)
        .with_data(move |sending| {
            let left = sending.patch(0).map(serde_json::from_str::<TaskPatch>);
            let change = TaskPatch {
                edited_by: by.clone(),
                base_version: sending.base_version(0),
                ..left.and_then(Result::ok).unwrap_or_else(|| change.clone())
            };
            json!(of_task(&sending.id(&id).to_string(), change))
        })
}

fn of_task<T>(id: &str, change: T) -> OfTask<T> {
    let id = id.to_owned();
    OfTask { id, change }
}

fn new_task(title: &str, me: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        assignee: None,
        edited_by: Some(me.to_owned()),
    }
}

/// A new task as it shows before the server has made it.
fn shown_task(id: String, title: &str, position: f64, me: &str) -> Task {
    Task {
        id,
        version: 0,
        title: title.to_owned(),
        done: false,
        position,
        assignee: None,
        edited_by: Some(me.to_owned()),
        updated_at: 0,
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
        assert_eq!(json(&of_task("t1", Nothing {})), r#"{"id":"t1"}"#);
        let place = Place::Before("t3".into());
        assert_eq!(
            json(&of_task("t1", place.to_message("Ada"))),
            r#"{"id":"t1","before":"t3","editedBy":"Ada"}"#
        );
    }

    #[test]
    fn a_change_of_fields_names_no_other_field() {
        let change = TaskPatch {
            done: Some(true),
            ..TaskPatch::default()
        };
        assert_eq!(json(&of_task("t1", change)), r#"{"id":"t1","done":true}"#);
    }
}
