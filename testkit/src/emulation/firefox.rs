//! Firefox's own window, asked for what its driver has no command for.

use super::{Requests, Scheme, Size};
use crate::{error::KitError, eventually::eventually, tab::Tab};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a page may take to hear of what its window does.
const HEARS: Duration = Duration::from_secs(5);

/// The page's place in the window is made as large as was asked, however large the window is.
const RESIZE: &str = r#"
    const [width, height] = arguments;
    const { style } = gBrowser.selectedBrowser;
    for (const side of ['min', 'max']) {
        style.setProperty(`${side}-width`, `${width}px`, 'important');
        style.setProperty(`${side}-height`, `${height}px`, 'important');
    }
"#;

const PREFER: &str =
    "gBrowser.selectedBrowser.browsingContext.top.prefersColorSchemeOverride = arguments[0];";

const OFFLINE: &str = "Services.io.offline = arguments[0];";

/// Requests are looked at before they are sent: those that are held wait, and go on when they may.
const REQUESTS: &str = r#"
    const [part, fate] = arguments;
    const topic = 'http-on-modify-request';
    const old = window.realtimeRequests;
    if (old) Services.obs.removeObserver(old.observer, topic);
    for (const channel of old?.held ?? []) channel.resume();
    window.realtimeRequests = null;
    if (fate === 'pass') return;
    const held = [];
    const observer = {
        observe(subject) {
            const channel = subject.QueryInterface(Ci.nsIHttpChannel);
            if (!channel.URI.spec.includes(part)) return;
            if (fate === 'fail') {
                channel.cancel(Cr.NS_ERROR_NET_RESET);
            } else {
                channel.suspend();
                held.push(channel);
            }
        },
    };
    Services.obs.addObserver(observer, topic);
    window.realtimeRequests = { observer, held };
"#;

pub(super) fn resize(tab: &Tab, size: Size) -> Result<(), KitError> {
    const INNER: &str = "return [innerWidth, innerHeight]";
    in_the_window(tab, RESIZE, json!([size.width, size.height]))?;
    // The page is of another process, and hears of it a little later.
    let inner = || tab.eval::<(u32, u32)>(INNER, json!([]));
    let wanted = (size.width, size.height);
    eventually("the page has its size", HEARS, inner, |size| {
        *size == wanted
    })
    .map(drop)
}

pub(super) fn prefer(tab: &Tab, scheme: Scheme) -> Result<(), KitError> {
    in_the_window(tab, PREFER, json!([scheme.name()]))
}

pub(super) fn take_offline(tab: &Tab, offline: bool) -> Result<(), KitError> {
    in_the_window(tab, OFFLINE, json!([offline]))
}

pub(super) fn requests(tab: &Tab, part: &str, fate: Requests) -> Result<(), KitError> {
    let fate = match fate {
        Requests::Pass => "pass",
        Requests::Hold => "hold",
        Requests::Fail => "fail",
    };
    in_the_window(tab, REQUESTS, json!([part, fate]))
}

/// Runs a script with the rights of the browser itself.
fn in_the_window(tab: &Tab, script: &str, arguments: Value) -> Result<(), KitError> {
    tab.post("/moz/context", &json!({"context": "chrome"}))?;
    let body = json!({"script": script, "args": arguments});
    let done = tab.post("/execute/sync", &body);
    tab.post("/moz/context", &json!({"context": "content"}))?;
    done.map(drop)
}
