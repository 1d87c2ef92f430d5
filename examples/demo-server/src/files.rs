//! Files: what of the built page's folder is served. What begins with a dot is not, nor what is a link to elsewhere.

use crate::{app::App, page};
use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use std::path::Path;
use tower_http::services::ServeDir;

/// `GET` of whatever has no address of its own: a file, else the page.
pub(crate) async fn serve(State(app): State<App>, uri: Uri, request: Request) -> Response {
    let dist = &app.config.dist;
    if is_plain(dist, uri.path()).await {
        let mut folder = ServeDir::new(dist).append_index_html_on_directories(false);
        match folder.try_call(request).await {
            Ok(found) if found.status() != StatusCode::NOT_FOUND => return found.into_response(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, path = uri.path(), "a file cannot be read"),
        }
    }
    page::show(State(app), uri).await
}

/// Whether a path leads to something below `folder` by plain names only: of letters, digits, `-`, `_` and `.`, none of
/// them beginning with a dot, none of them a link.
pub(crate) async fn is_plain(folder: &Path, path: &str) -> bool {
    let mut place = folder.to_owned();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        place.push(name);
        let is_plain_name = !name.starts_with('.')
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !is_plain_name || !is_own(&place).await {
            return false;
        }
    }
    true
}

/// Whether something is there, and is no link.
async fn is_own(place: &Path) -> bool {
    tokio::fs::symlink_metadata(place)
        .await
        .is_ok_and(|found| !found.is_symlink())
}
