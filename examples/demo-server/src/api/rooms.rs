//! The messages of a room, and the Socket.IO sockets in it.

use super::positioned::Positioned;
use crate::{
    app::App,
    channel::{is_room_name, room_channel},
    errors::{Refusal, quoted},
    permissions::{Right, Visitor},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use realtime_demo_types::Message;

pub(super) async fn messages(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(room): Path<String>,
) -> Result<Positioned<Vec<Message>>, Refusal> {
    check(&visitor, &room)?;
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
    Extension(visitor): Extension<Visitor>,
    Path(room): Path<String>,
) -> Result<Json<Vec<String>>, Refusal> {
    check(&visitor, &room)?;
    app.socketio.sockets(&room_channel(&room)).await.map(Json)
}

/// Refuses what is no room, and one that they may not see.
fn check(visitor: &Visitor, room: &str) -> Result<(), Refusal> {
    if !is_room_name(room) {
        return Err(Refusal::NotFound(format!("room {:?}", quoted(room))));
    }
    visitor.check(Right::See, &room_channel(room))
}
