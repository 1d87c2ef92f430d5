//! Excerpt: a short and harmless piece of a text that a stranger chose, for errors and logs.

use std::fmt;

/// The longest text that is shown whole, in bytes.
const WHOLE: usize = 320;
/// What is shown of a longer one: its beginning, and its end, where parsers say what they expected.
const BEGINNING: usize = 200;
const END: usize = 100;

/// Shows a text on one line, at most 320 bytes of it, with what a terminal would obey or a reader
/// would not see written out as `\u{1b}`.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        if text.len() <= WHOLE {
            return escaped(text, f);
        }
        escaped(head(text, BEGINNING), f)?;
        f.write_str(" … ")?;
        let mut end = text.len() - END;
        while !text.is_char_boundary(end) {
            end += 1;
        }
        escaped(&text[end..], f)
    }
}

fn escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown = 0;
    // What ends a line is seen, but not on one line.
    let is_hidden = |c| is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
    for (at, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
        f.write_str(&text[shown..at])?;
        write!(f, "{}", c.escape_default())?;
        shown = at + c.len_utf8();
    }
    f.write_str(&text[shown..])
}

/// Controls and what Unicode calls default ignorable: what nobody sees.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// The beginning of `text`, at most `most` bytes, with a mark where something is left out.
pub(crate) fn cut(text: &str, most: usize) -> std::rc::Rc<str> {
    if text.len() <= most {
        return text.into();
    }
    format!("{}…", head(text, most)).into()
}

/// The beginning of `text`, at most `most` bytes, which ends between two characters.
pub(crate) fn head(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Shows of an address what holds no secret: neither user and password nor the parameters, and of
/// one that is no address of a server only the scheme.
#[derive(Clone)]
pub(crate) struct Address<T>(pub(crate) T);

impl<T: AsRef<str>> fmt::Display for Address<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.as_ref();
        let (scheme, rest) = match url.find([':', '/', '?', '#']) {
            Some(colon) if url[colon..].starts_with(':') => url.split_at(colon + 1),
            _ => ("", url),
        };
        let (rest, more) = match rest.find(['?', '#']) {
            Some(end) => (&rest[..end], "…"),
            None => (rest, ""),
        };
        let Some(rest) = rest.strip_prefix("//") else {
            let (rest, more) = if scheme.is_empty() {
                (rest, more)
            } else {
                ("", "…")
            };
            return write!(f, "{}{}{more}", Excerpt(scheme), Excerpt(rest));
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority
            .rfind('@')
            .map_or(authority, |at| &authority[at + 1..]);
        // Of a password with a slash or a question mark in it, the end looks like a path.
        let is_cut_off = url
            .rfind('@')
            .is_some_and(|at| at > scheme.len() + 2 + authority.len());
        if is_cut_off || !is_host(host) {
            return write!(f, "{}//…", Excerpt(scheme));
        }
        write!(
            f,
            "{}//{}{}{more}",
            Excerpt(scheme),
            Excerpt(host),
            Excerpt(path)
        )
    }
}

/// Whether a text can be a name or number of a host, with its port or without.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (text, ""),
    };
    let number = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_name = match number {
        Some(number) => number
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')),
        None => name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || !c.is_ascii()),
    };
    is_name && !name.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

impl<T: AsRef<str>> fmt::Debug for Address<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Stands for a payload where what it says is nobody's business: its size.
pub(crate) struct Size(pub(crate) usize);

impl fmt::Debug for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_shown_as_it_is() {
        for text in [
            "",
            "missing field `id` at line 1",
            "nö, \"そ\" \\ 'x'",
            "👩🏽",
        ] {
            assert_eq!(Excerpt(text).to_string(), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_or_nobody_sees_is_written_out() {
        let text = "a\u{115f}\u{3164}\u{1d173}\u{34f}\u{e0100}\u{2029}";
        let shown = r"a\u{115f}\u{3164}\u{1d173}\u{34f}\u{e0100}\u{2029}";
        assert_eq!(Excerpt(text).to_string(), shown);
        let text = "a\u{1b}[31m\nb\u{202e}c\u{200b}\u{85}";
        let shown = r"a\u{1b}[31m\nb\u{202e}c\u{200b}\u{85}";
        assert_eq!(Excerpt(text).to_string(), shown);
    }

    #[test]
    fn of_an_address_scheme_host_and_path_are_shown() {
        for (url, shown) in [
            ("wss://u:s@a.test:1/ws?token=s#s", "wss://a.test:1/ws…"),
            ("//u@a.test", "//a.test"),
            ("/ws?token=s", "/ws…"),
            ("/u@ws", "/u@ws"),
            ("wss://a.test:1", "wss://a.test:1"),
            ("wss://[::1]:1/ws", "wss://[::1]:1/ws"),
            ("wss://[::1]/ws", "wss://[::1]/ws"),
            ("wss://ü.test/ws", "wss://ü.test/ws"),
            ("wss://u:s/s@a.test/ws", "wss://…"),
            ("wss://u:s?s@a.test/ws", "wss://…"),
            ("wss://u:s#s@a.test/ws", "wss://…"),
            ("wss://u:1/s@a.test@b.test", "wss://…"),
            ("wss://u@b:1/s@a.test", "wss://…"),
            ("wss://u:s@s@a.test/ws", "wss://a.test/ws"),
            ("wss://u:s", "wss://…"),
            ("wss://a.test/ws?token=s@s", "wss://…"),
            ("//u:s/s@a.test", "//…"),
            ("u?wss:s", "u…"),
            ("javascript:s", "javascript:…"),
            ("wss:u@s", "wss:…"),
            ("", ""),
        ] {
            assert_eq!(Address(url).to_string(), shown);
        }
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text = format!(
            "invalid type: string \"{}\", expected u32",
            "é".repeat(10_000)
        );
        let shown = Excerpt(&text).to_string();
        assert!(shown.len() <= WHOLE, "{} bytes", shown.len());
        assert!(shown.starts_with("invalid type: string") && shown.ends_with("expected u32"));
        assert_eq!(&*cut("ééé", 3), "é…");
        assert_eq!(&*cut("ééé", 6), "ééé");
    }
}
