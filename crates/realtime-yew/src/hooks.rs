//! Hooks, one per file. All read the client through one primitive, and write to it by handles.

mod channel_access;
mod list;
mod membership;
mod mutation;
mod observation;
mod query_handle;
mod record;
mod refusal;
mod suspense;
mod use_connection;
mod use_presence;
mod use_realtime_event;
mod use_realtime_item;
mod use_realtime_list;
mod use_realtime_list_selector;
mod use_realtime_list_suspense;
mod use_realtime_list_view;
mod use_realtime_mutation;
mod use_realtime_query;
mod use_realtime_query_suspense;
mod use_realtime_window;
mod use_typing_indicator;
mod watch;
mod window;

pub use list::{
    ListRef, RenderOn, UseRealtimeListHandle, UseRealtimeListOptions, UseRealtimeListViewHandle,
};
pub use mutation::{UseRealtimeMutationHandle, UseRealtimeMutationOptions};
pub use query_handle::QueryHandle;
pub use record::{UseRealtimeQueryHandle, UseRealtimeQueryOptions};
pub use use_connection::{UseConnectionHandle, use_connection};
pub use use_presence::{UsePresenceHandle, UsePresenceOptions, use_presence};
pub use use_realtime_event::use_realtime_event;
pub use use_realtime_item::{UseRealtimeItemHandle, use_realtime_item};
pub use use_realtime_list::use_realtime_list;
pub use use_realtime_list_selector::use_realtime_list_selector;
pub use use_realtime_list_suspense::use_realtime_list_suspense;
pub use use_realtime_list_view::use_realtime_list_view;
pub use use_realtime_mutation::use_realtime_mutation;
pub use use_realtime_query::use_realtime_query;
pub use use_realtime_query_suspense::use_realtime_query_suspense;
pub use use_realtime_window::use_realtime_window;
pub use use_typing_indicator::{
    UseTypingIndicatorHandle, UseTypingIndicatorOptions, use_typing_indicator,
};
pub use window::UseRealtimeWindowHandle;
