//! The task board.

use super::{body::Body, positioned::Positioned};
use crate::{app::App, channel::TASKS, errors::Refusal, tasks::Removed};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use realtime_demo_types::{MoveTask, NewTask, Task, TaskPatch};

pub(super) async fn list(State(app): State<App>) -> Positioned<Vec<Task>> {
    let state = app.hub.lock();
    Positioned {
        position: state.position(TASKS),
        body: state.board.tasks().to_vec(),
    }
}

pub(super) async fn create(
    State(app): State<App>,
    Body(new): Body<NewTask>,
) -> Result<(StatusCode, Json<Task>), Refusal> {
    let task = app.hub.lock().create_task(new, None)?;
    Ok((StatusCode::CREATED, Json(task)))
}

pub(super) async fn update(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(patch): Body<TaskPatch>,
) -> Result<Json<Task>, Refusal> {
    app.hub.lock().update_task(&id, patch, None).map(Json)
}

pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Removed>, Refusal> {
    app.hub.lock().delete_task(&id, None).map(Json)
}

pub(super) async fn move_to(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(to): Body<MoveTask>,
) -> Result<Json<Task>, Refusal> {
    app.hub.lock().move_task(&id, to, None).map(Json)
}
