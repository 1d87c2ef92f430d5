//! The app: which path is what.

use crate::{
    dialect::{Dialect, EPOCH},
    plan::{Plan, Row},
    quote::Quote,
    run::Runs,
    socket,
};
use axum::{
    Json, Router,
    extract::{Path, State, ws::WebSocketUpgrade},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use std::{io, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;
use tower_http::{
    CompressionLevel, compression::Compression, services::ServeDir,
    set_header::SetResponseHeaderLayer,
};

/// A folder of pages and the path below which it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// One segment, such as `react`.
    pub path: String,
    /// Where the files are.
    pub folder: PathBuf,
}

/// Serves pages, rows and events, for ever. Files go out compressed to who takes them so.
pub async fn serve(listener: TcpListener, sites: &[Site]) -> io::Result<()> {
    // An event is a small packet that must not wait for the next.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router(sites)).await
}

fn router(sites: &[Site]) -> Router {
    let api = Router::new()
        .route("/runs", post(make))
        .route("/runs/{number}/rows", get(rows))
        .route("/runs/{number}/final", get(outcome))
        .route("/runs/{number}/start", post(start))
        .route("/ws", get(envelope))
        .route("/socket.io/", get(socket_io))
        .with_state(Arc::new(Runs::default()));
    let fresh = SetResponseHeaderLayer::overriding(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    sites
        .iter()
        .fold(api, |router, site| {
            let files =
                Compression::new(ServeDir::new(&site.folder)).quality(CompressionLevel::Best);
            router.nest_service(&format!("/{}", site.path), files)
        })
        .layer(fresh)
}

type Shared = State<Arc<Runs>>;

async fn make(State(runs): Shared, Json(plan): Json<Plan>) -> Json<Value> {
    Json(json!({"run": runs.make(plan)}))
}

async fn rows(State(runs): Shared, Path(number): Path<u64>) -> Response {
    let Some(run) = runs.get(number) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The snapshot is from before the first event.
    let position = [
        (HeaderName::from_static("x-realtime-epoch"), EPOCH),
        (HeaderName::from_static("x-realtime-seq"), "0"),
    ];
    if run.plan.partial {
        let rows: Vec<Quote<'_>> = run.rows.iter().map(Quote::from).collect();
        return (position, Json(rows)).into_response();
    }
    (position, Json(&run.rows)).into_response()
}

async fn outcome(
    State(runs): Shared,
    Path(number): Path<u64>,
) -> Result<Json<Vec<Row>>, StatusCode> {
    let run = runs.get(number).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(run.plan.outcome()))
}

async fn start(State(runs): Shared, Path(number): Path<u64>) -> Result<Json<Value>, StatusCode> {
    let run = runs.get(number).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({"startedAt": run.start()})))
}

async fn envelope(State(runs): Shared, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| socket::serve(socket, Dialect::Envelope, runs))
}

async fn socket_io(State(runs): Shared, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| socket::serve(socket, Dialect::SocketIo, runs))
}
