//! The server: notes in memory, read over HTTP, added and told over the live connection.

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use note::Note;
use realtime_server::{Hub, ListChange, Message, Refusal};
use std::{error::Error, sync::Arc};
use tokio::{net::TcpListener, process::Command, sync::Mutex};
use tower_http::services::ServeDir;

type Notes = Arc<Mutex<Vec<Note>>>;

/// All notes, and up to which event of the channel `notes` this tells of them.
async fn list(State((hub, notes)): State<(Hub, Notes)>) -> impl IntoResponse {
    let notes = notes.lock().await;
    (hub.position("notes"), Json(notes.clone()))
}

/// Adds a note and tells everybody, both under the lock: so everybody has them in one order.
async fn add(notes: Notes, message: Message) -> Result<(), Refusal> {
    let mut notes = notes.lock().await;
    match message.event.as_str() {
        "note:add" if notes.len() < 1_000 => {
            let (id, text) = (notes.len() as u64 + 1, message.data()?);
            let note = Note { id, text };
            message.publish("notes", "list:update", &ListChange::create(&note))?;
            notes.push(note);
            Ok(())
        }
        "note:add" => Err(Refusal::limit_reached("there are too many notes")),
        other => Err(Refusal::unknown_event(other)),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let notes = Notes::default();
    let added = notes.clone();
    let hub = Hub::builder()
        .on_message(move |message| add(added.clone(), message))
        .build();
    let app = Router::new()
        .route("/api/notes", get(list))
        .with_state((hub.clone(), notes))
        .nest("/live", hub.router())
        .fallback_service(ServeDir::new("dist"));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    // A debug build is for you at work: Trunk builds the page each time you save, and serves it.
    if cfg!(debug_assertions) {
        let trunk = Command::new("trunk").arg("serve").spawn();
        trunk.map_err(|error| format!("trunk, which builds the page, does not start: {error}"))?;
    }
    Ok(axum::serve(listener, app).await?)
}
