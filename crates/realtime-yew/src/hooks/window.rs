//! What the window hook is made of.

mod handle;
mod pane;

pub use handle::UseRealtimeWindowHandle;
pub(super) use pane::{Cut, Pane};
