//! What a client shows to be let in.

use serde::Serialize;
use std::{fmt, rc::Rc};

/// A secret that the app gave us for the server. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Rc<str>);

impl Token {
    /// The secret `token`.
    pub fn new(token: impl AsRef<str>) -> Self {
        Self(token.as_ref().into())
    }

    /// The secret itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a single subscription is asked for with, beside the channel's name. Default: nothing.
///
/// One channel is one subscription, so its params are those of all who use it. The token is only
/// shown, and the newest counts from the next `subscribe` on.
///
/// ```
/// use realtime_core::SubscribeOptions;
///
/// #[derive(serde::Serialize)]
/// struct Since { days: u32 }
///
/// let options = SubscribeOptions::default()
///     .with_params(&Since { days: 7 })
///     .with_token("eyJhbGciOi…");
/// assert_eq!(options.params(), Some(r#"{"days":7}"#));
/// assert!(!format!("{options:?}").contains("eyJ"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// As JSON text, or why they are none.
    params: Option<Result<Rc<str>, Rc<str>>>,
    token: Option<Token>,
}

impl SubscribeOptions {
    /// Sends `params` with the `subscribe`. Such that do not turn into JSON are an error of the
    /// subscription.
    #[must_use]
    pub fn with_params<P: Serialize + ?Sized>(mut self, params: &P) -> Self {
        let json = serde_json::to_string(params);
        self.params = Some(match json {
            Ok(json) => Ok(json.into()),
            Err(error) => Err(error.to_string().into()),
        });
        self
    }

    /// Shows `token` with the `subscribe`, for channels that only some may follow.
    #[must_use]
    pub fn with_token(mut self, token: impl AsRef<str>) -> Self {
        self.token = Some(Token::new(token));
        self
    }

    /// The params as JSON text.
    #[must_use]
    pub fn params(&self) -> Option<&str> {
        self.params.as_ref()?.as_deref().ok()
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether a subscription is asked for by its channel's name alone.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.params.is_none() && self.token.is_none()
    }

    /// Why the params are not JSON, if so.
    pub(crate) fn error(&self) -> Option<&Rc<str>> {
        self.params.as_ref()?.as_ref().err()
    }

    /// Whether both ask for the same.
    pub(crate) fn same_params(&self, other: &Self) -> bool {
        self.params == other.params
    }

    /// The token is another user's now.
    pub(crate) fn forget_token(&mut self) {
        self.token = None;
    }
}
