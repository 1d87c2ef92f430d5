//! Tests of the hub from outside: real sockets on this machine.

mod bounds;
mod client;
mod copies;
mod doors;
mod first;
mod hostile;
mod messages;
mod permissions;
mod publishing;
mod resuming;
mod rooms;
mod signing_in;
#[cfg(feature = "socketio")]
mod socketio;
#[cfg(feature = "socketio")]
mod socketio_client;
#[cfg(feature = "text")]
mod texts;
