//! Listener: hears the browser for as long as a component is mounted.

use crate::browser;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventTarget;

/// Calls back at each event of one name until it is dropped.
pub(crate) struct Listener {
    target: Option<EventTarget>,
    event: &'static str,
    call: Closure<dyn Fn()>,
}

impl Listener {
    /// Listens to the window.
    pub(crate) fn on_window(event: &'static str, call: impl Fn() + 'static) -> Self {
        Self::new(browser::window().map(Into::into), event, call)
    }

    /// Listens to whether a media query begins or ceases to hold.
    pub(crate) fn on_media(query: &str, call: impl Fn() + 'static) -> Self {
        Self::new(browser::media(query).map(Into::into), "change", call)
    }

    fn new(target: Option<EventTarget>, event: &'static str, call: impl Fn() + 'static) -> Self {
        let call = Closure::<dyn Fn()>::new(call);
        if let Some(target) = &target {
            // It fails only for what is not a function.
            let _ = target.add_event_listener_with_callback(event, call.as_ref().unchecked_ref());
        }
        Self {
            target,
            event,
            call,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let call = self.call.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(self.event, call);
        }
    }
}
