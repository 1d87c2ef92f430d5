//! The REST part: the current state of every channel with the position it belongs to, and changes.

mod body;
mod health;
mod notifications;
mod rooms;
mod session;
mod stocks;
mod stress;
mod tasks;

use crate::{
    acceptor::Peer,
    app::App,
    command::Done,
    refusals::{method_not_allowed, nothing},
};
use axum::{
    Extension, Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use realtime_server::Refusal;
use std::time::Instant;

/// Everything under `/api`. Who asks is said by `Authorization: Bearer …`; each address asks whether they may.
pub(crate) fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/stocks", get(stocks::list))
        .route("/stocks/{symbol}", get(stocks::one))
        .route("/stocks/{symbol}/burst", post(stocks::burst))
        .route("/tasks", get(tasks::list).post(tasks::create))
        .route("/tasks/{id}", patch(tasks::update).delete(tasks::delete))
        .route("/tasks/{id}/move", post(tasks::move_to))
        .route("/rooms/{room}/messages", get(rooms::messages))
        .route("/rooms/{room}/sockets", get(rooms::sockets))
        .route(
            "/notifications",
            get(notifications::list).post(notifications::send),
        )
        .route("/stress/{rows}/{rate}", get(stress::list))
        .route("/stress/{rows}/{rate}/burst", post(stress::burst))
        .route("/session", post(session::start))
        .route_layer(from_fn_with_state(app.clone(), authenticate))
        .route("/health", get(health::check))
        .fallback(async || nothing("such address in this API"))
        .method_not_allowed_fallback(async || method_not_allowed())
}

/// Finds out who asks, and whether they ask too often. A wrong token is refused also where none is needed.
async fn authenticate(
    State(app): State<App>,
    Extension(Peer(from)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.map(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let ticket = match given {
        Some(None) => return Err(Refusal::unauthorized()),
        Some(token) => app.tokens.read(token)?,
        None => app.tokens.read(None)?,
    };
    app.rates.take(&ticket.visitor, from, Instant::now())?;
    request.extensions_mut().insert(ticket.visitor);
    Ok(next.run(request).await)
}

/// The answer to a change that was carried out.
fn carried_out(status: StatusCode, done: Done) -> Response {
    (status, Json(done.into_body())).into_response()
}
