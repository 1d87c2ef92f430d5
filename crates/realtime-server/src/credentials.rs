//! Credentials: what somebody brings to say who they are.

use axum::http::HeaderMap;
use std::{fmt, sync::Arc};

/// What somebody brings to say who they are; [`HubBuilder::authenticate`](crate::HubBuilder::authenticate) reads it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The token of an `auth` envelope or of Socket.IO's `auth`; none when the socket has only just been opened, where a
    /// cookie may be enough.
    pub token: Option<String>,
    /// The headers of the request that opened the socket, cookies among them.
    pub headers: Arc<HeaderMap>,
}

impl fmt::Debug for Credentials {
    /// Without what is secret: the token, and the headers, which may hold cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}
