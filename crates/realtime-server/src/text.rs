//! Text: what a client may call somebody.

use crate::Refusal;

/// Checks a text from a client: not blank, at most `max` characters, no control characters but line breaks and tabs.
pub(crate) fn check(what: &str, text: &str, max: usize) -> Result<(), Refusal> {
    let is_hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let message = if text.trim().is_empty() {
        format!("{what} must not be empty")
    } else if text.chars().count() > max {
        format!("{what} must have at most {max} characters")
    } else if text.chars().any(is_hidden) {
        format!("{what} must not have control characters")
    } else {
        return Ok(());
    };
    Err(Refusal::invalid(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_in_characters() {
        assert!(check("name", "žžž", 3).is_ok());
        assert!(check("name", "žžžž", 3).is_err());
        assert!(check("name", " \n", 3).is_err());
        assert!(check("name", "a\u{0}", 3).is_err());
    }
}
