//! The page, and what it tells: shown or hidden, online or not, about to go, and somebody at the keys.

use super::{
    frame::{BrowserRepaint, Repaint},
    listener::Listener,
    url,
};
use realtime_core::{AddressError, AddressProblem};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use web_sys::{EventTarget, VisibilityState};

/// The page around the app. Tests have one they command.
pub(crate) trait Page {
    /// Calls `tell` for each event until the watch is dropped, and at once if the page is hidden
    /// or offline.
    fn watch(&self, tell: Rc<dyn Fn(PageEvent)>) -> Box<dyn Watch>;

    /// Calls `draw` at the next frame, when asked to.
    fn repaint(&self, draw: Rc<dyn Fn()>) -> Box<dyn Repaint>;

    /// `url` in full and for a socket, or why that cannot be.
    fn resolve(&self, url: &str) -> Result<String, AddressError>;

    /// Whether this is a server that renders the page once, and nothing will ever arrive.
    fn is_server(&self) -> bool;

    /// Writes a warning to the console.
    fn warn(&self, warning: &str);
}

/// Keeps page events coming; dropping it ends them.
pub(crate) trait Watch {}

/// One thing the page told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageEvent {
    /// The page was shown or hidden.
    Visible(bool),
    /// The browser believes that it is online or offline.
    Online(bool),
    /// The page is going: navigated away, kept for the back button, or frozen.
    Gone,
    /// The page that had gone is back.
    Back,
    /// The user did something; told once a second at most.
    Activity,
}

/// Least time between two [`PageEvent::Activity`], in milliseconds.
const ACTIVITY_EVERY_MS: f64 = 1_000.0;

/// The page of the browser.
#[derive(Debug)]
pub(crate) struct BrowserPage;

impl Page for BrowserPage {
    fn watch(&self, tell: Rc<dyn Fn(PageEvent)>) -> Box<dyn Watch> {
        Box::new(BrowserWatch::new(&tell))
    }

    fn repaint(&self, draw: Rc<dyn Fn()>) -> Box<dyn Repaint> {
        Box::new(BrowserRepaint::new(draw))
    }

    fn resolve(&self, url: &str) -> Result<String, AddressError> {
        url::resolve(url)
    }

    fn is_server(&self) -> bool {
        false
    }

    fn warn(&self, warning: &str) {
        web_sys::console::warn_2(&"realtime:".into(), &warning.into());
    }
}

/// The text of the element with this id; `None` if there is none, or no page.
pub(crate) fn data_block(id: &str) -> Option<String> {
    if cfg!(not(target_arch = "wasm32")) {
        return None;
    }
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(id)?.text_content()
}

/// Whether the page is hidden now.
pub(super) fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
}

#[derive(Default)]
struct BrowserWatch {
    listeners: RefCell<Vec<Listener>>,
}

impl Watch for BrowserWatch {}

impl BrowserWatch {
    fn new(tell: &Rc<dyn Fn(PageEvent)>) -> Self {
        let watch = Self::default();
        let Some(window) = web_sys::window() else {
            return watch;
        };
        if let Some(document) = window.document() {
            watch.on(&document, "visibilitychange", {
                let tell = Rc::clone(tell);
                move || tell(PageEvent::Visible(!is_hidden()))
            });
            watch.presence_of_page(&window, &document, tell);
        }
        for (name, online) in [("online", true), ("offline", false)] {
            let tell = Rc::clone(tell);
            watch.on(&window, name, move || tell(PageEvent::Online(online)));
        }
        watch.activity(&window, tell);
        // How things are is told at once, where it is not as everyone supposes.
        if is_hidden() {
            tell(PageEvent::Visible(false));
        }
        if !window.navigator().on_line() {
            tell(PageEvent::Online(false));
        }
        watch
    }

    /// The page is told to be back only after it had gone: browsers also fire `pageshow` on the
    /// first load.
    fn presence_of_page(
        &self,
        window: &EventTarget,
        document: &EventTarget,
        tell: &Rc<dyn Fn(PageEvent)>,
    ) {
        let gone = Rc::new(Cell::new(false));
        for (target, name) in [(window, "pagehide"), (document, "freeze")] {
            let (tell, gone) = (Rc::clone(tell), Rc::clone(&gone));
            self.on(target, name, move || {
                if !gone.replace(true) {
                    tell(PageEvent::Gone);
                }
            });
        }
        for (target, name) in [(window, "pageshow"), (document, "resume")] {
            let (tell, gone) = (Rc::clone(tell), Rc::clone(&gone));
            self.on(target, name, move || {
                if gone.replace(false) {
                    tell(PageEvent::Back);
                }
            });
        }
    }

    fn activity(&self, window: &EventTarget, tell: &Rc<dyn Fn(PageEvent)>) {
        let last = Rc::new(Cell::new(f64::NEG_INFINITY));
        for name in ["pointerdown", "pointermove", "keydown", "wheel"] {
            let (tell, last) = (Rc::clone(tell), Rc::clone(&last));
            self.on(window, name, move || {
                let now = js_sys::Date::now();
                // The wall clock may be set back, so the distance counts, not its sign.
                if (now - last.get()).abs() >= ACTIVITY_EVERY_MS {
                    last.set(now);
                    tell(PageEvent::Activity);
                }
            });
        }
    }

    fn on(&self, target: &EventTarget, name: &'static str, call: impl Fn() + 'static) {
        self.listeners
            .borrow_mut()
            .push(Listener::new(target, name, call));
    }
}

/// The page that a server renders: nothing happens to it.
#[derive(Debug)]
pub(crate) struct ServerPage;

impl Page for ServerPage {
    fn watch(&self, _tell: Rc<dyn Fn(PageEvent)>) -> Box<dyn Watch> {
        Box::new(BrowserWatch::default())
    }

    fn repaint(&self, _draw: Rc<dyn Fn()>) -> Box<dyn Repaint> {
        Box::new(NoRepaint)
    }

    fn resolve(&self, url: &str) -> Result<String, AddressError> {
        Err(AddressError::new(url, AddressProblem::Relative))
    }

    fn is_server(&self) -> bool {
        true
    }

    /// A server has its log.
    fn warn(&self, _warning: &str) {}
}

struct NoRepaint;

impl Repaint for NoRepaint {
    fn request(&self) {}
}
