//! The demo of realtime-yew: a page for each kind of live data.
//!
//! `app` puts it together. Each of `pages/*` shows one thing that the SDK does, and `command` how
//! to send; the rest is what any app has: a header, a router, a theme.

mod app;
mod browser;
mod clock;
mod command;
mod format;
mod header;
mod listener;
mod offline;
mod pages;
mod protocol;
mod route;
mod session;
mod states;
mod theme;
mod toaster;
mod toasts;
mod user;

fn main() {
    yew::Renderer::<app::App>::new().render();
}
