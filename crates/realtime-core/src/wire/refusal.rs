//! Refusals: the shapes in which servers write an error, none of which may be taken for a yes.

use super::Text;
use crate::{
    error::ServerError,
    excerpt::{Excerpt, cut},
    object,
};
use serde_json::value::RawValue;
use std::rc::Rc;

/// The most bytes that are kept of a code and of a sentence.
const CODE: usize = 128;
const SENTENCE: usize = 1_024;
/// No whole number that is written with more places than this counts.
const MAX_EXPONENT: isize = 400;

/// What a server gave for an error. It may be the object of the protocol, the bare sentence that
/// simple servers send, or anything else, which is shown as it stands.
pub(super) fn read(json: &str) -> ServerError {
    read_to(json, 1)
}

/// The `error` of an object, unless it is `null`.
#[cfg(feature = "socketio")]
pub(super) fn error_in(json: &str) -> Option<&str> {
    let mut error = None;
    // What follows a mistake is not read, and what stands before it counts.
    let _ = object::each(json, "an object", &mut |name, value| {
        if name == "error" && value.get() != "null" {
            error = Some(value.get());
        }
    });
    error
}

/// Some servers put the error into an object that has nothing else; `depth` is how often that is
/// looked for, so that nesting does not make this read the text again and again.
fn read_to(json: &str, depth: usize) -> ServerError {
    if !json.starts_with('{') {
        return ServerError {
            code: "unknown".into(),
            message: scalar(json).unwrap_or_else(|| shown(json)),
            retry_after: None,
        };
    }
    let (mut code, mut message, mut retry_after) = (None, None, None);
    let (mut inner, mut others) = (None, false);
    let read = object::each(json, "an object", &mut |name, value| {
        let json = value.get();
        match name {
            _ if json == "null" => {}
            "code" => code = Some(scalar(json).unwrap_or_else(|| shown(json))),
            "message" => message = Some(scalar(json).unwrap_or_else(|| shown(json))),
            "retryAfter" => retry_after = whole_number(value),
            "error" => inner = Some(json),
            _ => others = true,
        }
    });
    if let (None, None, Some(inner), Some(depth)) = (&code, &message, inner, depth.checked_sub(1)) {
        return read_to(inner, depth);
    }
    let says_nothing = others || inner.is_some() || read.is_err();
    ServerError {
        code: code.map_or_else(|| "unknown".into(), |code| cut(&code, CODE)),
        message: message.unwrap_or_else(|| if says_nothing { shown(json) } else { "".into() }),
        retry_after,
    }
}

/// A whole number as servers write them: bare, with a fraction or an exponent, or in quotes. What is
/// too large becomes the largest.
pub(super) fn whole_number(value: &RawValue) -> Option<u64> {
    let text = value.get().trim_matches('"');
    let (decimal, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.parse::<isize>().ok()?;
    let point = decimal.find('.').unwrap_or(decimal.len());
    let mut places = point.saturating_add_signed(exponent.clamp(-MAX_EXPONENT, MAX_EXPONENT));
    let mut number = 0_u64;
    for (at, byte) in decimal.bytes().enumerate() {
        match byte {
            b'0'..=b'9' if places > 0 => {
                places -= 1;
                number = number
                    .saturating_mul(10)
                    .saturating_add(u64::from(byte - b'0'));
            }
            b'0'..=b'9' => {}
            b'.' if at == point && at > 0 => {}
            _ => return None,
        }
    }
    for _ in 0..places {
        number = number.saturating_mul(10);
    }
    (point > 0).then_some(number)
}

/// The text of a string, a number or a word.
fn scalar(json: &str) -> Option<Rc<str>> {
    match json.as_bytes().first()? {
        b'"' => Text::of(json).map(|text| cut(&text, SENTENCE)),
        b'{' | b'[' => None,
        _ => Some(cut(json, SENTENCE)),
    }
}

fn shown(json: &str) -> Rc<str> {
    Excerpt(json).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_a_refusal_with_its_code_as_text() {
        for (json, code, message) in [
            (r#""no""#, "unknown", "no"),
            (r#"{"code":403,"message":"no"}"#, "403", "no"),
            (r#"{"code":"a","message":"no"}"#, "a", "no"),
            (r#"{"code":true,"message":5}"#, "true", "5"),
            (r#"{"code":-1.5}"#, "-1.5", ""),
            (r#"{"code":null,"message":"no"}"#, "unknown", "no"),
            (
                r#"{"code":["a",1],"message":{"a":1}}"#,
                r#"["a",1]"#,
                r#"{"a":1}"#,
            ),
            (r#"{"error":{"code":1,"message":"no"}}"#, "1", "no"),
            (
                r#"{"error":{"error":"no"}}"#,
                "unknown",
                r#"{"error":"no"}"#,
            ),
            (
                r#"{"code":"a","detail":"no"}"#,
                "a",
                r#"{"code":"a","detail":"no"}"#,
            ),
            ("{}", "unknown", ""),
            ("true", "unknown", "true"),
            ("403", "unknown", "403"),
            ("1e999", "unknown", "1e999"),
            (r#"["no",1]"#, "unknown", r#"["no",1]"#),
        ] {
            let error = read(json);
            assert_eq!((&*error.code, &*error.message), (code, message), "{json}");
        }
    }

    #[test]
    fn the_time_to_wait_is_read_in_any_shape_or_left() {
        for (json, expected) in [
            ("1000", Some(1_000)),
            ("1000.7", Some(1_000)),
            (r#""1000""#, Some(1_000)),
            ("1e999", Some(u64::MAX)),
            ("1.5e3", Some(1_500)),
            ("15e-1", Some(1)),
            ("1e-99999999999999999999", None),
            (r#""0e2000000000""#, Some(0)),
            ("-1", None),
            (r#""soon""#, None),
            (r#""1.2.3""#, None),
            (r#""""#, None),
            ("[1]", None),
            ("null", None),
        ] {
            let error = read(&format!(r#"{{"code":"a","retryAfter":{json}}}"#));
            assert_eq!((&*error.code, error.retry_after), ("a", expected), "{json}");
        }
    }

    #[test]
    fn a_field_named_error_counts_unless_it_is_null() {
        for (json, expected) in [
            (r#"{"a":[1],"error":"no"}"#, Some(r#""no""#)),
            (r#"{"error":null,"error":[]}"#, Some("[]")),
            (r#"{"error":null}"#, None),
            (r#"{"a":{"error":1}}"#, None),
        ] {
            assert_eq!(error_in(json), expected);
        }
    }

    #[test]
    fn little_is_kept_of_what_is_long() {
        let long = "x".repeat(100_000);
        for json in [
            format!(r#""{long}""#),
            format!(r#"{{"code":"{long}","message":"{long}"}}"#),
            format!(r#"["{long}"]"#),
            format!(r#"{{"{long}":1}}"#),
        ] {
            let error = read(&json);
            assert!(error.code.len() <= CODE + 3 && error.message.len() <= SENTENCE + 3);
            assert!(error.to_string().len() < 600);
        }
    }
}
