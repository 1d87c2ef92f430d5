//! drive.
fn main() {}
