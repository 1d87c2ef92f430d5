//! Mutation: its options, its handle, and what a hook remembers of those it began.

mod handle;
mod options;
mod render;
mod tracker;

pub use handle::UseRealtimeMutationHandle;
pub use options::UseRealtimeMutationOptions;
pub(super) use tracker::{MakeSpec, Tracker};
