//! Text that other people chose, made fit to show and to keep.

mod field;
mod marks;

pub(crate) use field::Field;

use crate::{UserId, excerpt::is_invisible};
use marks::most_in_a_row;
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

/// `name` as one safe line of at most 256 characters, in which everything can be seen. A name with
/// nothing visible in it becomes the id.
///
/// - Controls, and characters that reorder the text around them, go. So does what nobody sees: format
///   characters, fillers, tags, selectors of variants. Else two people could have names that look the same.
/// - What is invisible stays where scripts and pictures need it: one joiner within Arabic, Indic and
///   the like or between two emoji; one selector after an emoji.
/// - Line breaks and blanks of any width become spaces, several in a row one.
/// - Marks need a letter before them, and one letter has at most four (eight in Tibetan and Myanmar):
///   more would be written over the lines above and below.
pub(crate) fn display_name(name: &str, id: &UserId) -> Rc<str> {
    [name, id.as_str()]
        .into_iter()
        .map(one_line)
        .find(|line| !line.is_empty())
        .unwrap_or_else(|| NO_NAME.into())
}

fn one_line(text: &str) -> Rc<str> {
    let text = text.trim();
    if text.len() <= MAX_NAME_CHARS && text.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
        return text.into();
    }
    let mut line = String::new();
    let mut kept = 0;
    // What was kept last, unless that was a space, and how many marks it ends with.
    let mut last: Option<char> = None;
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let (true, Some(c)) = (kept < MAX_NAME_CHARS, chars.next()) {
        if is_blank(c) {
            if last.take().is_none() {
                continue;
            }
            line.push(' ');
        } else {
            let most = most_in_a_row(c);
            // Of several joiners the first counts, and what it joins stands behind them all.
            if matches!(c, '\u{200C}' | '\u{200D}') {
                while chars
                    .next_if(|c| is_invisible(*c) && !is_blank(*c))
                    .is_some()
                {}
            }
            let stays = if is_invisible(c) {
                is_needed(c, last, chars.peek().copied())
            } else {
                most.is_none_or(|most| last.is_some() && marks < most)
            };
            if !stays {
                continue;
            }
            marks = match most {
                Some(_) => marks + 1,
                // A joiner among marks begins no new run of them.
                None if is_invisible(c) => marks,
                None => 0,
            };
            last = Some(c);
            line.push(c);
        }
        kept += 1;
    }
    line.trim_end().into()
}

/// White space of any kind, and the empty cell of Braille.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Whether an invisible character changes how the ones beside it look.
fn is_needed(c: char, last: Option<char>, next: Option<char>) -> bool {
    let Some(last) = last else { return false };
    match c {
        // After a mark (a virama) it says how that one is written, even at the end of a word.
        '\u{200C}' | '\u{200D}' if is_joined(last) => {
            most_in_a_row(last).is_some() || next.is_some_and(is_joined)
        }
        '\u{200D}' => (is_emoji(last) || last == '\u{FE0F}') && next.is_some_and(is_emoji),
        '\u{FE0E}' | '\u{FE0F}' => {
            is_emoji(last) || (matches!(last, '0'..='9' | '#' | '*') && next == Some('\u{20E3}'))
        }
        // Letters of Mongolian have variants that are spelt.
        '\u{180B}'..='\u{180D}' | '\u{180F}' => matches!(last, '\u{1820}'..='\u{18AA}'),
        _ => false,
    }
}

/// Letters and marks of scripts in which joiners are part of the spelling.
fn is_joined(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{DFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{18AF}'
        | '\u{A840}'..='\u{A8FF}'
        | '\u{FB50}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{10A00}'..='\u{11FFF}'
        | '\u{1E900}'..='\u{1E95F}')
        && !is_invisible(c)
}

/// Characters that are, or can be, pictures.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}'
        | '\u{2460}'..='\u{27BF}'
        | '\u{2900}'..='\u{297F}'
        | '\u{2B00}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1FAFF}')
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
            // Indic conjuncts, with joiners where they belong; Thai, Tibetan, Burmese; Hebrew with points.
            "श्री शर्मा",
            "ශ්\u{200D}රී ලංකා",
            "ക്\u{200D}",
            "ผู้ใหญ่น้ำ",
            "བསྒྲུབས",
            "ကျွန်ုပ်",
            "שָׁלוֹם",
            "Nguye\u{302}\u{303}n",
            "\u{3B1}\u{313}\u{301}\u{345}",
            // A family, a flag of four parts, a keycap, a heart in colour, a hand of some tone.
            "👨\u{200D}👩\u{200D}👧",
            "🏳\u{FE0F}\u{200D}🌈",
            "1\u{FE0F}\u{20E3}",
            "❤\u{FE0F}",
            "👋🏽",
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
    fn what_nobody_sees_is_stripped_so_that_no_two_names_look_the_same() {
        for (shown, hidden) in [
            ("Ada", "A\u{200B}d\u{2060}a\u{FEFF}"),
            ("Ada", "A\u{200D}d\u{200C}a\u{200E}\u{200F}\u{61C}"),
            ("Ada", "A\u{AD}da\u{34F}\u{FE0F}\u{FE00}"),
            ("Ada", "Ada\u{E0041}\u{E0064}\u{E007F}\u{E0100}"),
            ("Ada", "\u{180E}A\u{2064}d\u{206A}a\u{1D173}\u{1BCA0}"),
            ("Ada Lovelace", "Ada\u{A0}\u{2003}\u{3000}\u{2800} Lovelace"),
            ("李白", "李\u{FE01}\u{200D}白\u{E0101}"),
            ("می\u{200C}خ", "می\u{200C}\u{200C}\u{200D}خ\u{200C}"),
            ("👩\u{200D}🚀", "👩\u{200D}\u{200D}🚀\u{200D}"),
            ("❤\u{FE0F}", "❤\u{FE0F}\u{FE0F}\u{FE0E}"),
            ("1", "1\u{FE0F}"),
        ] {
            assert_eq!(name(hidden), shown, "{hidden:?}");
        }
    }

    #[test]
    fn marks_need_a_letter_and_do_not_pile_up() {
        let zalgo = format!("A{}d{}a", "\u{301}".repeat(50), "\u{489}\u{334}".repeat(50));
        let marks = name(&zalgo).chars().filter(|c| !c.is_ascii()).count();
        assert_eq!(marks, 8);
        let thai = format!("ก{}", "\u{E49}".repeat(100));
        assert_eq!(name(&thai).chars().count(), 5);
        // What would be written over the text before the name.
        assert_eq!(name("\u{20DD}\u{302}Ada \u{338}L"), "Ada L");
        // A joiner between marks does not begin a new run of them.
        let parted = format!("A{}", "\u{301}\u{200D}".repeat(50));
        assert_eq!(name(&parted).chars().count(), 5);
        let parted = format!("क{}", "\u{941}\u{200D}".repeat(50));
        assert!(name(&parted).chars().count() <= 10, "{}", name(&parted));
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
        for blank in [
            "",
            "  \t",
            "\u{200B}\u{FEFF}",
            "\u{200D}",
            "\u{3164}",
            "\u{2800}",
            "\u{301}",
            "\u{E0041}\u{FE0F}",
        ] {
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
