//! Three tabs and somebody at the server itself, who edit the tasks by turns and keep a ledger of it.

use super::SETTLES;
use realtime_e2e::{
    Http, KitError, Visitor,
    demo::{
        Edit, Outcome, TaskRow,
        ledger::{Fate, Ledger, Ticket},
    },
    ensure,
};
use serde_json::json;
use std::{
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

/// More tasks than this are not created, so that reading all rows stays quick.
const MANY: usize = 40;

/// How the page's own ids begin.
const UNNAMED: &str = "tmp-";

/// Edits that are made in no page, but at the server itself.
const ELSEWHERE: usize = 3;

/// Everybody who edits, and what they have asked for.
pub(super) struct Crowd<'a> {
    pub(super) visitors: [Rc<Visitor>; 3],
    http: &'a Http,
    pub(super) ledger: Ledger,
    waiting: Vec<Waiting>,
    rng: fastrand::Rng,
    pub(super) begun: usize,
    pub(super) by_pages: usize,
}

/// An edit of which the page is yet to tell the end.
struct Waiting {
    visitor: usize,
    edit: Edit,
    ticket: Ticket,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(
        visitors: [Rc<Visitor>; 3],
        http: &'a Http,
        seed: u64,
    ) -> Result<Self, KitError> {
        Ok(Self {
            visitors,
            http,
            ledger: Ledger::new(&http.fetch::<Vec<TaskRow>>("/api/tasks")?),
            waiting: Vec::new(),
            rng: fastrand::Rng::with_seed(!seed),
            begun: 0,
            by_pages: 0,
        })
    }

    pub(super) fn edit_for(&mut self, length: Duration) -> Result<(), KitError> {
        let start = Instant::now();
        while start.elapsed() < length {
            let editor = self.rng.usize(..=ELSEWHERE);
            if editor == ELSEWHERE {
                self.edit_elsewhere()?;
            } else {
                self.edit_in_page(editor)?;
            }
            self.hear()?;
        }
        Ok(())
    }

    /// An edit that suits what the editor sees, if it sees anything.
    fn choose(&mut self, rows: &[TaskRow]) -> Option<Edit> {
        let title = format!("Task {}", self.begun);
        let kind = self.rng.u8(..10);
        if kind < 3 && rows.len() < MANY {
            return Some(Edit::Create(title));
        }
        // A row without a title is being edited right now.
        let row = self.rng.choice(rows).filter(|row| !row.title.is_empty())?;
        let id = row.id.clone();
        Some(match kind {
            0..=4 => Edit::Rename(id, title),
            5..=6 => Edit::Mark(id, !row.done),
            7..=8 => Edit::Move(id, self.rng.bool()),
            _ => Edit::Delete(id),
        })
    }

    fn edit_in_page(&mut self, editor: usize) -> Result<(), KitError> {
        let visitor = Rc::clone(&self.visitors[editor]);
        let mut rows = visitor.tasks()?;
        // Only the page knows a task that the server has not named yet, and calls it otherwise later.
        rows.retain(|row| !row.id.starts_with(UNNAMED));
        self.meet(&rows)?;
        let Some(edit) = self.choose(&rows) else {
            return Ok(());
        };
        let is_taken = |waiting: &Waiting| waiting.visitor == editor && clash(&waiting.edit, &edit);
        if self.waiting.iter().any(is_taken) {
            return Ok(());
        }
        // It may reach the server before the browser says that it was begun, but nobody else edits meanwhile.
        if let Some(edit) = visitor.begin(&edit)? {
            self.begun += 1;
            let ticket = self.ledger.begin(&format!("page {editor}"), edit.clone());
            self.waiting.push(Waiting {
                visitor: editor,
                edit,
                ticket,
            });
        }
        Ok(())
    }

    /// Gets to know new tasks. A row may be on a page before its creation was begun in the ledger only if nobody
    /// created it.
    fn meet(&mut self, rows: &[TaskRow]) -> Result<(), KitError> {
        let titled: Vec<_> = rows
            .iter()
            .filter(|row| !row.title.is_empty())
            .cloned()
            .collect();
        self.ledger.meet(&titled)
    }

    /// Edits with a request to the server itself, which is answered at once.
    fn edit_elsewhere(&mut self) -> Result<(), KitError> {
        let rows: Vec<TaskRow> = self.http.fetch("/api/tasks")?;
        self.meet(&rows)?;
        let Some(edit) = self.choose(&rows) else {
            return Ok(());
        };
        self.begun += 1;
        let ticket = self.ledger.begin("elsewhere", edit.clone());
        let path = |id: &str| format!("/api/tasks/{id}");
        let answer = match &edit {
            Edit::Create(title) => self.http.post("/api/tasks", &json!({ "title": title })),
            Edit::Rename(id, title) => self.http.patch(&path(id), &json!({ "title": title })),
            Edit::Mark(id, done) => self.http.patch(&path(id), &json!({ "done": done })),
            Edit::Delete(id) => self.http.delete(&path(id)),
            Edit::Move(id, up) => {
                let place = if *up { "after" } else { "before" };
                self.http
                    .post(&format!("{}/move", path(id)), &json!({ place: null }))
            }
        }?;
        let fate = match answer.status {
            200 | 201 => Fate::Done,
            // A page was quicker to delete it.
            404 => Fate::Unsent,
            _ => return Err(KitError::Wrong(format!("{edit:?}: {answer:?}"))),
        };
        let version = &answer.body["version"];
        let words = format!("answered {} with version {version}", answer.status);
        self.ledger.end(ticket, fate, words);
        Ok(())
    }

    /// Hears from the pages how their edits ended.
    fn hear(&mut self) -> Result<(), KitError> {
        for waiting in std::mem::take(&mut self.waiting) {
            let outcome = self.visitors[waiting.visitor].outcome(&waiting.edit)?;
            let fate = match &outcome {
                Outcome::Waiting => {
                    self.waiting.push(waiting);
                    continue;
                }
                Outcome::Done => Fate::Done,
                Outcome::Failed(_) | Outcome::Untold(_) => Fate::Unknown,
            };
            if matches!(outcome, Outcome::Failed(_)) {
                self.visitors[waiting.visitor].dismiss_failed()?;
            }
            self.by_pages += usize::from(fate == Fate::Done);
            self.ledger
                .end(waiting.ticket, fate, format!("{outcome:?}"));
        }
        Ok(())
    }

    /// Waits until every page has told how every edit ended, is connected and edits nothing any more.
    pub(super) fn settle(&mut self) -> Result<(), KitError> {
        let start = Instant::now();
        while !self.waiting.is_empty() {
            ensure(start.elapsed() < SETTLES, || {
                let waiting = self.waiting.iter();
                let edits: Vec<_> = waiting.map(|waiting| &waiting.edit).collect();
                format!("not within {SETTLES:?}: every edit ends; left: {edits:?}")
            })?;
            self.hear()?;
            thread::sleep(Duration::from_millis(100));
        }
        for visitor in &self.visitors {
            visitor.await_status("connected", SETTLES)?;
            visitor.dismiss_failed()?;
        }
        Ok(())
    }

    /// All see exactly what the server has.
    pub(super) fn agree(&self) -> Result<Vec<TaskRow>, KitError> {
        let mut rows = Vec::new();
        for visitor in &self.visitors {
            rows = visitor.await_server_tasks(self.http, SETTLES)?;
        }
        for visitor in &self.visitors {
            let seen = visitor.tasks()?;
            ensure(seen == rows, || {
                format!("{} sees {seen:?}, the last one {rows:?}", visitor.name())
            })?;
        }
        Ok(rows)
    }
}

/// Whether a page could not tell the ends of both apart.
fn clash(one: &Edit, other: &Edit) -> bool {
    one.task() == other.task()
}
