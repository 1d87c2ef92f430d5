//! A body and the position of the channel that keeps it fresh.

use crate::world::Position;
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A body read under the same lock as its position, which goes into the headers `x-realtime-epoch` and
/// `x-realtime-seq`: every event up to that one is in the body, and no later one.
pub(super) struct Positioned<T> {
    pub(super) position: Position,
    pub(super) body: T,
}

impl<T: Serialize> IntoResponse for Positioned<T> {
    fn into_response(self) -> Response {
        let Position { epoch, seq } = self.position;
        let position = [
            ("x-realtime-epoch", epoch),
            ("x-realtime-seq", seq.to_string()),
        ];
        (
            position,
            [(header::CACHE_CONTROL, "no-store")],
            Json(self.body),
        )
            .into_response()
    }
}
