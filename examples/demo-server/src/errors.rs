//! Errors: why the server refuses something, for the envelope protocol and as an HTTP answer.

use crate::limits;
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use realtime_demo_types::{ApiError, ErrorBody};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A refusal. Its message tells the client what to do differently.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Refusal {
    #[error("the frame is not JSON: {0}")]
    InvalidJson(String),
    #[error("the frame is not an envelope: {0}")]
    InvalidEnvelope(String),
    #[error("an envelope needs an event")]
    MissingEvent,
    #[error("send text frames: this server reads JSON only")]
    UnsupportedData,
    #[error("this server does not know the event {0:?}")]
    UnknownEvent(String),
    #[error("there is no channel {0:?}")]
    UnknownChannel(String),
    #[error("{0}")]
    InvalidData(String),
    #[error("send the body as application/json")]
    NotJson,
    #[error("the body took too long: send it at once")]
    TooSlow,
    #[error("this address does not take that method")]
    MethodNotAllowed,
    #[error("at most {limit} bytes are taken at once")]
    TooLarge { limit: usize },
    #[error("slow down and try again in {retry_after} ms")]
    RateLimited { retry_after: u64 },
    #[error("unsubscribe from something first: a socket may have {limit} subscriptions")]
    TooManySubscriptions { limit: usize },
    #[error("{0}")]
    Forbidden(String),
    #[error("the token is missing or wrong")]
    Unauthorized,
    #[error("there is no {0}")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    LimitReached(String),
    #[error("another message was sent with this id: give every message its own")]
    DuplicateId,
    #[error("this server is full: try again later")]
    Full,
    #[error("changes cannot be taken at the moment: try again in {retry_after} ms")]
    Unavailable { retry_after: u64 },
    #[error("it is not known whether this was done: read the state before you try again")]
    Unconfirmed,
}

impl Refusal {
    /// The log cannot be reached, or not fast enough. Nothing was changed.
    pub(crate) const UNAVAILABLE: Self = Self::Unavailable {
        retry_after: limits::RETRY_AFTER_MS,
    };

    /// A refusal of data that has the right shape but not a right value.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidData(message.into())
    }

    /// The word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidJson(_) => "invalid_json",
            Self::InvalidEnvelope(_) => "invalid_envelope",
            Self::MissingEvent => "missing_event",
            Self::UnsupportedData => "unsupported_data",
            Self::UnknownEvent(_) => "unknown_event",
            Self::UnknownChannel(_) => "unknown_channel",
            Self::InvalidData(_) => "invalid_data",
            Self::NotJson => "unsupported_media_type",
            Self::TooSlow => "too_slow",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge { .. } => "too_large",
            Self::RateLimited { .. } => "rate_limited",
            Self::TooManySubscriptions { .. } => "too_many_subscriptions",
            Self::Forbidden(_) => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::LimitReached(_) => "limit_reached",
            Self::DuplicateId => "duplicate_id",
            Self::Full => "full",
            Self::Unavailable { .. } => "unavailable",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// The error as it goes over the wire.
    pub(crate) fn to_api(&self) -> ApiError {
        ApiError {
            code: self.code().to_owned(),
            message: self.to_string(),
            retry_after: match self {
                Self::RateLimited { retry_after } | Self::Unavailable { retry_after } => {
                    Some(*retry_after)
                }
                _ => None,
            },
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidJson(_)
            | Self::InvalidEnvelope(_)
            | Self::MissingEvent
            | Self::UnknownEvent(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedData | Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::InvalidData(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnknownChannel(_) | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Conflict(_)
            | Self::DuplicateId
            | Self::LimitReached(_)
            | Self::TooManySubscriptions { .. } => StatusCode::CONFLICT,
            Self::Full | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unconfirmed => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody {
            error: self.to_api(),
        });
        let mut response = (self.status(), body).into_response();
        if self == Self::Unauthorized {
            let challenge = header::HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Self::Unavailable { retry_after } | Self::RateLimited { retry_after } = self {
            let seconds = retry_after.div_ceil(1_000);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// What a client sent, cut short enough to be quoted in an error.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
