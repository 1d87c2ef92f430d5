//! Optimistic edits: what one client has tried, and what became of it.

use crate::{
    action::{Change, Edit, Field, Listing, Manner, Query},
    app::App,
    breach::{Breach, BreachKind},
    claims::{Title, text_of},
    doc::Doc,
    model::Model,
    plan::{Answer, Policy},
    task::Task,
};
use realtime_core::{
    Client, Edit as Optimistic, FetchError, Input, Instant, ListEdit, Message, Mutation,
    MutationError, MutationEvent, MutationId, MutationStatus, OfflinePolicy, RecordEdit, SendError,
    testing::{Started, World},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

/// The list of a row, its id, and the patch that an edit is of it, if it is one.
pub(crate) type Row = (Listing, String, Option<Value>);

/// One optimistic edit.
#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) uid: u32,
    begun: Instant,
    /// Which row it changes, if it is one, and the patch, if that is what it does.
    pub(crate) row: Option<Row>,
    /// Whether it goes past the socket.
    pub(crate) by_app: bool,
    pub(crate) title: Title,
    /// How it ended, each time.
    pub(crate) ends: Vec<MutationEvent>,
    /// How often it was to end.
    pub(crate) due_ends: usize,
    /// Whether it has been seen to lie over nothing since it ended.
    pub(crate) is_gone: bool,
}

/// The optimistic edits of one client.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    pub(crate) by_id: BTreeMap<MutationId, Try>,
    /// The last row of its own: its list, its temporary id, and the edit that made it.
    last_own: Option<(Listing, String, u32)>,
    /// Titles that are given past the socket: their echo may have come before it was open.
    by_app: BTreeSet<String>,
    /// Since when an edit shows in two rows.
    twice_since: Option<Instant>,
    /// What the app's function is at.
    calls: Vec<Call>,
}

/// A run of the app's function.
#[derive(Debug)]
struct Call {
    due: Instant,
    started: Started,
}

impl Try {
    /// Whether it has an outcome.
    pub(crate) fn has_ended(&self) -> bool {
        self.ends.len() >= self.due_ends
    }

    /// Whether it failed the last time it ended.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.ends.last(), Some(MutationEvent::Failed { .. }))
    }
}

impl Tries {
    /// The edits that gave a row what it shows.
    pub(crate) fn shown_in<'a>(&'a self, row: &'a Task) -> impl Iterator<Item = &'a Try> {
        self.by_id.values().filter(|tried| {
            let text = text_of(tried.uid);
            row.title == text || row.note.as_ref() == Some(&text)
        })
    }
}

impl Query {
    pub(crate) const fn of(list: Listing) -> Self {
        match list {
            Listing::Tasks => Self::Tasks,
            Listing::Board => Self::Board,
        }
    }
}

impl App {
    pub(crate) fn try_edit(
        &mut self,
        world: &mut World,
        model: &Model,
        edit: &Edit,
        manner: Manner,
    ) {
        let query = Query::of(edit.list);
        let key = query.key();
        let mut row = format!("t{}", edit.row);
        if manner.temporary {
            if let Change::Create(_) = edit.change {
                row = format!("temp-{}-{}", self.number, edit.uid);
                self.tries.last_own = Some((edit.list, row.clone(), edit.uid));
            } else if let Some((list, own, maker)) = self.tries.last_own.clone()
                && list == edit.list
                && self.is_there(world, maker)
                && (self.is_told_ids() || self.goes_on_showing(world, query, &own))
            {
                row = own;
                if edit.change == Change::Delete {
                    self.tries.last_own = None;
                }
            }
        }
        if manner.by_app {
            self.tries.by_app.insert(text_of(edit.uid));
        }
        let (optimistic, patch) = optimistic(edit, &row);
        let (server, user, edit) = (self.server, self.user().to_string(), edit.clone());
        let checks = server.checks_versions;
        // What is written to the disk is made as if it were sent.
        let is_told = self.disk.is_none();
        let (uid, list, target) = (edit.uid, edit.list, row.clone());
        let (title, model) = (Title::default(), model.clone());
        let of_title = title.clone();
        let mutation = self
            .mutation("edit", manner)
            .with_edit(Optimistic::list(key, optimistic))
            .with_data(move |sending| {
                if is_told {
                    of_title.sent(&model, uid);
                }
                let mut edit = edit.clone();
                if !matches!(edit.change, Change::Create(_)) {
                    edit.id = Some(sending.id(&row).to_string());
                    edit.base = sending.base_version(0).filter(|_| checks);
                }
                let mut data = serde_json::to_value(&edit).unwrap_or_default();
                data["user"] = json!(user);
                data["event"] = json!("edit");
                data.to_string()
            });
        self.begin(world, uid, mutation, manner, Some((list, target, patch)));
        if let Some(tried) = self.tried(uid).and_then(|id| self.tries.by_id.get_mut(&id)) {
            tried.title = title;
        }
    }

    pub(crate) fn try_amend(&mut self, world: &mut World, uid: u32, manner: Manner) {
        let side = if uid.is_multiple_of(2) {
            "left"
        } else {
            "right"
        };
        let patch = json!({side: uid}).to_string();
        let edit = RecordEdit::<Doc>::Patch(patch.into());
        let data = json!({"uid": uid, "user": self.user(), "event": "amend"}).to_string();
        let mutation = self
            .mutation("amend", manner)
            .with_edit(Optimistic::record(Query::Doc.key(), edit))
            .with_data(move |_| data.clone());
        self.begin(world, uid, mutation, manner, None);
    }

    pub(crate) fn try_add(&mut self, world: &mut World, uid: u32, by: i64, manner: Manner) {
        let edit = RecordEdit::<i64>::Apply(Rc::new(move |count| count + by));
        let data = json!({"uid": uid, "user": self.user(), "event": "add", "by": by}).to_string();
        let mutation = self
            .mutation("add", manner)
            .with_edit(Optimistic::record(Query::Count.key(), edit))
            .with_data(move |_| data.clone());
        self.begin(world, uid, mutation, manner, None);
    }

    fn mutation(&self, event: &str, manner: Manner) -> Mutation {
        let mut mutation = if manner.by_app {
            Mutation::external("null")
        } else {
            Mutation::new(Message::new(event, "null"))
        };
        if manner.scoped {
            mutation = mutation.with_scope("scope");
        }
        if manner.fails_offline {
            mutation = mutation.with_offline(OfflinePolicy::Fail);
        }
        if self.disk.is_some() {
            mutation = mutation.with_persist();
        }
        mutation
            .with_retries(manner.retries)
            .with_keep_failed(manner.kept)
    }

    fn begin(
        &mut self,
        world: &mut World,
        uid: u32,
        mutation: Mutation,
        manner: Manner,
        row: Option<Row>,
    ) {
        let id = world.act(self.peer, |client, now| client.mutate(now, mutation));
        let begun = Try {
            uid,
            begun: world.now(),
            row,
            by_app: manner.by_app,
            title: Title::default(),
            ends: Vec::new(),
            due_ends: 1,
            is_gone: false,
        };
        self.tries.by_id.insert(id, begun);
    }

    /// Whether the row that this edit made is, or may come to be.
    fn is_there(&self, world: &World, maker: u32) -> bool {
        let info = self
            .tried(maker)
            .and_then(|id| world.client(self.peer).mutation(id));
        info.is_some_and(|info| !matches!(info.status, MutationStatus::Failed(_)))
    }

    /// Whether the server's answers tell the ids of new rows.
    fn is_told_ids(&self) -> bool {
        self.server.says != Answer::Done
    }

    /// Whether people see a row, by the temporary id that it may have had, and the list will be there to learn
    /// its id: also on the next page, if edits of it are kept for that one.
    fn goes_on_showing(&mut self, world: &World, query: Query, id: &String) -> bool {
        let client = world.client(self.peer);
        let shows = client.item::<Task>(&query.key(), id).is_some();
        if self.disk.is_none() {
            return shows;
        }
        let mounted = self.mounted.get(&query);
        let stays = shows && mounted.is_some_and(|mounted| mounted.enabled);
        if stays {
            self.pinned.insert(query);
        }
        stays
    }

    fn tried(&self, uid: u32) -> Option<MutationId> {
        let mut tries = self.tries.by_id.iter();
        tries.find(|(_, tried)| tried.uid == uid).map(|(id, _)| *id)
    }

    pub(crate) fn cancel(&mut self, world: &mut World, uid: u32) {
        if let Some(id) = self.tried(uid) {
            world.act(self.peer, |client, now| client.cancel_mutation(now, id));
        }
    }

    pub(crate) fn retry(&mut self, world: &mut World, uid: u32) {
        let Some(id) = self.tried(uid) else { return };
        let retried = |client: &Client| client.stats().mutations.retried;
        let before = retried(world.client(self.peer));
        world.act(self.peer, |client, now| client.retry_mutation(now, id));
        let after = retried(world.client(self.peer));
        if let Some(tried) = self.tries.by_id.get_mut(&id) {
            tried.due_ends += usize::from(after > before);
        }
    }

    pub(crate) fn dismiss(&mut self, world: &mut World, uid: u32) {
        if let Some(id) = self.tried(uid) {
            world.act(self.peer, |client, now| client.dismiss_mutation(now, id));
        }
    }

    /// Takes in what has become of what was tried, and lets the app's function work.
    pub(crate) fn collect_tries(
        &mut self,
        world: &mut World,
        model: &Model,
        breaches: &mut Vec<Breach>,
        woke: bool,
    ) {
        for (id, event) in world.take_mutations(self.peer) {
            if woke && is_time_out(&event) {
                self.check_not_given_up(world, model, id, breaches);
            }
            if let MutationEvent::Conflict(conflict) = &event {
                self.hear_conflict(id, conflict, breaches);
            } else if let Some(tried) = self.tries.by_id.get_mut(&id) {
                tried.ends.push(event);
            } else {
                self.past.hear(id, &event);
            }
        }
        for started in world.take_started(self.peer) {
            let wait = 40 + 700 * (world.now().as_millis() % 7);
            let due = world.now() + Duration::from_millis(wait);
            self.tries.calls.push(Call { due, started });
        }
        if !world.is_frozen(self.peer) {
            let now = world.now();
            let due: Vec<Call> = self
                .tries
                .calls
                .extract_if(.., |it| it.due <= now)
                .collect();
            for call in due {
                self.finish(world, model, call.started);
            }
        }
        self.check_shown_once(world, breaches);
        self.check_claims(world, model, breaches);
        self.check_layers(world, model, breaches);
    }

    /// What has timed out on waking has no answer that waits to be read.
    fn check_not_given_up(
        &self,
        world: &World,
        model: &Model,
        id: MutationId,
        breaches: &mut Vec<Breach>,
    ) {
        let tried = self.tries.by_id.get(&id).filter(|tried| !tried.by_app);
        if let Some(tried) = tried.filter(|tried| self.answer_waits(world, model, tried.uid)) {
            let what = format!(
                "client {}: edit {} timed out on waking, and its answer waits",
                self.number, tried.uid
            );
            breaches.push(Breach::new(BreachKind::Unsettled, what));
        }
    }

    /// The app's function ends: mostly well, at times without having reached the server, or without
    /// its answer.
    fn finish(&mut self, world: &mut World, model: &Model, started: Started) {
        let data: Value = serde_json::from_str(&started.data).unwrap_or_default();
        let chance = world.now().as_millis() % 8;
        let result = if chance == 0 {
            Err(FetchError::new("the server answered 503"))
        } else {
            let answer = model.request(&mut world.server, &data, &started.id);
            match answer {
                _ if chance == 1 => Err(FetchError::new("the connection was reset")),
                Ok(answer) => Ok(answer.to_string().into()),
                Err(error) => Err(FetchError::permanent(error.message)),
            }
        };
        let mutation = started.mutation;
        world.input(self.peer, Input::MutationFinished { mutation, result });
    }

    /// No edit goes on showing in two rows, once its echo can have come.
    fn check_shown_once(&mut self, world: &World, breaches: &mut Vec<Breach>) {
        let twice = [Query::Tasks, Query::Board].into_iter().find_map(|query| {
            let list = world.client(self.peer).list::<Task>(&query.key())?;
            let mut seen = BTreeSet::new();
            let mut titles = list.iter().map(|row| row.title.clone());
            titles.find(|title| !seen.insert(title.clone()) && !self.may_show_twice(world, title))
        });
        let quick = *world.link(self.peer).latency.end() <= 100;
        let Some(title) =
            twice.filter(|_| self.server.echoes && quick && self.has_sound_link(world))
        else {
            self.tries.twice_since = None;
            return;
        };
        let since = *self.tries.twice_since.get_or_insert(world.now());
        // An event of the board may lag behind its row.
        let patience = if self.server.board_lags { 3 } else { 2 };
        if (world.now() - since).as_secs() >= patience {
            let what = format!("client {}: \"{title}\" goes on showing twice", self.number);
            breaches.push(Breach::new(BreachKind::Doubled, what));
            self.tries.twice_since = None;
        }
    }

    /// Whether a title may show in a row of the server's and in one that is kept because it failed:
    /// the server may have carried it out all the same. Nor is there an echo of what went out before
    /// the link was as it is, or past it.
    fn may_show_twice(&self, world: &World, title: &String) -> bool {
        let since = self.sound_since(world);
        let mut tries = self.tries.by_id.values();
        let excused = |tried: &Try| tried.has_failed() || tried.begun < since;
        self.past.gave(title)
            || self.tries.by_app.contains(title)
            || tries.any(|tried| excused(tried) && *title == text_of(tried.uid))
    }

    /// Whether an edit of its own may have been given up for another's without being sent.
    pub(crate) fn yields(&self) -> bool {
        self.plan.policy == Policy::Theirs
    }
}

fn is_time_out(event: &MutationEvent) -> bool {
    let error = match event {
        MutationEvent::Failed { error, .. } => error,
        _ => return false,
    };
    matches!(error, MutationError::Send(SendError::Timeout))
}

/// What an edit shows before the server has spoken, and the patch, if it is one.
fn optimistic(edit: &Edit, row: &str) -> (ListEdit<Task>, Option<Value>) {
    let id = row.to_owned();
    let text = text_of(edit.uid);
    let patch = match &edit.change {
        Change::Create(rank) => {
            let task = Task {
                id,
                version: None,
                title: text,
                done: false,
                rank: *rank,
                note: None,
            };
            return (ListEdit::Insert(task), None);
        }
        Change::Delete | Change::Batch(_) => return (ListEdit::Delete { id: id.into() }, None),
        Change::MoveBefore(before) => {
            let before = before.map(|row| format!("t{row}").into());
            let id = id.into();
            return (ListEdit::MoveBefore { id, before }, None);
        }
        Change::Whole(rank) => json!({"title": text, "done": false, "rank": rank, "note": null}),
        Change::Rank(rank) => json!({"rank": rank}),
        Change::Patch(Field::Title) => json!({"title": text}),
        Change::Patch(Field::Done) => json!({"done": true}),
        Change::Patch(Field::Note) => json!({"note": text}),
        Change::Patch(Field::NoNote) => json!({"note": null}),
    };
    let said = patch.to_string().into();
    let id = id.into();
    (ListEdit::Update { id, patch: said }, Some(patch))
}
