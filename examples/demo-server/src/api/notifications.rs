//! The last notifications, and a way to send one to everybody.

use super::{body::Body, positioned::Positioned};
use crate::{app::App, channel::NOTIFICATIONS, errors::Refusal};
use axum::{Json, extract::State, http::StatusCode};
use realtime_demo_types::{NewNotification, Notification};

pub(super) async fn list(State(app): State<App>) -> Positioned<Vec<Notification>> {
    let state = app.hub.lock();
    let body = state.notifications.iter().cloned().collect();
    Positioned {
        position: state.position(NOTIFICATIONS),
        body,
    }
}

pub(super) async fn send(
    State(app): State<App>,
    Body(new): Body<NewNotification>,
) -> Result<(StatusCode, Json<Notification>), Refusal> {
    let sent = app.hub.lock().notify(new)?;
    Ok((StatusCode::CREATED, Json(sent)))
}
