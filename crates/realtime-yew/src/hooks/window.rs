//! Window: its handle, its nodes, and what keeps it at its place on the page.

mod handle;
mod nodes;
mod pane;

pub use handle::UseRealtimeWindowHandle;
pub(super) use pane::{Cut, Pane};
