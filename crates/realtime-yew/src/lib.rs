//! Live data for Yew: one provider, and one line per component.
//!
//! A server pushes JSON over a WebSocket: a price feed, a chat, a task board. These hooks turn it
//! into state that is correct: nothing is lost between the first fetch and the first event, nothing
//! is doubled after a reconnect, nobody is shown who has left, and a component renders only when
//! what it shows has changed. The behaviour lives in [`realtime_core`], which knows no browser;
//! this crate connects it to one, and to Yew.
//!
//! # What it is not
//!
//! It is no server and no database: it shows what a server says. It is no router, no form library
//! and no general state container. It keeps nothing across page loads, unless it is told to (feature `persist`).
//!
//! # A whole app
//!
//! ```
//! use realtime_yew::prelude::*;
//! use yew::prelude::*;
//!
//! #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
//! struct Stock { symbol: String, price: f64 }
//!
//! #[component]
//! fn Price() -> Html {
//!     let stock = use_realtime_query(
//!         key!["stock", "ACME"],
//!         || async { Ok::<_, FetchError>(Stock { symbol: "ACME".into(), price: 100.0 }) },
//!         UseRealtimeQueryOptions::default().with_event("stock:update").with_channel("stocks:ACME"),
//!     );
//!     html! { <p>{ stock.data().map(|stock| format!("{}: {:.2}", stock.symbol, stock.price)) }</p> }
//! }
//!
//! #[component]
//! fn App() -> Html {
//!     html! { <RealtimeProvider url="/ws"><Price /></RealtimeProvider> }
//! }
//! # fn main() { let _ = || yew::Renderer::<App>::new().render(); }
//! ```
//!
//! # The hooks
//!
//! | hook | gives |
//! |---|---|
//! | [`use_realtime_query`] | one record, or a part of it, kept fresh by events |
//! | [`use_realtime_query_suspense`] | one record, suspending until it is there |
//! | [`use_realtime_list`] | a sorted list, kept fresh by create, update, delete and move |
//! | [`use_realtime_list_suspense`] | a list, suspending until its rows are there |
//! | [`use_realtime_item`] | one row of it, and whether it is saved, on its way or failed |
//! | [`use_realtime_list_view`], [`use_realtime_list_selector`] | a filter or another order of it, a value derived from it |
//! | [`use_realtime_window`] | the part of a long list that is seen |
//! | [`use_realtime_mutation`] | changes: shown at once, sent, and settled exactly once |
//! | [`use_presence`] | who is here, their status and metadata |
//! | [`use_typing_indicator`] | who is typing |
//! | [`use_connection`] | how the connection stands |
//! | [`use_realtime_event`] | every event of one name, none left out |
//! | [`use_realtime_client`] | the client, for sending and for commands |
//!
//! # Servers that render pages
//!
//! No renderer feature of Yew is turned on here: the app turns on `csr`, `ssr` or `hydration`. On a
//! server no hook connects; each gives its initial data, or its empty state, and the first render
//! in the browser gives the same. Those that suspend fetch on the server, and a [`ServerPage`] hands over
//! what they fetched with where its channel stood: the browser fetches nothing, and the subscription
//! brings what has changed since.
//!
//! # Traps
//!
//! - Hooks have an order: never call one in a branch or a loop. To pause, use
//!   `with_enabled(false)`.
//! - A handle shows what was there at its render. In a callback that outlives the render, use what
//!   the callback is given, or ask the client.
//! - Give every row of a list its id as `key` (its `row_key`, if rows are added optimistically), and the list an element of its own. A component that
//!   renders nothing between others may crash Yew 0.23 (yewstack/yew#4092): render an empty element.
//! - `use_realtime_event` is for doing something at each event. To show the latest value, use a
//!   query: events may come faster than frames.
//!
//! # Features
//!
//! - `http`: `Fetcher::json`, `get_json` and `Get`, which fetch a snapshot and its position, and `get_json_list`, which reads
//!   a long list in turns.
//! - `socketio`: [`RealtimeOptions::with_socketio`], for Socket.IO servers.
//! - `persist`: [`RealtimeOptions::with_persist`], which keeps queries and lists over page loads, in IndexedDB.
//! - `testing`: a fake transport and a clock moved by hand, for tests of your components. Turns on
//!   Yew's `csr`, so keep it to dev-dependencies.
#![forbid(unsafe_code)]

/// README.md, so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(any(feature = "persist", feature = "tabs"))]
mod broadcast;
mod chance;
mod client;
pub mod components;
mod console;
mod error;
mod fetcher;
mod hooks;
#[cfg(any(feature = "persist", feature = "tabs"))]
mod locks;
mod mutation;
mod options;
pub mod prelude;
mod provider;
mod runtime;
mod session;
mod snapshot;
mod ssr;
mod store;
#[cfg(feature = "tabs")]
mod tabs;
#[cfg(feature = "testing")]
pub mod testing;
mod window;

pub use client::{PendingAck, PendingMutation, RealtimeClient};
pub use error::{AckError, IntoFetchError, MutateError, PageError, RealtimeError};
pub use fetcher::{Fetcher, IntoFetcher, Positioned};
pub use hooks::{
    ListRef, QueryHandle, RenderOn, UseConnectionHandle, UsePresenceHandle, UsePresenceOptions,
    UseRealtimeItemHandle, UseRealtimeListHandle, UseRealtimeListOptions,
    UseRealtimeListViewHandle, UseRealtimeMutationHandle, UseRealtimeMutationOptions,
    UseRealtimeQueryHandle, UseRealtimeQueryOptions, UseRealtimeWindowHandle,
    UseTypingIndicatorHandle, UseTypingIndicatorOptions, use_connection, use_presence,
    use_realtime_event, use_realtime_item, use_realtime_list, use_realtime_list_selector,
    use_realtime_list_suspense, use_realtime_list_view, use_realtime_mutation, use_realtime_query,
    use_realtime_query_suspense, use_realtime_window, use_typing_indicator,
};
pub use mutation::MutationSpec;
pub use options::RealtimeOptions;
pub use provider::{RealtimeProvider, RealtimeProviderProps, use_realtime_client};
#[cfg(feature = "persist")]
pub use realtime_core::PersistOptions;
#[cfg(feature = "tabs")]
pub use realtime_core::TabRole;
pub use realtime_core::{self, key};
#[cfg(feature = "http")]
pub use runtime::{Get, get_json, get_json_list};
pub use session::Session;
pub use ssr::{PageSeeds, ServerPage, ServerPageStats};
pub use window::WindowOptions;

/// Optional styles for the [`components`], in light and dark: put it into a `<style>` element, or
/// copy the file `style/realtime.css` and make it yours.
pub const STYLESHEET: &str = include_str!("../style/realtime.css");
