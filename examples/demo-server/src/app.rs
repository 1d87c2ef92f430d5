//! The app: what every request handler can reach, and which handler answers what.

use crate::{
    api,
    config::Config,
    files, host,
    hub::Hub,
    limits, page,
    rates::Rates,
    socket,
    socketio::{self, Engine},
    tokens::Tokens,
};
use axum::{
    Router, extract::DefaultBodyLimit, http::HeaderValue, middleware::from_fn_with_state,
    routing::get,
};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_http::{set_header::SetResponseHeaderLayer, trace::TraceLayer};

/// What every request handler can reach.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) hub: Arc<Hub>,
    pub(crate) config: Arc<Config>,
    pub(crate) tokens: Arc<Tokens>,
    /// How fast requests come.
    pub(crate) rates: Arc<Rates>,
    pub(crate) socketio: Arc<dyn Engine>,
    /// One permit per socket that may be open.
    pub(crate) slots: Arc<Semaphore>,
    /// One permit per socket that may be told that the server is full.
    pub(crate) refusal_slots: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(
        config: Arc<Config>,
        hub: Arc<Hub>,
        tokens: Arc<Tokens>,
        socketio: Arc<dyn Engine>,
    ) -> Self {
        Self {
            hub,
            tokens,
            rates: Arc::new(Rates::new(config.rate)),
            socketio,
            slots: Arc::new(Semaphore::new(config.max_connections)),
            refusal_slots: Arc::new(Semaphore::new(limits::REFUSALS)),
            config,
        }
    }

    /// `/ws`, `/socket.io/`, `/api/…`, and the built page for the rest.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/ws", get(socket::upgrade))
            .route("/socket.io/", get(socketio::upgrade))
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
