//! An element that scrolls, and the rows in it: what a window into a list needs of the page.
//!
//! Styles are set by way of the element's style object, which a strict content security policy
//! allows; a `style` attribute it does not.

use super::listener::Listener;
use crate::window::Step;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver, ResizeObserverEntry};
use yew::{NodeRef, TargetCast};

/// What an element that scrolls has to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScrollNews {
    /// It was scrolled: its `scrollTop`.
    Scrolled(f64),
    /// It is another size: how high its inside is.
    Resized(f64),
    /// Rows are of another size: each by its `aria-posinset`, and its height.
    Measured(Vec<(usize, f64)>),
}

/// Marks a row that is being measured, on the element itself.
const OBSERVED: &str = "data-rt-observed";
/// What a row says of its place, counted from one.
const PLACE: &str = "aria-posinset";
const SCROLL_TOP: &str = "scrollTop";

/// An element that scrolls, listened to until this is dropped.
pub(crate) struct Scroller {
    element: HtmlElement,
    observer: Option<ResizeObserver>,
    _scroll: Listener,
    /// Held because dropping it ends what it is called for.
    _resized: Closure<dyn FnMut(js_sys::Array)>,
}

impl Scroller {
    /// Listens to the element in `node`; `None` if there is none, as on a server.
    pub(crate) fn new(node: &NodeRef, tell: Rc<dyn Fn(ScrollNews)>) -> Option<Self> {
        let element = node.cast::<HtmlElement>()?;
        let scroll = Listener::new(&element, "scroll", {
            let (element, tell) = (element.clone(), Rc::clone(&tell));
            move || tell(ScrollNews::Scrolled(top(&element)))
        });
        let resized: Closure<dyn FnMut(js_sys::Array)> = Closure::new({
            let element = element.clone();
            move |entries: js_sys::Array| read_sizes(&element, &entries, &*tell)
        });
        // Without an observer, in a browser of before 2020, sizes are as they were at first.
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&element);
        }
        Some(Self {
            element,
            observer,
            _scroll: scroll,
            _resized: resized,
        })
    }

    /// Whether it listens to the element in `node`.
    pub(crate) fn is_of(&self, node: &NodeRef) -> bool {
        node.cast::<HtmlElement>().as_ref() == Some(&self.element)
    }

    /// How high the element is inside; no more than what the browser's window can show.
    pub(crate) fn height(&self) -> f64 {
        inner_height(&self.element)
    }

    /// How far the element is scrolled.
    pub(crate) fn top(&self) -> f64 {
        top(&self.element)
    }

    /// Scrolls the element, and says how far it let itself be scrolled.
    pub(crate) fn set_top(&self, to: f64) -> f64 {
        // Setting it fails on no element.
        let _ = js_sys::Reflect::set(&self.element, &JsValue::from(SCROLL_TOP), &to.into());
        self.top()
    }

    /// Measures the rows in `rows` from now on, those that are not measured yet.
    pub(crate) fn measure_rows(&self, rows: &NodeRef) {
        let (Some(observer), Some(rows)) = (&self.observer, rows.cast::<Element>()) else {
            return;
        };
        let mut next = rows.first_element_child();
        while let Some(row) = next {
            if !row.has_attribute(OBSERVED) && row.set_attribute(OBSERVED, "").is_ok() {
                observer.observe(&row);
            }
            next = row.next_element_sibling();
        }
    }
}

impl Drop for Scroller {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// The element's `scrollTop` with the fractions of pixels that there are on a zoomed page.
fn top(element: &HtmlElement) -> f64 {
    let top = js_sys::Reflect::get(element, &JsValue::from(SCROLL_TOP));
    top.ok().and_then(|top| top.as_f64()).unwrap_or_default()
}

fn inner_height(element: &HtmlElement) -> f64 {
    let most = web_sys::window()
        .and_then(|window| window.inner_height().ok()?.as_f64())
        .unwrap_or(f64::INFINITY);
    f64::from(element.client_height()).min(most)
}

/// Tells what a resize observer has seen. Rows that are gone are observed no longer.
fn read_sizes(scroller: &HtmlElement, entries: &js_sys::Array, tell: &dyn Fn(ScrollNews)) {
    let mut measured = Vec::new();
    for entry in entries.iter() {
        let entry: ResizeObserverEntry = entry.unchecked_into();
        let element = entry.target();
        if element == **scroller {
            tell(ScrollNews::Resized(inner_height(scroller)));
        } else if element.is_connected()
            && let Some(place) = place(&element)
        {
            measured.push((place, element.get_bounding_client_rect().height()));
        }
    }
    if !measured.is_empty() {
        tell(ScrollNews::Measured(measured));
    }
}

/// Sets one style property of the element in `node`.
pub(crate) fn set_style(node: &NodeRef, property: &str, value: &str) {
    if let Some(element) = node.cast::<HtmlElement>() {
        // It fails for a property that is computed, and there are none of these.
        let _ = element.style().set_property(property, value);
    }
}

/// Lays the row at `place` over the others, so many pixels below the top of `rows`, and lets all
/// other rows lie in their order.
pub(crate) fn lay_aside(rows: &NodeRef, aside: Option<(usize, f64)>) {
    let Some(rows) = rows.cast::<Element>() else {
        return;
    };
    let ends = [rows.first_element_child(), rows.last_element_child()];
    for row in ends.into_iter().flatten() {
        let Some(row) = row.dyn_ref::<HtmlElement>() else {
            continue;
        };
        let style = row.style();
        let top = aside.filter(|(of, _)| place(row) == Some(*of));
        let done = match top {
            Some((_, top)) => style
                .set_property("position", "absolute")
                .and_then(|()| style.set_property("inset-inline", "0"))
                .and_then(|()| style.set_property("top", &format!("{top}px"))),
            None if style.length() > 0 => ["position", "inset-inline", "top"]
                .into_iter()
                .try_for_each(|name| style.remove_property(name).map(drop)),
            None => Ok(()),
        };
        // None of these properties is computed, so none is refused.
        debug_assert!(done.is_ok());
    }
}

/// An element that has the keyboard's focus, and may lose it.
pub(crate) struct FocusKept(HtmlElement);

impl FocusKept {
    /// The element in `rows` that has the focus, if one has.
    pub(crate) fn within(rows: &NodeRef) -> Option<Self> {
        let active = web_sys::window()?.document()?.active_element()?;
        let rows = rows.cast::<Element>()?;
        if !rows.contains(Some(&active)) {
            return None;
        }
        active.dyn_into().ok().map(Self)
    }

    /// Gives the focus back; says whether the element is still there to have it.
    pub(crate) fn give_back(self) -> bool {
        self.0.is_connected() && focus_in_place(&self.0)
    }
}

/// Moves the focus without a scroll: the window scrolls, and knows better how far.
fn focus_in_place(element: &HtmlElement) -> bool {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    element.focus_with_options(&options).is_ok()
}

/// Moves the keyboard's focus to the row at `place`; says whether there is one.
pub(crate) fn focus_row(rows: &NodeRef, at: usize) -> bool {
    let row = rows.cast::<Element>().and_then(|rows| {
        let selector = format!(":scope > [{PLACE}=\"{at}\"]");
        rows.query_selector(&selector).ok().flatten()
    });
    let row = row.and_then(|row| row.dyn_into::<HtmlElement>().ok());
    row.is_some_and(|row| focus_in_place(&row))
}

/// Moves the keyboard's focus to the element in `node`.
pub(crate) fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        // One that cannot have it leaves it where it is.
        let _ = element.focus();
    }
}

/// Whether the keyboard's focus is on the page's body, where it lands when its element goes.
pub(crate) fn is_focus_lost() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| {
        let active = document.active_element();
        active.is_none() || active == document.body().map(Into::into)
    })
}

/// The place of the row that an event happened in.
pub(crate) fn row_of(event: &yew::FocusEvent, rows: &NodeRef) -> Option<usize> {
    let rows = rows.cast::<Element>()?;
    let mut element = event.target_dyn_into::<Element>()?;
    loop {
        let parent = element.parent_element()?;
        if parent == rows {
            return place(&element);
        }
        element = parent;
    }
}

/// Whether the focus goes on to something within `scroller`.
pub(crate) fn stays_within(event: &yew::FocusEvent, scroller: &NodeRef) -> bool {
    let to = event.related_target();
    let to = to.and_then(|to| to.dyn_into::<web_sys::Node>().ok());
    let within = scroller.cast::<Element>();
    within.is_some_and(|within| within.contains(to.as_ref()))
}

/// Where the key of `event` goes, if it goes from row to row: pressed on the element that scrolls or on a row
/// itself, and not on something in a row, which may have a use for it.
pub(crate) fn row_step(
    event: &yew::KeyboardEvent,
    scroller: &NodeRef,
    rows: &NodeRef,
) -> Option<Step> {
    let target = event.target_dyn_into::<Element>()?;
    let is_row = target.parent_element() == rows.cast::<Element>();
    let is_ours = is_row || Some(&target) == scroller.cast::<Element>().as_ref();
    let is_plain = !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key());
    if !is_ours || !is_plain || event.default_prevented() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowUp" => Step::Up,
        "ArrowDown" => Step::Down,
        "PageUp" => Step::PageUp,
        "PageDown" => Step::PageDown,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return None,
    })
}

fn place(row: &Element) -> Option<usize> {
    row.get_attribute(PLACE)?.parse().ok()
}
