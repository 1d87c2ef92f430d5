//! Platform: a client runs in a browser, on a server that renders pages, or in a test.

use super::{
    clock::{BrowserClock, Clock, ServerClock},
    gloo::GlooTransport,
    page::{BrowserPage, Page, ServerPage},
    transport::Transport,
};
use crate::chance;
use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    rc::Rc,
};

/// The three things that a runtime does not do itself.
pub(crate) struct Platform {
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) page: Rc<dyn Page>,
    pub(crate) transport: Rc<dyn Transport>,
    /// Sets apart this client's jitter and message ids from those of all others.
    pub(crate) seed: u64,
}

impl Platform {
    /// The browser if there is a window, else a server.
    pub(crate) fn detect() -> Self {
        let transport = Rc::new(GlooTransport);
        if cfg!(target_arch = "wasm32") && web_sys::window().is_some() {
            Self {
                clock: Rc::new(BrowserClock),
                page: Rc::new(BrowserPage),
                transport,
                seed: chance::draw(),
            }
        } else {
            Self {
                clock: Rc::new(ServerClock::new()),
                page: Rc::new(ServerPage),
                transport,
                seed: server_seed(),
            }
        }
    }
}

/// Each of these hashers starts from another random state.
fn server_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
