//! Header of every page: the connection's status, the button that cuts it, a light or a dark ground.

use super::{Visitor, by_id};
use crate::{KitError, Scheme, eventually};
use serde_json::json;
use std::time::Duration;

/// Keeps every status the page has shown, for a status may last less long than a look at it takes.
const WATCH: &str = r#"
    const find = () => document.querySelector('[data-testid="connection"]')?.dataset.status ?? null;
    const seen = window.__statuses = [find()];
    new MutationObserver(() => {
        const now = find();
        if (now !== seen[seen.length - 1] && seen.length < 1000) seen.push(now);
    }).observe(document.documentElement, {
        subtree: true, childList: true, attributes: true, attributeFilter: ['data-status'],
    });
"#;

/// The mean of red, green and blue behind everything, whatever form its CSS colour has.
const LIGHTNESS: &str = r#"
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = 'white';
    canvas.fillRect(0, 0, 1, 1);
    for (const element of [document.documentElement, document.body]) {
        canvas.fillStyle = getComputedStyle(element).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
"#;

impl Visitor {
    /// What the header says of the connection: `connecting`, `connected`, `reconnecting` or `disconnected`.
    pub fn status(&self) -> Result<Option<String>, KitError> {
        self.attribute(&by_id("connection"), "data-status")
    }

    /// What the header says is spoken with the server: `envelope` or `socketio`.
    pub fn protocol(&self) -> Result<Option<String>, KitError> {
        self.attribute(&by_id("protocol"), "data-protocol")
    }

    /// What the header says of the tab: `leader`, `follower`, `joining` or `alone`, and of how many.
    pub fn tab_role(&self) -> Result<(Option<String>, Option<String>), KitError> {
        let tabs = by_id("tabs");
        Ok((
            self.attribute(&tabs, "data-role")?,
            self.attribute(&tabs, "data-count")?,
        ))
    }

    /// Waits until the tab is `role`, and one of `count`.
    pub fn await_tab(&self, role: &str, count: usize, within: Duration) -> Result<(), KitError> {
        let what = format!("{}'s tab is {role}, of {count}", self.name());
        let wanted = (Some(role.to_owned()), Some(count.to_string()));
        eventually(&what, within, || self.tab_role(), |seen| *seen == wanted).map(drop)
    }

    /// Waits until the header says `status`.
    pub fn await_status(&self, status: &str, within: Duration) -> Result<(), KitError> {
        let what = format!("{} is shown as {status}", self.name());
        let wanted = |seen: &Option<String>| seen.as_deref() == Some(status);
        eventually(&what, within, || self.status(), wanted).map(drop)
    }

    /// Every status that was shown since the page was opened, or since [`forget_statuses`](Self::forget_statuses).
    pub fn statuses(&self) -> Result<Vec<Option<String>>, KitError> {
        self.eval("return window.__statuses", json!([]))
    }

    /// Forgets the statuses that were shown so far, but for the present one.
    pub fn forget_statuses(&self) -> Result<(), KitError> {
        self.eval(
            "window.__statuses.splice(0, window.__statuses.length - 1)",
            json!([]),
        )
        .map(|_: serde_json::Value| ())
    }

    /// Waits until the header has said `first`, and after it `then`, however briefly.
    pub fn await_statuses(
        &self,
        first: &str,
        then: &str,
        within: Duration,
    ) -> Result<(), KitError> {
        let what = format!("{} is shown as {first} and then as {then}", self.name());
        let wanted = |seen: &Vec<Option<String>>| {
            let mut seen = seen.iter().flatten();
            seen.any(|status| status == first) && seen.any(|status| status == then)
        };
        eventually(&what, within, || self.statuses(), wanted).map(drop)
    }

    /// Waits until the page tells of trouble, and returns how: `error` or `offline`.
    pub fn await_trouble(&self, within: Duration) -> Result<&'static str, KitError> {
        let told = |id: &'static str| Ok((self.count(&by_id(id))? > 0).then_some(id));
        let read = || Ok(told("offline")?.or(told("error")?));
        let what = format!("{} is told of trouble", self.name());
        let found = eventually(&what, within, read, Option::is_some)?;
        found.ok_or(KitError::Wrong(what))
    }

    /// Cuts the connection with the demo's own button.
    pub fn cut(&self) -> Result<(), KitError> {
        self.click(&by_id("cut"))
    }

    /// The scheme that the page really has, by the lightness of its ground.
    pub fn scheme(&self) -> Result<Scheme, KitError> {
        let lightness: f64 = self.eval(LIGHTNESS, json!([]))?;
        Ok(if lightness < 128.0 {
            Scheme::Dark
        } else {
            Scheme::Light
        })
    }

    pub(super) fn watch_connection(&self) -> Result<(), KitError> {
        self.eval::<()>(WATCH, json!([]))
    }
}
