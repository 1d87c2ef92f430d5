//! What must hold in real browsers with the real server. Each scenario starts its own.

mod harness;
