//! Task board, as a visitor sees it.

use super::{Visitor, by_id};
use crate::{Http, Key, KitError, Pointer, ensure, eventually};
use serde::Deserialize;
use serde_json::json;
use std::{collections::HashSet, time::Duration};

const ROWS: &str = r#"
    const rows = document.querySelectorAll('[data-testid="tasks"] [data-testid="task"]');
    return Array.from(rows, row => ({
        id: row.dataset.id,
        version: Number(row.dataset.version),
        title: row.querySelector('[data-testid="task-title"]')?.textContent.trim() ?? '',
        done: row.querySelector('[data-testid="task-done"]')?.checked ?? false,
    }));
"#;

/// What a person pastes is not cut short everywhere, so the page has to live with it.
const PASTE: &str = r#"
    const field = document.querySelector(arguments[0]);
    field.value = arguments[1];
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
"#;

/// A task, as a row shows it and as the server has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaskRow {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Its title; empty while it is being edited.
    pub title: String,
    /// Whether it is ticked off.
    pub done: bool,
}

impl Visitor {
    /// The rows from top to bottom, read in one go.
    pub fn tasks(&self) -> Result<Vec<TaskRow>, KitError> {
        self.eval(ROWS, json!([]))
    }

    /// Adds a task through the form.
    pub fn add_task(&self, title: &str) -> Result<(), KitError> {
        self.retype(&by_id("new-task"), title)?;
        self.click(&by_id("add-task"))
    }

    /// Adds a task whose title is pasted into the form, however long it is.
    pub fn paste_task(&self, title: &str) -> Result<(), KitError> {
        self.paste(&by_id("new-task"), title)?;
        self.click(&by_id("add-task"))
    }

    /// Edits a row's title by pasting another one, however long it is.
    pub fn paste_title(&self, id: &str, title: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-edit"))?;
        self.paste(&part(id, "task-input"), title)?;
        self.save_editing(id)
    }

    fn paste(&self, field: &str, text: &str) -> Result<(), KitError> {
        self.eval(PASTE, json!([field, text]))
    }

    /// Waits until the row with this title is in `state`: `synced`, `pending` or `failed`.
    pub fn await_task_state(
        &self,
        title: &str,
        state: &str,
        within: Duration,
    ) -> Result<(), KitError> {
        let what = format!("{} sees the task {title:?} as {state}", self.name());
        let read = || {
            let rows = self.tasks()?;
            let row = rows.into_iter().find(|row| row.title == title);
            row.map(|row| self.task_state(&row.id)).transpose()
        };
        eventually(&what, within, read, |seen| {
            seen.as_ref().and_then(Option::as_deref) == Some(state)
        })
        .map(drop)
    }

    /// How a row stands between the page and the server.
    pub fn task_state(&self, id: &str) -> Result<Option<String>, KitError> {
        self.attribute(&row(id), "data-state")
    }

    /// Why a row's change was not saved.
    pub fn task_error(&self, id: &str) -> Result<Option<String>, KitError> {
        Ok(self.texts(&part(id, "task-error"))?.pop())
    }

    /// Tries a failed change again.
    pub fn retry_task(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-retry"))
    }

    /// Lets a failed change go.
    pub fn dismiss_task(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-dismiss"))
    }

    /// Drags a row by its grip, to below another one.
    pub fn drag_task_below(&self, pointer: Pointer, id: &str, other: &str) -> Result<(), KitError> {
        self.drag(pointer, &part(id, "task-grip"), &row(other), 10)
    }

    /// Drags a row by its grip to where no row is.
    pub fn drag_task_out(&self, pointer: Pointer, id: &str) -> Result<(), KitError> {
        self.drag(pointer, &part(id, "task-grip"), "h1", 0)
    }

    /// Starts editing a row, without saving.
    pub fn start_editing(&self, id: &str, title: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-edit"))?;
        self.retype(&part(id, "task-input"), title)
    }

    /// Edits a row's title and saves it with Enter.
    pub fn edit_task(&self, id: &str, title: &str) -> Result<(), KitError> {
        self.start_editing(id, title)?;
        self.save_editing(id)
    }

    /// Saves what is being edited, with Enter.
    pub fn save_editing(&self, id: &str) -> Result<(), KitError> {
        self.press(&part(id, "task-input"), Key::Enter)
    }

    /// Gives up the editing of a row with Escape.
    pub fn cancel_editing(&self, id: &str) -> Result<(), KitError> {
        self.press(&part(id, "task-input"), Key::Escape)
    }

    /// Ticks a row, or takes the tick off.
    pub fn toggle_task(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-done"))
    }

    /// Moves a row one place up.
    pub fn move_task_up(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-up"))
    }

    /// Moves a row one place down.
    pub fn move_task_down(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-down"))
    }

    /// Deletes a row.
    pub fn delete_task(&self, id: &str) -> Result<(), KitError> {
        self.click(&part(id, "task-delete"))
    }

    /// Waits until the rows are as `wanted`.
    pub fn await_tasks(
        &self,
        what: &str,
        within: Duration,
        mut wanted: impl FnMut(&[TaskRow]) -> bool,
    ) -> Result<Vec<TaskRow>, KitError> {
        let what = format!("{} sees that {what}", self.name());
        eventually(&what, within, || self.tasks(), |rows| wanted(rows))
    }

    /// Waits for a row with this title, and returns it.
    pub fn await_task(&self, title: &str, within: Duration) -> Result<TaskRow, KitError> {
        let what = format!("there is a task {title:?}");
        let find = |rows: &[TaskRow]| rows.iter().find(|row| row.title == title).cloned();
        let rows = self.await_tasks(&what, within, |rows| find(rows).is_some())?;
        find(&rows).ok_or(KitError::Wrong(what))
    }

    /// Waits until the rows are exactly the server's tasks, in the server's order, and returns them.
    pub fn await_server_tasks(
        &self,
        http: &Http,
        within: Duration,
    ) -> Result<Vec<TaskRow>, KitError> {
        let what = format!("{} sees exactly the server's tasks", self.name());
        let read = || Ok((self.tasks()?, http.fetch::<Vec<TaskRow>>("/api/tasks")?));
        let (rows, _) = eventually(&what, within, read, |(seen, held)| seen == held)?;
        let ids: HashSet<_> = rows.iter().map(|row| &row.id).collect();
        ensure(ids.len() == rows.len(), || {
            format!("a row is doubled: {rows:?}")
        })?;
        Ok(rows)
    }
}

fn row(id: &str) -> String {
    format!("[data-testid=\"task\"][data-id=\"{id}\"]")
}

fn part(id: &str, part: &str) -> String {
    format!("{} {}", row(id), by_id(part))
}
