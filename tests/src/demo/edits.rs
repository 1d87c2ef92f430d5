//! Edits of tasks that are begun without waiting for their end, and what the page says became of them.
//!
//! A list may change under the hand that edits it. So whatever decides what is asked of the server happens in one go
//! in the page, and the answer says what was asked.

use super::{Visitor, by_id};
use crate::KitError;
use serde::Deserialize;
use serde_json::json;

const ROW: &str = r#"
    const row = document.querySelector(`[data-testid="task"][data-id="${arguments[0]}"]`);
    const part = name => row?.querySelector(`[data-testid="${name}"]`);
"#;

const TOGGLE: &str = r"
    const box = part('task-done');
    if (!box) return null;
    const done = !box.checked;
    box.click();
    return done;
";

const PRESS: &str = r"
    const button = part(arguments[1]);
    if (!button || button.disabled) return false;
    button.click();
    return true;
";

/// Saves a row's new title, or gives it up if something else is in the field than was typed.
const SAVE: &str = r#"
    const field = part('task-input');
    if (!field || field.readOnly) return false;
    if (field.value !== arguments[1]) {
        row.querySelector('form button[type="button"]').click();
        return false;
    }
    field.form.requestSubmit();
    return true;
"#;

const GIVE_UP: &str = r#"
    row?.querySelector('form button[type="button"]')?.click();
"#;

const ADD: &str = r#"
    const field = document.querySelector('[data-testid="new-task"]');
    if (!field || field.readOnly || field.value !== arguments[0]) return false;
    field.form.requestSubmit();
    return true;
"#;

/// A created row is looked for by its title, as its id changes when the server has named it.
const CREATED: &str = r#"
    const row = Array.from(document.querySelectorAll('[data-testid="task"]')).find(
        row => row.querySelector('[data-testid="task-title"]')?.textContent.trim() === arguments[0]);
    const part = name => row?.querySelector(`[data-testid="${name}"]`);
"#;

const SHOWN: &str = r"
    return row && {
        state: row.dataset.state,
        error: part('task-error')?.textContent.trim() ?? '',
        title: part('task-title')?.textContent.trim() ?? '',
        done: part('task-done')?.checked ?? false,
    };
";

/// Notes everything that a row shows from now on, whenever the page changes.
const WATCH_ROW: &str = r"
    const seen = window.e2eSeenInRow = [];
    const [id] = arguments;
    const note = () => {
        const row = document.querySelector(`[data-testid='task'][data-id='${id}']`);
        const title = row?.querySelector(`[data-testid='task-title']`)?.textContent.trim();
        if (title === undefined) return;
        const shown = `${row.dataset.state}: ${title}`;
        if (seen.at(-1) !== shown) seen.push(shown);
    };
    note();
    new MutationObserver(note).observe(document.body, {
        subtree: true, childList: true, characterData: true, attributes: true,
    });
";

const SEEN_IN_ROW: &str = "return window.e2eSeenInRow ?? [];";

/// Gives up every change that failed, so that each row shows what the server has.
const DISMISS: &str = r#"
    const buttons = document.querySelectorAll('[data-testid="task-dismiss"]');
    buttons.forEach(button => button.click());
    return buttons.length;
"#;

/// An edit of the task board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A new task of this title.
    Create(String),
    /// The task gets another title.
    Rename(String, String),
    /// The task is done, or is not.
    Mark(String, bool),
    /// The task is deleted.
    Delete(String),
    /// The task moves one place up, or down.
    Move(String, bool),
}

impl Edit {
    /// The task that it changes; `None` if it makes one.
    pub fn task(&self) -> Option<&str> {
        match self {
            Self::Create(_) => None,
            Self::Rename(id, _) | Self::Mark(id, _) | Self::Delete(id) | Self::Move(id, _) => {
                Some(id)
            }
        }
    }
}

/// What the page says of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It shows, and waits for the server.
    Waiting,
    /// The server has it: it shows, and waits for nothing.
    Done,
    /// It failed, in the page's words. It may have reached the server in an earlier try.
    Failed(String),
    /// Nothing: another change shows in its place, its row is gone, or the page does not tell of such edits. What shows
    /// instead, in words.
    Untold(String),
}

#[derive(Debug, Deserialize)]
struct Shown {
    state: String,
    error: String,
    title: String,
    done: bool,
}

impl Visitor {
    /// Begins an edit. None if it could not be begun, as what it needs was not there or changed meanwhile. An
    /// [`Edit::Mark`] sets what the row did not show; the edit that is returned says what that is.
    pub fn begin(&self, edit: &Edit) -> Result<Option<Edit>, KitError> {
        let begun = match edit {
            Edit::Create(title) => {
                self.retype(&by_id("new-task"), title)?;
                self.eval(ADD, json!([title]))?
            }
            Edit::Rename(id, title) => {
                self.press_in_row(id, "task-edit")? && self.save(id, title)?
            }
            Edit::Mark(id, _) => {
                let done: Option<bool> = self.in_row(TOGGLE, json!([id]))?;
                return Ok(done.map(|done| Edit::Mark(id.clone(), done)));
            }
            Edit::Delete(id) => self.press_in_row(id, "task-delete")?,
            Edit::Move(id, true) => self.press_in_row(id, "task-up")?,
            Edit::Move(id, false) => self.press_in_row(id, "task-down")?,
        };
        Ok(begun.then(|| edit.clone()))
    }

    /// What the page says of an edit that was begun in it, if no other was begun there on the same row since.
    pub fn outcome(&self, edit: &Edit) -> Result<Outcome, KitError> {
        let shown: Option<Shown> = match edit {
            Edit::Create(title) => self.eval(&format!("{CREATED}{SHOWN}"), json!([title]))?,
            Edit::Rename(id, _) | Edit::Mark(id, _) => self.in_row(SHOWN, json!([id]))?,
            // A deleted row is gone at once, and a row that moves back says nothing.
            Edit::Delete(_) | Edit::Move(..) => None,
        };
        let Some(shown) = shown else {
            return Ok(Outcome::Untold("no row".into()));
        };
        let shows = match edit {
            Edit::Create(title) | Edit::Rename(_, title) => shown.title == *title,
            Edit::Mark(_, done) => shown.done == *done,
            Edit::Delete(_) | Edit::Move(..) => false,
        };
        Ok(match shown.state.as_str() {
            "pending" => Outcome::Waiting,
            "failed" => Outcome::Failed(shown.error),
            _ if shows => Outcome::Done,
            _ => Outcome::Untold(format!("{shown:?}")),
        })
    }

    /// Notes from now on what a row shows: its state and its title, as in `pending: Read`.
    pub fn watch_row(&self, id: &str) -> Result<(), KitError> {
        self.eval(WATCH_ROW, json!([id]))
    }

    /// What the row that is watched has shown, one thing after another.
    pub fn seen_in_row(&self) -> Result<Vec<String>, KitError> {
        self.eval(SEEN_IN_ROW, json!([]))
    }

    /// Gives up all changes that failed on this page, and says how many there were.
    pub fn dismiss_failed(&self) -> Result<usize, KitError> {
        self.eval(DISMISS, json!([]))
    }

    /// Gives up the title that is being edited in a row, if one is.
    pub fn give_up_editing(&self, id: &str) -> Result<(), KitError> {
        self.in_row(GIVE_UP, json!([id]))
    }

    fn save(&self, id: &str, title: &str) -> Result<bool, KitError> {
        let field = format!(
            "[data-testid=\"task\"][data-id=\"{id}\"] {}",
            by_id("task-input")
        );
        // The row may go, or be drawn anew, under the hand.
        if self.count(&field)? == 1 && self.retype(&field, title).is_ok() {
            self.in_row(SAVE, json!([id, title]))
        } else {
            self.give_up_editing(id).map(|()| false)
        }
    }

    fn press_in_row(&self, id: &str, button: &str) -> Result<bool, KitError> {
        self.in_row(PRESS, json!([id, button]))
    }

    fn in_row<T: serde::de::DeserializeOwned>(
        &self,
        script: &str,
        arguments: serde_json::Value,
    ) -> Result<T, KitError> {
        self.eval(&format!("{ROW}{script}"), arguments)
    }
}
