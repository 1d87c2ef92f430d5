//! URLs: from the one an app writes to the one a socket opens.

use realtime_core::{
    AddressError, AddressProblem,
    wire::{Codec, JsonCodec},
};
use std::rc::Rc;

/// `url` against the page's own, with `http` become `ws` and `https` become `wss`. The core has found
/// nothing wrong with it, but it knows no page, and the browser knows more about hosts.
pub(super) fn resolve(url: &str) -> Result<String, AddressError> {
    let base = web_sys::window().and_then(|window| window.location().href().ok());
    let parsed = match base {
        Some(base) => web_sys::Url::new_with_base(url, &base),
        None => web_sys::Url::new(url),
    };
    let parsed = parsed.map_err(|_| AddressError::new(url, AddressProblem::Host))?;
    // A socket's URL must not have a fragment.
    parsed.set_hash("");
    for_socket(url, &parsed.href())
}

/// The `ws:` or `wss:` form of an absolute URL, which `url` has become.
fn for_socket(url: &str, href: &str) -> Result<String, AddressError> {
    match JsonCodec::default().address(href) {
        Ok((address, _)) => Ok(address),
        // A page from a file has a scheme that its app did not write.
        Err(error) if error.problem == AddressProblem::Scheme => {
            let absolute = JsonCodec::default().address(url).is_err();
            Err(if absolute {
                error
            } else {
                AddressError::new(url, AddressProblem::Relative)
            })
        }
        Err(error) => Err(error),
    }
}

/// What a browser says about `url`, with no more of that and of other addresses than is [`shown`].
pub(super) fn without_secrets(said: &str, url: &str) -> String {
    let said = replaced(said, url, &shown(url));
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>' | '(' | ')');
    let words = said.split_inclusive(is_end).map(|word| {
        let (word, end) = word.split_at(word.trim_end_matches(is_end).len());
        let absolute = word
            .match_indices(':')
            .any(|(at, _)| word[at..].starts_with("://"));
        let word = if absolute { shown(word) } else { word.into() };
        format!("{word}{end}")
    });
    words.collect()
}

/// `text` with `new` wherever `old` was.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let after = rest.strip_prefix(old).filter(|_| !old.is_empty());
        if after.is_some() {
            replaced.push_str(new);
        } else {
            replaced.push(c);
        }
        rest = after.unwrap_or(&rest[c.len_utf8()..]);
    }
    replaced
}

/// An address without user, password and parameters, among which there may be a token.
pub(super) fn shown(url: &str) -> Rc<str> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    // As errors of the core show it; nothing need be wrong with it.
    AddressError::new(url, AddressProblem::Host).shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(href: &str) -> Result<String, AddressProblem> {
        for_socket(href, href).map_err(|error| error.problem)
    }

    #[test]
    fn what_a_browser_says_is_passed_on_without_what_is_secret_in_addresses() {
        let url = "wss://a.test/ws?token=secret";
        let said = format!("Refused to connect to '{url}'.");
        let shown = without_secrets(&said, url);
        assert_eq!(shown, "Refused to connect to 'wss://a.test/ws'.");
        // The browser has written it in another way.
        let said = "Request to 'https://u:secret@a.test/b%20c?token=secret' failed: (x) y";
        let shown = without_secrets(said, "/b c?token=secret");
        assert_eq!(shown, "Request to 'https://a.test/b%20c' failed: (x) y");
    }

    #[test]
    fn http_becomes_ws_and_https_becomes_wss() {
        assert_eq!(address("http://a.test/ws").unwrap(), "ws://a.test/ws");
        assert_eq!(
            address("https://a.test/ws?x=1").unwrap(),
            "wss://a.test/ws?x=1"
        );
        assert_eq!(address("wss://a.test/").unwrap(), "wss://a.test/");
    }

    #[test]
    fn what_is_no_address_of_a_server_is_the_error_that_the_core_has_for_it() {
        for (href, problem) in [
            ("ftp://a.test/", AddressProblem::Scheme),
            ("javascript:alert(1)", AddressProblem::Scheme),
            ("https://user:secret@a.test/", AddressProblem::Credentials),
        ] {
            assert_eq!(address(href), Err(problem), "{href}");
        }
        let error = for_socket("/ws", "file:///ws").unwrap_err();
        assert_eq!(error, AddressError::new("/ws", AddressProblem::Relative));
        assert!(
            error.to_string().contains("wss://example.com/ws"),
            "{error}"
        );
    }
}
