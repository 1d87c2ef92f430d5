//! Credentials: what somebody brings to say who they are.

use axum::http::{HeaderMap, HeaderValue};
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

/// The headers of a request in memory of their own. They are kept for as long as the socket, and as they come they keep all
/// of the buffer that the request was read into.
pub(crate) fn copied(headers: &HeaderMap) -> HeaderMap {
    let mut own = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            own.append(name.clone(), copy);
        }
    }
    own
}

impl fmt::Debug for Credentials {
    /// Without what is secret: the token, and the headers, which may hold cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}
