//! The query cache: data fetched once, shared by key, kept fresh by events.
//!
//! [`QueryCache`] holds entries. An entry holds a [`Resource`] — most often a [`Record`], built
//! from a [`RecordSpec`] that says what each event does — and knows who observes it, whether it is
//! stale, and whether it is fetching.

mod cache;
mod commands;
mod entry;
mod error;
mod feeding;
mod fetching;
mod fold;
mod gaps;
mod log;
mod meta;
mod observers;
mod options;
mod output;
mod patch;
mod record;
mod record_overlay;
mod resource;
mod restoring;
mod retry;
mod source;
mod verdict;

pub use crate::id::EntryId;
pub use cache::QueryCache;
pub(crate) use entry::{RowsTaken, TakeRows};
pub use error::{FetchError, QueryError};
pub(crate) use feeding::{Feeding, Standing};
pub use fetching::{FetchId, Fetched};
pub use meta::{FetchStatus, QueryMeta, QueryStats, QueryStatus};
pub use observers::{Observed, ObserverId};
pub use options::{NetworkMode, QueryLimits, QueryOptions};
pub use output::QueryOutput;
pub use patch::Patch;
pub(crate) use record::LayOnRecord;
pub use record::{Binding, Record, RecordSpec};
pub use resource::{BindingIndex, Effect, EventView, Resource};
pub(crate) use restoring::Initial;
pub use source::Feed;
