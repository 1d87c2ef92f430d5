//! Position: where a channel stands.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponseParts, ResponseParts},
};
use std::convert::Infallible;

/// Where a channel stands: the number of its last event, and the history in which it is counted.
///
/// As a part of an axum answer it puts itself into the headers `x-realtime-epoch` and `x-realtime-seq`, by which a client
/// knows which events the body holds already. Take it *before* the body is read: the body then holds every event up to
/// it, as long as the app changes its state before it publishes.
///
/// ```
/// use axum::{Json, response::IntoResponse};
/// use realtime_server::Hub;
///
/// async fn tasks(hub: Hub) -> impl IntoResponse {
///     // A tuple is made from left to right.
///     (hub.position("tasks"), Json(["write", "read"]))
/// }
/// ```
///
/// Where the body may hold later events too, a client applies them twice: that is harmless for rows with versions, for
/// snapshots and merge patches. To have exactly the events up to the position, read both under the lock (or in the
/// transaction) under which the app also changes its state and publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The incarnation of the channel's history in which `seq` counts.
    pub epoch: String,
    /// The number of the last event: 0 before the first.
    pub seq: u64,
}

impl IntoResponseParts for Position {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let headers = parts.headers_mut();
        // An epoch is letters and digits, unless the app chose another one.
        if let Ok(epoch) = HeaderValue::from_str(&self.epoch) {
            headers.insert(HeaderName::from_static("x-realtime-epoch"), epoch);
            headers.insert(HeaderName::from_static("x-realtime-seq"), self.seq.into());
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(parts)
    }
}
