//! Every frame that the browser draws.

use crate::browser::window;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, closure::Closure};

/// Calls back at each frame, with its time in milliseconds, until it is dropped.
pub(super) struct Frames(Rc<State>);

type OnFrame = Closure<dyn FnMut(f64)>;

struct State {
    next: Cell<Option<i32>>,
    call: RefCell<Option<OnFrame>>,
}

impl Frames {
    pub(super) fn new(mut draw: impl FnMut(f64) + 'static) -> Self {
        let state = Rc::new(State {
            next: Cell::new(None),
            call: RefCell::default(),
        });
        let again = Rc::downgrade(&state);
        let call = Closure::new(move |time| {
            draw(time);
            if let Some(state) = again.upgrade() {
                state.request();
            }
        });
        state.call.replace(Some(call));
        state.request();
        Self(state)
    }
}

impl State {
    fn request(&self) {
        let call = self.call.borrow();
        let next = window().zip(call.as_ref()).and_then(|(window, call)| {
            let call = call.as_ref().unchecked_ref();
            window.request_animation_frame(call).ok()
        });
        self.next.set(next);
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        if let Some((window, next)) = window().zip(self.0.next.take()) {
            // It fails only for a frame that has come.
            let _ = window.cancel_animation_frame(next);
        }
    }
}
