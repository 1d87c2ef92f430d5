//! Errors that more than one module reports. Each says what went wrong and what to do about it.

use crate::excerpt::{Address, Excerpt};
use std::{fmt, rc::Rc};

/// A payload did not have the shape its reader asked for.
///
/// Carries serde's own message, which names the field and the place: at most 320 bytes of it, on one
/// line, with control characters written out.
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
    pub fn new(what: impl AsRef<str>, message: impl fmt::Display) -> Self {
        Self::of(what.as_ref(), &message)
    }

    /// The same for messages of any type, and so compiled once.
    fn of(what: &str, message: &dyn fmt::Display) -> Self {
        let message = message.to_string();
        Self {
            what: Excerpt(what).to_string().into(),
            message: Excerpt(&message).to_string().into(),
        }
    }
}

/// An error that the server reported, as its `error` object says it.
///
/// The codecs keep at most 128 bytes of the code and 1,024 of the message. Both are the server's
/// words; shown as a text, the error has an excerpt of them with control characters written out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Deserialize)]
#[error(
    "the server refused{}{} (code {})",
    if message.is_empty() { "" } else { ": " },
    Excerpt(message),
    Excerpt(code)
)]
#[serde(rename_all = "camelCase")]
pub struct ServerError {
    /// A short stable word such as `unauthorized`, for code to branch on. A number as its digits;
    /// `unknown` where the server gave none.
    #[serde(default = "unknown_code")]
    pub code: Rc<str>,
    /// A sentence for people; where the server wrote something else, an excerpt of that.
    #[serde(default)]
    pub message: Rc<str>,
    /// How many milliseconds to wait before trying again, if the server said so.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

impl ServerError {
    /// An error without a time to wait.
    pub fn new(code: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        Self {
            code: code.as_ref().into(),
            message: message.as_ref().into(),
            retry_after: None,
        }
    }
}

/// The address that the app gave cannot be that of a server, so nothing was opened.
///
/// ```
/// use realtime_core::{AddressProblem, wire::{Codec, JsonCodec}};
///
/// let error = JsonCodec::default().address("wss://me:secret@a.test/ws").unwrap_err();
/// assert_eq!((&*error.shown, error.problem), ("wss://a.test/ws", AddressProblem::Credentials));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` cannot be the address of a server: {problem}")]
pub struct AddressError {
    /// The address, without what may be secret in it: user, password, parameters.
    pub shown: Rc<str>,
    /// What is wrong with it.
    pub problem: AddressProblem,
}

impl AddressError {
    /// An error about `url`, of which it shows what holds no secret.
    #[must_use]
    pub fn new(url: &str, problem: AddressProblem) -> Self {
        Self {
            shown: Address(url).to_string().into(),
            problem,
        }
    }
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressProblem {
    /// It has another scheme.
    #[error(
        "its scheme is none of ws, wss, http and https; write it like `wss://example.com/ws`, or like `/ws` for the page's own host"
    )]
    Scheme,
    /// It has no host, or what stands for the host or its port cannot be one.
    #[error(
        "it has no host, or one with a character or a port that no host has; write it like `wss://example.com:8443/ws`"
    )]
    Host,
    /// It names a user, which browsers refuse and logs would show.
    #[error("it holds a user or a password; take them out, and give the server a token instead")]
    Credentials,
    /// It has a control character, white space or a backslash in it.
    #[error(
        "it has white space, a control character or a backslash in it; take that out, or write it as %20"
    )]
    Character,
    /// It is relative to a page, and there is none.
    #[error(
        "it is relative, and there is no page with a host for it; write it like `wss://example.com/ws`"
    )]
    Relative,
}

/// A message that cannot go over the wire as it is, so it was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The server takes no frame this large: it would close the connection.
    #[error(
        "the message makes a frame of {size} bytes, but the server takes {limit} at most; split the message, or raise the limit at the server (maxHttpBufferSize in Socket.IO)"
    )]
    TooLarge {
        /// The largest frame of the message, in bytes.
        size: usize,
        /// What the server takes.
        limit: usize,
    },
    /// The protocol, presence or typing has this name for something of its own.
    #[error(
        "`{event}` is a name that the client keeps for what it says itself; call the event something else"
    )]
    ReservedName {
        /// The event's name.
        event: Rc<str>,
    },
    /// The message holds more byte strings than the server takes in one.
    #[error("the message has {count} byte strings, but a server takes {limit} in one; split it")]
    TooManyAttachments {
        /// How many it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The message is for a channel that can only be spoken to once it is subscribed to.
    #[error(
        "nothing can be sent on channel `{channel}` before it is subscribed to; subscribe first"
    )]
    NotSubscribed {
        /// The channel.
        channel: Rc<str>,
    },
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
