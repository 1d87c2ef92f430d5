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
pub mod channel;
pub mod connection;
mod error;
mod id;
mod key;
pub mod outbox;
mod time;
pub mod typing;
pub mod wire;

pub use ephemeral::Ephemeral;
pub use channel::{
    ChannelError, ChannelOptions, ChannelOutput, ChannelState, ChannelStats, Channels, Continuity,
    EventPosition, GapReason, LeaseId, SubscribeReply, Verdict,
};
pub use connection::{
    BackoffOptions, CloseAction, ClosePolicy, CloseReason, Connection, ConnectionError,
    ConnectionInfo, ConnectionOptions, ConnectionOutput, ConnectionStats, ConnectionStatus,
    HeartbeatOptions, Token,
};
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
pub use outbox::{
    Delivery, Message, Outbox, OutboxLimits, OutboxOutput, OutboxStats, ReliableOptions, SendError,
    SendId,
};
pub use time::Instant;
pub use typing::{TypingOptions, TypingRoom, TypingStats, Typist};
