//! HTTP: fetching a snapshot, with its position.

use super::{
    burst::{Burst, next_task},
    clock::BrowserClock,
    page,
    rows::read_rows,
    url::{shown, without_secrets},
};
use crate::{
    error::{IntoFetchError, excerpt},
    fetcher::{Fetcher, Positioned},
};
use futures::future::LocalBoxFuture;
use gloo_net::http::{Request, Response};
use realtime_core::{DecodeError, FetchError, Position, wire::well_formed};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

/// Fetches JSON from `url`, with its position if the answer has the headers `x-realtime-epoch` and
/// `x-realtime-seq`.
///
/// In a hook, [`Fetcher::json`] does this. With a token or other headers, use [`Get`].
///
/// # Errors
///
/// If the network fails, the status is not a success, or the body is not a `T`. A retry is
/// worthwhile, and happens, after a network failure, 408, 425, 429 and 5xx; a `retry-after` in
/// seconds is heeded.
pub async fn get_json<T: DeserializeOwned>(
    url: impl AsRef<str>,
) -> Result<Positioned<T>, FetchError> {
    Get::new(url).json().await
}

/// As [`get_json`], for a list so long that reading it would hold the page up: it is read row by row,
/// and the browser has its turn every 4 ms.
///
/// ```
/// use realtime_yew::prelude::*;
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
    Get::new(url).json_list().await
}

/// A GET with headers of its own, such as a token; [`get_json`] is one without.
///
/// ```
/// use realtime_yew::prelude::*;
///
/// # #[derive(serde::Deserialize)] struct Task { id: u64 }
/// # fn token() -> String { String::new() }
/// // The closure runs for each fetch, so the token is never an old one.
/// let tasks = Fetcher::<Vec<Task>>::positioned(|| {
///     Get::new("/api/tasks").header("authorization", format!("Bearer {}", token())).json()
/// });
/// # let _ = tasks;
/// ```
#[derive(Clone)]
pub struct Get {
    url: String,
    headers: Vec<(String, String)>,
}

impl Get {
    /// A GET of `url`, without headers but `accept: application/json`.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self {
            url: url.as_ref().to_owned(),
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
        }
    }

    /// Sets a header. One that HTTP does not know how to write is an error of the fetch.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let header = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.headers.push(header);
        self
    }

    /// Fetches JSON, with its position, as [`get_json`] does.
    ///
    /// # Errors
    ///
    /// As [`get_json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<Positioned<T>, FetchError> {
        let body = self.send_boxed().await?;
        let data = serde_json::from_str(&well_formed(&body.text));
        body.read(data)
    }

    /// Fetches a long list of JSON, as [`get_json_list`] does.
    ///
    /// # Errors
    ///
    /// As [`get_json`].
    pub async fn json_list<T: DeserializeOwned>(self) -> Result<Positioned<Vec<T>>, FetchError> {
        let body = self.send_boxed().await?;
        let burst = RefCell::new(Burst::new(Rc::new(BrowserClock)));
        let turn = async || {
            next_task().await;
            burst.borrow_mut().begin();
        };
        // Hidden pages have nothing to paint, and their timeouts take a second.
        let is_over_budget = || burst.borrow().is_over_budget() && !page::is_hidden();
        let data = read_rows(&well_formed(&body.text), is_over_budget, turn).await;
        if is_over_budget() {
            // What is done with the list is work enough for another turn.
            next_task().await;
        }
        body.read(data)
    }

    /// The same for all types of data, and so compiled once.
    fn send_boxed(self) -> LocalBoxFuture<'static, Result<Body, FetchError>> {
        Box::pin(self.send())
    }

    /// What a server that says yes sends.
    async fn send(self) -> Result<Body, FetchError> {
        let url = self.url;
        // The browser would throw.
        let odd = |(name, value): &&(String, String)| !is_header(name, value);
        if let Some((name, _)) = self.headers.iter().find(odd) {
            return Err(FetchError::permanent(format!(
                "could not fetch {}: the header `{}` has a name or a value that HTTP does not allow",
                shown(&url),
                excerpt(name)
            )));
        }
        #[cfg(feature = "testing")]
        if let Some(answer) = super::answers::of(&url) {
            return answer?.read(&url);
        }
        let mut request = Request::get(&url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request
            .send()
            .await
            .map_err(|error| broken("fetch", &url, &error))?;
        if !response.ok() {
            return Err(refusal(
                &url,
                response.status(),
                response.headers().get("retry-after").as_deref(),
            ));
        }
        let position = position(&response);
        let status = response.status();
        let text = response
            .text()
            .await
            .map_err(|error| broken("read", &url, &error))?;
        Ok(Body {
            url,
            text,
            position,
            status,
        })
    }
}

/// An answer that has yet to be read.
pub(super) struct Body {
    pub(super) url: String,
    pub(super) text: String,
    pub(super) position: Option<Position>,
    pub(super) status: u16,
}

impl Body {
    /// What has been read of it, with its position.
    fn read<T>(self, data: Result<T, impl fmt::Display>) -> Result<Positioned<T>, FetchError> {
        match data {
            Ok(data) => Ok(Positioned {
                data,
                position: self.position,
            }),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// The status tells it from what the app itself calls permanent.
    fn unreadable(&self, error: &dyn fmt::Display) -> FetchError {
        let error = DecodeError::new(shown(&self.url), error);
        FetchError::permanent(error.to_string()).with_status(self.status)
    }
}

/// Shows no header, which may be a secret.
impl fmt::Debug for Get {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").finish_non_exhaustive()
    }
}

/// Whether HTTP can carry a header (RFC 9110), in the characters that browsers take.
fn is_header(name: &str, value: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let in_value = |char: char| char <= '\u{ff}' && !matches!(char, '\0' | '\r' | '\n');
    !name.is_empty() && name.bytes().all(in_name) && value.chars().all(in_value)
}

impl<T: DeserializeOwned + 'static> Fetcher<T> {
    /// Fetches JSON from `url`, with its position: [`get_json`] in a fetcher.
    ///
    /// ```
    /// use realtime_yew::prelude::*;
    ///
    /// # #[derive(serde::Deserialize)] struct Task { id: u64 }
    /// let tasks = Fetcher::<Vec<Task>>::json("/api/tasks");
    /// # let _ = tasks;
    /// ```
    pub fn json(url: impl AsRef<str>) -> Self {
        let get = Get::new(url);
        Self::positioned(move || get.clone().json())
    }
}

/// A network that failed may work again; an answer that cannot be read will not be readable the next
/// time.
impl IntoFetchError for gloo_net::Error {
    fn into_fetch_error(self) -> FetchError {
        match self {
            Self::SerdeError(error) => error.into_fetch_error(),
            error => FetchError::new(excerpt(without_secrets(&error.to_string(), ""))),
        }
    }

    fn into_token_error(self) -> FetchError {
        FetchError::new(self.into_fetch_error().message)
    }
}

/// What the browser says about a network that failed.
fn broken(done: &str, url: &str, error: &dyn fmt::Display) -> FetchError {
    let said = excerpt(without_secrets(&error.to_string(), url));
    FetchError::new(format!("could not {done} {}: {said}", shown(url)))
}

fn position(response: &Response) -> Option<Position> {
    let headers = response.headers();
    Some(Position {
        epoch: headers.get("x-realtime-epoch")?.into(),
        // A whole number from text: it never passes through a JavaScript number.
        seq: headers.get("x-realtime-seq")?.parse().ok()?,
    })
}

pub(super) fn refusal(url: &str, status: u16, retry_after: Option<&str>) -> FetchError {
    let message = format!("{} answered {status}", shown(url));
    let error = match status {
        408 | 425 | 429 | 500..=599 => FetchError::new(message),
        _ => FetchError::permanent(message),
    };
    let error = error.with_status(status);
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
        assert_eq!(refusal("/a", 401, None).status, Some(401));
    }

    #[test]
    fn a_header_is_what_http_can_carry_and_nothing_is_smuggled_in() {
        assert!(is_header("authorization", "Bearer ey.J-_~+/="));
        assert!(is_header("x-note", "caf\u{e9}\tau lait"));
        for (name, value) in [
            ("", "a"),
            ("x note", "a"),
            ("x:", "a"),
            ("x", "a\r\nset-cookie: b"),
            ("x", "\0"),
            ("x", "\u{20ac}"),
        ] {
            assert!(!is_header(name, value), "{name:?} {value:?}");
        }
        let shown = format!("{:?}", Get::new("/a?token=secret").header("a", "secret"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn an_error_shows_neither_the_parameters_of_the_url_nor_all_of_the_answer() {
        let error = refusal("/a?token=secret", 404, None);
        assert_eq!(error.to_string(), "/a answered 404");
        let url = "https://u:secret@a.test/a?token=secret#secret";
        let error = broken("fetch", url, &format!("TypeError: {url} has credentials"));
        assert_eq!(
            error.to_string(),
            "could not fetch https://a.test/a: TypeError: https://a.test/a has credentials"
        );
        let wrong = format!("invalid type: string \"{}\\u{{1b}}\"", "x".repeat(10_000));
        let body = Body {
            url: "/a?token=secret".to_owned(),
            text: String::new(),
            position: None,
            status: 200,
        };
        let error = body.unreadable(&wrong).to_string();
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
