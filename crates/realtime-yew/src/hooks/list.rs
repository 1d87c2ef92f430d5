//! List: its options, its handle, its name for other components, and views of it.

mod handle;
mod options;
mod reference;
mod view;

pub(super) use handle::ListRender;
pub use handle::UseRealtimeListHandle;
pub(super) use options::Binding;
pub use options::{RenderOn, UseRealtimeListOptions};
pub use reference::ListRef;
pub use view::UseRealtimeListViewHandle;
pub(super) use view::ViewKeeper;
