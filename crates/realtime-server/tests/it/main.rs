//! Tests of the hub from outside: real sockets on this machine.

mod client;
mod first;
