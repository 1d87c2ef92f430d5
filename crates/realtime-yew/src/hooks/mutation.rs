//! What the mutation hook is made of: its options, its handle, and what it remembers.

mod handle;
mod options;
mod tracker;
mod view;

pub use handle::UseRealtimeMutationHandle;
pub use options::UseRealtimeMutationOptions;
pub(super) use tracker::{MakeSpec, Tracker};
