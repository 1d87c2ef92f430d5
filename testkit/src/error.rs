//! Errors: why something of the kit failed, or a check made with it.

use std::{fmt, path::Path, time::Duration};

/// Why something of the kit failed, or a check made with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KitError {
    /// A program did not start, or died.
    #[error("could not start {program}: {reason}; {hint}")]
    Start {
        /// What was to be started.
        program: String,
        /// What happened instead.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The driver refused a command, in its own words.
    #[error("the browser refused {command}: {message} ({code})")]
    Refused {
        /// The command.
        command: String,
        /// The protocol's word for it, such as `no such element`.
        code: String,
        /// The driver's sentence, cut to its first line.
        message: String,
    },
    /// There was no usable HTTP answer.
    #[error("no usable answer from {url}: {reason}")]
    Http {
        /// What was asked.
        url: String,
        /// What came instead.
        reason: String,
    },
    /// Something did not come true in time.
    #[error("not within {within:?}: {what}; last seen: {last}")]
    Unmet {
        /// What was waited for.
        what: String,
        /// How long.
        within: Duration,
        /// The last value that was read, or the last error.
        last: String,
    },
    /// This browser, or its driver, cannot do what the scenario needs: it is skipped.
    #[error("{engine}'s driver cannot {what}")]
    Lacking {
        /// The engine.
        engine: &'static str,
        /// What it cannot do, as what follows "cannot".
        what: String,
    },
    /// Something that can be told at once is not as it should be.
    #[error("{0}")]
    Wrong(String),
    /// A file could not be written or read.
    #[error("could not use {path}: {reason}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        reason: String,
    },
}

impl KitError {
    /// A file that could not be used.
    pub fn file(path: &Path, reason: &impl fmt::Display) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }

    /// Whether trying again may help: the page was changing under the command.
    #[cfg(feature = "browser")]
    pub(crate) fn is_passing(&self) -> bool {
        const PASSING: [&str; 5] = [
            "no such element",
            "stale element reference",
            "element click intercepted",
            "element not interactable",
            "javascript error",
        ];
        matches!(self, Self::Refused { code, .. } if PASSING.contains(&code.as_str()))
    }
}

/// Fails with `Wrong` unless `holds`.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), KitError> {
    if holds {
        Ok(())
    } else {
        Err(KitError::Wrong(otherwise()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "browser")]
    fn refused(code: &str) -> KitError {
        KitError::Refused {
            command: "click".into(),
            code: code.into(),
            message: String::new(),
        }
    }

    #[cfg(feature = "browser")]
    #[test]
    fn a_click_on_a_row_that_was_just_redrawn_is_worth_another_try() {
        assert!(refused("stale element reference").is_passing());
        assert!(!refused("invalid session id").is_passing());
    }

    #[test]
    fn a_failed_check_says_what_is_wrong() {
        assert_eq!(ensure(true, || unreachable!("not asked")), Ok(()));
        let error = ensure(false, || "two rows have the id t1".into()).unwrap_err();
        assert_eq!(error.to_string(), "two rows have the id t1");
    }
}
