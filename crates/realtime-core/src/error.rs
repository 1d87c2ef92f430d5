//! Errors that more than one module reports. Each says what went wrong and what to do about it.

use std::rc::Rc;

/// A payload did not have the shape its reader asked for.
///
/// Carries serde's own message, which names the field and the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not read {what}: {message}; check that the server's JSON matches the Rust type")]
pub struct DecodeError {
    /// What was being read, such as ``item of `list:update` ``.
    pub what: Rc<str>,
    /// What the parser said.
    pub message: Rc<str>,
}

impl DecodeError {
    /// An error about `what`, for the reason `message`.
    pub fn new(what: impl Into<Rc<str>>, message: impl std::fmt::Display) -> Self {
        Self {
            what: what.into(),
            message: message.to_string().into(),
        }
    }
}

/// An error that the server reported, as its `error` object says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Deserialize)]
#[error("the server refused: {message} (code {code})")]
#[serde(rename_all = "camelCase")]
pub struct ServerError {
    /// A short stable word such as `unauthorized`, for code to branch on.
    #[serde(default = "unknown_code")]
    pub code: Rc<str>,
    /// A sentence for people.
    #[serde(default)]
    pub message: Rc<str>,
    /// How many milliseconds to wait before trying again, if the server said so.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

fn unknown_code() -> Rc<str> {
    "unknown".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_server_error_still_reads() {
        let error: ServerError = serde_json::from_str("{}").unwrap();
        assert_eq!(error.code.as_ref(), "unknown");
        assert_eq!(error.retry_after, None);
    }
}
