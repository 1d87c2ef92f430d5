//! Every hook and component in a real Yew tree in a real browser, over a fake network and a clock
//! moved by hand. Nothing sleeps.
#![cfg(target_arch = "wasm32")]

mod addressing;
mod channel_access;
mod connection;
mod event;
mod example;
mod flush;
mod gloo;
mod hydration;
mod list;
mod list_views;
mod liveness;
mod mutation;
mod pattern;
mod persistence;
mod persistence_failures;
mod persistence_kit;
mod persistence_mutations;
mod persistence_owners;
mod persistence_tabs;
mod presence;
mod provider;
mod query;
mod query_sharing;
mod server_page;
mod socketio;
mod support;
mod suspense;
mod tabs;
mod tokens;
mod typing;
mod virtual_list;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
