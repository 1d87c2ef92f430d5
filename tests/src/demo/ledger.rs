//! Ledger: who asked for what when, and which states of the server that allows.
//!
//! An edit takes effect at some moment between its begin and its end, if it takes effect at all. One that the page
//! reported as done has, and no later than that; one whose end nobody knows may have, or may still; one that was never
//! sent must not. From that follows, field by field, what the server may hold in the end.

mod journal;
mod writes;

use super::{Edit, TaskRow};
use crate::{KitError, ensure};
use journal::Journal;
use std::collections::{BTreeMap, HashSet};
use writes::Writes;

/// How an edit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was reported as done.
    Done,
    /// Nobody knows. An edit that was begun is in this state until its end is told.
    Unknown,
    /// It cannot have reached the server.
    Unsent,
}

/// An edit in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(usize);

/// What an agreement with the ledger is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Edits that were reported as done.
    pub done: usize,
    /// Edits of unknown end.
    pub unknown: usize,
    /// Edits that were never sent.
    pub unsent: usize,
    /// Titles and ticks on the server that could have been only what they are.
    pub certain: usize,
    /// Titles and ticks that could have been something else too.
    pub open: usize,
    /// Tasks that had to be gone, and are.
    pub gone: usize,
}

/// The ledger of one board.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    journal: Journal,
    creates: BTreeMap<String, Create>,
    tasks: BTreeMap<String, History>,
    now: u64,
}

#[derive(Clone, Debug)]
struct Create {
    ticket: Ticket,
    id: Option<String>,
}

/// What was asked for one task.
#[derive(Clone, Debug)]
struct History {
    titles: Writes<String>,
    marks: Writes<bool>,
    deletes: Vec<Ticket>,
}

impl History {
    fn new(title: &str, done: bool) -> Self {
        Self {
            titles: Writes::since_ever(title.to_owned()),
            marks: Writes::since_ever(done),
            deletes: Vec::new(),
        }
    }
}

impl Ledger {
    /// A ledger of a board that holds `rows`, and that only edits in the ledger change.
    pub fn new(rows: &[TaskRow]) -> Self {
        let tasks = rows
            .iter()
            .map(|row| (row.id.clone(), History::new(&row.title, row.done)));
        Self {
            tasks: tasks.collect(),
            ..Self::default()
        }
    }

    /// Notes that somebody begins an edit. Titles must be new ones each time, and a task that is edited must have been
    /// [met](Self::meet).
    pub fn begin(&mut self, by: &str, edit: Edit) -> Ticket {
        self.now += 1;
        let ticket = self.journal.next();
        match &edit {
            Edit::Create(title) => {
                let create = Create { ticket, id: None };
                self.creates.insert(title.clone(), create);
            }
            Edit::Rename(id, _) | Edit::Mark(id, _) | Edit::Delete(id) | Edit::Move(id, _) => {
                if let Some(history) = self.tasks.get_mut(id) {
                    match &edit {
                        Edit::Rename(_, title) => {
                            history.titles.begin(ticket.0, self.now, title.clone());
                        }
                        Edit::Mark(_, done) => history.marks.begin(ticket.0, self.now, *done),
                        Edit::Delete(_) => history.deletes.push(ticket),
                        Edit::Create(_) | Edit::Move(..) => {}
                    }
                }
            }
        }
        self.journal.begin(by, edit);
        ticket
    }

    /// Notes how an edit ended, and what is known of it in words.
    pub fn end(&mut self, ticket: Ticket, fate: Fate, words: impl Into<String>) {
        self.now += 1;
        let edit = self.journal.end(ticket, fate, words.into());
        let Some(Edit::Rename(id, _) | Edit::Mark(id, _)) = edit else {
            return;
        };
        if let Some(history) = self.tasks.get_mut(id) {
            history.titles.end(ticket.0, self.now, fate);
            history.marks.end(ticket.0, self.now, fate);
        }
    }

    /// Gets to know the tasks that are new in `rows`, by the titles they were created with.
    pub fn meet(&mut self, rows: &[TaskRow]) -> Result<(), KitError> {
        for row in rows {
            if self.tasks.contains_key(&row.id) {
                continue;
            }
            let create = self.creates.get_mut(&row.title);
            let create = create.ok_or_else(|| wrong(format!("nobody created {row:?}")))?;
            if let Some(first) = &create.id {
                return Err(wrong(format!(
                    "{row:?} was created once before, as {first}"
                )));
            }
            create.id = Some(row.id.clone());
            let history = History::new(&row.title, false);
            self.tasks.insert(row.id.clone(), history);
        }
        Ok(())
    }

    /// Whether the server, when all is over, may hold exactly `rows`.
    pub fn judge(&mut self, rows: &[TaskRow]) -> Result<Verdict, KitError> {
        self.meet(rows)?;
        let mut wrongs = Vec::new();
        let mut verdict = self.count();
        let held: BTreeMap<&str, &TaskRow> =
            rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let titles: HashSet<&str> = rows.iter().map(|row| row.title.as_str()).collect();
        if held.len() < rows.len() || titles.len() < rows.len() {
            wrongs.push(format!("a task is doubled: {rows:?}"));
        }
        for (id, history) in &self.tasks {
            let deletes = || history.deletes.iter().map(|ticket| self.fate(*ticket));
            let is_deleted = deletes().any(|fate| fate == Fate::Done);
            match held.get(id.as_str()) {
                None if is_deleted => verdict.gone += 1,
                None if deletes().any(|fate| fate == Fate::Unknown) => {}
                None => wrongs.push(format!("{id} is gone, and nobody deleted it")),
                Some(row) if is_deleted => {
                    wrongs.push(format!("{row:?} was deleted, and is there"))
                }
                Some(row) => {
                    let title = history.titles.judge(&row.title, &mut verdict);
                    let mark = history.marks.judge(&row.done, &mut verdict);
                    for wrong in [title, mark].into_iter().flatten() {
                        let asked = self.journal.of_task(id);
                        wrongs.push(format!("{id} {wrong}; asked was:\n{asked}"));
                    }
                }
            }
        }
        for (title, create) in &self.creates {
            match (self.fate(create.ticket), &create.id) {
                (Fate::Done, None) => wrongs.push(format!("{title:?} was created, and is lost")),
                (Fate::Unsent, Some(id)) => {
                    wrongs.push(format!("{title:?} was not sent, and was there as {id}"));
                }
                _ => {}
            }
        }
        ensure(wrongs.is_empty(), || wrongs.join("; "))?;
        Ok(verdict)
    }

    /// Every edit so far: who began it when, and how it ended when.
    pub fn journal(&self) -> String {
        self.journal.to_string()
    }

    fn fate(&self, ticket: Ticket) -> Fate {
        self.journal.fate(ticket)
    }

    fn count(&self) -> Verdict {
        Verdict {
            done: self.journal.count(Fate::Done),
            unknown: self.journal.count(Fate::Unknown),
            unsent: self.journal.count(Fate::Unsent),
            ..Verdict::default()
        }
    }
}

fn wrong(reason: String) -> KitError {
    KitError::Wrong(reason)
}

#[cfg(test)]
mod tests;
