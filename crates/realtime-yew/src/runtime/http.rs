//! Fetching a snapshot over HTTP.

use crate::fetcher::Positioned;
use gloo_net::http::{Request, Response};
use realtime_core::{FetchError, Position};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Fetches JSON from `url`, with its position if the answer has the headers `x-realtime-epoch` and
/// `x-realtime-seq`.
///
/// Made for [`Fetcher::positioned`](crate::Fetcher::positioned):
///
/// ```
/// use realtime_yew::{Fetcher, get_json};
///
/// # #[derive(serde::Deserialize)] struct Task { id: u64 }
/// let tasks = Fetcher::<Vec<Task>>::positioned(|| get_json("/api/tasks"));
/// # let _ = tasks;
/// ```
///
/// # Errors
///
/// If the network fails, the status is not a success, or the body is not a `T`. A retry is
/// worthwhile, and happens, after a network failure, 408, 425, 429 and 5xx; a `retry-after` in
/// seconds is heeded.
pub async fn get_json<T: DeserializeOwned>(
    url: impl AsRef<str>,
) -> Result<Positioned<T>, FetchError> {
    let url = url.as_ref();
    let response = Request::get(url)
        .header("accept", "application/json")
        .send()
        .await
        .map_err(|error| FetchError::new(format!("could not fetch {url}: {error}")))?;
    if !response.ok() {
        return Err(refusal(
            url,
            response.status(),
            response.headers().get("retry-after").as_deref(),
        ));
    }
    let position = position(&response);
    let body = response
        .text()
        .await
        .map_err(|error| FetchError::new(format!("could not read {url}: {error}")))?;
    let data = serde_json::from_str(&body).map_err(|error| {
        FetchError::permanent(format!(
            "could not read {url}: {error}; check that its JSON matches the Rust type"
        ))
    })?;
    Ok(Positioned { data, position })
}

fn position(response: &Response) -> Option<Position> {
    let headers = response.headers();
    Some(Position {
        epoch: headers.get("x-realtime-epoch")?.into(),
        // A whole number from text: it never passes through a JavaScript number.
        seq: headers.get("x-realtime-seq")?.parse().ok()?,
    })
}

fn refusal(url: &str, status: u16, retry_after: Option<&str>) -> FetchError {
    let message = format!("{url} answered {status}");
    let error = match status {
        408 | 425 | 429 | 500..=599 => FetchError::new(message),
        _ => FetchError::permanent(message),
    };
    match retry_after.and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => error.with_retry_after(Duration::from_secs(seconds)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again() {
        assert!(refusal("/a", 503, None).retryable);
        assert!(refusal("/a", 429, None).retryable);
        assert!(!refusal("/a", 404, None).retryable);
        assert!(!refusal("/a", 401, None).retryable);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it() {
        let error = refusal("/a", 503, Some("7"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
        // A date is allowed by HTTP, but the client's own backoff does as well.
        let error = refusal("/a", 503, Some("Wed, 21 Oct 2026 07:28:00 GMT"));
        assert_eq!(error.retry_after, None);
    }
}
