//! Nodes that a window is shown in, their styles, and what they tell of the keyboard's focus.

use crate::{
    runtime::scroller,
    window::{RowHeight, Step},
};
use std::rc::Rc;
use yew::{Callback, FocusEvent, KeyboardEvent, NodeRef};

/// The elements that a window is shown in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Nodes {
    /// Scrolls.
    pub(super) scroller: NodeRef,
    /// As high as the whole list.
    pub(super) content: NodeRef,
    /// Holds the rows.
    pub(super) rows: NodeRef,
}

impl Nodes {
    /// Sets the styles that never change.
    pub(super) fn dress(&self, row_height: RowHeight) {
        let Self {
            scroller,
            content,
            rows,
        } = self;
        let row_height = match row_height {
            RowHeight::Fixed(pixels) => format!("{pixels}px"),
            RowHeight::Measured(_) => "max-content".to_owned(),
        };
        let styles = [
            (scroller, "max-height", "100%"),
            (scroller, "overflow-y", "auto"),
            // The window keeps its place itself; two that do would do it twice.
            (scroller, "overflow-anchor", "none"),
            (content, "position", "relative"),
            (rows, "position", "absolute"),
            (rows, "inset-inline", "0"),
            (rows, "display", "grid"),
            (rows, "grid-template-columns", "minmax(0, 1fr)"),
            (rows, "grid-auto-rows", &row_height),
        ];
        for (node, property, value) in styles {
            scroller::set_style(node, property, value);
        }
    }
}

/// What somebody does with the keyboard's focus.
#[derive(Clone, Copy, Debug)]
pub(super) enum FocusNews {
    /// A key was pressed that leads from row to row.
    Stepped(Step),
    /// The focus has come to the row at this place, counted from one, or has left the list.
    Moved(Option<usize>),
}

/// What the elements are to call, the same in every render.
#[derive(Clone, PartialEq)]
pub(super) struct Handlers {
    pub(super) keydown: Callback<KeyboardEvent>,
    pub(super) focusin: Callback<FocusEvent>,
    pub(super) focusout: Callback<FocusEvent>,
}

impl Handlers {
    pub(super) fn new(nodes: &Nodes, tell: Rc<dyn Fn(FocusNews)>) -> Self {
        let keydown = {
            let (tell, nodes) = (Rc::clone(&tell), nodes.clone());
            move |event: KeyboardEvent| {
                if let Some(step) = scroller::row_step(&event, &nodes.scroller, &nodes.rows) {
                    event.prevent_default();
                    tell(FocusNews::Stepped(step));
                }
            }
        };
        let focusin = {
            let (tell, nodes) = (Rc::clone(&tell), nodes.clone());
            move |event: FocusEvent| {
                tell(FocusNews::Moved(scroller::row_of(&event, &nodes.rows)));
            }
        };
        let focusout = {
            let nodes = nodes.clone();
            move |event: FocusEvent| {
                if !scroller::stays_within(&event, &nodes.scroller) {
                    tell(FocusNews::Moved(None));
                }
            }
        };
        Self {
            keydown: Callback::from(keydown),
            focusin: Callback::from(focusin),
            focusout: Callback::from(focusout),
        }
    }
}
