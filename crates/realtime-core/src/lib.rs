//! A sans-IO client for live data: one connection, a query cache, keyed lists, optimistic edits, presence
//! and typing.
//!
//! This crate opens no socket, reads no clock, starts no thread and knows no browser. It is the
//! whole behaviour of a real-time client as a state machine, so that all of it can be tested under
//! virtual time, and so that a thin shell is all a platform needs. For Yew that shell is
//! `realtime-yew`.
//!
//! # The contract
//!
//! 1. Tell the [`Client`] what happened, with the time: a command, or [`Client::handle`] with an
//!    [`Input`]. The time never goes back.
//! 2. Poll [`Client::poll_output`] until it is `None`, and carry each [`Output`] out, in this order. What
//!    comes of one may be told at once, before the next is polled: a message becomes a frame only when it
//!    is polled, so a socket that is full by then ([`Input::Blocked`]) holds back all that wait.
//! 3. Then arm one timer at [`Client::next_deadline`], and send [`Input::Timeout`] when it fires. A timer
//!    that fires late is fine: deadlines are compared, not counted.
//! 4. Once per animation frame, tell hooks of [`Client::take_changes`].
//!
//! Debug builds panic where the time goes back, or a timer fires with outputs left.
//!
//! ```
//! use realtime_core::{Client, ClientOptions, FrameRef, Input, Instant, Output, RecordSpec, Patch};
//! use realtime_core::{Fetched, QueryOptions, key, wire::JsonCodec};
//!
//! let options = ClientOptions::new("wss://example.test/ws");
//! let mut client = Client::new(options, Box::new(JsonCodec::default()));
//! let (key, now) = (key!["price", "ACME"], Instant::from_millis(0));
//! let spec = RecordSpec::<f64>::new().on("price", Some("feed:ACME".into()), Patch::replace());
//! client.observe_record(now, &key, spec, &QueryOptions::default())?;
//! client.connect(now);
//!
//! // What a shell does for ever:
//! while let Some(output) = client.poll_output() {
//!     match output {
//!         Output::Connect { generation, .. } => client.handle(now, Input::Opened { generation }),
//!         Output::Transmit { generation, .. } => {
//!             let frame = r#"{"event":"price","channel":"feed:ACME","data":101.5}"#;
//!             client.handle(now, Input::Frame { generation, frame: FrameRef::Text(frame) });
//!         }
//!         Output::StartFetch { fetch, .. } => {
//!             let result = Ok(Fetched::new(100.0_f64));
//!             client.handle(now, Input::FetchFinished { fetch, result });
//!         }
//!         _ => {}
//!     }
//! }
//! assert_eq!(client.record::<f64>(&key).as_deref(), Some(&101.5));
//! # Ok::<(), realtime_core::QueryError>(())
//! ```
//!
//! # What it holds to
//!
//! Anything from the network is hostile: a frame can make it count, report a [`Fault`] and go on,
//! never panic. Every map, queue and buffer has a cap and a counter in [`ClientStats`]. Every send
//! settles exactly once. A callback of an old socket is void, by its [`Generation`].
#![forbid(unsafe_code)]

/// README.md, so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod access;
#[cfg(feature = "socketio")]
mod bytes;
#[doc(hidden)]
pub mod channel;
mod client;
#[doc(hidden)]
pub mod connection;
mod elements;
mod ephemeral;
mod error;
mod excerpt;
mod id;
mod key;
#[doc(hidden)]
pub mod list;
mod liveness;
mod merge;
#[doc(hidden)]
pub mod mutation;
mod named;
mod notify;
mod object;
mod ordered;
#[doc(hidden)]
pub mod outbox;
#[doc(hidden)]
pub mod overlay;
#[doc(hidden)]
pub mod presence;
#[doc(hidden)]
pub mod query;
mod seed;
#[doc(hidden)]
pub mod storage;
#[cfg(feature = "tabs")]
#[doc(hidden)]
pub mod tabs;
#[cfg_attr(
    not(feature = "testing"),
    expect(unreachable_pub, reason = "public as `testing::Rule`")
)]
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
#[doc(hidden)]
pub mod typing;
pub mod wire;

pub use access::{SubscribeOptions, Token};
#[cfg(feature = "socketio")]
pub use bytes::Bytes;
pub use channel::{ChannelError, Continuity, GapReason, LeaseId};
#[doc(hidden)]
pub use client::ChannelRules;
pub use client::{
    Client, ClientOptions, ClientStats, Fault, Input, ListSpec, ListenerId, Output, ReceivedEvent,
    RosterLease, TypingLease,
};
#[cfg(feature = "tabs")]
#[doc(hidden)]
pub use client::{ClientTabs, RelayStats};
pub use connection::{
    CloseReason, ConnectionError, ConnectionInfo, ConnectionOptions, ConnectionStatus,
};
#[doc(hidden)]
pub use ephemeral::Ephemeral;
pub use error::{AddressError, AddressProblem, DecodeError, EncodeError, ServerError};
#[doc(hidden)]
pub use excerpt::is_invisible;
pub use id::{
    ChannelName, ConnectionId, EntryId, Epoch, EventName, Generation, History, MessageId,
    MutationId, Position, RowId, UserId,
};
pub use key::{QueryKey, Segment};
pub use list::{ListItem, ListOptions, ListSnapshot, SortKey};
pub use liveness::Liveness;
pub use merge::{merge_patch, present};
#[doc(hidden)]
pub use mutation::ServerIds;
pub use mutation::{
    Edit, Interruption, ItemState, ListEdit, Mutation, MutationError, MutationEvent, MutationInfo,
    MutationLimits, MutationStats, MutationStatus, OfflinePolicy, RecordEdit, Sending,
};
#[doc(hidden)]
pub use notify::ItemHash;
pub use notify::Topic;
#[doc(hidden)]
pub use ordered::OrderedMap;
pub use outbox::{Delivery, Message, ReliableOptions, SendError, SendId};
pub use overlay::{Conflict, ConflictPolicy, Side};
pub use presence::{
    Member, Metadata, MetadataError, PresenceEvent, PresenceOptions, PresenceSnapshot,
    PresenceStatus, User,
};
pub use query::{
    EventView, FetchError, FetchId, FetchStatus, Fetched, NetworkMode, ObserverId, Patch,
    QueryError, QueryMeta, QueryOptions, QueryStatus, RecordSpec,
};
pub use seed::{Fit, Seed, SeedError};
pub use storage::{
    Durability, PersistOptions, StoreCommand, StoreError, StoreEvent, StoreTable, StoreWrite,
    Stored, StoredValue,
};
#[cfg(feature = "tabs")]
pub use tabs::TabRole;
pub use time::Instant;
pub use typing::{TypingOptions, Typist};
pub use wire::{Codec, Frame, FrameRef};
