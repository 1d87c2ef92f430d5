//! The task board: the tasks in order, and what each change looks like on the wire.

use crate::{
    limits::{self, check_optional, check_text},
    refusals::{nothing, quoted},
};
use realtime_demo_types::{
    MoveTask, NewTask, Task, TaskPatch,
    limits::{NAME, TITLE},
};
use realtime_server::{ListChange, Refusal};
use serde::{Deserialize, Serialize};

/// What changed in one task; the rest of its fields is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskChange {
    id: String,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<u64>,
}

/// A deleted task: its id, and a version above all that it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removed {
    pub(crate) id: String,
    pub(crate) version: u64,
}

/// The tasks, always in the order of (position, id).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Board {
    tasks: Vec<Task>,
}

/// Below this distance between two neighbours the whole board is numbered anew.
const MIN_GAP: f64 = 1e-6;

impl Board {
    /// The board of a fresh server.
    pub(crate) fn seeded(mut new_id: impl FnMut() -> String, now: u64) -> Self {
        let mut board = Self::default();
        let seeds = [
            ("Sketch the release notes", true, Some("Ada")),
            ("Measure the first paint", false, Some("Lin")),
            ("Water the office plants", false, None),
            ("Answer the accessibility review", false, Some("Ada")),
            ("Book a room for the retrospective", false, None),
            ("Try the page on a slow phone", false, Some("Sam")),
        ];
        for (title, done, assignee) in seeds {
            board.tasks.push(Task {
                id: new_id(),
                version: 1,
                title: title.to_owned(),
                done,
                position: board.end(),
                assignee: assignee.map(str::to_owned),
                edited_by: None,
                updated_at: now,
            });
        }
        board
    }

    /// All tasks in order.
    pub(crate) fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    pub(crate) fn create(&mut self, id: String, new: NewTask, now: u64) -> Result<Task, Refusal> {
        check_text("title", &new.title, TITLE)?;
        check_optional("assignee", new.assignee.as_deref(), NAME)?;
        check_optional("editedBy", new.edited_by.as_deref(), NAME)?;
        if self.tasks.len() >= limits::TASKS {
            let message = format!("delete a task first: the board holds {}", limits::TASKS);
            return Err(Refusal::limit_reached(message));
        }
        let task = Task {
            id,
            version: 1,
            title: new.title,
            done: false,
            position: self.end(),
            assignee: new.assignee,
            edited_by: new.edited_by,
            updated_at: now,
        };
        self.tasks.push(task.clone());
        Ok(task)
    }

    /// Changes a task; without a real change there is none on the wire either.
    pub(crate) fn update(
        &mut self,
        id: &str,
        patch: TaskPatch,
        now: u64,
    ) -> Result<(Task, Option<TaskChange>), Refusal> {
        check_optional("title", patch.title.as_deref(), TITLE)?;
        check_optional(
            "assignee",
            patch.assignee.as_ref().and_then(Option::as_deref),
            NAME,
        )?;
        check_optional("editedBy", patch.edited_by.as_deref(), NAME)?;
        let task = self.find_mut(id)?;
        if patch.base_version.is_some_and(|base| base != task.version) {
            let version = task.version;
            let message = format!("the task has moved on to version {version}: read it again");
            return Err(Refusal::conflict(message));
        }
        let title = patch.title.filter(|title| *title != task.title);
        let done = patch.done.filter(|done| *done != task.done);
        let assignee = patch.assignee.filter(|assignee| *assignee != task.assignee);
        if title.is_none() && done.is_none() && assignee.is_none() {
            return Ok((task.clone(), None));
        }
        if let Some(title) = &title {
            task.title.clone_from(title);
        }
        if let Some(done) = done {
            task.done = done;
        }
        if let Some(assignee) = &assignee {
            task.assignee.clone_from(assignee);
        }
        let stamp = stamp(task, patch.edited_by, now);
        Ok((
            task.clone(),
            Some(TaskChange {
                title,
                done,
                assignee,
                ..stamp
            }),
        ))
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<Removed, Refusal> {
        let task = self.tasks.remove(self.index(id)?);
        Ok(Removed {
            id: task.id,
            version: task.version + 1,
        })
    }

    /// Puts a task before or after another one. The change is that of this task alone, unless the numbers between
    /// the neighbours have run out and every task gets a new one.
    pub(crate) fn move_to(
        &mut self,
        id: &str,
        to: MoveTask,
        now: u64,
    ) -> Result<(Task, ListChange<TaskChange>), Refusal> {
        check_optional("editedBy", to.edited_by.as_deref(), NAME)?;
        let from = self.index(id)?;
        let neighbour = |of: Option<String>| of.map(|of| self.index(&of)).transpose();
        // The place is counted on the board as it is, with the task still in its old one.
        let to_index = match (to.before, to.after) {
            (Some(before), None) => neighbour(before)?.unwrap_or(self.tasks.len()),
            (None, Some(after)) => neighbour(after)?.map_or(0, |index| index + 1),
            _ => return Err(Refusal::invalid("give either before or after")),
        };
        let to_index = if to_index > from {
            to_index - 1
        } else {
            to_index
        };
        let mut task = self.tasks.remove(from);
        let next = self.tasks.get(to_index).map(|next| next.position);
        let previous = to_index
            .checked_sub(1)
            .and_then(|i| self.tasks.get(i))
            .map(|task| task.position);
        let (position, fits) = match (previous, next) {
            (Some(low), Some(high)) => (f64::midpoint(low, high), high - low > MIN_GAP),
            (Some(low), None) => (low + 1.0, true),
            (None, Some(high)) => (high - 1.0, true),
            (None, None) => (task.position, true),
        };
        task.position = position;
        let stamp = stamp(&mut task, to.edited_by, now);
        let change = TaskChange {
            position: Some(position),
            ..stamp
        };
        self.tasks.insert(to_index, task.clone());
        if fits {
            return Ok((task, ListChange::Update { item: change }));
        }
        let changes = self.renumber(to_index, change);
        let task = self.find_mut(id)?.clone();
        Ok((task, ListChange::Batch { changes }))
    }

    /// Numbers all tasks 1, 2, 3 …; the one at `moved` has its change already.
    fn renumber(&mut self, moved: usize, change: TaskChange) -> Vec<ListChange<TaskChange>> {
        let mut position = 0.0;
        let mut changes = Vec::with_capacity(self.tasks.len());
        for (index, task) in self.tasks.iter_mut().enumerate() {
            position += 1.0;
            task.position = position;
            let item = if index == moved {
                TaskChange {
                    position: Some(position),
                    ..change.clone()
                }
            } else {
                task.version += 1;
                let (id, version) = (task.id.clone(), task.version);
                TaskChange {
                    id,
                    version,
                    position: Some(position),
                    ..TaskChange::default()
                }
            };
            changes.push(ListChange::Update { item });
        }
        changes
    }

    fn end(&self) -> f64 {
        self.tasks.last().map_or(0.0, |last| last.position) + 1.0
    }

    fn index(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.tasks.iter().position(|task| task.id == id);
        found.ok_or_else(|| nothing(format_args!("task {:?}", quoted(id))))
    }

    fn find_mut(&mut self, id: &str) -> Result<&mut Task, Refusal> {
        let found = self.tasks.iter_mut().find(|task| task.id == id);
        found.ok_or_else(|| nothing(format_args!("task {:?}", quoted(id))))
    }
}

/// Marks a task as changed, and gives the fields that say so.
fn stamp(task: &mut Task, edited_by: Option<String>, now: u64) -> TaskChange {
    task.version += 1;
    task.updated_at = now;
    if edited_by.is_some() {
        task.edited_by.clone_from(&edited_by);
    }
    TaskChange {
        id: task.id.clone(),
        version: task.version,
        edited_by,
        updated_at: Some(now),
        ..TaskChange::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        let mut n = 0;
        let new_id = || {
            n += 1;
            format!("t{n}")
        };
        let mut board = Board::seeded(new_id, 0);
        board.tasks.truncate(3);
        board
    }

    fn order(board: &Board) -> Vec<&str> {
        assert!(
            board
                .tasks
                .is_sorted_by(|a, b| (a.position, &a.id) < (b.position, &b.id))
        );
        board.tasks.iter().map(|task| task.id.as_str()).collect()
    }

    fn before(id: Option<&str>) -> MoveTask {
        MoveTask {
            before: Some(id.map(str::to_owned)),
            ..MoveTask::default()
        }
    }

    fn after(id: Option<&str>) -> MoveTask {
        MoveTask {
            after: Some(id.map(str::to_owned)),
            ..MoveTask::default()
        }
    }

    #[test]
    fn a_task_moves_to_either_end_and_between_two() {
        let mut board = board();
        board.move_to("t1", before(None), 1).unwrap();
        assert_eq!(order(&board), ["t2", "t3", "t1"]);
        board.move_to("t1", after(None), 1).unwrap();
        assert_eq!(order(&board), ["t1", "t2", "t3"]);
        board.move_to("t1", before(Some("t3")), 1).unwrap();
        assert_eq!(order(&board), ["t2", "t1", "t3"]);
        board.move_to("t3", after(Some("t2")), 1).unwrap();
        assert_eq!(order(&board), ["t2", "t3", "t1"]);
        board.move_to("t3", before(Some("t3")), 1).unwrap();
        assert_eq!(
            order(&board),
            ["t2", "t3", "t1"],
            "before itself is where it is"
        );
    }

    #[test]
    fn a_board_without_room_between_two_tasks_is_numbered_anew() {
        let mut board = board();
        let mut batches = 0;
        for _ in 0..60 {
            let last = board.tasks[2].id.clone();
            let middle = board.tasks[1].id.clone();
            let (_, change) = board.move_to(&last, before(Some(&middle)), 1).unwrap();
            assert_eq!(order(&board)[1], last);
            batches += u32::from(matches!(change, ListChange::Batch { .. }));
        }
        assert!(batches > 0);
    }

    #[test]
    fn an_update_tells_only_what_changed() {
        let mut board = board();
        let patch = TaskPatch {
            done: Some(false),
            ..TaskPatch::default()
        };
        let (task, change) = board
            .update(
                "t2",
                TaskPatch {
                    title: Some("New".into()),
                    ..patch
                },
                9,
            )
            .unwrap();
        assert_eq!(task.version, 2);
        let text = serde_json::to_string(&change.unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"id":"t2","version":2,"title":"New","updatedAt":9}"#
        );
        let patch = TaskPatch {
            assignee: Some(None),
            ..TaskPatch::default()
        };
        let (_, change) = board.update("t2", patch.clone(), 9).unwrap();
        assert_eq!(change.unwrap().assignee, Some(None));
        let (task, change) = board.update("t2", patch, 9).unwrap();
        assert_eq!((task.version, change), (3, None), "nothing left to change");
    }

    #[test]
    fn a_change_made_on_an_old_version_is_a_conflict() {
        let mut board = board();
        let patch = |base| TaskPatch {
            done: Some(true),
            base_version: Some(base),
            ..TaskPatch::default()
        };
        board.update("t2", patch(1), 9).unwrap();
        assert_eq!(
            board.update("t2", patch(1), 9).unwrap_err().code(),
            "conflict"
        );
    }

    #[test]
    fn the_board_refuses_what_it_cannot_hold() {
        let mut board = board();
        let new = |title: &str| NewTask {
            title: title.into(),
            ..NewTask::default()
        };
        assert_eq!(
            board.create("x".into(), new(" "), 1).unwrap_err().code(),
            "invalid_data"
        );
        let long = "x".repeat(TITLE + 1);
        assert_eq!(
            board.create("x".into(), new(&long), 1).unwrap_err().code(),
            "invalid_data"
        );
        assert_eq!(board.delete("nobody").unwrap_err().code(), "not_found");
        assert_eq!(
            board
                .move_to("t1", MoveTask::default(), 1)
                .unwrap_err()
                .code(),
            "invalid_data"
        );
        for n in board.tasks.len()..limits::TASKS {
            board.create(format!("n{n}"), new("more"), 1).unwrap();
        }
        assert_eq!(
            board.create("x".into(), new("y"), 1).unwrap_err().code(),
            "limit_reached"
        );
    }
}
