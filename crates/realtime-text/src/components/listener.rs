//! Listener for an event that Yew has no attribute for: removed when it is dropped.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

pub(super) struct Listener {
    target: EventTarget,
    event: &'static str,
    call: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(super) fn new(
        target: &EventTarget,
        event: &'static str,
        call: impl FnMut(Event) + 'static,
    ) -> Self {
        let listener = Self {
            target: target.clone(),
            event,
            call: Closure::new(call),
        };
        let function = listener.call.as_ref().unchecked_ref();
        let added = target.add_event_listener_with_callback(event, function);
        debug_assert!(added.is_ok(), "a listener can always be added");
        listener
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.call.as_ref().unchecked_ref();
        // The element may be gone, and its listeners with it.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, function);
    }
}
