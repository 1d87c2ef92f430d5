//! Address: where a socket is to be opened, as an app writes it, checked before anything is opened.

use crate::error::{AddressError, AddressProblem};

/// An address in its parts, without what follows `#`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// `wss://host`, `//host` where the page's scheme is meant, or nothing for the page's own host.
    pub(super) origin: String,
    pub(super) path: &'a str,
    /// What follows `?`.
    pub(super) query: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Takes `url` apart; `http` becomes `ws`, and `https` becomes `wss`.
    pub(super) fn parse(url: &'a str) -> Result<Self, AddressError> {
        let wrong = |problem| AddressError::new(url, problem);
        if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(wrong(AddressProblem::Character));
        }
        let whole = url.split('#').next().unwrap_or_default();
        let (whole, query) = match whole.split_once('?') {
            Some((whole, query)) => (whole, Some(query)),
            None => (whole, None),
        };
        let (scheme, rest) = match whole.find([':', '/']) {
            Some(colon) if whole[colon..].starts_with(':') => {
                let scheme = socket_scheme(&whole[..colon]);
                let scheme = scheme.ok_or_else(|| wrong(AddressProblem::Scheme))?;
                (scheme, &whole[colon + 1..])
            }
            _ => ("", whole),
        };
        let Some(rest) = rest.strip_prefix("//") else {
            if !scheme.is_empty() {
                return Err(wrong(AddressProblem::Host));
            }
            return Ok(Self {
                origin: String::new(),
                path: rest,
                query,
            });
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(wrong(AddressProblem::Credentials));
        }
        if !is_host(authority) {
            return Err(wrong(AddressProblem::Host));
        }
        Ok(Self {
            origin: format!("{scheme}//{authority}"),
            path,
            query,
        })
    }

    /// The address as one text.
    pub(super) fn whole(&self) -> String {
        let mut whole = format!("{}{}", self.origin, self.path);
        if let Some(query) = self.query {
            whole.push('?');
            whole.push_str(query);
        }
        whole
    }
}

/// The scheme that a socket is opened with, colon included.
fn socket_scheme(scheme: &str) -> Option<&'static str> {
    let is = |name| scheme.eq_ignore_ascii_case(name);
    if is("ws") || is("http") {
        Some("ws:")
    } else if is("wss") || is("https") {
        Some("wss:")
    } else {
        None
    }
}

/// Whether it is a name or a number, and perhaps a port. What names there are is for the browser to
/// say; this keeps out what cannot be one.
fn is_host(authority: &str) -> bool {
    let (is_name, port) = if let Some(rest) = authority.strip_prefix('[') {
        let Some((number, port)) = rest.split_once(']') else {
            return false;
        };
        let is_digit = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
        (number.contains(':') && number.chars().all(is_digit), port)
    } else {
        let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let is_part =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') || !c.is_ascii();
        let is_name = name.chars().all(is_part) && name.contains(|c| c != '.');
        (is_name, port)
    };
    let is_port = match port.strip_prefix(':') {
        Some(number) => number.parse::<u16>().is_ok() && !number.starts_with('+'),
        None => port.is_empty(),
    };
    is_name && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_and_of_the_pages_own_host_pass() {
        for (url, whole) in [
            ("wss://a.test/ws?x=1&y=a:b#top", "wss://a.test/ws?x=1&y=a:b"),
            ("HTTPS://a.test", "wss://a.test"),
            ("http://127.0.0.1:8080/", "ws://127.0.0.1:8080/"),
            ("ws://[::1]:1/x", "ws://[::1]:1/x"),
            ("wss://münchen.test/ö", "wss://münchen.test/ö"),
            ("//a.test/ws", "//a.test/ws"),
            ("/ws/a:b//c@d", "/ws/a:b//c@d"),
            ("live", "live"),
            ("?x=http://a@b", "?x=http://a@b"),
            ("", ""),
        ] {
            let address = Address::parse(url).map(|address| address.whole());
            assert_eq!(address.as_deref(), Ok(whole), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_says_what_is_wrong_with_it() {
        for (url, problem) in [
            ("javascript:alert(1)", AddressProblem::Scheme),
            ("file:///etc/passwd", AddressProblem::Scheme),
            ("data:text/html,x", AddressProblem::Scheme),
            ("ftp://a.test/", AddressProblem::Scheme),
            ("localhost:3000/ws", AddressProblem::Scheme),
            ("://a.test", AddressProblem::Scheme),
            ("wss://user:secret@a.test/ws", AddressProblem::Credentials),
            ("//user@a.test", AddressProblem::Credentials),
            ("ws://a.test/\n", AddressProblem::Character),
            (" ws://a.test", AddressProblem::Character),
            ("ws:\\\\a.test", AddressProblem::Character),
            ("/ws\u{0}", AddressProblem::Character),
            ("wss:a.test", AddressProblem::Host),
            ("wss://", AddressProblem::Host),
            ("wss:///ws", AddressProblem::Host),
            ("//", AddressProblem::Host),
            ("wss://..", AddressProblem::Host),
            ("wss://:80", AddressProblem::Host),
            ("wss://a.test:", AddressProblem::Host),
            ("wss://a.test:65536", AddressProblem::Host),
            ("wss://a.test:+1", AddressProblem::Host),
            ("wss://a.test:80:80", AddressProblem::Host),
            ("wss://a<b>.test", AddressProblem::Host),
            ("wss://a%2eb", AddressProblem::Host),
            ("wss://[::1", AddressProblem::Host),
            ("wss://[a.test]", AddressProblem::Host),
            ("wss://[::1]x", AddressProblem::Host),
            ("wss://a]b", AddressProblem::Host),
        ] {
            let error = Address::parse(url).expect_err(url);
            assert_eq!(error.problem, problem, "{url:?}");
        }
    }

    #[test]
    fn the_error_shows_no_secret_and_no_more_than_a_line() {
        let long = format!("wss://a<{}.test/?token=secret", "x".repeat(10_000));
        for url in [
            "wss://user:secret@a.test/ws?token=secret#secret",
            "wss://a:b@c:secret@a.test",
            "javascript:secret",
            "\u{1b}wss://a.test?token=secret",
            &long,
        ] {
            let error = Address::parse(url).expect_err(url);
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret"), "{shown}");
            assert!(
                shown.len() < 1_500 && !shown.contains(char::is_control),
                "{shown}"
            );
        }
    }
}
