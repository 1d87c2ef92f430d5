//! Handle of a window into a list.

use super::pane::{Cut, Pane, WindowRender};
use crate::{hooks::list::ListRef, runtime::scroller};
use realtime_core::{ListItem, QueryError, QueryStatus, RowId};
use std::{fmt, ops::Range, rc::Rc};
use yew::{html::ImplicitClone, prelude::*, virtual_dom::Key};

/// A window into a list, from [`use_realtime_window`](crate::use_realtime_window): the rows that are
/// to be on the page, and ways to go elsewhere.
pub struct UseRealtimeWindowHandle<T: ListItem> {
    pane: Rc<Pane<T>>,
    cut: Cut<T>,
    render: WindowRender<RowId>,
}

impl<T: ListItem> UseRealtimeWindowHandle<T> {
    pub(in crate::hooks) const fn new(
        pane: Rc<Pane<T>>,
        cut: Cut<T>,
        render: WindowRender<RowId>,
    ) -> Self {
        Self { pane, cut, render }
    }

    /// The ids of the rows that are to be on the page, in order: those that are seen, and some
    /// above and below.
    #[must_use]
    pub fn ids(&self) -> Rc<[RowId]> {
        Rc::clone(&self.render.slice.ids)
    }

    /// The ranks of these rows in the list, counted from zero.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.render.slice.range.clone()
    }

    /// The row that has the keyboard's focus and lies beyond the others on the page, with its rank:
    /// to be rendered before them or after them, so that it keeps the focus.
    #[must_use]
    pub fn aside(&self) -> Option<(RowId, usize)> {
        let aside = self.render.slice.aside.as_ref()?;
        Some((aside.id.clone(), aside.rank))
    }

    /// How many rows the list has, or its view.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.render.slice.len
    }

    /// Whether there are no rows, or none yet (see [`is_loading`](Self::is_loading)).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// There is no data yet, and no error: it is on its way.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.render.status == QueryStatus::Pending
    }

    /// Why the last fetch of the list failed for good.
    #[must_use]
    pub const fn error(&self) -> Option<&QueryError> {
        self.render.error.as_ref()
    }

    /// How many rows have come above those that are seen, since somebody was there to see them.
    #[must_use]
    pub const fn new_above(&self) -> usize {
        self.render.slice.new_above
    }

    /// What to give the row `id` as key: the same for the row's whole life.
    #[must_use]
    pub fn row_key(&self, id: impl Into<RowId>) -> Key {
        let id = id.into();
        let key = self
            .pane
            .with_window(|window| window.rows().key(&id).to_string());
        Key::from(key.unwrap_or_else(|| id.to_string()))
    }

    /// Names the list, for [`use_realtime_item`](crate::use_realtime_item) in its rows.
    #[must_use]
    pub fn list_ref(&self) -> ListRef<T> {
        self.cut.list.clone()
    }

    /// Goes on the element that scrolls, which must have a height of its own.
    #[must_use]
    pub fn scroller_ref(&self) -> NodeRef {
        self.pane.nodes.scroller.clone()
    }

    /// Goes on the one element in the scroller, which is made as high as the list.
    #[must_use]
    pub fn content_ref(&self) -> NodeRef {
        self.pane.nodes.content.clone()
    }

    /// Goes on the element in the content that holds the rows, and nothing else.
    #[must_use]
    pub fn rows_ref(&self) -> NodeRef {
        self.pane.nodes.rows.clone()
    }

    /// How high the content is, in CSS pixels: the sum of all rows, but for a list that is taller
    /// than browsers allow. Read at the call.
    #[must_use]
    pub fn extent(&self) -> f64 {
        let extent = self.pane.with_window(|window| window.extent());
        extent.unwrap_or_default()
    }

    /// How much of the content lies above the rows on the page, in CSS pixels. Read at the call.
    #[must_use]
    pub fn space_before(&self) -> f64 {
        let start = self.range().start;
        let before = self.pane.with_window(|window| window.place(start));
        before.unwrap_or_default()
    }

    /// How much of the content lies below the rows on the page, in CSS pixels. Read at the call.
    #[must_use]
    pub fn space_after(&self) -> f64 {
        let end = self.range().end;
        let after = self
            .pane
            .with_window(|window| window.extent() - window.place(end));
        after.unwrap_or_default()
    }

    /// Scrolls to where the row at `rank` is the first that is seen.
    pub fn scroll_to(&self, rank: usize) {
        self.pane.jump(|window| window.show_from(rank));
    }

    /// Scrolls just so far that the row `id` is seen; says whether it is in the list, and in its
    /// view.
    pub fn reveal(&self, id: impl Into<RowId>) -> bool {
        let rank = self.pane.rank_of(&id.into());
        if let Some(rank) = rank {
            self.pane.jump(|window| window.reveal(rank));
        }
        rank.is_some()
    }

    /// Scrolls to the top, where what is new above is seen.
    pub fn show_new(&self) {
        self.scroll_to(0);
        scroller::focus(&self.pane.nodes.scroller);
    }

    /// For `onkeydown` of the scroller: arrows, Page Up and Page Down, Home and End move the focus
    /// from row to row. Rows need a `tabindex`, and an `aria-posinset` that is one more than their
    /// rank.
    #[must_use]
    pub fn onkeydown(&self) -> Callback<KeyboardEvent> {
        self.pane.handlers.keydown.clone()
    }

    /// For `onfocusin` of the scroller: a row with the focus stays on the page.
    #[must_use]
    pub fn onfocusin(&self) -> Callback<FocusEvent> {
        self.pane.handlers.focusin.clone()
    }

    /// For `onfocusout` of the scroller.
    #[must_use]
    pub fn onfocusout(&self) -> Callback<FocusEvent> {
        self.pane.handlers.focusout.clone()
    }
}

impl<T: ListItem> Clone for UseRealtimeWindowHandle<T> {
    fn clone(&self) -> Self {
        Self {
            pane: Rc::clone(&self.pane),
            cut: self.cut.clone(),
            render: self.render.clone(),
        }
    }
}

impl<T: ListItem> PartialEq for UseRealtimeWindowHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.pane, &other.pane) && self.cut == other.cut && self.render == other.render
    }
}

impl<T: ListItem> ImplicitClone for UseRealtimeWindowHandle<T> {}

impl<T: ListItem> fmt::Debug for UseRealtimeWindowHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseRealtimeWindowHandle")
            .field("key", self.cut.list.key())
            .field("range", &self.render.slice.range)
            .field("len", &self.len())
            .field("new_above", &self.new_above())
            .finish_non_exhaustive()
    }
}
