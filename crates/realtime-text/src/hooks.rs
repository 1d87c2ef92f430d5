//! Hook on a shared text, and what stands behind it: the document in the client's cache, sent and fetched.

mod handle;
mod options;
mod sender;
mod shared;
mod sync;
mod use_shared_text;

pub use handle::UseSharedTextHandle;
pub use options::UseSharedTextOptions;
pub(crate) use shared::Shared;
pub use use_shared_text::use_shared_text;
