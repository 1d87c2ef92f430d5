//! The app: what every request handler can reach, and which handler answers what.

use crate::{
    api, config::Config, files, host, page, rates::Rates, site::Site, sockets::Sockets,
    stress::Stress, tokens::Tokens,
};
use axum::{
    Router, extract::DefaultBodyLimit, http::HeaderValue, middleware::from_fn_with_state,
    routing::get,
};
use realtime_replication::Replica;
use realtime_server::Hub;
use std::sync::{Arc, atomic::AtomicU64};
use tower_http::{set_header::SetResponseHeaderLayer, trace::TraceLayer};

/// What every request handler can reach.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) hub: Hub,
    pub(crate) replica: Arc<Replica<Site>>,
    pub(crate) stress: Arc<Stress>,
    pub(crate) config: Arc<Config>,
    pub(crate) tokens: Arc<Tokens>,
    /// How fast requests come.
    pub(crate) rates: Arc<Rates>,
    /// The Socket.IO sockets in a room, on all servers.
    pub(crate) sockets: Sockets,
    /// Connections for which there was no place.
    pub(crate) turned_away: Arc<AtomicU64>,
}

impl App {
    /// `/ws`, `/socket.io/`, `/api/…`, and the built page for the rest.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .merge(self.hub.router())
            .nest("/api", api::router(&self))
            .route("/", get(page::show))
            .route("/index.html", get(page::show))
            .fallback(get(files::serve))
            .layer(DefaultBodyLimit::max(self.config.max_message_bytes))
            .layer(header("content-security-policy", page::POLICY))
            .layer(header("x-content-type-options", "nosniff"))
            .layer(header("referrer-policy", "no-referrer"))
            .layer(from_fn_with_state(self.clone(), host::check))
            .layer(TraceLayer::new_for_http())
            .with_state(self)
    }
}

/// Adds a header to every answer that does not have its own.
fn header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    let name = axum::http::HeaderName::from_static(name);
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
