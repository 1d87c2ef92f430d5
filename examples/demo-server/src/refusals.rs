//! Refusals: those of this app, beside the hub's own.

use realtime_server::Refusal;

/// The log cannot be reached, or not fast enough. Nothing was changed.
pub(crate) fn unavailable() -> Refusal {
    Refusal::unavailable(1_000)
}

/// There is no such thing.
pub(crate) fn nothing(what: impl std::fmt::Display) -> Refusal {
    Refusal::not_found(format!("there is no {what}"))
}

/// A body that is not JSON.
pub(crate) fn not_json() -> Refusal {
    let message = "send the body as application/json";
    Refusal::new("unsupported_media_type", message)
}

/// A body that does not come.
pub(crate) fn too_slow() -> Refusal {
    Refusal::new("too_slow", "the body took too long: send it at once")
}

/// An address that is there, but not for that.
pub(crate) fn method_not_allowed() -> Refusal {
    let message = "this address does not take that method";
    Refusal::new("method_not_allowed", message)
}

/// What a client sent, cut short enough to be quoted in an error.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
