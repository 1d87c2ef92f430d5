//! Asking the server to do something over REST.

use gloo_net::http::Request;
use realtime_demo_types::ErrorBody;
use serde::Serialize;

/// Posts `body` to `path`; why that failed, in words for people.
pub(crate) async fn post(path: &str, body: &impl Serialize) -> Result<(), String> {
    let request = Request::post(path)
        .json(body)
        .map_err(|error| error.to_string())?;
    let response = request
        .send()
        .await
        .map_err(|error| format!("The server cannot be reached: {error}"))?;
    if response.ok() {
        return Ok(());
    }
    Err(match response.json::<ErrorBody>().await {
        Ok(body) => body.error.message,
        Err(_) => format!("The server answered {}.", response.status()),
    })
}
