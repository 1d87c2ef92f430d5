//! Origins: whose pages may open a socket. A browser opens one for any page, and sends this host's cookies along.

use axum::http::{HeaderMap, HeaderName, header, uri::Authority};
use std::{fmt, net::IpAddr, sync::Arc};

type Check = Arc<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

/// Whose pages may open a socket. What is no page, such as a program, sends no `Origin` and may always.
#[derive(Clone)]
pub struct Origins {
    pages: Pages,
    also: Option<Check>,
}

#[derive(Clone, Debug)]
enum Pages {
    SameHost,
    Any,
    These(Vec<String>),
}

impl Default for Origins {
    fn default() -> Self {
        Self::same_host()
    }
}

impl Origins {
    /// Pages of the host that is asked, by http or https; and through the proxy of a development server on this very
    /// machine. A server that other people's names may be made to lead to (DNS rebinding: a page elsewhere lets its own name
    /// resolve to this machine) should have [`Origins::these`].
    #[must_use]
    pub fn same_host() -> Self {
        Self::of(Pages::SameHost)
    }

    /// Pages of these origins, such as `https://app.example`.
    #[must_use]
    pub fn these(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::of(Pages::These(origins.into_iter().map(Into::into).collect()))
    }

    /// Any page. Right only where a socket proves by a token, and not by a cookie, who it is.
    #[must_use]
    pub fn any() -> Self {
        Self::of(Pages::Any)
    }

    /// Of these only those of which the app says so too, from the headers of the request that opens a socket.
    #[must_use]
    pub fn and(mut self, may: impl Fn(&HeaderMap) -> bool + Send + Sync + 'static) -> Self {
        self.also = Some(match self.also {
            None => Arc::new(may),
            Some(before) => Arc::new(move |headers| before(headers) && may(headers)),
        });
        self
    }

    fn of(pages: Pages) -> Self {
        Self { pages, also: None }
    }

    /// Whether a socket may be opened by such a request.
    pub(crate) fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let is_one = match &self.pages {
            Pages::Any => true,
            Pages::These(these) => these.iter().any(|one| one.eq_ignore_ascii_case(origin)),
            Pages::SameHost => is_same_host(headers, origin),
        };
        is_one && self.also.as_ref().is_none_or(|may| may(headers))
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins")
            .field("pages", &self.pages)
            .field("asks_the_app", &self.also.is_some())
            .finish()
    }
}

fn is_same_host(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some((scheme, page)) = origin.split_once("://") else {
        return false;
    };
    text(header::HOST).is_some_and(|host| is_page_of(host, scheme, page))
        // The proxy of a development server asks under another name than the page did. It is believed where that is this
        // very machine, and nowhere else: anybody can write the header.
        || text(HeaderName::from_static("x-forwarded-host"))
            .is_some_and(|host| is_page_of(host, scheme, page) && is_this_machine(host))
}

/// Whether a page's origin is that of `host`.
fn is_page_of(host: &str, scheme: &str, page: &str) -> bool {
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    // A browser leaves the scheme's own port out, but a proxy may not.
    let host = host.strip_suffix(port).unwrap_or(host);
    host.eq_ignore_ascii_case(page)
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().to_ascii_lowercase();
    let number = name.trim_start_matches('[').trim_end_matches(']');
    let number = number.parse::<IpAddr>();
    name == "localhost"
        || name.ends_with(".localhost")
        || number.is_ok_and(|number| number.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn allows(origins: &Origins, pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        origins.allow(&pairs.collect())
    }

    #[test]
    fn an_origin_counts_with_its_host_and_port() {
        let origins = Origins::default();
        assert!(allows(&origins, &[("host", "app.test")]), "no page");
        for (host, origin, expected) in [
            ("app.test", "https://app.test", true),
            ("app.test:443", "https://APP.test", true),
            ("app.test:8443", "https://app.test:8443", true),
            ("app.test:8443", "https://app.test", false),
            ("app.test:443", "https://app.test:444", false),
            ("app.test", "ftp://app.test", false),
            ("app.test", "https://evil.test", false),
            ("app.test", "null", false),
            ("localhost:8080", "http://localhost:8080", true),
            ("localhost:8080", "http://localhost:3000", false),
            ("[::1]:8080", "http://[::1]:8080", true),
        ] {
            let headers = [("host", host), ("origin", origin)];
            assert_eq!(allows(&origins, &headers), expected, "{host} {origin}");
        }
    }

    #[test]
    fn a_proxy_is_believed_about_this_machine_and_about_nothing_else() {
        for (forwarded, origin, expected) in [
            ("localhost:8081", "http://localhost:8081", true),
            ("127.0.0.1:8081", "http://127.0.0.1:8081", true),
            ("localhost:8081", "http://localhost:8082", false),
            ("localhost:8081", "ftp://localhost:8081", false),
            ("evil.test", "http://evil.test", false),
            ("6.6.6.6", "http://6.6.6.6", false),
        ] {
            let headers = [
                ("host", "127.0.0.1"),
                ("x-forwarded-host", forwarded),
                ("origin", origin),
            ];
            assert_eq!(
                allows(&Origins::default(), &headers),
                expected,
                "{forwarded}"
            );
        }
    }

    #[test]
    fn the_app_may_name_them_or_decide_too() {
        let these = Origins::these(["https://app.test"]);
        let from = |origin| [("host", "evil.test"), ("origin", origin)];
        assert!(allows(&these, &from("https://app.test")));
        assert!(!allows(&these, &from("https://evil.test")));
        assert!(allows(&Origins::any(), &from("https://evil.test")));
        let none = Origins::any().and(|_| false).and(|_| true);
        assert!(!allows(&none, &from("https://app.test")));
    }
}
