//! A hub for axum servers, the other end of realtime-core's wire: channels with positions, bounded history and resuming,
//! acknowledgements that survive a broken link, presence and typing, over one WebSocket per page.
//!
//! ```no_run
//! # async fn serve() -> std::io::Result<()> {
//! use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
//! use realtime_server::{Hub, ListChange};
//! use serde_json::json;
//!
//! async fn notes(State(hub): State<Hub>) -> impl IntoResponse {
//!     // The position first: what is read after it holds every event up to it.
//!     (hub.position("notes"), Json(json!([{"id": 1, "text": "hello"}])))
//! }
//!
//! let hub = Hub::new();
//! let app = Router::new()
//!     .route("/api/notes", get(notes))
//!     .nest("/live", hub.router())
//!     .with_state(hub.clone());
//! let change = ListChange::create(json!({"id": 2, "text": "from anywhere in the app"}));
//! hub.publish("notes", "list:update", &change).expect("a small event on a channel with a short name");
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app).await
//! # }
//! ```
//!
//! [`Hub::router`] has the JSON envelope at `/ws` and Socket.IO at `/socket.io/`; one hub serves both. Who may open a
//! socket, follow a channel or send on it, and what a message does, is said by callbacks of [`HubBuilder`]; without them
//! everybody may do everything, which is right for a first try alone. [`Limits`] bounds whatever a client can make grow.
//!
//! A hub is of one process. [`replica`] is the seam by which several processes can have one.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod access;
mod answers;
mod bucket;
mod builder;
mod channel;
mod channels;
mod connections;
mod credentials;
mod envelope;
mod housekeeping;
mod hub;
mod limits;
mod list_change;
mod message;
mod messages;
mod metrics;
mod origins;
mod outbox;
mod peer;
mod policy;
mod position;
mod presence;
mod publish;
mod refusal;
mod registration;
pub mod replica;
mod reply_to;
mod session;
mod socket;
#[cfg(feature = "socketio")]
mod socketio;
mod state;
mod subscriptions;
mod text;
#[cfg(feature = "text")]
pub mod texts;
mod typing;
mod visitor;

pub use access::{Access, Right};
pub use bucket::Bucket;
pub use builder::HubBuilder;
pub use credentials::Credentials;
pub use hub::Hub;
pub use limits::Limits;
pub use list_change::ListChange;
pub use message::Message;
pub use metrics::Metrics;
pub use origins::Origins;
pub use peer::ConnectionId;
pub use position::Position;
pub use publish::PublishError;
pub use refusal::Refusal;
pub use visitor::{User, Visitor};
