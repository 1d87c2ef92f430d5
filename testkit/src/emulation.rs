//! Conditions that a tab can be put under: its size, its colour scheme, its network.

mod firefox;

use crate::{engine::Engine, error::KitError, eventually::eventually, tab::Tab};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a page may take to be under a condition.
const TAKEN: Duration = Duration::from_secs(5);

/// A size of the visible page, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The word for it in file names.
    pub name: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// A laptop's.
    pub const WIDE: Self = Self {
        name: "wide",
        width: 1280,
        height: 800,
    };
    /// A small phone's.
    pub const NARROW: Self = Self {
        name: "narrow",
        width: 360,
        height: 780,
    };
}

/// What the system says it prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Scheme {
    /// The word for it in file names and in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What happens to requests whose address has a given part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requests {
    /// They are answered.
    Pass,
    /// They are held until they may pass again.
    Hold,
    /// They fail.
    Fail,
}

impl Tab {
    /// Gives the page another size, all of it for the page: scroll bars take no room, as on a phone.
    pub fn resize(&self, size: Size) -> Result<(), KitError> {
        match self.engine() {
            Engine::Chromium => {}
            Engine::Firefox => return firefox::resize(self, size),
            Engine::WebKit => return self.resize_window(size),
        }
        let metrics = json!({
            "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true}))?;
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .map(drop)
    }

    /// Makes the page believe that the system prefers `scheme`.
    pub fn prefer(&self, scheme: Scheme) -> Result<(), KitError> {
        match self.engine() {
            Engine::Chromium => {}
            Engine::Firefox => {
                firefox::prefer(self, scheme)?;
                return self.await_scheme(scheme);
            }
            Engine::WebKit if scheme == Scheme::Light => return Ok(()),
            Engine::WebKit => return Err(self.lacks("make a page believe in another scheme")),
        }
        let feature = json!({"name": "prefers-color-scheme", "value": scheme.name()});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]}))?;
        self.await_scheme(scheme)
    }

    /// Waits until the page has taken `scheme`, and ends what began in the colours of the one before, which it keeps.
    fn await_scheme(&self, scheme: Scheme) -> Result<(), KitError> {
        const FLASHES: &str = "document.getAnimations()
            .filter(animation => animation.effect.getComputedTiming().endTime !== Infinity)
            .forEach(animation => animation.finish())";
        let query = format!("(prefers-color-scheme: {})", scheme.name());
        let is_taken = || self.eval("return matchMedia(arguments[0]).matches", json!([query]));
        eventually(
            "the page has taken the scheme",
            TAKEN,
            is_taken,
            |taken: &bool| *taken,
        )?;
        self.eval(FLASHES, json!([]))
    }

    /// Takes the network away from the tab, or gives it back. What is open stays open; what is new fails.
    pub fn take_offline(&self, offline: bool) -> Result<(), KitError> {
        match self.engine() {
            Engine::Chromium => {}
            Engine::Firefox => return firefox::take_offline(self, offline),
            Engine::WebKit => return Err(self.lacks("take the network away")),
        }
        self.devtools("Network.enable", json!({}))?;
        let conditions = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.devtools("Network.emulateNetworkConditions", conditions)
            .map(drop)
    }

    /// Treats requests whose address contains `part` in a special way, or no longer.
    pub fn requests(&self, part: &str, fate: Requests) -> Result<(), KitError> {
        match self.engine() {
            Engine::Chromium => {}
            Engine::Firefox => return firefox::requests(self, part, fate),
            Engine::WebKit => return Err(self.lacks("hold requests or let them fail")),
        }
        self.devtools("Network.enable", json!({}))?;
        let pattern = format!("*{part}*");
        let blocked: Vec<&str> = if fate == Requests::Fail {
            vec![&pattern]
        } else {
            Vec::new()
        };
        self.devtools("Network.setBlockedURLs", json!({ "urls": blocked }))?;
        // Disabling lets go of everything that was held.
        let (command, parameters) = if fate == Requests::Hold {
            (
                "Fetch.enable",
                json!({"patterns": [{"urlPattern": pattern}]}),
            )
        } else {
            ("Fetch.disable", Value::Object(serde_json::Map::new()))
        };
        self.devtools(command, parameters).map(drop)
    }

    /// Gives the window such a size that the page has this one.
    fn resize_window(&self, size: Size) -> Result<(), KitError> {
        const SIZES: &str = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
        const INNER: &str = "return [innerWidth, innerHeight]";
        let (bars_x, bars_y): (u32, u32) = self.eval(SIZES, json!([]))?;
        let rect = json!({"width": size.width + bars_x, "height": size.height + bars_y});
        self.post("/window/rect", &rect)?;
        let inner: (u32, u32) = self.eval(INNER, json!([]))?;
        if inner == (size.width, size.height) {
            return Ok(());
        }
        let Size { width, height, .. } = size;
        Err(self.lacks(&format!(
            "make a page {width} by {height} pixels large, but {inner:?}"
        )))
    }

    /// What assistive technology is told of the controls that have no name: one line per control.
    pub fn nameless_controls(&self) -> Result<Vec<String>, KitError> {
        self.devtools("Accessibility.enable", json!({}))?;
        let tree = self.devtools("Accessibility.getFullAXTree", json!({}))?;
        self.devtools("Accessibility.disable", json!({}))?;
        Ok(nameless(&tree))
    }
}

/// The controls without a name in the answer to `Accessibility.getFullAXTree`.
fn nameless(tree: &Value) -> Vec<String> {
    const CONTROLS: [&str; 9] = [
        "button",
        "checkbox",
        "combobox",
        "link",
        "listbox",
        "radio",
        "searchbox",
        "switch",
        "textbox",
    ];
    let nodes = tree["nodes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    nodes
        .iter()
        .filter(|node| node["ignored"] != true)
        .filter_map(|node| {
            let role = node["role"]["value"].as_str()?;
            let name = node["name"]["value"].as_str().unwrap_or_default();
            let lacks = CONTROLS.contains(&role) && name.trim().is_empty();
            lacks.then(|| format!("{role} (node {})", node["backendDOMNodeId"]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_without_a_name_is_found_and_one_with_a_name_is_not() {
        let tree = json!({"nodes": [
            {"role": {"value": "button"}, "name": {"value": "Send"}, "backendDOMNodeId": 1},
            {"role": {"value": "button"}, "name": {"value": " "}, "backendDOMNodeId": 2},
            {"role": {"value": "textbox"}, "backendDOMNodeId": 3},
            {"role": {"value": "button"}, "ignored": true, "backendDOMNodeId": 4},
            {"role": {"value": "paragraph"}, "backendDOMNodeId": 5},
        ]});
        assert_eq!(nameless(&tree), ["button (node 2)", "textbox (node 3)"]);
    }
}
