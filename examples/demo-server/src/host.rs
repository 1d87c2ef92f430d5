//! Host: under which names this server answers, and whose pages may open sockets.
//!
//! A page elsewhere can have its own name resolve to this machine (DNS rebinding): to the browser it is then of the same
//! origin. What gives it away is the name itself, in `Host`.

use crate::{app::App, config::Config, errors::Refusal};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header, uri::Authority},
    middleware::Next,
    response::Response,
};
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
        return Err(Refusal::Forbidden(advice.to_owned()));
    }
    Ok(next.run(request).await)
}

/// Whether a host, with or without a port, is one that this server answers as: this machine's own names, an address in
/// numbers, which no other name can pretend to be, or one of `names`.
fn is_known(host: &str, names: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let number = name.trim_start_matches('[').trim_end_matches(']');
    number.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a socket was opened by a page of this host, or by no page. A proxy, such as that of a development server,
/// says under which host the page sees it; a page of another host cannot.
pub(crate) fn is_same_origin(headers: &HeaderMap, config: &Config) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Some((_, page)) = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
    else {
        return false;
    };
    let hosts = [headers.get(header::HOST), headers.get("x-forwarded-host")];
    let mut hosts = hosts
        .into_iter()
        .flatten()
        .filter_map(|host| host.to_str().ok());
    config.any_origin
        || hosts.any(|host| host.eq_ignore_ascii_case(page) && is_known(host, &config.hosts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_origin(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )
        });
        let config = Config {
            hosts: vec!["demo.test".into()],
            ..Config::default()
        };
        is_same_origin(&pairs.collect(), &config)
    }

    #[test]
    fn only_a_page_of_this_host_or_no_page_may_open_a_socket() {
        let host = ("host", "demo.test:8080");
        assert!(same_origin(&[host]));
        assert!(same_origin(&[host, ("origin", "http://DEMO.test:8080")]));
        assert!(!same_origin(&[host, ("origin", "http://demo.test")]));
        assert!(!same_origin(&[host, ("origin", "http://evil.test")]));
        assert!(!same_origin(&[host, ("origin", "null")]));
        let forwarded = ("x-forwarded-host", "localhost:3000");
        assert!(same_origin(&[
            host,
            forwarded,
            ("origin", "http://localhost:3000")
        ]));
        let forwarded = ("x-forwarded-host", "evil.test");
        assert!(!same_origin(&[
            host,
            forwarded,
            ("origin", "http://evil.test")
        ]));
    }

    #[test]
    fn this_machine_s_names_numbers_and_what_was_named_are_known_and_nothing_else() {
        let names = ["demo.test".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "app.localhost",
            "localhost.",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.0.7",
            "Demo.test:443",
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
