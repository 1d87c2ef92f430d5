//! App, as the server renders it and the browser takes it over.

use realtime_yew::{PageSeeds, prelude::*};
use serde::{Deserialize, Serialize};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// A note on the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// What it says.
    pub text: String,
}

impl ListItem for Note {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

/// What differs between the server and the browser.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AppProps {
    /// The page's end of what the server has fetched.
    pub seeds: PageSeeds,
    /// Reads the notes: the server where they are, the browser over HTTP.
    pub notes: Fetcher<Vec<Note>>,
}

/// The whole app.
#[component]
pub fn App(props: &AppProps) -> Html {
    let fallback = html! { <p>{ "Loading…" }</p> };
    html! {
        <RealtimeProvider url="/live/ws" seeds={props.seeds.clone()}>
            <header><h1>{ "Notes" }</h1><ConnectionIndicator /></header>
            <main>
                <NewNote />
                <Suspense {fallback}><Notes fetch={props.notes.clone()} /></Suspense>
            </main>
        </RealtimeProvider>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NotesProps {
    fetch: Fetcher<Vec<Note>>,
}

/// The list: in the page's HTML already, and then kept as it is on the server by events.
#[component]
fn Notes(props: &NotesProps) -> HtmlResult {
    let options = UseRealtimeListOptions::default()
        .with_channel("notes")
        .with_sort_key(|note: &Note| note.id)
        .with_seed();
    let notes = use_realtime_list_suspense(key!["notes"], props.fetch.clone(), options)?;
    Ok(if let Some(error) = notes.error() {
        html! { <p role="alert">{ error.to_string() }</p> }
    } else if notes.is_loading() {
        html! { <p>{ "Loading…" }</p> }
    } else if notes.is_empty() {
        html! { <p>{ "No notes yet: write the first one." }</p> }
    } else {
        html! { <ul>for note in notes.iter() { <li key={note.id}>{ &note.text }</li> }</ul> }
    })
}

/// Sends a note. Without a connection it waits for one, and is then added once.
#[component]
fn NewNote() -> Html {
    let (client, field) = (use_realtime_client(), use_node_ref());
    let input = field.clone();
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.cast::<HtmlInputElement>() {
            client.send("note:add", Some("notes"), &input.value());
            input.set_value("");
        }
    };
    html! {
        <form {onsubmit}>
            <input ref={field} aria-label="New note" maxlength="500" required=true />
            <button>{ "Add" }</button>
        </form>
    }
}
