//! The messages of a room, and the Socket.IO sockets in it.

use crate::{
    app::App,
    channel::{is_room_name, room_channel},
    permissions::{Right, Visitor},
    refusals::{nothing, quoted},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use realtime_demo_types::Message;
use realtime_server::{Position, Refusal};

pub(super) async fn messages(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(room): Path<String>,
) -> Result<(Position, Json<Vec<Message>>), Refusal> {
    check(&visitor, &room)?;
    let state = app.replica.lock();
    let body = state.machine.world.rooms.messages(&room);
    Ok((app.hub.position(&room_channel(&room)), Json(body)))
}

/// The ids of the sockets in a room, whichever of the servers they are connected to.
pub(super) async fn sockets(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(room): Path<String>,
) -> Result<Json<Vec<String>>, Refusal> {
    check(&visitor, &room)?;
    app.sockets.in_room(&room_channel(&room)).await.map(Json)
}

/// Refuses what is no room, and one that they may not see.
fn check(visitor: &Visitor, room: &str) -> Result<(), Refusal> {
    if !is_room_name(room) {
        return Err(nothing(format_args!("room {:?}", quoted(room))));
    }
    visitor.check(Right::See, &room_channel(room))
}
