//! A sans-IO client for live data.
#![forbid(unsafe_code)]

mod ephemeral;
mod error;
mod id;
mod key;
pub mod list;
mod merge;
pub mod presence;
mod text;
pub mod query;
mod time;
pub mod typing;
pub mod wire;

pub use ephemeral::Ephemeral;
pub use error::{DecodeError, ServerError};
pub use id::{
    ChannelName, ConnectionId, Epoch, EventName, Generation, MessageId, Position, UserId,
};
pub use key::{QueryKey, Segment};
pub use list::{ListItem, ListOptions, ListSnapshot};
pub use merge::{merge_patch, present};
pub use presence::{
    Member, Metadata, MetadataError, PresenceEvent, PresenceOptions, PresenceSnapshot,
    PresenceStats, PresenceStatus, Roster, User,
pub use query::{
    FetchError, FetchStatus, QueryError, QueryLimits, QueryMeta, QueryOptions, QueryStatus,
};
pub use time::Instant;
pub use typing::{TypingOptions, TypingRoom, TypingStats, Typist};
