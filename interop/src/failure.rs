//! Failure: why a case failed.

use realtime_testkit::KitError;
use std::fmt;

/// Why a case failed, in words: what was wanted, and what was there instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

/// What a case ends with.
pub type Verdict<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Something could not be done.
    pub fn unable(what: &str, why: impl fmt::Display) -> Self {
        Self(format!("could not {what}: {why}"))
    }
}

impl From<KitError> for Failure {
    fn from(error: KitError) -> Self {
        Self(error.to_string())
    }
}

/// Fails in these words unless `holds`.
pub fn ensure(holds: bool, words: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Failure(words())) }
}

/// Fails unless both are the same.
pub fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, wanted: &T) -> Verdict {
    ensure(found == wanted, || {
        format!(
            "{what} should be {}, but is {}",
            shown(wanted),
            shown(found)
        )
    })
}

/// How much of a value a failure shows.
const SHOWN: usize = 400;

/// A value in a sentence, cut where it would fill the screen.
pub fn shown(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_both_sides() {
        assert_eq!(same("the answer", &1, &1), Ok(()));
        let failure = same("the answer", &1, &2).unwrap_err();
        assert_eq!(failure.to_string(), "the answer should be 2, but is 1");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = shown(&"ä".repeat(1_000));
        assert!(text.ends_with("… (2002 bytes)"), "{text}");
    }
}
