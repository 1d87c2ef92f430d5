//! Host: under which names this server answers, and whose pages may open sockets.
//!
//! A page elsewhere can have its own name resolve to this machine (DNS rebinding): to the browser it is then of the same
//! origin. What gives it away is the name itself, in `Host`.

use crate::{app::App, config::Config};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use realtime_server::Refusal;
use std::net::IpAddr;

/// Lets a request through whose host is one of ours.
pub(crate) async fn check(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let (host, second) = (named.next(), named.next());
    let host = host.and_then(|host| host.to_str().ok());
    // An address with a host in it counts more than the header does.
    let authority = request.uri().authority().map(Authority::as_str);
    let is_known = |host: &str| is_known(host, &app.config.hosts);
    if second.is_some() || !host.is_some_and(is_known) || !authority.is_none_or(is_known) {
        let advice =
            "this server does not answer under that name: start it with --host and the name";
        return Err(Refusal::forbidden(advice.to_owned()));
    }
    Ok(next.run(request).await)
}

/// Whether a host, with or without a port, is one that this server answers as: this machine's own names, an address in
/// numbers, which no other name can pretend to be, or one of `names`.
fn is_known(host: &str, names: &[String]) -> bool {
    name_of(host).is_some_and(|name| {
        let mut known = names.iter().map(|known| with_scheme(known).1);
        is_own(&name) || known.any(|known| known.eq_ignore_ascii_case(&name))
    })
}

/// The name of a host without its port, in small letters.
fn name_of(host: &str) -> Option<String> {
    let authority = host
        .parse::<Authority>()
        .ok()
        .filter(|host| !host.as_str().contains('@'))?;
    let name = authority.host().to_ascii_lowercase();
    Some(name.strip_suffix('.').unwrap_or(&name).to_owned())
}

/// This machine's own names, and addresses in numbers.
fn is_own(name: &str) -> bool {
    is_localhost(name) || number(name).is_some()
}

fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn number(name: &str) -> Option<IpAddr> {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.parse().ok()
}

/// A name as it was given to `--host`, and the scheme that its pages come by: `https`, unless it says otherwise.
fn with_scheme(known: &str) -> (&str, &str) {
    known.split_once("://").unwrap_or(("https", known))
}

/// Whether a socket was opened by a page of this host, or by no page: the origin is one of ours, and with scheme, host
/// and port the one that was asked.
pub(crate) fn is_same_origin(headers: &HeaderMap, config: &Config) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some((scheme, page)) = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
    else {
        return false;
    };
    config.any_origin
        || text(header::HOST).is_some_and(|host| {
            is_page_of(host, scheme, page) && comes_by(scheme, host, &config.hosts)
        })
        // The proxy of a development server asks under another name than the page did. It is believed where that is
        // this very machine, and nowhere else: anybody can write the header.
        || text(FORWARDED_HOST)
            .is_some_and(|host| is_page_of(host, scheme, page) && is_this_machine(host))
}

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

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

/// Whether the pages of a host come by that scheme: of this machine and of numbers, for which there are no certificates,
/// by either, of a name as `--host` says.
fn comes_by(scheme: &str, host: &str, names: &[String]) -> bool {
    name_of(host).is_some_and(|name| {
        let mut known = names.iter().map(|known| with_scheme(known));
        is_own(&name) || known.any(|(by, known)| by == scheme && known.eq_ignore_ascii_case(&name))
    })
}

fn is_this_machine(host: &str) -> bool {
    name_of(host).is_some_and(|name| {
        is_localhost(&name) || number(&name).is_some_and(|number| number.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_origin(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )
        });
        let config = Config {
            hosts: vec!["demo.test".into(), "http://plain.test".into()],
            ..Config::default()
        };
        is_same_origin(&pairs.collect(), &config)
    }

    #[test]
    fn an_origin_counts_with_scheme_host_and_port() {
        assert!(same_origin(&[("host", "demo.test")]), "no page");
        for (host, origin, expected) in [
            ("demo.test", "https://demo.test", true),
            ("demo.test:443", "https://DEMO.test", true),
            ("demo.test:8443", "https://demo.test:8443", true),
            ("demo.test:8443", "https://demo.test", false),
            ("demo.test", "http://demo.test", false),
            ("demo.test:80", "http://demo.test", false),
            ("demo.test:443", "https://demo.test:444", false),
            ("demo.test", "ftp://demo.test", false),
            ("demo.test", "https://evil.test", false),
            ("demo.test", "null", false),
            ("plain.test", "http://plain.test", true),
            ("plain.test", "https://plain.test", false),
            ("evil.test", "https://evil.test", false),
            ("localhost:8080", "http://localhost:8080", true),
            ("localhost:8443", "https://localhost:8443", true),
            ("localhost:8080", "http://localhost:3000", false),
            ("localhost:8080", "ftp://localhost:8080", false),
            ("192.168.0.7:8080", "http://192.168.0.7:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
        ] {
            let headers = [("host", host), ("origin", origin)];
            assert_eq!(same_origin(&headers), expected, "{host} {origin}");
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
            ("demo.test", "https://demo.test", false),
            ("6.6.6.6", "http://6.6.6.6", false),
        ] {
            let headers = [
                ("host", "127.0.0.1"),
                ("x-forwarded-host", forwarded),
                ("origin", origin),
            ];
            assert_eq!(same_origin(&headers), expected, "{forwarded} {origin}");
        }
    }

    #[test]
    fn this_machine_s_names_numbers_and_what_was_named_are_known_and_nothing_else() {
        let names = ["demo.test".to_owned(), "http://plain.test".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "app.localhost",
            "localhost.",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.0.7",
            "Demo.test:443",
            "plain.test",
        ] {
            assert!(is_known(host, &names), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "evil.test:8080",
            "demo.test.evil.test",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "localhost@evil.test",
            "evil.test@localhost",
            "not a host",
        ] {
            assert!(!is_known(host, &names), "{host}");
        }
    }
}
