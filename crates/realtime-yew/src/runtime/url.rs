//! From the URL an app writes to the one a socket opens.

/// `url` against the page's own, with `http` become `ws` and `https` become `wss`.
pub(super) fn resolve(url: &str) -> Result<String, String> {
    let base = web_sys::window().and_then(|window| window.location().href().ok());
    let parsed = match base {
        Some(base) => web_sys::Url::new_with_base(url, &base),
        None => web_sys::Url::new(url),
    };
    let parsed = parsed.map_err(|_| format!("`{url}` is not a URL; write one like `/ws`"))?;
    // A socket's URL must not have a fragment.
    parsed.set_hash("");
    for_socket(&parsed.href())
}

/// The `ws:` or `wss:` form of an absolute URL.
fn for_socket(href: &str) -> Result<String, String> {
    let (scheme, rest) = href.split_once(':').unwrap_or(("", href));
    let scheme = match scheme {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => {
            return Err(format!(
                "`{href}` cannot be opened as a WebSocket; use a relative, ws, wss, http or https URL"
            ));
        }
    };
    Ok(format!("{scheme}:{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_becomes_ws_and_https_becomes_wss() {
        assert_eq!(for_socket("http://a.test/ws").unwrap(), "ws://a.test/ws");
        assert_eq!(
            for_socket("https://a.test/ws?x=1").unwrap(),
            "wss://a.test/ws?x=1"
        );
        assert_eq!(for_socket("wss://a.test/").unwrap(), "wss://a.test/");
    }

    #[test]
    fn another_scheme_is_refused_with_advice() {
        let error = for_socket("ftp://a.test/").unwrap_err();
        assert!(error.contains("ws, wss, http or https"), "{error}");
    }
}
