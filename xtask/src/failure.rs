//! Failure: what went wrong, and what to do about it.

use std::fmt;

use realtime_testkit::KitError;

/// A failed command. There is no failure without advice: the constructor asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    what: String,
    advice: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// The same failure with other advice, for a caller that knows more.
    pub(crate) fn advise(self, advice: impl Into<String>) -> Self {
        Self::new(self.what, advice)
    }
}

impl From<KitError> for Failure {
    fn from(error: KitError) -> Self {
        Self::new(
            error.to_string(),
            "read what it says, and run the command again",
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if !self.advice.is_empty() {
            write!(f, "\n what to do: {}", self.advice)?;
        }
        Ok(())
    }
}
