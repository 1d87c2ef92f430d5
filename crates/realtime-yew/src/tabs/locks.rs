//! Web Locks: the one lock that a tab may hold, queue for, or take.
//!
//! web-sys hides them behind a compiler flag of its own, so they are looked up by name.

use js_sys::{Function, Object, Promise, Reflect};
use realtime_core::tabs::Lock;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

/// What became of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockEvent {
    Granted,
    Lost,
}

/// The lock of one name.
pub(super) struct WebLock {
    manager: JsValue,
    request: Function,
    name: JsValue,
    tell: Rc<dyn Fn(LockEvent)>,
    current: RefCell<Option<Request>>,
}

impl WebLock {
    /// `None` where there are no locks: in old browsers, and on pages that are not secure.
    pub(super) fn new(name: &str, tell: Rc<dyn Fn(LockEvent)>) -> Option<Self> {
        let navigator = web_sys::window()?.navigator();
        let manager = Reflect::get(&navigator, &"locks".into()).ok()?;
        let request = Reflect::get(&manager, &"request".into()).ok()?;
        Some(Self {
            request: request.dyn_into().ok()?,
            manager,
            name: name.into(),
            tell,
            current: RefCell::default(),
        })
    }

    pub(super) fn act(&self, lock: Lock) {
        // Leaves the queue, or gives back what it held.
        let last = self.current.take();
        drop(last);
        let steal = match lock {
            Lock::Request => false,
            Lock::Steal => true,
            Lock::Release => return,
        };
        let request = self.ask(steal);
        *self.current.borrow_mut() = request;
    }

    fn ask(&self, steal: bool) -> Option<Request> {
        let state = Rc::new(State::default());
        let options = Object::new();
        let abort = AbortController::new().ok()?;
        // One that steals waits for nobody, and may not be called off.
        let (name, value) = if steal {
            ("steal", JsValue::TRUE)
        } else {
            ("signal", abort.signal().into())
        };
        Reflect::set(&options, &name.into(), &value).ok()?;
        let granted: Closure<dyn FnMut(JsValue) -> JsValue> = Closure::new({
            let (state, tell) = (Rc::clone(&state), Rc::clone(&self.tell));
            move |_| state.hold(&tell)
        });
        let callback = granted.as_ref();
        let asked = self
            .request
            .call3(&self.manager, &self.name, &options, callback)
            .ok()?;
        let settled = JsFuture::from(asked.dyn_into::<Promise>().ok()?);
        yew::platform::spawn_local({
            let (state, tell) = (Rc::clone(&state), Rc::clone(&self.tell));
            async move {
                let is_lost = settled.await.is_err() && state.is_held.get();
                if is_lost && !state.is_over.get() {
                    tell(LockEvent::Lost);
                }
            }
        });
        Some(Request {
            state,
            abort,
            _granted: granted,
        })
    }
}

/// How one request stands.
#[derive(Default)]
struct State {
    is_held: Cell<bool>,
    is_over: Cell<bool>,
    /// Gives the lock back.
    release: RefCell<Option<Function>>,
}

impl State {
    /// The lock is ours for as long as what this gives is pending.
    fn hold(&self, tell: &Rc<dyn Fn(LockEvent)>) -> JsValue {
        if self.is_over.get() {
            return JsValue::UNDEFINED;
        }
        self.is_held.set(true);
        let held = Promise::new(&mut |resolve, _| {
            self.release.replace(Some(resolve));
        });
        tell(LockEvent::Granted);
        held.into()
    }
}

/// A lock that is held or queued for; dropping it gives it back, or leaves the queue.
struct Request {
    state: Rc<State>,
    abort: AbortController,
    _granted: Closure<dyn FnMut(JsValue) -> JsValue>,
}

impl Drop for Request {
    fn drop(&mut self) {
        self.state.is_over.set(true);
        match self.state.release.take() {
            Some(release) => {
                // What it gives back is undefined.
                let _ = release.call0(&JsValue::UNDEFINED);
            }
            None => self.abort.abort(),
        }
    }
}
