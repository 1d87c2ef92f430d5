//! Text that other people chose, made fit to show and to keep.

use crate::UserId;
use std::rc::Rc;

/// The most characters a display name keeps.
const MAX_NAME_CHARS: usize = 256;

/// The most bytes an id may have; a longer one is refused, since cutting it would make another id.
const MAX_ID_BYTES: usize = 256;

/// Shown for someone whose name and id are both invisible.
const NO_NAME: &str = "?";

/// Whether an id from the network may become a map key.
pub(crate) fn is_usable_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ID_BYTES
}

/// `name` as one safe line: no control characters, no characters that reorder the text around
/// them, at most 256 characters. A name with nothing visible in it becomes the id.
///
/// Line breaks and tabs become spaces. Joiners and direction marks stay, because emoji, Persian and
/// mixed-direction names need them and they cannot reach beyond the name.
pub(crate) fn display_name(name: &str, id: &UserId) -> Rc<str> {
    [name, id.as_str()]
        .into_iter()
        .map(one_line)
        .find(|line| line.chars().any(is_visible))
        .unwrap_or_else(|| NO_NAME.into())
}

fn one_line(text: &str) -> Rc<str> {
    let text = text.trim();
    if !text.chars().any(needs_care) && text.chars().nth(MAX_NAME_CHARS).is_none() {
        return text.into();
    }
    let line: String = text
        .chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if needs_care(c) => None,
            c => Some(c),
        })
        .take(MAX_NAME_CHARS)
        .collect();
    line.trim().into()
}

/// Controls, line separators, bidirectional embeddings, overrides and isolates, invisible
/// separators and annotations.
fn needs_care(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200B}' | '\u{2060}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}')
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(
            c,
            '\u{200C}'
                ..='\u{200F}'
                    | '\u{061C}'
                    | '\u{00AD}'
                    | '\u{115F}'
                    | '\u{1160}'
                    | '\u{2800}'
                    | '\u{3164}'
                    | '\u{FFA0}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        display_name(text, &UserId::from("u1")).to_string()
    }

    #[test]
    fn an_ordinary_name_in_any_script_is_left_alone() {
        for plain in [
            "Ada Lovelace",
            "李白",
            "نیلوفر",
            "👩\u{200D}🚀",
            "می\u{200C}خواهم",
        ] {
            assert_eq!(name(plain), plain);
        }
    }

    #[test]
    fn bidirectional_overrides_and_controls_are_stripped() {
        assert_eq!(name("Ada\u{202E}nimda\u{2066}"), "Adanimda");
        assert_eq!(name("A\u{0}d\u{1b}a\u{85}"), "Ada");
    }

    #[test]
    fn line_breaks_become_spaces_so_a_name_stays_on_one_line() {
        assert_eq!(name("Ada\nLovelace\u{2028}"), "Ada Lovelace");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let cut = name(&"é".repeat(10_000));
        assert_eq!(cut.chars().count(), MAX_NAME_CHARS);
        assert!(cut.chars().all(|c| c == 'é'));
    }

    #[test]
    fn a_name_with_nothing_visible_becomes_the_id() {
        for blank in ["", "  \t", "\u{200B}\u{FEFF}", "\u{200D}", "\u{3164}"] {
            assert_eq!(name(blank), "u1");
        }
        assert_eq!(&*display_name("", &UserId::from("\u{200D}")), NO_NAME);
    }

    #[test]
    fn an_empty_or_huge_id_is_refused_and_an_odd_one_is_not() {
        assert!(!is_usable_id(""));
        assert!(!is_usable_id(&"x".repeat(MAX_ID_BYTES + 1)));
        assert!(is_usable_id("__proto__"));
    }
}
