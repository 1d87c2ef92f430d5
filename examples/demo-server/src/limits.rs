//! Limits: every cap that is not a flag, and the checks of texts.

use realtime_server::Refusal;
use std::{ops::RangeInclusive, time::Duration};

/// Rooms that may exist at once.
pub(crate) const ROOMS: usize = 100;
/// Messages kept per room.
pub(crate) const MESSAGES: usize = 500;
/// Tasks on the board.
pub(crate) const TASKS: usize = 1_000;
/// Bytes of the text that everybody writes in.
pub(crate) const NOTES_BYTES: usize = 512 * 1024;
/// Notifications kept.
pub(crate) const NOTIFICATIONS: usize = 100;
/// Characters of what only one user knows.
pub(crate) const KEY: RangeInclusive<usize> = 16..=128;
/// Connections from one address, if nothing else is said.
pub(crate) const PER_ADDRESS: usize = 256;
/// Headers of one request.
pub(crate) const HEADERS: usize = 64;
/// Bytes of a request's head.
pub(crate) const HEAD_BYTES: usize = 32 * 1024;
/// How long nothing is accepted after accepting has failed.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(500);
/// Users and addresses whose requests are counted at once.
pub(crate) const SOURCES: usize = 10_000;
/// Answers remembered for messages that are sent again.
pub(crate) const ANSWERS: usize = 10_000;
/// For how many milliseconds they are remembered.
pub(crate) const ANSWER_LIFE_MS: u64 = 60 * 60 * 1_000;
/// How long a socket may take to read a close frame, or to answer one.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Checks a text from a client: not blank, at most `max` characters, no control characters but line breaks and tabs.
pub(crate) fn check_text(what: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("{what} must not be empty")));
    }
    if text.chars().count() > max {
        return Err(Refusal::invalid(format!(
            "{what} must have at most {max} characters"
        )));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Refusal::invalid(format!(
            "{what} must not have control characters"
        )));
    }
    Ok(())
}

/// The same for a text that may be left out.
pub(crate) fn check_optional(what: &str, text: Option<&str>, max: usize) -> Result<(), Refusal> {
    text.map_or(Ok(()), |text| check_text(what, text, max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_in_characters() {
        assert!(check_text("title", "žžž", 3).is_ok());
        assert!(check_text("title", "žžžž", 3).is_err());
        assert!(check_text("title", " \n", 3).is_err());
        assert!(check_text("title", "a\u{0}", 3).is_err());
    }
}
