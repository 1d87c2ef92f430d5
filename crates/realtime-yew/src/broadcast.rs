//! Broadcast: what the tabs of one app post to each other, by a `BroadcastChannel`.

use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// A channel that all tabs of one name hear; a tab does not hear itself.
pub(crate) struct Broadcast {
    channel: BroadcastChannel,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Broadcast {
    /// `None` where there are none.
    pub(crate) fn new(name: &str, tell: Rc<dyn Fn(&str)>) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let hear: Closure<dyn FnMut(MessageEvent)> = Closure::new(move |event: MessageEvent| {
            // Tabs post texts; what is none becomes one that nobody posts, and is counted.
            tell(&event.data().as_string().unwrap_or_default());
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _hear: hear,
        })
    }

    pub(crate) fn post(&self, text: &str) {
        if let Err(error) = self.channel.post_message(&text.into()) {
            tracing::debug!(?error, "could not post to the other tabs");
        }
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
