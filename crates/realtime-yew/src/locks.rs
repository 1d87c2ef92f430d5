//! Web Locks: locks that one page of all may hold, and others queue for or take; who holds which.
//!
//! web-sys hides them behind a compiler flag of its own, so they are looked up by name.

use js_sys::{Function, Object, Promise, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

/// What became of a lock that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockEvent {
    Granted,
    Lost,
}

/// How a lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// In a queue, to have it alone.
    Queue,
    /// In a queue, to have it with all others who ask like this.
    #[cfg(feature = "persist")]
    Share,
    /// At once, to take it from whoever has it.
    #[cfg(feature = "tabs")]
    Steal,
}

/// The locks of all pages of one origin.
pub(crate) struct Locks {
    manager: JsValue,
    request: Function,
}

impl Locks {
    /// `None` where there are no locks: in old browsers, and on pages that are not secure.
    pub(crate) fn find() -> Option<Self> {
        let navigator = web_sys::window()?.navigator();
        let manager = Reflect::get(&navigator, &"locks".into()).ok()?;
        let request = Reflect::get(&manager, &"request".into()).ok()?;
        Some(Self {
            request: request.dyn_into().ok()?,
            manager,
        })
    }

    /// Asks for the lock of this name; `tell` is told what becomes of that.
    pub(crate) fn ask(&self, name: &str, ask: Ask, tell: Rc<dyn Fn(LockEvent)>) -> Option<Request> {
        let state = Rc::new(State::default());
        let options = Object::new();
        let abort = AbortController::new().ok()?;
        let set = |option: &str, value: JsValue| Reflect::set(&options, &option.into(), &value);
        match ask {
            Ask::Queue => set("signal", abort.signal().into()).ok()?,
            #[cfg(feature = "persist")]
            Ask::Share => {
                set("mode", "shared".into()).ok()?;
                set("signal", abort.signal().into()).ok()?
            }
            // It waits for nobody, and may not be called off.
            #[cfg(feature = "tabs")]
            Ask::Steal => set("steal", JsValue::TRUE).ok()?,
        };
        let granted: Closure<dyn FnMut(JsValue) -> JsValue> = Closure::new({
            let (state, tell) = (Rc::clone(&state), Rc::clone(&tell));
            move |_| state.hold(&tell)
        });
        let asked = self
            .request
            .call3(&self.manager, &name.into(), &options, granted.as_ref())
            .ok()?;
        let settled = JsFuture::from(asked.dyn_into::<Promise>().ok()?);
        yew::platform::spawn_local({
            let state = Rc::clone(&state);
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

    /// The names that begin with `prefix` of locks that pages have, or want to have, alone. `None` where the
    /// browser does not say.
    #[cfg(feature = "persist")]
    pub(crate) fn owners(
        &self,
        prefix: String,
    ) -> impl Future<Output = Option<std::collections::BTreeSet<String>>> + use<> {
        let query = Reflect::get(&self.manager, &"query".into()).ok();
        let query = query.and_then(|query| query.dyn_into::<Function>().ok());
        let asked = query.and_then(|query| query.call0(&self.manager).ok());
        async move {
            let snapshot = JsFuture::from(asked?.dyn_into::<Promise>().ok()?).await;
            let snapshot = snapshot.ok()?;
            let list = |of: &str| {
                let list = Reflect::get(&snapshot, &of.into()).ok()?;
                list.dyn_into::<js_sys::Array>().ok()
            };
            let (held, queued) = (list("held")?, list("pending")?);
            let names = held.iter().chain(queued.iter()).filter_map(|lock| {
                let text = |of: &str| Reflect::get(&lock, &of.into()).ok()?.as_string();
                let is_shared = text("mode")? == "shared";
                let name = text("name")?;
                (name.starts_with(&prefix) && !is_shared).then_some(name)
            });
            Some(names.collect())
        }
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
pub(crate) struct Request {
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
