//! Address of the server's Engine.IO, made of the URL that an app gives, as the JavaScript client does it: the
//! URL's path names a namespace, and the server's own path is an option.

use super::{super::address::Address, options::SocketIoOptions};
use crate::error::AddressError;
use std::fmt::Write;

/// The address to open, and the namespace that the URL names, if any.
pub(super) fn resolve(
    url: &str,
    options: &SocketIoOptions,
) -> Result<(String, Option<String>), AddressError> {
    let Address {
        origin,
        path,
        query,
    } = Address::parse(url)?;
    let mut address = origin;
    let mut engine_path = String::from("/");
    escape(&mut engine_path, options.path.trim_matches('/'), is_in_path);
    if engine_path != "/" {
        engine_path.push('/');
    }
    address.push_str(&engine_path);
    address.push_str("?EIO=4&transport=websocket");
    for pair in query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let name = pair.split('=').next().unwrap_or_default();
        if !is_reserved(name) {
            let _ = write!(address, "&{pair}");
        }
    }
    for (name, value) in &options.query {
        if !is_reserved(name) {
            address.push('&');
            escape(&mut address, name, is_plain);
            address.push('=');
            escape(&mut address, value, is_plain);
        }
    }
    let own_path = path.trim_end_matches('/') == engine_path.trim_end_matches('/');
    let namespace = (!own_path && !path.trim_matches('/').is_empty()).then(|| path.to_owned());
    Ok((address, namespace))
}

/// The protocol's own parameters are not the app's to set.
fn is_reserved(name: &str) -> bool {
    matches!(name, "EIO" | "transport" | "sid")
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What a path may hold, and what is escaped in it already.
fn is_in_path(byte: u8) -> bool {
    is_plain(byte) || b"/%!$&'()*+,;=:@".contains(&byte)
}

fn escape(address: &mut String, text: &str, stays: fn(u8) -> bool) {
    for byte in text.bytes() {
        if stays(byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(url: &str) -> (String, Option<String>) {
        resolve(url, &SocketIoOptions::new()).expect(url)
    }

    #[test]
    fn every_form_of_url_leads_to_the_servers_engine() {
        const QUERY: &str = "/socket.io/?EIO=4&transport=websocket";
        for (url, origin) in [
            ("https://a.test", "wss://a.test"),
            ("http://a.test:3000/", "ws://a.test:3000"),
            ("ws://a.test/socket.io/", "ws://a.test"),
            ("wss://[::1]:1/socket.io#x", "wss://[::1]:1"),
            ("//a.test", "//a.test"),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(resolved(url), (format!("{origin}{QUERY}"), None), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for url in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user:secret@a.test",
            "https://a.test/\u{1b}",
            "https://",
            "https://a b.test",
        ] {
            assert!(resolve(url, &SocketIoOptions::new()).is_err(), "{url}");
        }
    }

    #[test]
    fn a_path_is_a_namespace() {
        for url in ["https://a.test/admin", "/admin", "/admin?x=1"] {
            assert_eq!(resolved(url).1.as_deref(), Some("/admin"), "{url}");
        }
    }

    #[test]
    fn parameters_of_url_and_options_follow_those_of_the_protocol() {
        let options = SocketIoOptions::new()
            .with_path("live")
            .with_query("room", "a b&c/é")
            .with_query("transport", "polling");
        let (address, namespace) = resolve("https://a.test?x=1&EIO=3&&y", &options).unwrap();
        assert_eq!(
            address,
            "wss://a.test/live/?EIO=4&transport=websocket&x=1&y&room=a%20b%26c%2F%C3%A9"
        );
        assert_eq!(namespace, None);
        let (address, _) = resolve("/", &SocketIoOptions::new().with_path("/")).unwrap();
        assert_eq!(address, "/?EIO=4&transport=websocket");
    }

    #[test]
    fn nothing_in_the_servers_own_path_ends_it() {
        for (path, written) in [
            ("/a/b%20c/", "/a/b%20c/"),
            ("a?EIO=3#b", "/a%3FEIO=3%23b/"),
            ("a\r\n\u{1b} \\é", "/a%0D%0A%1B%20%5C%C3%A9/"),
        ] {
            let options = SocketIoOptions::new().with_path(path);
            let (address, namespace) = resolve("https://a.test", &options).unwrap();
            let expected = format!("wss://a.test{written}?EIO=4&transport=websocket");
            assert_eq!((address, namespace), (expected, None), "{path:?}");
        }
    }
}
