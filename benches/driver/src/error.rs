//! Errors: why a benchmark could not be run.

use realtime_testkit::KitError;

/// Why a benchmark could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The browser or the server did not do as told.
    #[error(transparent)]
    Page(#[from] KitError),
    /// A file could not be read or written.
    #[error("could not use {path}: {reason}")]
    File { path: String, reason: String },
    /// A page showed something else than the server's rows.
    #[error(
        "{page} shows `{shown}` where it should show `{expected}`; what it measured says nothing"
    )]
    Wrong {
        page: String,
        shown: String,
        expected: String,
    },
    /// Something was missing.
    #[error("{0}")]
    Missing(String),
}

impl BenchError {
    pub(crate) fn file(path: &std::path::Path, error: &dyn std::fmt::Display) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }
    }
}
