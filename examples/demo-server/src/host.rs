//! Host: under which names this server answers, and whose pages may open sockets.
//!
//! A page elsewhere can have its own name resolve to this machine (DNS rebinding): to the browser it is then of the same
//! origin. What gives it away is the name itself, in `Host`.

use crate::{app::App, config::Config};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use realtime_server::{Origins, Refusal};
use std::{net::IpAddr, sync::Arc};

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

/// Whose pages may open a socket: those of the host that was asked, which come by its scheme.
pub(crate) fn origins(config: &Arc<Config>) -> Origins {
    if config.any_origin {
        return Origins::any();
    }
    let config = Arc::clone(config);
    Origins::same_host().and(move |headers| {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let scheme = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
        let (scheme, host) = (scheme.map(|(scheme, _)| scheme), text(header::HOST));
        scheme
            .zip(host)
            .is_some_and(|(scheme, host)| comes_by(scheme, host, &config.hosts))
    })
}

/// Whether the pages of a host come by that scheme: of this machine and of numbers, for which there are no certificates,
/// by either, of a name as `--host` says.
fn comes_by(scheme: &str, host: &str, names: &[String]) -> bool {
    name_of(host).is_some_and(|name| {
        let mut known = names.iter().map(|known| with_scheme(known));
        is_own(&name) || known.any(|(by, known)| by == scheme && known.eq_ignore_ascii_case(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_name_come_by_its_scheme_and_those_of_this_machine_by_either() {
        let names = ["demo.test".to_owned(), "http://plain.test".to_owned()];
        for (scheme, host, expected) in [
            ("https", "demo.test", true),
            ("https", "DEMO.test:8443", true),
            ("http", "demo.test", false),
            ("ftp", "demo.test", false),
            ("http", "plain.test", true),
            ("https", "plain.test", false),
            ("https", "evil.test", false),
            ("http", "localhost:8080", true),
            ("https", "localhost:8443", true),
            ("http", "192.168.0.7:8080", true),
            ("http", "[::1]:8080", true),
        ] {
            assert_eq!(comes_by(scheme, host, &names), expected, "{scheme} {host}");
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
