//! The messages of a room.

use super::positioned::Positioned;
use crate::{
    app::App,
    channel::{is_room_name, room_channel},
    errors::{Refusal, quoted},
};
use axum::extract::{Path, State};
use realtime_demo_types::Message;

pub(super) async fn messages(
    State(app): State<App>,
    Path(room): Path<String>,
) -> Result<Positioned<Vec<Message>>, Refusal> {
    if !is_room_name(&room) {
        return Err(Refusal::NotFound(format!("room {:?}", quoted(&room))));
    }
    let state = app.hub.lock();
    let body = state.world.rooms.messages(&room);
    Ok(Positioned {
        position: state.world.position(&room_channel(&room)),
        body,
    })
}
