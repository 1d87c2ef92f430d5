//! Tasks of the board, over REST.

use super::{body::Body, carried_out};
use crate::{
    app::App,
    channel::TASKS,
    command::{BoardEdit, Command, Outcome},
    permissions::{Right, Visitor},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use realtime_demo_types::{MoveTask, NewTask, Task, TaskPatch};
use realtime_server::{Position, Refusal};

pub(super) async fn list(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
) -> Result<(Position, Json<Vec<Task>>), Refusal> {
    visitor.check(Right::See, TASKS)?;
    let state = app.replica.lock();
    Ok((
        app.hub.position(TASKS),
        Json(state.machine.world.board.tasks().to_vec()),
    ))
}

pub(super) async fn create(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Body(new): Body<NewTask>,
) -> Result<Response, Refusal> {
    let done = edit(&app, &visitor, BoardEdit::Create(new)).await?;
    Ok(carried_out(StatusCode::CREATED, done))
}

pub(super) async fn update(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Body(patch): Body<TaskPatch>,
) -> Result<Response, Refusal> {
    let done = edit(&app, &visitor, BoardEdit::Update { id, patch }).await?;
    Ok(carried_out(StatusCode::OK, done))
}

pub(super) async fn delete(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let done = edit(&app, &visitor, BoardEdit::Delete { id }).await?;
    Ok(carried_out(StatusCode::OK, done))
}

pub(super) async fn move_to(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Body(to): Body<MoveTask>,
) -> Result<Response, Refusal> {
    let done = edit(&app, &visitor, BoardEdit::Move { id, to }).await?;
    Ok(carried_out(StatusCode::OK, done))
}

async fn edit(app: &App, visitor: &Visitor, mut edit: BoardEdit) -> Outcome {
    visitor.check(Right::Send, TASKS)?;
    edit.sign(visitor);
    app.replica
        .carry_out(Command::Tasks { edit, once: None })
        .await
}
