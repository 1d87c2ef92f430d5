//! The server over real sockets: every test starts its own and waits for frames, never for time to pass.

mod auth;
mod bad_input;
mod client;
mod connections;
mod http;
mod messages;
mod presence;
mod rest;
mod socketio;
mod socketio_client;
mod stress;
mod subscribing;
