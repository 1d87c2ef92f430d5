//! The server over real sockets: every test starts its own and waits for frames, never for time to pass.

mod auth;
mod bad_input;
mod client;
mod cluster;
mod cluster_chaos;
mod cluster_deaths;
mod cluster_outages;
mod cluster_socketio;
mod connections;
mod files;
mod flood;
mod half_open;
mod hosts;
mod http;
mod messages;
mod node;
mod notes;
mod permissions;
mod presence;
mod redis;
mod rest;
mod socketio;
mod socketio_client;
mod stress;
mod subscribing;
mod tap;
