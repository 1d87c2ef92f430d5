//! The page: a live list of notes, who is here, and how the connection stands.

use note::Note;
use realtime_yew::{STYLESHEET, prelude::*};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The server's list: fetched once, then kept as it is there by the events of the channel `notes`.
#[component]
fn Notes() -> Html {
    let options = UseRealtimeListOptions::default()
        .with_channel("notes")
        .with_sort_key(|note: &Note| note.id);
    let notes = use_realtime_list(key!["notes"], Fetcher::json("/api/notes"), options);
    if let Some(error) = notes.error() {
        html! { <p role="alert">{ error.to_string() }</p> }
    } else if notes.is_loading() {
        html! { <p>{ "Loading…" }</p> }
    } else if notes.is_empty() {
        html! { <p>{ "No notes yet: write the first one." }</p> }
    } else {
        html! { <ul>for note in notes.iter() { <li key={note.id}>{ &note.text }</li> }</ul> }
    }
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

/// Everybody who has the page open: each tab is a guest of its own.
#[component]
fn Guests() -> Html {
    let me = use_memo((), |()| {
        let number = 100 + (js_sys::Math::random() * 900.0) as u32;
        User::new(format!("guest-{number}"), format!("Guest {number}"))
    });
    let room = use_presence("notes", (*me).clone(), UsePresenceOptions::default());
    html! { <OnlineUsers users={room.online_users()} /> }
}

#[component]
fn App() -> Html {
    html! {
        <RealtimeProvider url="/live/ws">
            <style>{ STYLESHEET }</style>
            <header><h1>{ "Notes" }</h1><Guests /><ConnectionIndicator /></header>
            <main><NewNote /><Notes /></main>
        </RealtimeProvider>
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
