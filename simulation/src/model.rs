//! The truth: what the server's database holds, and how a message changes it.

use crate::{
    action::{Change, Edit, Field, Listing, Mood, Stream},
    doc::{Chat, Doc},
    plan::{Answer, ServerPlan},
    task::Task,
};
use realtime_core::{ServerError, testing::ScriptedServer};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

/// How many states the copy that lags behind may choose from.
const PAST: usize = 6;

/// Everything that fetches may read, at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) tasks: Rc<Vec<Task>>,
    pub(crate) board: Rc<Vec<Task>>,
    pub(crate) chat: Rc<Vec<Chat>>,
    pub(crate) doc: Doc,
    pub(crate) count: i64,
    /// Where each channel stood.
    pub(crate) positions: BTreeMap<&'static str, (String, u64)>,
}

/// The database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) plan: ServerPlan,
    pub(crate) now: Snapshot,
    pub(crate) past: VecDeque<Snapshot>,
    pub(crate) mood: Mood,
    pub(crate) rng: fastrand::Rng,
    /// How often each edit was carried out.
    pub(crate) applied: BTreeMap<u32, u32>,
    /// The last version of each row there ever was.
    versions: BTreeMap<(Listing, String), u64>,
    /// Changes of a row that another client had changed since.
    pub(crate) conflicts: u64,
    authors: BTreeMap<(Listing, String), String>,
    /// Temporary ids that reached the server, which knows nothing of them.
    pub(crate) temporary_ids: Vec<String>,
    /// What was answered to requests past the socket, by their keys.
    keys: BTreeMap<String, Result<Value, ServerError>>,
}

/// The database, shared by the server's handlers and the fetcher.
#[derive(Clone, Debug)]
pub(crate) struct Model(Rc<RefCell<Database>>);

impl Model {
    pub(crate) fn new(plan: ServerPlan, seed: u64) -> Self {
        Self(Rc::new(RefCell::new(Database {
            plan,
            now: Snapshot::default(),
            past: VecDeque::new(),
            mood: Mood::Quick,
            rng: fastrand::Rng::with_seed(seed),
            applied: BTreeMap::new(),
            versions: BTreeMap::new(),
            conflicts: 0,
            authors: BTreeMap::new(),
            temporary_ids: Vec::new(),
            keys: BTreeMap::new(),
        })))
    }

    pub(crate) fn with<R>(&self, read: impl FnOnce(&mut Database) -> R) -> R {
        read(&mut self.0.borrow_mut())
    }

    /// Lets the server carry out what clients send.
    pub(crate) fn serve(&self, server: &mut ScriptedServer) {
        for event in ["edit", "write", "amend", "add", "say"] {
            let model = self.clone();
            server.on(event, move |server, request| {
                let data = &request.envelope["data"];
                let user = data["user"].as_str().unwrap_or_default();
                model.carry_out(server, event, data, user, Some(request.text("id")))
            });
        }
    }

    /// Carries out a request that comes past the socket; a second one with its key gets the first
    /// one's answer.
    pub(crate) fn request(
        &self,
        server: &mut ScriptedServer,
        data: &Value,
        key: &str,
    ) -> Result<Value, ServerError> {
        if let Some(answer) = self.with(|database| database.keys.get(key).cloned()) {
            return answer;
        }
        let text = |name: &str| data[name].as_str().unwrap_or_default();
        let answer = self.carry_out(server, text("event"), data, text("user"), Some(key));
        self.with(|database| database.keys.insert(key.to_owned(), answer.clone()));
        answer
    }

    /// Carries out one message, and publishes what came of it.
    pub(crate) fn carry_out(
        &self,
        server: &mut ScriptedServer,
        event: &str,
        data: &Value,
        user: &str,
        id: Option<&str>,
    ) -> Result<Value, ServerError> {
        let mut database = self.0.borrow_mut();
        let before = database.now.clone();
        let uid = data["uid"].as_u64().unwrap_or_default() as u32;
        let id = id.filter(|_| database.plan.echoes);
        let mut answer = json!({"uid": uid});
        match event {
            "edit" => {
                let edit: Edit = serde_json::from_value(data.clone())
                    .map_err(|error| refused(&error.to_string()))?;
                answer = database.edit(server, &edit, user, id)?;
            }
            "write" => {
                database.now.doc = Doc {
                    written: uid,
                    left: uid,
                    right: uid,
                };
                let doc = json!(database.now.doc).to_string();
                server.publish_as("doc", "doc:set", &doc, id);
            }
            "amend" => {
                let doc = &mut database.now.doc;
                let patch = if uid.is_multiple_of(2) {
                    doc.left = uid;
                    json!({"left": uid})
                } else {
                    doc.right = uid;
                    json!({"right": uid})
                };
                server.publish_as("doc", "doc:patch", &patch.to_string(), id);
            }
            "add" => {
                let by = data["by"].as_i64().unwrap_or_default();
                database.now.count += by;
                server.publish_as("count", "count:add", &json!({"by": by}).to_string(), id);
            }
            _ => {
                let chat = Chat {
                    id: uid,
                    user_id: user.to_owned(),
                };
                let data = json!({"action": "create", "item": chat}).to_string();
                Rc::make_mut(&mut database.now.chat).push(chat);
                server.publish_as("chat", "list:update", &data, id);
            }
        }
        *database.applied.entry(uid).or_default() += 1;
        database.note_positions(server);
        database.past.push_back(before);
        if database.past.len() > PAST {
            database.past.pop_front();
        }
        Ok(answer)
    }

    /// A server that has its data in memory starts again: with every other row, at its first version.
    pub(crate) fn begin_anew(&self) {
        let mut database = self.0.borrow_mut();
        if !database.plan.in_memory {
            return;
        }
        database.versions.clear();
        database.authors.clear();
        let tasks = database.first_rows(Listing::Tasks);
        let board = database.first_rows(Listing::Board);
        database.now = Snapshot {
            tasks: Rc::new(tasks),
            board: Rc::new(board),
            ..Snapshot::default()
        };
    }

    /// The server has lost its history: no copy has positions of the new one.
    pub(crate) fn forget_past(&self, server: &ScriptedServer) {
        let mut database = self.0.borrow_mut();
        database.note_positions(server);
        database.past.clear();
    }
}

fn refused(why: &str) -> ServerError {
    ServerError {
        code: "refused".into(),
        message: why.into(),
        retry_after: None,
    }
}

impl Database {
    fn note_positions(&mut self, server: &ScriptedServer) {
        for stream in Stream::ALL {
            let position = server.position(stream.name());
            self.now.positions.insert(stream.name(), position);
        }
    }

    /// The rows that a list begins with, made of those it has.
    fn first_rows(&mut self, list: Listing) -> Vec<Task> {
        let (rows, has_versions) = match list {
            Listing::Tasks => (Rc::clone(&self.now.tasks), self.plan.versions),
            Listing::Board => (Rc::clone(&self.now.board), true),
        };
        let mut first = Vec::new();
        for row in rows.iter().step_by(2) {
            self.versions.insert((list, row.id.clone()), 1);
            first.push(Task {
                id: row.id.clone(),
                version: has_versions.then_some(1),
                title: format!("first {}", row.id),
                done: false,
                rank: row.rank,
                note: None,
            });
        }
        first
    }

    fn edit(
        &mut self,
        server: &mut ScriptedServer,
        edit: &Edit,
        user: &str,
        id: Option<&str>,
    ) -> Result<Value, ServerError> {
        let data = match &edit.change {
            Change::Batch(edits) => {
                let edits = edits.iter().filter(|inner| inner.list == edit.list);
                let changes: Vec<Value> = edits
                    .filter_map(|inner| self.change(inner, user).ok())
                    .collect();
                json!({"action": "batch", "changes": changes})
            }
            _ => self.change(edit, user)?,
        };
        let answer = self.answer(edit, &data);
        let data = data.to_string();
        match edit.list {
            Listing::Tasks => server.publish_as("tasks", "list:update", &data, id),
            Listing::Board => {
                let channel = ["board:a", "board:b"][edit.uid as usize % 2];
                // Each channel of the board has a bus of its own, which is sometimes slow.
                let lag = [0, 0, 30, 400, 2_000][edit.uid as usize % 5];
                match if self.plan.board_lags { lag } else { 0 } {
                    0 => server.publish_as(channel, "board:update", &data, id),
                    lag => server.publish_after(
                        Duration::from_millis(lag),
                        channel,
                        "board:update",
                        &data,
                        id,
                    ),
                }
            }
        }
        Ok(answer)
    }

    /// What the sender of an edit is told of the row.
    fn answer(&self, edit: &Edit, event: &Value) -> Value {
        let id = &event["item"]["id"];
        let rows = match edit.list {
            Listing::Tasks => &self.now.tasks,
            Listing::Board => &self.now.board,
        };
        let row = rows.iter().find(|row| row.id == *id);
        match (self.plan.says, row) {
            (Answer::Whole, Some(row)) => json!({"item": row}),
            (Answer::Whole | Answer::Version, _) if id.is_string() => {
                json!({"id": id, "version": event["item"]["version"]})
            }
            _ => json!({"uid": edit.uid}),
        }
    }

    /// Changes a row, and says so as a list event.
    fn change(&mut self, edit: &Edit, user: &str) -> Result<Value, ServerError> {
        let refuse = |why: &str| Err(refused(why));
        let id = match &edit.id {
            Some(id) if id.starts_with("temp") => {
                self.temporary_ids.push(id.clone());
                return refuse("nobody knows a temporary id");
            }
            Some(id) => id.clone(),
            None => format!("t{}", edit.row),
        };
        let may_move = self.plan.moves() && edit.list == Listing::Tasks;
        let has_versions = self.plan.versions || edit.list == Listing::Board;
        let next = self
            .versions
            .get(&(edit.list, id.clone()))
            .map_or(1, |it| it + 1);
        let version = has_versions.then_some(next);
        // A row that comes back under its old id would have two places in one arrival order.
        let may_return = self.plan.sorted || edit.list == Listing::Board;
        if self.plan.checks_versions && edit.base.is_some_and(|base| base + 1 != next) {
            return Err(ServerError {
                code: "conflict".into(),
                message: "the row is newer".into(),
                retry_after: None,
            });
        }
        let rows = match edit.list {
            Listing::Tasks => Rc::make_mut(&mut self.now.tasks),
            Listing::Board => Rc::make_mut(&mut self.now.board),
        };
        let at = rows.iter().position(|row| row.id == id);
        let text = format!("by {}", edit.uid);
        let fresh = |rank: u32, version| Task {
            id: id.clone(),
            version,
            title: text.clone(),
            done: false,
            rank,
            note: None,
        };
        let data = match (&edit.change, at) {
            (Change::Create(_), None) if next > 1 && !may_return => {
                return refuse("there has been such a row");
            }
            (Change::Create(rank), None) => {
                rows.push(fresh(*rank, version));
                json!({"action": "create", "item": rows.last()})
            }
            (Change::Create(_), Some(_)) => return refuse("there is such a row"),
            (Change::Batch(_), _) => return refuse("a batch cannot hold a batch"),
            (_, None) => return refuse("there is no such row"),
            (Change::Whole(rank), Some(at)) => {
                rows[at] = fresh(*rank, version);
                json!({"action": "upsert", "item": rows[at]})
            }
            (Change::Delete, Some(at)) => {
                rows.remove(at);
                json!({"action": "delete", "item": {"id": id}})
            }
            (Change::MoveBefore(_), Some(_)) if !may_move => return refuse("the list is sorted"),
            (Change::MoveBefore(before), Some(at)) => {
                let before = before.map(|row| format!("t{row}"));
                if before.as_ref() == Some(&id) {
                    return refuse("that is the row itself");
                }
                let known = |before: &String| rows.iter().any(|row| row.id == *before);
                if before.as_ref().is_some_and(|before| !known(before)) {
                    return refuse("there is no such neighbour");
                }
                let mut row = rows.remove(at);
                row.version = version;
                let to = before
                    .as_ref()
                    .and_then(|before| rows.iter().position(|row| row.id == *before));
                rows.insert(to.unwrap_or(rows.len()), row);
                json!({"action": "move", "item": {"id": id}, "before": before})
            }
            (Change::Patch(field), Some(at)) => {
                let row = &mut rows[at];
                row.version = version;
                let (name, value) = match field {
                    Field::Title => {
                        row.title.clone_from(&text);
                        ("title", json!(text))
                    }
                    Field::Done => {
                        row.done = !row.done;
                        ("done", json!(row.done))
                    }
                    Field::Note => {
                        row.note = Some(text.clone());
                        ("note", json!(text))
                    }
                    Field::NoNote => {
                        row.note = None;
                        ("note", Value::Null)
                    }
                };
                json!({"action": "update", "item": {"id": id, name: value}})
            }
            (Change::Rank(rank), Some(at)) => {
                rows[at].version = version;
                rows[at].rank = *rank;
                json!({"action": "update", "item": {"id": id, "rank": rank}})
            }
        };
        Ok(self.stamp(edit.list, id, next, has_versions, user, data))
    }

    /// Puts the version into an event, and notes who changed the row.
    fn stamp(
        &mut self,
        list: Listing,
        id: String,
        version: u64,
        has_versions: bool,
        user: &str,
        mut data: Value,
    ) -> Value {
        if has_versions {
            data["item"]["version"] = version.into();
        }
        self.versions.insert((list, id.clone()), version);
        let before = self.authors.insert((list, id), user.to_owned());
        self.conflicts += u64::from(before.is_some_and(|before| before != user));
        data
    }

    /// The rows of a list as a client is to show them.
    pub(crate) fn rows(&self, list: Listing) -> Vec<Task> {
        let (rows, sorted) = match list {
            Listing::Tasks => (&self.now.tasks, self.plan.sorted),
            Listing::Board => (&self.now.board, true),
        };
        let mut rows = Vec::clone(rows);
        if sorted {
            rows.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.id.cmp(&b.id)));
        }
        rows
    }
}
