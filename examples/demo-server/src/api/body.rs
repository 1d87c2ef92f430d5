//! Request bodies, with refusals in the API's own form.

use crate::{
    app::App,
    refusals::{not_json, too_slow},
};
use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use realtime_server::Refusal;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let body = timeout(app.config.body_within, Json::from_request(request, app)).await;
        match body.map_err(|_| too_slow())? {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(not_json()),
            Err(JsonRejection::JsonDataError(error)) => Err(Refusal::invalid(error.body_text())),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Refusal::too_large(app.config.max_message_bytes))
            }
            Err(error) => Err(Refusal::new(
                "invalid_json",
                format!("the frame is not JSON: {}", error.body_text()),
            )),
        }
    }
}
