//! One event listener that goes when it is dropped.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AddEventListenerOptions, EventTarget};

pub(super) struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut()>,
}

impl Listener {
    /// Passive, so that it never holds up scrolling, and in the capture phase, so that no handler
    /// of the app can hide the event.
    pub(super) fn new(target: &EventTarget, name: &'static str, call: impl Fn() + 'static) -> Self {
        Self::boxed(target, name, Box::new(call))
    }

    /// Compiled once, whatever is called.
    fn boxed(target: &EventTarget, name: &'static str, call: Box<dyn Fn()>) -> Self {
        let closure: Closure<dyn FnMut()> = Closure::new(call);
        let options = AddEventListenerOptions::new();
        options.set_passive(true);
        options.set_capture(true);
        // Adding a listener only fails on a target that is not one.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            closure.as_ref().unchecked_ref(),
            &options,
        );
        Self {
            target: target.clone(),
            name,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback_and_bool(
            self.name,
            self.closure.as_ref().unchecked_ref(),
            true,
        );
    }
}
