//! The messages of a room, and the Socket.IO sockets in it.

use super::positioned::Positioned;
use crate::{
    app::App,
    channel::{is_room_name, room_channel},
    errors::{Refusal, quoted},
};
use axum::{
    Json,
    extract::{Path, State},
};
use realtime_demo_types::Message;

pub(super) async fn messages(
    State(app): State<App>,
    Path(room): Path<String>,
) -> Result<Positioned<Vec<Message>>, Refusal> {
    check(&room)?;
    let state = app.hub.lock();
    let body = state.world.rooms.messages(&room);
    Ok(Positioned {
        position: state.world.position(&room_channel(&room)),
        body,
    })
}

/// The ids of the sockets in a room, whichever of the servers they are connected to.
pub(super) async fn sockets(
    State(app): State<App>,
    Path(room): Path<String>,
) -> Result<Json<Vec<String>>, Refusal> {
    check(&room)?;
    app.socketio.sockets(&room_channel(&room)).await.map(Json)
}

fn check(room: &str) -> Result<(), Refusal> {
    if is_room_name(room) {
        return Ok(());
    }
    Err(Refusal::NotFound(format!("room {:?}", quoted(room))))
}
