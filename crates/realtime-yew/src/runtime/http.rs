//! Fetching a snapshot over HTTP.

use super::{
    burst::{Burst, next_task},
    clock::BrowserClock,
    page,
    rows::read_rows,
};
use crate::fetcher::Positioned;
use gloo_net::http::{Request, Response};
use realtime_core::{DecodeError, FetchError, Position, wire::well_formed};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

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
    let (body, position) = get(url).await?;
    let data = serde_json::from_str(&well_formed(&body)).map_err(|error| unreadable(url, error))?;
    Ok(Positioned { data, position })
}

/// As [`get_json`], for a list so long that reading it would hold the page up: it is read row by row,
/// and the browser has its turn every 4 ms.
///
/// ```
/// use realtime_yew::{Fetcher, get_json_list};
///
/// # #[derive(serde::Deserialize)] struct Trade { id: u64 }
/// let trades = Fetcher::<Vec<Trade>>::positioned(|| get_json_list("/api/trades"));
/// # let _ = trades;
/// ```
///
/// # Errors
///
/// As [`get_json`].
pub async fn get_json_list<T: DeserializeOwned>(
    url: impl AsRef<str>,
) -> Result<Positioned<Vec<T>>, FetchError> {
    let url = url.as_ref();
    let (body, position) = get(url).await?;
    let burst = RefCell::new(Burst::new(Rc::new(BrowserClock)));
    let turn = async || {
        next_task().await;
        burst.borrow_mut().begin();
    };
    // Hidden pages have nothing to paint, and their timeouts take a second.
    let is_over_budget = || burst.borrow().is_over_budget() && !page::is_hidden();
    let data = read_rows(&well_formed(&body), is_over_budget, turn)
        .await
        .map_err(|error| unreadable(url, error))?;
    if is_over_budget() {
        // What is done with the list is work enough for another turn.
        next_task().await;
    }
    Ok(Positioned { data, position })
}

/// The text of an answer, and its position.
async fn get(url: &str) -> Result<(String, Option<Position>), FetchError> {
    let response = Request::get(url)
        .header("accept", "application/json")
        .send()
        .await
        .map_err(|error| FetchError::new(format!("could not fetch {}: {error}", shown(url))))?;
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
        .map_err(|error| FetchError::new(format!("could not read {}: {error}", shown(url))))?;
    Ok((body, position))
}

fn unreadable(url: &str, error: impl fmt::Display) -> FetchError {
    FetchError::permanent(DecodeError::new(shown(url), error).to_string())
}

/// The URL without its parameters, among which there may be a token.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
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
    let message = format!("{} answered {status}", shown(url));
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
    fn an_error_shows_neither_the_parameters_of_the_url_nor_all_of_the_answer() {
        let error = refusal("/a?token=secret", 404, None);
        assert_eq!(error.to_string(), "/a answered 404");
        let wrong = format!("invalid type: string \"{}\\u{{1b}}\"", "x".repeat(10_000));
        let error = unreadable("/a?token=secret", wrong).to_string();
        assert!(
            error.starts_with("could not read /a: invalid type"),
            "{error}"
        );
        assert!(error.len() < 500, "{error}");
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
