//! Prelude: what most apps name, for `use realtime_yew::prelude::*`. Handles and options that are
//! rarely named are in the crate itself, types of the core in its `realtime_core`.

pub use crate::{
    Fetcher, ListRef, MutateError, MutationSpec, Positioned, RealtimeClient, RealtimeError,
    RealtimeOptions, RealtimeProvider, RenderOn, Session, UsePresenceOptions,
    UseRealtimeListHandle, UseRealtimeListOptions, UseRealtimeMutationOptions,
    UseRealtimeQueryOptions, UseTypingIndicatorOptions, WindowOptions,
    components::{ConnectionIndicator, OnlineUsers, TypingIndicator, VirtualList, VirtualRow},
    use_connection, use_presence, use_realtime_client, use_realtime_event, use_realtime_item,
    use_realtime_list, use_realtime_list_selector, use_realtime_list_suspense,
    use_realtime_list_view, use_realtime_mutation, use_realtime_query, use_realtime_query_suspense,
    use_realtime_window, use_typing_indicator,
};
#[cfg(feature = "http")]
pub use crate::{Get, get_json, get_json_list};
#[cfg(feature = "socketio")]
pub use realtime_core::wire::socketio::SocketIoOptions;
pub use realtime_core::{
    ConflictPolicy, ConnectionStatus, FetchError, ItemState, ListItem, ListSnapshot, Member, Patch,
    PresenceStatus, QueryKey, QueryOptions, ReceivedEvent, RowId, Side, SubscribeOptions, User,
    key,
    list::{ListSelector, ViewOptions},
};
