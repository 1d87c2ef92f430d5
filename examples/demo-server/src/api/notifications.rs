//! The last notifications, and a way to send one to everybody.

use super::{body::Body, carried_out};
use crate::{
    app::App,
    channel::NOTIFICATIONS,
    command::Command,
    permissions::{Right, Visitor},
};
use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use realtime_demo_types::{NewNotification, Notification};
use realtime_server::{Position, Refusal};

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
) -> Result<(Position, Json<Vec<Notification>>), Refusal> {
    visitor.check(Right::See, NOTIFICATIONS)?;
    let state = app.replica.lock();
    let body = state.machine.world.notifications.iter().cloned().collect();
    Ok((app.hub.position(NOTIFICATIONS), Json(body)))
}

pub(super) async fn send(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Body(new): Body<NewNotification>,
) -> Result<Response, Refusal> {
    visitor.check(Right::Send, NOTIFICATIONS)?;
    let done = app.replica.carry_out(Command::Notify { new }).await?;
    Ok(carried_out(StatusCode::CREATED, done))
}
