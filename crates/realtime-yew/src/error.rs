//! Errors, as the app hears of them.

use realtime_core::{DecodeError, EventName, Fault, FetchError, MutationError, SendError};
use std::{convert::Infallible, fmt, rc::Rc};
use yew::AttrValue;

/// Something went wrong that no handle shows; given to
/// [`RealtimeOptions::with_on_error`](crate::RealtimeOptions::with_on_error).
///
/// The client has recovered by the time it reports one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RealtimeError {
    /// What came over the wire was not what it should be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The browser refused to open the socket.
    #[error("the browser refused to open the socket: {0}")]
    Refused(Rc<str>),
    /// A [`send`](crate::RealtimeClient::send) that nobody waits for has failed.
    #[error("`{event}` was not delivered: {error}")]
    Unsent {
        /// The event that was sent.
        event: EventName,
        /// Why it failed.
        error: SendError,
    },
    /// A mutation has failed that nobody waits for: it was dropped, or its component unmounted.
    #[error("a change was not saved: {0}")]
    Unsaved(MutateError),
    /// Data that was to be sent does not turn into JSON.
    #[error("could not write the data of `{event}`: {message}; check its Serialize implementation")]
    Encode {
        /// The event that was to be sent.
        event: EventName,
        /// What the serializer said.
        message: Rc<str>,
    },
    /// The page that a server rendered could not be taken over as it is.
    #[error(transparent)]
    Page(#[from] PageError),
}

/// Why a page cannot be taken over: it is to be rendered anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// It has no seeds: no server rendered it.
    #[error("the page brings no seeds: render it with `render`, not with `hydrate`")]
    Missing,
    /// Another build of the app rendered it. The rows are shown, and fetched anew.
    #[error("the page was rendered by another build of the app: load it again, or render it anew")]
    OtherBuild,
    /// It was rendered for another user.
    #[error("the page was rendered for another user: load it again, or render it anew")]
    OtherUser,
    /// Its seeds are not as they were written.
    #[error(
        "the page's seeds are damaged: see that nothing between server and browser changes the page"
    )]
    Damaged,
}

/// Why a [`send_with_ack`](crate::RealtimeClient::send_with_ack) brought no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// The message was refused or not delivered.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The data does not turn into JSON, so nothing was sent.
    #[error("could not write the data: {0}; check its Serialize implementation")]
    Encode(Rc<str>),
    /// The server took the message, but its answer has another shape than was asked for.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It was called from inside a function that the client calls, so nothing was sent.
    #[error("called from inside a reducer or comparator; call it after that has returned")]
    Busy,
}

/// Why a mutation, from [`use_realtime_mutation`](crate::use_realtime_mutation) or
/// [`RealtimeClient::mutate`](crate::RealtimeClient::mutate), did not end well.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MutateError {
    /// It was refused or cancelled, or it is not known whether it was carried out.
    #[error(transparent)]
    Mutation(#[from] MutationError),
    /// The data does not turn into JSON, so nothing was shown or sent.
    #[error("could not write the data: {0}; check its Serialize implementation")]
    Encode(Rc<str>),
    /// It was carried out, but the answer has another shape than was asked for.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// What a fetcher, a token provider or a function of a mutation may fail with: a [`FetchError`], a
/// text, or an error of `serde_json` or (with the feature `http`) of `gloo-net`. Implement it for an
/// error of your own to say whether trying again may help.
///
/// ```
/// use realtime_yew::{IntoFetchError, prelude::*};
///
/// enum MyError { Offline, NoSuchTask }
///
/// impl IntoFetchError for MyError {
///     fn into_fetch_error(self) -> FetchError {
///         match self {
///             Self::Offline => FetchError::new("you are offline"),
///             Self::NoSuchTask => FetchError::permanent("there is no such task"),
///         }
///     }
/// }
///
/// let task = Fetcher::<u32>::new(|| async { Err(MyError::NoSuchTask) });
/// # let _ = (task, MyError::Offline);
/// ```
pub trait IntoFetchError {
    /// The error as hooks show it.
    fn into_fetch_error(self) -> FetchError;

    /// The error of a [token provider](crate::RealtimeOptions::with_token), which a permanent one
    /// ends the session of. Default: that of hooks. An answer that could not be read says nothing
    /// about who is signed in, so those of `serde_json` and `gloo-net` may always pass.
    fn into_token_error(self) -> FetchError
    where
        Self: Sized,
    {
        self.into_fetch_error()
    }
}

impl IntoFetchError for FetchError {
    fn into_fetch_error(self) -> FetchError {
        self
    }
}

/// A failure that may pass.
impl IntoFetchError for String {
    fn into_fetch_error(self) -> FetchError {
        FetchError::new(self)
    }
}

/// A failure that may pass.
impl IntoFetchError for &str {
    fn into_fetch_error(self) -> FetchError {
        FetchError::new(self)
    }
}

/// A failure that may pass.
impl IntoFetchError for Rc<str> {
    fn into_fetch_error(self) -> FetchError {
        FetchError::new(self)
    }
}

/// A failure that may pass.
impl IntoFetchError for AttrValue {
    fn into_fetch_error(self) -> FetchError {
        FetchError::new(self.as_str())
    }
}

/// What could not be read will not be readable the next time.
impl IntoFetchError for serde_json::Error {
    fn into_fetch_error(self) -> FetchError {
        FetchError::permanent(excerpt(self))
    }

    fn into_token_error(self) -> FetchError {
        FetchError::new(excerpt(self))
    }
}

impl IntoFetchError for Infallible {
    fn into_fetch_error(self) -> FetchError {
        match self {}
    }
}

/// As much as an error may hold of what a parser or a browser says, which quotes what has come.
pub(crate) fn excerpt(said: impl fmt::Display) -> Rc<str> {
    DecodeError::new("", said).message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_parser_quotes_little_of_what_came() {
        let json = format!("\"{}\"", "x".repeat(100_000));
        let error = serde_json::from_str::<u32>(&json).unwrap_err();
        let error = error.into_fetch_error();
        assert!(error.message.starts_with("invalid type: string"), "{error}");
        assert!(error.message.len() <= 320, "{} bytes", error.message.len());
    }
}
