//! Server: renders the page with the notes in it, and tells over the live connection what happens to them.

use app::{App, AppProps, Note};
use axum::{
    Json, Router,
    extract::State,
    http::header::CACHE_CONTROL,
    response::{Html, IntoResponse},
    routing::get,
};
use realtime_server::{Hub, ListChange, Message, Refusal};
use realtime_yew::{ServerPage, prelude::*, realtime_core::Position};
use std::{env, error::Error, fs, sync::Arc};
use tokio::{net::TcpListener, sync::Mutex};
use tower_http::services::ServeDir;
use yew::ServerRenderer;

/// Where Trunk has put the page.
const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/dist");

#[derive(Clone)]
struct Server {
    hub: Hub,
    notes: Arc<Mutex<Vec<Note>>>,
    /// The page as Trunk has built it, with an empty body.
    shell: Arc<str>,
}

/// All notes, and up to which event of the channel `notes` this tells of them.
async fn list(State(server): State<Server>) -> impl IntoResponse {
    let notes = server.notes.lock().await;
    (server.hub.position("notes"), Json(notes.clone()))
}

/// The same, for the page that is rendered here.
async fn read(server: Server) -> Result<Positioned<Vec<Note>>, FetchError> {
    let notes = server.notes.lock().await;
    let position = server.hub.position("notes");
    Ok(Positioned {
        data: notes.clone(),
        position: Some(Position {
            epoch: position.epoch.into(),
            seq: position.seq,
        }),
    })
}

/// The page. A new [`ServerPage`] for each request, so nobody is sent what another may see.
async fn page(State(server): State<Server>) -> impl IntoResponse {
    let page = ServerPage::new();
    let (seeds, source) = (page.seeds(), server.clone());
    let app = ServerRenderer::<App>::with_props(move || AppProps {
        seeds,
        notes: Fetcher::positioned(move || read(source.clone())),
    });
    let body = format!("<body>{}{}", app.render().await, page.script());
    let html = server.shell.replacen("<body>", &body, 1);
    ([(CACHE_CONTROL, "no-store")], Html(html))
}

/// Adds a note and tells everybody, both under the lock: so everybody has them in one order.
async fn add(notes: Arc<Mutex<Vec<Note>>>, message: Message) -> Result<(), Refusal> {
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
    let shell = fs::read_to_string(format!("{DIST}/index.html"))
        .map_err(|error| format!("no page in {DIST}: {error}; run `trunk build` first"))?;
    let port: u16 = env::args().nth(1).map_or(Ok(3000), |port| port.parse())?;
    let notes = Arc::<Mutex<Vec<Note>>>::default();
    let added = Arc::clone(&notes);
    let hub = Hub::builder()
        .on_message(move |message| add(Arc::clone(&added), message))
        .build();
    let server = Server {
        hub: hub.clone(),
        notes,
        shell: shell.into(),
    };
    let app = Router::new()
        .route("/", get(page))
        .route("/api/notes", get(list))
        .with_state(server)
        .nest("/live", hub.router())
        .fallback_service(ServeDir::new(DIST).append_index_html_on_directories(false));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
