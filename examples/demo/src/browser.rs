//! The little that the demo asks of the browser itself.

use js_sys::Date;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Element, EventTarget, HtmlInputElement, MediaQueryList, Storage, UrlSearchParams, Window,
};
use yew::{InputEvent, TargetCast};

/// The window, which every page has.
fn window() -> Option<Window> {
    web_sys::window()
}

/// The page's root element, `<html>`.
pub(crate) fn root_element() -> Option<Element> {
    window()?.document()?.document_element()
}

/// Names the tab.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// What stands in the address after `#`, with it.
pub(crate) fn hash() -> String {
    window()
        .and_then(|window| window.location().hash().ok())
        .unwrap_or_default()
}

/// A parameter of the address, if it is there and not blank.
pub(crate) fn query_param(name: &str) -> Option<String> {
    let search = window()?.location().search().ok()?;
    let value = UrlSearchParams::new_with_str(&search).ok()?.get(name)?;
    (!value.trim().is_empty()).then_some(value)
}

/// Kept between visits; `None` where the browser keeps nothing.
pub(crate) fn local_storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// Kept as long as the tab.
pub(crate) fn session_storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}

/// Whether a media query holds now.
pub(crate) fn media_matches(query: &str) -> bool {
    media(query).is_some_and(|list| list.matches())
}

fn media(query: &str) -> Option<MediaQueryList> {
    window()?.match_media(query).ok()?
}

/// The time of day, here, of milliseconds since the epoch: `09:05:07`.
pub(crate) fn local_time(ms: u64) -> String {
    let date = date(ms);
    format!(
        "{:02}:{:02}:{:02}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds()
    )
}

/// The same for programs, as `<time datetime>` wants it.
pub(crate) fn iso_time(ms: u64) -> String {
    date(ms).to_iso_string().into()
}

fn date(ms: u64) -> Date {
    // The largest time that JavaScript knows: beyond it a date is not a date.
    const LAST: u64 = 8_640_000_000_000_000;
    Date::new(&(ms.min(LAST) as f64).into())
}

/// What the field of an event holds now.
pub(crate) fn value_of(event: &InputEvent) -> String {
    event.target_unchecked_into::<HtmlInputElement>().value()
}

/// Calls back at each event of one name until it is dropped.
pub(crate) struct Listener {
    target: Option<EventTarget>,
    event: &'static str,
    call: Closure<dyn Fn()>,
}

impl Listener {
    /// Listens to the window.
    pub(crate) fn on_window(event: &'static str, call: impl Fn() + 'static) -> Self {
        Self::new(window().map(Into::into), event, call)
    }

    /// Listens to whether a media query begins or ceases to hold.
    pub(crate) fn on_media(query: &str, call: impl Fn() + 'static) -> Self {
        Self::new(media(query).map(Into::into), "change", call)
    }

    fn new(target: Option<EventTarget>, event: &'static str, call: impl Fn() + 'static) -> Self {
        let call = Closure::<dyn Fn()>::new(call);
        if let Some(target) = &target {
            // It fails only for what is not a function.
            let _ = target.add_event_listener_with_callback(event, call.as_ref().unchecked_ref());
        }
        Self {
            target,
            event,
            call,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let call = self.call.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(self.event, call);
        }
    }
}
