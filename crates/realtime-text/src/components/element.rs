//! Element: the textarea or input behind a field, by what the two have in common.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::NodeRef;

/// A textarea or an input.
pub(super) enum Element {
    Area(HtmlTextAreaElement),
    Line(HtmlInputElement),
}

/// Where the selection of a field is, in UTF-16 units, and whether it was made backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) is_backward: bool,
}

impl Element {
    pub(super) fn of(node: &NodeRef) -> Option<Self> {
        let element = node.cast::<HtmlElement>()?;
        match element.dyn_into::<HtmlTextAreaElement>() {
            Ok(area) => Some(Self::Area(area)),
            Err(element) => element.dyn_into().ok().map(Self::Line),
        }
    }

    /// What stands in it when it is told to show `text`: letter for letter as long, so that places are the same. A textarea
    /// makes one line break of each carriage return and line feed; an input has no line breaks.
    pub(super) fn shows(&self, text: &str) -> String {
        match self {
            Self::Area(_) => text.replace('\r', "\n"),
            Self::Line(_) => text.replace(['\r', '\n'], " "),
        }
    }

    pub(super) fn value(&self) -> String {
        match self {
            Self::Area(area) => area.value(),
            Self::Line(line) => line.value(),
        }
    }

    /// Puts in another text, and leaves it scrolled where it is.
    pub(super) fn set_value(&self, value: &str) {
        match self {
            Self::Area(area) => {
                let (top, left) = (area.scroll_top(), area.scroll_left());
                area.set_value(value);
                area.set_scroll_top(top);
                area.set_scroll_left(left);
            }
            Self::Line(line) => line.set_value(value),
        }
    }

    pub(super) fn selection(&self) -> Option<Selection> {
        let (start, end, direction) = match self {
            Self::Area(area) => (
                area.selection_start(),
                area.selection_end(),
                area.selection_direction(),
            ),
            Self::Line(line) => (
                line.selection_start(),
                line.selection_end(),
                line.selection_direction(),
            ),
        };
        Some(Selection {
            start: start.ok()??,
            end: end.ok()??,
            is_backward: direction.ok().flatten().as_deref() == Some("backward"),
        })
    }

    /// Selects. In a field without the focus nothing is done: some browsers would give it that.
    pub(super) fn select(&self, selection: Selection) {
        if !self.has_focus() {
            return;
        }
        let direction = match selection.is_backward {
            true => "backward",
            false => "none",
        };
        let Selection { start, end, .. } = selection;
        // It fails for kinds of inputs that have no selection, of which this is none.
        let _ = match self {
            Self::Area(area) => area.set_selection_range_with_direction(start, end, direction),
            Self::Line(line) => line.set_selection_range_with_direction(start, end, direction),
        };
    }

    pub(super) fn has_focus(&self) -> bool {
        let own: &web_sys::Element = match self {
            Self::Area(area) => area,
            Self::Line(line) => line,
        };
        let document = own.owner_document();
        document
            .and_then(|document| document.active_element())
            .as_ref()
            == Some(own)
    }
}
