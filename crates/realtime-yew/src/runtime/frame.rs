//! Animation frames: publishing at most once in each, and also where there are none.

use super::{
    clock::{BrowserClock, Clock, Timer},
    timer::BrowserTimer,
};
use realtime_core::Instant;
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};

/// Asks for one call at the next frame.
pub(crate) trait Repaint {
    /// Calls back once at the next frame, however often it was asked before. Dropping cancels.
    fn request(&self);
}

/// How long to wait for a frame that does not come: hidden pages have none, and frames that are
/// scrolled out of view may have none. Browsers stretch this to a second in hidden pages.
const WITHOUT_FRAMES: Duration = Duration::from_millis(250);

pub(crate) struct BrowserRepaint {
    state: Rc<State>,
    /// One closure for all frames, so that asking for a frame allocates nothing in JavaScript.
    on_frame: Closure<dyn FnMut()>,
}

struct State {
    draw: Rc<dyn Fn()>,
    pending: RefCell<Option<Pending>>,
    /// Rings early when frames come: it is armed for one request, and left so for those after it, which
    /// would else set and clear a timeout for each frame.
    fallback: BrowserTimer,
}

struct Pending {
    frame: Option<i32>,
    /// When it is drawn without a frame.
    due: Instant,
}

impl BrowserRepaint {
    pub(crate) fn new(draw: Rc<dyn Fn()>) -> Self {
        let state = Rc::new_cyclic(|state: &Weak<State>| {
            let state = Weak::clone(state);
            State {
                draw,
                pending: RefCell::default(),
                fallback: BrowserTimer::new(Rc::new(move || {
                    if let Some(state) = state.upgrade() {
                        state.ring();
                    }
                })),
            }
        });
        let on_frame = {
            let state = Rc::clone(&state);
            Closure::new(move || state.draw_pending())
        };
        Self { state, on_frame }
    }
}

impl State {
    /// Draws if a frame has not come in time.
    fn ring(&self) {
        let due = self.pending.borrow().as_ref().map(|pending| pending.due);
        if due.is_some_and(|due| due <= BrowserClock.now()) {
            self.cancel_frame();
            self.draw_pending();
        } else {
            self.fallback.arm(due);
        }
    }

    fn draw_pending(&self) {
        let pending = self.pending.borrow_mut().take();
        if pending.is_some() {
            (self.draw)();
        }
    }

    fn cancel_frame(&self) {
        let frame = self.pending.borrow().as_ref().and_then(|it| it.frame);
        if let (Some(frame), Some(window)) = (frame, web_sys::window()) {
            // It fails for no frame, not even for one that has come.
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
        let due = BrowserClock.now() + WITHOUT_FRAMES;
        *self.state.pending.borrow_mut() = Some(Pending { frame, due });
        self.state.fallback.arm(Some(due));
    }
}

impl Drop for BrowserRepaint {
    fn drop(&mut self) {
        self.state.cancel_frame();
    }
}
