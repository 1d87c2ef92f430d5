//! The REST part: the current state of every channel with the position it belongs to, and changes.

mod body;
mod health;
mod notifications;
mod positioned;
mod rooms;
mod stocks;
mod stress;
mod tasks;

use crate::{app::App, command::Done, errors::Refusal, session::is_same_secret};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};

/// Everything under `/api`. With a token, all of it but the health check wants `Authorization: Bearer …`.
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
        .route_layer(from_fn_with_state(app.clone(), authorize))
        .route("/health", get(health::check))
        .fallback(async || Refusal::NotFound("such address in this API".to_owned()))
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
}

async fn authorize(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if let Some(wanted) = &app.config.token {
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if !given.is_some_and(|given| is_same_secret(wanted, given)) {
            return Err(Refusal::Unauthorized);
        }
    }
    Ok(next.run(request).await)
}

/// The answer to a change that was carried out.
fn carried_out(status: StatusCode, done: &Done) -> Response {
    (status, Json(done.body())).into_response()
}
