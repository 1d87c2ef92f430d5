//! The last notifications, and a way to send one to everybody.

use super::{body::Body, carried_out, positioned::Positioned};
use crate::{
    app::App,
    channel::NOTIFICATIONS,
    command::Command,
    errors::Refusal,
    permissions::{Right, Visitor},
};
use axum::{Extension, extract::State, http::StatusCode, response::Response};
use realtime_demo_types::{NewNotification, Notification};

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Positioned<Vec<Notification>>, Refusal> {
    visitor.check(Right::See, NOTIFICATIONS)?;
    let state = app.hub.lock();
    let body = state.world.notifications.iter().cloned().collect();
    Ok(Positioned {
        position: state.world.position(NOTIFICATIONS),
        body,
    })
}

pub(super) async fn send(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Body(new): Body<NewNotification>,
) -> Result<Response, Refusal> {
    visitor.check(Right::Send, NOTIFICATIONS)?;
    let done = app.hub.carry_out(Command::Notify { new }).await?;
    Ok(carried_out(StatusCode::CREATED, &done))
}
