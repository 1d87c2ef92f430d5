//! One tab: what a person does in it, and what its document shows.

use crate::{browser::Session, console, engine::Engine, error::KitError, eventually::eventually};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{cell::Cell, fs, path::Path, rc::Rc, time::Duration};

/// How long a thing to click may take to appear.
const APPEARS: Duration = Duration::from_secs(10);
/// The protocol's name for a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A key that has no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Enter.
    Enter,
    /// Escape.
    Escape,
}

impl Key {
    fn text(self) -> &'static str {
        match self {
            Self::Enter => "\u{E007}",
            Self::Escape => "\u{E00C}",
        }
    }
}

/// What somebody points with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A mouse.
    Mouse,
    /// A finger.
    Touch,
}

impl Pointer {
    fn name(self) -> &'static str {
        match self {
            Self::Mouse => "mouse",
            Self::Touch => "touch",
        }
    }
}

/// A tab of a browser. Dropping it leaves the tab open; see [`Tab::close`].
#[derive(Debug)]
pub struct Tab {
    session: Rc<Session>,
    handle: String,
    closed: Cell<bool>,
}

impl Tab {
    pub(crate) fn new(session: Rc<Session>, handle: &str) -> Self {
        Self {
            session,
            handle: handle.into(),
            closed: Cell::new(false),
        }
    }

    /// Loads `url`, and waits for its load event.
    pub fn goto(&self, url: &str) -> Result<(), KitError> {
        if self.engine() == Engine::Chromium {
            return self.post("/url", &json!({ "url": url })).map(drop);
        }
        // The console goes with the page that has kept it.
        self.session.console()?;
        self.post("/url", &json!({ "url": url }))?;
        self.post("/execute/sync", &console::keep()).map(drop)
    }

    /// The engine of its browser.
    pub fn engine(&self) -> Engine {
        self.session.engine()
    }

    /// For what only a driver tells that reads the browser's own console.
    ///
    /// # Errors
    ///
    /// [`KitError::Lacking`] where the driver does not.
    pub fn needs_the_browsers_own_reports(&self) -> Result<(), KitError> {
        if self.engine() == Engine::Chromium {
            return Ok(());
        }
        Err(self.lacks("tell what the browser itself reports, but only what pages say"))
    }

    /// That this browser's driver cannot do `what`.
    pub(crate) fn lacks(&self, what: &str) -> KitError {
        self.session.lacks(what)
    }

    /// Hides the tab by minimising its window: the page's timers then run once a second at most, and its animation
    /// frames not at all.
    pub fn hide(&self) -> Result<(), KitError> {
        self.post("/window/minimize", &json!({}))?;
        if self.engine() != Engine::Chromium && self.is_visible()? {
            return Err(self.lacks("hide a tab"));
        }
        Ok(())
    }

    /// Shows the tab again.
    pub fn show(&self) -> Result<(), KitError> {
        self.post("/window/rect", &json!({"x": 0, "y": 0}))
            .map(drop)
    }

    /// Whether the page believes that somebody can see it.
    pub fn is_visible(&self) -> Result<bool, KitError> {
        self.eval("return document.visibilityState === 'visible'", json!([]))
    }

    /// Closes the tab, as a click on its cross would.
    pub fn close(&self) -> Result<(), KitError> {
        // The console goes with the tab.
        self.session.console()?;
        self.session.turn_to(&self.handle)?;
        self.session.delete("/window")?;
        self.closed.set(true);
        Ok(())
    }

    /// Whether [`Tab::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Runs `script`, the body of a function of `arguments`, and reads what it returns.
    pub fn eval<T: DeserializeOwned>(&self, script: &str, arguments: Value) -> Result<T, KitError> {
        let body = json!({"script": script, "args": arguments});
        let value = self.post("/execute/sync", &body)?;
        serde_json::from_value(value).map_err(|error| {
            KitError::Wrong(format!("a script's result is not as expected: {error}"))
        })
    }

    /// Clicks the first element that `selector` finds, as soon as there is one that can be clicked.
    pub fn click(&self, selector: &str) -> Result<(), KitError> {
        self.on_element(selector, "click", &json!({}))
    }

    /// Types into the field that `selector` finds, behind what is there.
    pub fn type_into(&self, selector: &str, text: &str) -> Result<(), KitError> {
        self.on_element(selector, "value", &json!({ "text": text }))
    }

    /// Presses and lets go the keys of `text` one after the other, wherever the focus and the caret are.
    pub fn type_keys(&self, text: &str) -> Result<(), KitError> {
        let keys = text
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})));
        let keys: Vec<Value> = keys.collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]});
        self.post("/actions", &actions).map(drop)
    }

    /// Types into the field that `selector` finds, in place of what is there.
    pub fn retype(&self, selector: &str, text: &str) -> Result<(), KitError> {
        // Control held and "a". Keys are let go at the end of a command, and in Firefox not before.
        self.type_into(selector, "\u{E009}a")?;
        self.type_into(selector, text)
    }

    /// Presses a key in the element that `selector` finds.
    pub fn press(&self, selector: &str, key: Key) -> Result<(), KitError> {
        self.type_into(selector, key.text())
    }

    /// Moves the mouse over the element that `selector` finds, by `x` and `y` pixels from its middle.
    pub fn point_at(&self, selector: &str, x: i32, y: i32) -> Result<(), KitError> {
        self.once_there(selector, |element| {
            let origin = json!({ ELEMENT: element });
            let moving = json!({
                "type": "pointerMove", "duration": 50, "origin": origin, "x": x, "y": y,
            });
            let actions = json!({"actions": [{
                "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
                "actions": [moving],
            }]});
            self.post("/actions", &actions)
        })
    }

    /// Takes hold of the element that `selector` finds with a mouse or a finger, and lets it go `y` pixels below the
    /// middle of the one that `onto` finds.
    pub fn drag(
        &self,
        pointer: Pointer,
        selector: &str,
        onto: &str,
        y: i32,
    ) -> Result<(), KitError> {
        let from = self.element(selector)?;
        let to = self.element(onto)?;
        let moving = |origin: &str, y: i32| {
            json!({
                "type": "pointerMove", "duration": 50, "origin": {ELEMENT: origin}, "x": 0, "y": y,
            })
        };
        let actions = json!({"actions": [{
            "type": "pointer", "id": pointer.name(), "parameters": {"pointerType": pointer.name()},
            "actions": [
                moving(&from, 0),
                {"type": "pointerDown", "button": 0},
                moving(&to, y / 2),
                moving(&to, y),
                {"type": "pointerUp", "button": 0},
            ],
        }]});
        self.post("/actions", &actions)?;
        Ok(())
    }

    /// How many elements `selector` finds.
    pub fn count(&self, selector: &str) -> Result<usize, KitError> {
        self.eval(
            "return document.querySelectorAll(arguments[0]).length",
            json!([selector]),
        )
    }

    /// The texts of the elements that `selector` finds, without the space around them.
    pub fn texts(&self, selector: &str) -> Result<Vec<String>, KitError> {
        const SCRIPT: &str = "return Array.from(document.querySelectorAll(arguments[0]), \
                              element => element.textContent.trim())";
        self.eval(SCRIPT, json!([selector]))
    }

    /// An attribute of the first element that `selector` finds.
    pub fn attribute(&self, selector: &str, name: &str) -> Result<Option<String>, KitError> {
        const SCRIPT: &str =
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.eval(SCRIPT, json!([selector, name]))
    }

    /// Writes what the tab shows to a PNG file, making its folder if need be.
    pub fn screenshot(&self, path: &Path) -> Result<(), KitError> {
        self.session.turn_to(&self.handle)?;
        let image = self.session.get("/screenshot")?;
        let image = BASE64
            .decode(image.as_str().unwrap_or_default())
            .map_err(|error| KitError::Wrong(format!("the screenshot is unreadable: {error}")))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, image))
            .map_err(|error| KitError::file(path, &error))
    }

    /// Sends a command of the DevTools protocol to this tab.
    pub fn devtools(&self, command: &str, parameters: Value) -> Result<Value, KitError> {
        if self.engine() != Engine::Chromium {
            return Err(self.lacks(&format!("do what {command} does")));
        }
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
    }

    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value, KitError> {
        self.session.turn_to(&self.handle)?;
        self.session.post(command, body)
    }

    fn on_element(&self, selector: &str, action: &str, body: &Value) -> Result<(), KitError> {
        self.once_there(selector, |element| {
            self.post(&format!("/element/{element}/{action}"), body)
        })
    }

    /// The driver's name for the element that `selector` finds, as soon as there is one.
    fn element(&self, selector: &str) -> Result<String, KitError> {
        let what = format!("{selector} is there");
        let find = || {
            let find = json!({"using": "css selector", "value": selector});
            let element = self.post("/element", &find)?;
            Ok(element[ELEMENT].as_str().unwrap_or_default().to_owned())
        };
        eventually(&what, APPEARS, find, |_| true)
    }

    /// Finds an element and does something with it; again if the page redrew it meanwhile.
    fn once_there(
        &self,
        selector: &str,
        act: impl Fn(&str) -> Result<Value, KitError>,
    ) -> Result<(), KitError> {
        let attempt = || {
            let find = json!({"using": "css selector", "value": selector});
            let element = self.post("/element", &find)?;
            act(element[ELEMENT].as_str().unwrap_or_default())
        };
        let what = format!("{selector} can be used");
        let outcome = || match attempt() {
            Err(error) if error.is_passing() => Err(error),
            other => Ok(other),
        };
        eventually(&what, APPEARS, outcome, |_| true)?.map(drop)
    }
}
