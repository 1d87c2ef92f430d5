//! List: its options, its handle, its name for other components, how it is watched, and views of it.

mod handle;
mod options;
mod query;
mod reference;
mod view;

pub(super) use handle::ListRender;
pub use handle::UseRealtimeListHandle;
pub(super) use options::Binding;
pub use options::{RenderOn, UseRealtimeListOptions};
pub(super) use query::{ListQuery, use_list};
pub use reference::ListRef;
pub use view::UseRealtimeListViewHandle;
pub(super) use view::ViewKeeper;
