//! The little that the demo asks of the browser itself.

use std::time::Duration;
use web_sys::{
    Element, HtmlElement, HtmlInputElement, MediaQueryList, Storage, UrlSearchParams, Window,
};
use yew::{InputEvent, NodeRef, TargetCast};

/// The window; every page has one.
pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

/// How long the page has been there.
pub(crate) fn now() -> Duration {
    let performance = window().and_then(|window| window.performance());
    Duration::from_secs_f64(performance.map_or(0.0, |performance| performance.now()) / 1_000.0)
}

/// The page's root element, `<html>`.
pub(crate) fn root_element() -> Option<Element> {
    window()?.document()?.document_element()
}

/// The element that has the keyboard's focus.
pub(crate) fn focused_element() -> Option<Element> {
    window()?.document()?.active_element()
}

/// Gives the keyboard's focus to an element.
pub(crate) fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        // It fails only for what is no longer in the page.
        let _ = element.focus();
    }
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

/// Bytes that nobody can guess; zeros in a browser that has none.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(crypto) = window().and_then(|window| window.crypto().ok()) {
        // It fails only for more than 65,536 at once.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes
}

/// A media query, to be asked whether it holds.
pub(crate) fn media(query: &str) -> Option<MediaQueryList> {
    window()?.match_media(query).ok()?
}

/// What the field of an event holds now.
pub(crate) fn value_of(event: &InputEvent) -> String {
    event.target_unchecked_into::<HtmlInputElement>().value()
}
