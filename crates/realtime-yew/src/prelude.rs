//! Everything an app needs, for `use realtime_yew::prelude::*`.

pub use crate::{
    AckError, Fetcher, IntoFetchError, IntoFetcher, ListRef, MutateError, MutationSpec, PendingAck,
    PendingMutation, Positioned, RealtimeClient, RealtimeError, RealtimeOptions, RealtimeProvider,
    RowHeight, Session, Toast, ToastKind, UseConnectionHandle, UsePresenceHandle,
    UsePresenceOptions, UseRealtimeItemStateHandle, UseRealtimeListHandle, UseRealtimeListOptions,
    UseRealtimeListOrderHandle, UseRealtimeListSourceHandle, UseRealtimeListViewHandle,
    UseRealtimeMutationHandle, UseRealtimeMutationOptions, UseRealtimeQueryHandle,
    UseRealtimeQueryOptions, UseRealtimeWindowHandle, UseToastsHandle, UseToastsOptions,
    UseTypingIndicatorHandle, UseTypingIndicatorOptions, WindowOptions,
    components::{ConnectionStatus, OnlineUsers, Toasts, TypingIndicator, VirtualList, VirtualRow},
    use_connection, use_optional_realtime_client, use_presence, use_realtime_client,
    use_realtime_event, use_realtime_item, use_realtime_item_state, use_realtime_list,
    use_realtime_list_order, use_realtime_list_source, use_realtime_list_view,
    use_realtime_list_with, use_realtime_mutation, use_realtime_query, use_realtime_query_suspense,
    use_realtime_query_with, use_realtime_window, use_toasts, use_typing_indicator,
};
#[cfg(feature = "http")]
pub use crate::{Get, get_json, get_json_list};
#[cfg(feature = "socketio")]
pub use realtime_core::wire::socketio::{JoinPayload, PayloadShape, SocketIoOptions};
pub use realtime_core::{
    ChannelError, ChannelName, CloseReason, Conflict, ConflictPolicy, ConnectionError,
    ConnectionStatus as ConnectionState, Continuity, DecodeError, Edit, EventName, FetchError,
    FetchStatus, GapReason, ItemState, ListEdit, ListItem, ListOptions, ListSnapshot, Liveness,
    Member, Metadata, MutationError, MutationId, MutationStatus, NetworkMode, OfflinePolicy, Patch,
    Position, PresenceEvent, PresenceStatus, QueryError, QueryKey, QueryOptions, QueryStatus,
    ReceivedEvent, RecordEdit, SendError, Sending, ServerError, Side, SortKey, Typist, User,
    UserId, key,
    list::{ListSelector, ViewOptions},
};
