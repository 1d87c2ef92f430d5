//! A sans-IO client for live data.
#![forbid(unsafe_code)]

mod error;
mod id;
mod key;
pub mod list;
mod merge;
mod time;
pub mod wire;

pub use error::{DecodeError, ServerError};
pub use id::{
    ChannelName, ConnectionId, Epoch, EventName, Generation, MessageId, Position, UserId,
};
pub use key::{QueryKey, Segment};
pub use list::{ListItem, ListOptions, ListSnapshot};
pub use merge::{merge_patch, present};
pub use time::Instant;
