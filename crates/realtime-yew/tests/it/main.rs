//! Behaviour that can be shown without a browser: server rendering, and the pump in virtual time.
#![cfg(not(target_arch = "wasm32"))]

mod answers;
mod pump;
mod server_page;
mod ssr;
mod ssr_components;
mod texts;
