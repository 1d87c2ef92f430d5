//! A board of notes: a server that takes edits of them, and a page that makes them.

use crate::support::{Count, Log};
use realtime_core::Conflict;
use realtime_yew::{
    UseRealtimeItemHandle, UseRealtimeMutationHandle,
    prelude::*,
    realtime_core::{ServerError, testing::Request},
    testing::{Mounted, TestBed},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) text: String,
    pub(super) color: String,
}

impl ListItem for Note {
    fn id(&self) -> RowId {
        RowId::from(&self.id)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

pub(super) fn note(id: &str, text: &str) -> Note {
    Note {
        id: id.to_owned(),
        version: 1,
        text: text.to_owned(),
        color: String::from("red"),
    }
}

type Notes = Rc<RefCell<Vec<Note>>>;

/// What the pages of one test share.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    pub(super) notes: Notes,
    /// How the page's mutations ended, and what they met.
    pub(super) log: Log<String>,
    pub(super) rows: Count,
    pub(super) pages: Count,
}

impl PartialEq for Board {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.notes, &other.notes)
    }
}

/// The test's world: a client, a server with two notes, and what the page is told.
pub(super) fn board(options: RealtimeOptions) -> (TestBed, Board) {
    let bed = TestBed::with_options(options);
    let board = Board::default();
    *board.notes.borrow_mut() = vec![note("n1", "Bake"), note("n2", "Call")];
    let notes = Rc::clone(&board.notes);
    bed.server().on("note:add", move |server, request| {
        let id = format!("n{}", notes.borrow().len() + 1);
        let new = note(&id, text(request)?);
        notes.borrow_mut().push(new.clone());
        let event = json!({ "action": "create", "item": new });
        server.publish_as(
            "notes",
            "list:update",
            &event.to_string(),
            Some(request.text("id")),
        );
        Ok(json!(new))
    });
    let notes = Rc::clone(&board.notes);
    bed.server().on("note:edit", move |server, request| {
        let text = text(request)?.to_owned();
        let id = request.envelope["data"]["id"].clone();
        let mut notes = notes.borrow_mut();
        let Some(note) = notes.iter_mut().find(|note| note.id == id) else {
            return Err(refusal("not_found", "there is no such note"));
        };
        (note.text, note.version) = (text, note.version + 1);
        let event = json!({ "action": "update", "item": note });
        server.publish_as(
            "notes",
            "list:update",
            &event.to_string(),
            Some(request.text("id")),
        );
        Ok(json!(note))
    });
    (bed, board)
}

pub(super) fn refusal(code: &str, message: &str) -> ServerError {
    ServerError {
        code: code.into(),
        message: message.into(),
        retry_after: None,
    }
}

/// The text of a request; the server wants one.
fn text(request: &Request) -> Result<&str, ServerError> {
    match &request.envelope["data"]["text"] {
        Value::String(text) if !text.is_empty() => Ok(text),
        _ => Err(refusal("invalid_data", "a note needs a text")),
    }
}

/// What a page can do with a note.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Add(String),
    Edit(String, String),
    /// Stays on the screen when it fails.
    Keep(String, String),
    Paint(String, String),
}

pub(super) fn edit(id: &str, text: &str) -> Act {
    Act::Edit(id.to_owned(), text.to_owned())
}

fn spec(act: &Act, client: &RealtimeClient, notes: &ListRef<Note>) -> MutationSpec<Note> {
    let change = |id: &String, text: &String| {
        MutationSpec::message("note:edit", "notes", &json!({ "id": id, "text": text }))
            .with_edit(notes.update(id, &json!({ "text": text })))
            .with_scope(format!("note:{id}"))
    };
    match act {
        Act::Add(text) => MutationSpec::message("note:add", "notes", &json!({ "text": text }))
            .with_edit(notes.insert(Note {
                version: 0,
                ..note(&client.temporary_id(), text)
            })),
        Act::Edit(id, text) => change(id, text),
        Act::Keep(id, text) => change(id, text).with_keep_failed(true),
        Act::Paint(id, color) => {
            MutationSpec::message("note:paint", "notes", &json!({ "id": id, "color": color }))
                .with_edit(notes.update(id, &json!({ "color": color })))
        }
    }
    .with_answer::<Note>()
}

pub(super) type Handle = UseRealtimeMutationHandle<Act, Note>;

#[derive(PartialEq, Properties)]
pub(super) struct PageProps {
    pub(super) board: Board,
    /// Gets the handle of each render.
    #[prop_or_default]
    pub(super) on_handle: Callback<Handle>,
}

/// All notes, and one hook for all that can be done with them.
#[component]
pub(super) fn Page(props: &PageProps) -> Html {
    props.board.pages.up();
    let notes = Rc::clone(&props.board.notes);
    let list = use_realtime_list(
        key!["notes"],
        move || {
            let notes = notes.borrow().clone();
            async move { Ok::<_, FetchError>(notes) }
        },
        UseRealtimeListOptions::default()
            .with_channel("notes")
            .with_render_on(RenderOn::Order)
            .with_conflicts(ConflictPolicy::MergeFields {
                same_field: Side::Theirs,
            }),
    );
    let client = use_realtime_client();
    let (ok, failed, conflict) = (
        props.board.log.clone(),
        props.board.log.clone(),
        props.board.log.clone(),
    );
    let change = use_realtime_mutation(
        {
            let list = list.list_ref();
            move |act: &Act| spec(act, &client, &list)
        },
        UseRealtimeMutationOptions::default()
            .with_on_success(move |_, answer: Option<&Note>| {
                ok.note(format!("saved {:?}", answer.map(|note| &note.text)));
            })
            .with_on_error(move |_, error| failed.note(error.to_string()))
            .with_on_conflict(move |_, found: &Conflict| {
                conflict.note(format!("{} kept {:?}", found.field, found.kept));
            }),
    );
    props.on_handle.emit(change.clone());
    html! {
        <ul>
            for id in list.ids() {
                <Row key={list.row_key(&id)} id={id.clone()} list={list.list_ref()} board={props.board.clone()} />
            }
        </ul>
    }
}

#[derive(PartialEq, Properties)]
struct RowProps {
    id: RowId,
    list: ListRef<Note>,
    board: Board,
}

#[component]
fn Row(props: &RowProps) -> Html {
    props.board.rows.up();
    let row = use_realtime_item(&props.list, &props.id);
    let Some(note) = row.item() else {
        return html! { <li hidden=true /> };
    };
    let state = match row.state() {
        ItemState::Synced => "synced",
        ItemState::Pending => "pending",
        ItemState::Failed { .. } => "failed",
    };
    let command = |run: fn(&UseRealtimeItemHandle<Note>)| {
        let row = row.clone();
        move |_: MouseEvent| run(&row)
    };
    html! {
        <li data-id={note.id.clone()} data-state={state}>
            <input value={note.text.clone()} />
            <span>{ &note.text }</span>
            <em>{ row.error().map(ToString::to_string) }</em>
            <button class="retry" onclick={command(UseRealtimeItemHandle::retry)} />
            <button class="dismiss" onclick={command(UseRealtimeItemHandle::dismiss)} />
        </li>
    }
}

/// Mounts the page and lets it load.
pub(super) async fn open(bed: &TestBed, board: &Board) -> (Mounted, Hand) {
    let hand = Hand::default();
    let on_handle = {
        let hand = hand.clone();
        Callback::from(move |handle| {
            hand.0.replace(Some(handle));
        })
    };
    let page = bed.mount(html! { <Page board={board.clone()} {on_handle} /> });
    bed.settle().await;
    board.rows.take();
    board.pages.take();
    (page, hand)
}

/// The newest handle of a page.
#[derive(Clone, Default)]
pub(super) struct Hand(Rc<RefCell<Option<Handle>>>);

impl Hand {
    pub(super) fn get(&self) -> Handle {
        self.0.borrow().clone().expect("the page has rendered")
    }

    /// Does something, and lets the page render; nothing is carried to or from the server.
    pub(super) async fn act(&self, act: Act) {
        self.get().mutate(act);
        realtime_yew::testing::flush().await;
    }
}

/// A row as the page shows it: its text, and how it stands.
pub(super) fn shown(page: &Mounted, id: &str) -> (String, &'static str) {
    let states = ["synced", "pending", "failed"];
    let row = format!(r#"li[data-id="{id}"]"#);
    let is_in = |state: &&str| page.count(&format!(r#"{row}[data-state="{state}"]"#)) == 1;
    let state = states.into_iter().find(is_in).unwrap_or("gone");
    (page.text(&format!("{row} span")), state)
}
