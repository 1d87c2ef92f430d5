//! Access: what a client shows to be let in.

use serde::Serialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap, fmt, rc::Rc};

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
    /// As JSON text in one order of its keys, or why they are none.
    params: Option<Result<Rc<str>, Rc<str>>>,
    token: Option<Token>,
}

impl SubscribeOptions {
    /// Sends `params` with the `subscribe`, the keys of its objects in alphabetical order: maps with the
    /// same entries are the same params, also those that iterate in another order each time. Arrays
    /// stay as they are, so a `HashSet` is better given as a `BTreeSet`. Such that do not turn into
    /// JSON are an error of the subscription.
    #[must_use]
    pub fn with_params<P: Serialize + ?Sized>(mut self, params: &P) -> Self {
        let json = serde_json::to_string(params);
        self.params = Some(match json {
            Ok(json) => Ok(in_order(&json).into()),
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
    #[doc(hidden)]
    #[must_use]
    pub fn params(&self) -> Option<&str> {
        self.params.as_ref()?.as_deref().ok()
    }

    /// The token.
    #[doc(hidden)]
    #[must_use]
    pub const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether a subscription is asked for by its channel's name alone.
    #[doc(hidden)]
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

/// `json` with the keys of its objects in order. Numbers and texts stay as they are written: they may
/// hold more than a `Value` does.
fn in_order(json: &str) -> Cow<'_, str> {
    let mut ordered = String::with_capacity(json.len());
    match write_in_order(json, MAX_DEPTH, &mut ordered) {
        Ok(()) => ordered.into(),
        // A key that is half a surrogate pair: that is for the server to judge.
        Err(_) => json.into(),
    }
}

/// Objects and arrays that are nested deeper stay as they are.
const MAX_DEPTH: usize = 64;

fn write_in_order(json: &str, depth: usize, ordered: &mut String) -> serde_json::Result<()> {
    if depth == 0 {
        ordered.push_str(json);
    } else if json.starts_with('{') {
        let entries: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json)?;
        ordered.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                ordered.push(',');
            }
            ordered.push_str(&serde_json::to_string(&key)?);
            ordered.push(':');
            write_in_order(value.get(), depth - 1, ordered)?;
        }
        ordered.push('}');
    } else if json.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(json)?;
        ordered.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                ordered.push(',');
            }
            write_in_order(item.get(), depth - 1, ordered)?;
        }
        ordered.push(']');
    } else {
        ordered.push_str(json);
    }
    Ok(())
}
