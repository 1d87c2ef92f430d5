//! Surrogates: halves of pairs that stand alone in JSON text, as JavaScript writes them and Rust's
//! strings cannot hold them.

use std::borrow::Cow;

/// `json` with U+FFFD for each half of a surrogate pair that stands alone: `"\ud83d"` becomes
/// `"\ufffd"`. Borrowed, and the same text, unless there is one.
///
/// A JavaScript server that cuts a text in the middle of an emoji sends such halves, and `serde_json`
/// refuses all of the JSON for one of them. The codecs do this to every frame; do it too to JSON that
/// you read from elsewhere. It takes one pass, and looks at nothing but the backslashes.
///
/// ```
/// use realtime_core::wire::well_formed;
///
/// let json = well_formed(r#"{"title":"cut \ud83d"}"#);
/// assert_eq!(json, r#"{"title":"cut \ufffd"}"#);
/// assert_eq!(well_formed(r#""\ud83d\ude00""#), r#""\ud83d\ude00""#);
/// ```
#[must_use]
pub fn well_formed(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut repaired = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        at = match unit(bytes, escape) {
            Some(0xD800..=0xDBFF) if matches!(unit(bytes, escape + 6), Some(0xDC00..=0xDFFF)) => {
                escape + 12
            }
            Some(0xD800..=0xDFFF) => {
                repaired.push_str(&json[copied..escape]);
                repaired.push_str("\\ufffd");
                copied = escape + 6;
                copied
            }
            Some(_) => escape + 6,
            // The next byte may begin a character that takes several.
            None if bytes.get(escape + 1).is_some_and(u8::is_ascii) => escape + 2,
            None => escape + 1,
        };
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    repaired.push_str(&json[copied..]);
    Cow::Owned(repaired)
}

/// The UTF-16 unit that the escape at `at` stands for, if it is one of that kind.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_half_alone_is_replaced_and_nothing_else() {
        for (json, expected) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uDE00x""#, r#""\ufffdx""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\n\ud83d\u0041""#, r#""\ufffd\n\ufffd\u0041""#),
            (r#"{"\ud83d":1}"#, r#"{"\ufffd":1}"#),
        ] {
            assert_eq!(well_formed(json), expected, "{json}");
            assert!(serde_json::from_str::<serde_json::Value>(&well_formed(json)).is_ok());
        }
    }

    #[test]
    fn text_that_needs_nothing_is_borrowed() {
        for json in [
            "",
            "\\",
            "\"\\\\ud83d\"",
            r#""\\\\\\ud83d""#,
            r#""\ud83d\ude00 😀 \u00e9""#,
            "\"\\é\\\"",
            r#""\ud8""#,
            r#""\uzzzz\u+d83d""#,
            "\\ud83",
        ] {
            assert!(matches!(well_formed(json), Cow::Borrowed(_)), "{json}");
        }
    }
}
