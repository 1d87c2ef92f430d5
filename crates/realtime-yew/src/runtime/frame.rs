//! Publishing at most once per animation frame, and also where there are no frames.

use gloo_timers::callback::Timeout;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};

/// Asks for one call at the next frame.
pub(crate) trait Repaint {
    /// Calls back once at the next frame, however often it was asked before. Dropping cancels.
    fn request(&self);
}

/// How long to wait for a frame that does not come: hidden pages have none, and frames that are
/// scrolled out of view may have none. Browsers stretch this to a second in hidden pages.
const WITHOUT_FRAMES_MS: u32 = 250;

pub(crate) struct BrowserRepaint {
    state: Rc<State>,
    /// One closure for all frames, so that asking for a frame allocates nothing in JavaScript.
    on_frame: Closure<dyn FnMut()>,
}

struct State {
    draw: Rc<dyn Fn()>,
    pending: RefCell<Option<Pending>>,
}

struct Pending {
    frame: Option<i32>,
    /// Held because dropping it cancels it.
    _fallback: Timeout,
}

impl BrowserRepaint {
    pub(crate) fn new(draw: Rc<dyn Fn()>) -> Self {
        let state = Rc::new(State {
            draw,
            pending: RefCell::default(),
        });
        let on_frame = {
            let state = Rc::clone(&state);
            Closure::new(move || state.run())
        };
        Self { state, on_frame }
    }
}

impl State {
    fn run(&self) {
        let pending = self.pending.borrow_mut().take();
        if let Some(pending) = pending {
            pending.cancel_frame();
            (self.draw)();
        }
    }
}

impl Pending {
    /// Harmless if it is the frame that came.
    fn cancel_frame(&self) {
        if let (Some(frame), Some(window)) = (self.frame, web_sys::window()) {
            let _ = window.cancel_animation_frame(frame);
        }
    }
}

impl Repaint for BrowserRepaint {
    fn request(&self) {
        if self.state.pending.borrow().is_some() {
            return;
        }
        let hidden = super::page::is_hidden();
        let frame = if hidden {
            None
        } else {
            web_sys::window().and_then(|window| {
                window
                    .request_animation_frame(self.on_frame.as_ref().unchecked_ref())
                    .ok()
            })
        };
        let state = Rc::clone(&self.state);
        let fallback = Timeout::new(WITHOUT_FRAMES_MS, move || state.run());
        *self.state.pending.borrow_mut() = Some(Pending {
            frame,
            _fallback: fallback,
        });
    }
}

impl Drop for BrowserRepaint {
    fn drop(&mut self) {
        if let Some(pending) = self.state.pending.borrow_mut().take() {
            pending.cancel_frame();
        }
    }
}
