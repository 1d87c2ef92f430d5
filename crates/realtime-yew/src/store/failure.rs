//! Failure of the database: what the browser says, and what that means.

use realtime_core::StoreError;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

/// Why something could not be done.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether another connection may do better.
    pub(super) is_dead: bool,
}

impl Failure {
    /// What no other connection does better.
    pub(super) const fn last(error: StoreError) -> Self {
        Self {
            error,
            is_dead: false,
        }
    }

    /// The connection is gone, and with it what was under way.
    pub(super) const fn lost() -> Self {
        Self {
            error: StoreError::Lost,
            is_dead: true,
        }
    }

    /// What was thrown.
    pub(super) fn thrown(value: &JsValue) -> Self {
        match value.dyn_ref::<DomException>() {
            Some(exception) => Self::told(exception),
            // What is no exception of the browser's says nothing that helps, at a kilobyte.
            None => Self::last(StoreError::Failed("it has thrown no DOMException".into())),
        }
    }

    /// What the crate `idb` makes of what was thrown.
    pub(super) fn of(error: &idb::Error) -> Self {
        use idb::Error;

        match error {
            Error::UpdateFailed(value)
            | Error::DeleteFailed(value)
            | Error::ClearFailed(value)
            | Error::GetAllKeysFailed(value)
            | Error::ObjectStoreNotFound(value)
            | Error::IndexedDbOpenFailed(value)
            | Error::RequestResultNotFound(value) => Self::thrown(value),
            Error::DomException(exception) => Self::told(exception),
            _ => Self::last(StoreError::Failed(
                "it has answered with another type".into(),
            )),
        }
    }

    /// What a request or a transaction that came to nothing has to say; often nothing, if the browser has
    /// dropped the connection.
    pub(super) fn told_or_lost(exception: Option<DomException>) -> Self {
        exception.map_or_else(Self::lost, |exception| Self::told(&exception))
    }

    /// Why a database cannot be opened.
    pub(super) fn at_opening(exception: Option<DomException>) -> Self {
        let failure = Self::told_or_lost(exception);
        match failure.error {
            StoreError::Full => failure,
            error => Self {
                error: StoreError::Missing(error.to_string().into()),
                ..failure
            },
        }
    }

    fn told(exception: &DomException) -> Self {
        let name = exception.name();
        match &*name {
            "QuotaExceededError" => Self::last(StoreError::Full),
            // WebKit says so of a connection whose process it has ended.
            "InvalidStateError" | "UnknownError" | "AbortError" => Self::lost(),
            _ => {
                let message = exception.message();
                Self::last(StoreError::Failed(format!("{name}: {message}").into()))
            }
        }
    }
}
