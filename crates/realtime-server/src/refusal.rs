//! Refusal: why something is not done, as an error of the wire and as an HTTP answer.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use thiserror::Error;

/// Why something is not done: a word for programs, a sentence for people that says what to do differently, and when to try
/// again if that makes sense.
///
/// On the wire it is `{"code": "…", "message": "…", "retryAfter": 1000}`; as an answer of axum it has the status that goes
/// with its code, and `{"error": …}` as its body.
///
/// ```
/// use realtime_server::Refusal;
///
/// let refusal = Refusal::conflict("the task has changed since");
/// assert_eq!(refusal.code(), "conflict");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    /// In milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal with a code of the app's own; as an HTTP answer it is 422.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retry_after: None,
        }
    }

    /// `unauthorized`, 401: it is not known who this is. The client gets a new token and tries again.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new("unauthorized", "the token is missing or wrong")
    }

    /// `forbidden`, 403: they may not.
    #[must_use]
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("forbidden", message)
    }

    /// `not_found`, 404.
    #[must_use]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("not_found", message)
    }

    /// `unknown_channel`, 404: there is no such channel.
    #[must_use]
    pub fn unknown_channel(channel: &str) -> Self {
        let channel = quoted(channel);
        Self::new(
            "unknown_channel",
            format!("there is no channel {channel:?}"),
        )
    }

    /// `unknown_event`, 400: nothing is done on such a message.
    #[must_use]
    pub fn unknown_event(event: &str) -> Self {
        let event = quoted(event);
        let message = format!("this server does not know the event {event:?}");
        Self::new("unknown_event", message)
    }

    /// `invalid_data`, 422: of the right shape, but not a right value.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_data", message)
    }

    /// `conflict`, 409: the thing is newer than the change. The client makes its change anew over the newer one.
    #[must_use]
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("conflict", message)
    }

    /// `limit_reached`, 409: there are as many as there may be.
    #[must_use]
    pub fn limit_reached(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("limit_reached", message)
    }

    /// `duplicate_id`, 409: another message was sent under this id.
    #[must_use]
    pub fn duplicate_id() -> Self {
        let message = "another message was sent with this id: give every message its own";
        Self::new("duplicate_id", message)
    }

    /// `too_large`, 413.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let message = format!("at most {limit} bytes are taken at once");
        Self::new("too_large", message)
    }

    /// `rate_limited`, 429, with the milliseconds after which there is room again.
    #[must_use]
    pub fn rate_limited(retry_after: u64) -> Self {
        let message = format!("slow down and try again in {retry_after} ms");
        Self::new("rate_limited", message).retry_after(retry_after)
    }

    /// `full`, 503: the server has no place left.
    #[must_use]
    pub fn full() -> Self {
        Self::new("full", "this server is full: try again later")
    }

    /// `unavailable`, 503: nothing was done, and trying again in so many milliseconds makes sense.
    #[must_use]
    pub fn unavailable(retry_after: u64) -> Self {
        let message =
            format!("changes cannot be taken at the moment: try again in {retry_after} ms");
        Self::new("unavailable", message).retry_after(retry_after)
    }

    /// `unconfirmed`, 504: it is not known whether it was done.
    #[must_use]
    pub fn unconfirmed() -> Self {
        let message = "it is not known whether this was done: read the state before you try again";
        Self::new("unconfirmed", message)
    }

    /// `internal`, 500: the server made a mistake. What it was is in its log, not here.
    #[must_use]
    pub fn internal() -> Self {
        Self::new("internal", "the server made a mistake: try again later")
    }

    /// The same with the milliseconds after which trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, milliseconds: u64) -> Self {
        self.retry_after = Some(milliseconds);
        self
    }

    /// The word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether the same message may turn out differently next time.
    pub(crate) fn is_passing(&self) -> bool {
        self.retry_after.is_some() || matches!(self.code(), "internal" | "unconfirmed" | "full")
    }

    fn status(&self) -> StatusCode {
        match self.code() {
            "invalid_json" | "invalid_envelope" | "missing_event" | "unknown_event" => {
                StatusCode::BAD_REQUEST
            }
            "unauthorized" => StatusCode::UNAUTHORIZED,
            "forbidden" => StatusCode::FORBIDDEN,
            "not_found" | "unknown_channel" => StatusCode::NOT_FOUND,
            "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
            "too_slow" => StatusCode::REQUEST_TIMEOUT,
            "conflict" | "duplicate_id" | "limit_reached" | "too_many_subscriptions" => {
                StatusCode::CONFLICT
            }
            "too_large" => StatusCode::PAYLOAD_TOO_LARGE,
            "unsupported_data" | "unsupported_media_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
            "internal" => StatusCode::INTERNAL_SERVER_ERROR,
            "full" | "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            "unconfirmed" => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a Refusal,
        }
        let status = self.status();
        let mut response = (status, Json(Body { error: &self })).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(retry_after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, retry_after.div_ceil(1_000).into());
        }
        response
    }
}

/// What a client sent, cut short enough to be quoted in an error.
pub(crate) fn quoted(text: &str) -> &str {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_same_after_a_journey_as_text() {
        for refusal in [Refusal::conflict("newer"), Refusal::rate_limited(1_500)] {
            let text = serde_json::to_string(&refusal).unwrap();
            assert_eq!(serde_json::from_str::<Refusal>(&text).unwrap(), refusal);
        }
        let text = serde_json::to_string(&Refusal::rate_limited(1_500)).unwrap();
        assert!(text.contains("\"retryAfter\":1500"), "{text}");
    }

    #[test]
    fn an_answer_has_the_status_of_its_code_and_says_when_to_come_back() {
        let response = Refusal::rate_limited(1_500).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let response = Refusal::unauthorized().into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
        let own = Refusal::new("sold_out", "choose another seat").into_response();
        assert_eq!(own.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn what_is_quoted_is_short() {
        assert_eq!(quoted(&"ž".repeat(100)).chars().count(), 40);
        assert_eq!(quoted("short"), "short");
    }
}
