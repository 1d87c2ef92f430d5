//! The built page: `index.html` for every address that is not a file, under a policy that runs its own scripts only.

use crate::{app::App, files::is_plain, refusals::nothing};
use axum::{
    extract::State,
    http::{Uri, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;

/// The content security policy. A page may run its own scripts and compile WebAssembly; load its own styles, and set
/// single ones from its code; talk to its own server, sockets among it; show its own pictures. Nothing stands in the page
/// itself: no styles, and of scripts only those whose hashes are given.
pub(crate) const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src 'self' data:; \
    style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    script-src 'self' 'wasm-unsafe-eval'";

/// `GET` of anything that is neither a file nor part of the API.
pub(crate) async fn show(State(app): State<App>, uri: Uri) -> Response {
    let file = uri.path().rsplit('/').next().unwrap_or_default();
    if file.contains('.') && file != "index.html" {
        return nothing(format_args!("file {}", uri.path())).into_response();
    }
    let index = app.config.dist.join("index.html");
    let html = if is_plain(&app.config.dist, "index.html").await {
        tokio::fs::read_to_string(&index).await
    } else {
        Err(ErrorKind::NotFound.into())
    };
    match html {
        Ok(html) => {
            let policy = policy_for(&html);
            let headers = [
                (header::CONTENT_SECURITY_POLICY, policy.as_str()),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, index = %index.display(), "the page cannot be read");
            let advice =
                "page here yet: build the demo with `trunk build`, or name its folder with --dist";
            nothing(advice).into_response()
        }
    }
}

/// The policy of a page, with the hash of each script that stands in it: the loader that Trunk writes is one.
fn policy_for(html: &str) -> String {
    let mut policy = POLICY.to_owned();
    for script in inline_scripts(html) {
        let hash = BASE64.encode(Sha256::digest(script));
        policy.push_str(&format!(" 'sha256-{hash}'"));
    }
    policy
}

fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (content, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=")).then_some(content)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_each_inline_script_and_no_other() {
        let html = "<script type=\"module\">alert(1)</script><script src=\"a.js\"></script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["alert(1)"]);
        let policy = policy_for(html);
        assert!(
            policy.ends_with(" 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
    }

    #[test]
    fn the_policy_lets_nothing_stand_in_the_page_and_nothing_be_loaded_from_elsewhere() {
        for lax in [
            "unsafe-inline",
            "'unsafe-eval'",
            "*",
            "http:",
            "https:",
            "ws:",
        ] {
            assert!(!POLICY.contains(lax), "{lax}");
        }
        for strict in [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(POLICY.contains(strict), "{strict}");
        }
    }

    #[test]
    fn the_demo_s_page_has_no_styles_and_no_handlers_in_itself() {
        let html = include_str!("../../demo/index.html");
        assert_eq!(inline_scripts(html).count(), 1, "the theme");
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!html.contains(inline), "{inline}");
        }
    }
}
