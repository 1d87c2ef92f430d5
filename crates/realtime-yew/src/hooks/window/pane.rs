//! Pane: what keeps a window at its place on the page while the list, the scroll and the sizes
//! change.
//!
//! Components render for what they show, which are rows; where these lie is set on the elements
//! without a render, after it or instead of it.

use super::nodes::{FocusNews, Handlers, Nodes};
use crate::{
    client::RealtimeClient,
    hooks::list::ListRef,
    runtime::{
        Timer,
        scroller::{self, FocusKept, ScrollNews, Scroller},
    },
    snapshot::Held,
    window::{RowHeight, Slice, Window, WindowOptions},
};
use realtime_core::{
    Instant, ListItem, ListSnapshot, QueryError, QueryKey, QueryStatus, RowId,
    list::{ListView, ViewOptions},
};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

/// So long after the last scroll it is over.
const SCROLL_ENDS_AFTER: Duration = Duration::from_millis(150);

/// Which list a window looks into, and how.
pub(in crate::hooks) struct Cut<T: ListItem> {
    pub(in crate::hooks) list: ListRef<T>,
    pub(in crate::hooks) view: ViewOptions<T>,
    pub(in crate::hooks) options: WindowOptions,
}

impl<T: ListItem> Clone for Cut<T> {
    fn clone(&self) -> Self {
        Self {
            list: self.list.clone(),
            view: self.view.clone(),
            options: self.options,
        }
    }
}

impl<T: ListItem> PartialEq for Cut<T> {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list && self.view == other.view && self.options == other.options
    }
}

/// What one render of a window shows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::hooks) struct WindowRender<I> {
    pub(super) slice: Slice<I>,
    pub(super) status: QueryStatus,
    pub(super) error: Option<QueryError>,
}

/// The list as the window's view shows it, and the window into that.
struct Look<T: ListItem> {
    cut: Cut<T>,
    view: ListView<T>,
    window: Window<T>,
}

/// What was last set on the elements.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Laid {
    extent: f64,
    top: f64,
    aside: Option<(usize, f64)>,
}

/// A window on the page.
pub(in crate::hooks) struct Pane<T: ListItem> {
    me: Weak<Self>,
    client: RealtimeClient,
    pub(super) nodes: Nodes,
    pub(super) handlers: Handlers,
    /// `None` while the app's filter or comparator runs, which might ask for it.
    look: RefCell<Option<Look<T>>>,
    /// What is on the page.
    rendered: RefCell<Option<WindowRender<RowId>>>,
    render: RefCell<Option<Rc<dyn Fn()>>>,
    scroller: RefCell<Option<Scroller>>,
    laid: Cell<Option<Laid>>,
    /// When the scroll is over that is under way: nobody scrolls, if `None`.
    scroll_ends: Cell<Option<Instant>>,
    scroll_end: Box<dyn Timer>,
    /// Where we have put the element ourselves.
    put: Cell<Option<f64>>,
    /// The row that is to have the focus as soon as it is on the page.
    to_focus: Cell<Option<usize>>,
    is_rendering: Cell<bool>,
    /// What had the focus before the render.
    had_focus: RefCell<Option<FocusKept>>,
}

impl<T: ListItem> Pane<T> {
    pub(in crate::hooks) fn new(client: &RealtimeClient) -> Rc<Self> {
        Rc::new_cyclic(|me: &Weak<Self>| {
            let nodes = Nodes::default();
            let (told, ended) = (me.clone(), me.clone());
            Self {
                me: me.clone(),
                client: client.clone(),
                handlers: Handlers::new(
                    &nodes,
                    Rc::new(move |news| {
                        if let Some(pane) = told.upgrade() {
                            pane.focus_news(news);
                        }
                    }),
                ),
                nodes,
                look: RefCell::default(),
                rendered: RefCell::default(),
                render: RefCell::default(),
                scroller: RefCell::default(),
                laid: Cell::default(),
                scroll_ends: Cell::default(),
                scroll_end: client.runtime().timer(Rc::new(move || {
                    if let Some(pane) = ended.upgrade() {
                        pane.scroll_may_be_over();
                    }
                })),
                put: Cell::default(),
                to_focus: Cell::default(),
                is_rendering: Cell::default(),
                had_focus: RefCell::default(),
            }
        })
    }

    /// What a render shows now.
    pub(in crate::hooks) fn read(&self, cut: &Cut<T>) -> WindowRender<RowId> {
        let key = cut.list.key();
        let meta = cut.list.known(&self.client, |client| {
            let meta = client.query_meta(key)?;
            Some((meta.status, meta.error.clone()))
        });
        let (rows, meta) = (cut.list.rows(&self.client), meta.flatten());
        let (status, error) = match (meta, &rows) {
            (Some((QueryStatus::Pending, _)) | None, Some(_)) => (QueryStatus::Success, None),
            (Some(meta), _) => meta,
            (None, None) => (QueryStatus::Pending, None),
        };
        let mut look = match self.look.take() {
            Some(look) if look.cut == *cut => look,
            Some(old) => {
                let mut window = old.window;
                self.scroll_ends.take();
                window.restart(cut.options);
                Look::new(cut, window)
            }
            None => Look::new(cut, Window::new(cut.options)),
        };
        look.follow(&rows.unwrap_or_default());
        let slice = look.window.slice();
        self.look.replace(Some(look));
        WindowRender {
            slice,
            status,
            error,
        }
    }

    /// Takes what to call when what is shown may be another.
    pub(in crate::hooks) fn attach(self: &Rc<Self>, render: Rc<dyn Fn()>, watch: Held) -> Held {
        self.render.replace(Some(render));
        let pane = Rc::clone(self);
        let detach = crate::client::Lease::new(move || {
            pane.render.take();
        });
        Box::new((watch, detach))
    }

    /// The list has changed.
    pub(in crate::hooks) fn list_changed(&self) {
        self.update();
    }

    /// A render begins. An element that moves, or goes, loses the focus.
    pub(in crate::hooks) fn rendering(&self) {
        self.is_rendering.set(true);
        if self.with_window(|window| window.focus().is_some()) == Some(true) {
            self.had_focus.replace(FocusKept::within(&self.nodes.rows));
        }
    }

    /// A render is on the page.
    pub(in crate::hooks) fn rendered(&self, render: &WindowRender<RowId>) {
        self.is_rendering.set(false);
        self.rendered.replace(Some(render.clone()));
        self.find_scroller();
        if let (Some(scroller), true) = (&*self.scroller.borrow(), self.is_measured()) {
            scroller.measure_rows(&self.nodes.rows);
        }
        self.lay();
        self.measure_window();
        self.keep_focus();
    }

    /// Asks how high the window is where it has no height before there are rows in it.
    fn measure_window(&self) {
        let is_known = self.with_window(Window::is_measured).unwrap_or(true);
        let height = self.scroller.borrow().as_ref().map(Scroller::height);
        if let (false, Some(height)) = (is_known, height)
            && height > 0.0
        {
            self.change(|window| window.resized(height));
        }
    }

    /// Nothing is on the page any longer.
    pub(in crate::hooks) fn unmounted(&self) {
        self.scroll_end.arm(None);
        let scroller = self.scroller.take();
        drop(scroller);
    }

    fn is_measured(&self) -> bool {
        self.with(|look| matches!(look.cut.options.row_height, RowHeight::Measured(_)))
            .unwrap_or(false)
    }

    /// Listens to the element that scrolls, once there is one, or another one.
    fn find_scroller(&self) {
        let node = &self.nodes.scroller;
        let is_known = (self.scroller.borrow().as_ref()).is_some_and(|it| it.is_of(node));
        if is_known {
            return;
        }
        let me = self.me.clone();
        let scroller = Scroller::new(
            node,
            Rc::new(move |news| {
                if let Some(pane) = me.upgrade() {
                    pane.handle(news);
                }
            }),
        );
        let Some(scroller) = scroller else {
            return;
        };
        let (height, top) = (scroller.height(), scroller.top());
        let old = self.scroller.replace(Some(scroller));
        drop(old);
        self.laid.take();
        if let Some(row_height) = self.with(|look| look.cut.options.row_height) {
            self.nodes.dress(row_height);
        }
        self.change(|window| {
            window.resized(height);
            window.scrolled(top);
        });
    }

    fn handle(&self, news: ScrollNews) {
        match news {
            ScrollNews::Scrolled(top) => {
                if self.put.take() == Some(top) {
                    // Our own doing, and known.
                    return;
                }
                let end = self.client.runtime().now() + SCROLL_ENDS_AFTER;
                self.scroll_ends.set(Some(end));
                self.scroll_end.arm(Some(end));
                self.change(|window| window.scrolled(top));
            }
            ScrollNews::Resized(height) => self.change(|window| window.resized(height)),
            ScrollNews::Measured(rows) => {
                let rows = self.ids_at(rows);
                self.change(|window| {
                    for (id, height) in rows {
                        if let Some(rank) = window.rank_on_page(&id) {
                            window.measured(rank, height);
                        }
                    }
                });
            }
        }
    }

    /// The timer has rung, perhaps early: each scroll event puts the end off, while the alarm stays
    /// where it was.
    fn scroll_may_be_over(&self) {
        let ends = self.scroll_ends.get();
        if ends.is_some_and(|ends| self.client.runtime().now() < ends) {
            self.scroll_end.arm(ends);
        } else if ends.is_some() {
            self.scroll_ends.take();
            self.lay();
        }
    }

    /// Which rows stood at these places when they were rendered.
    fn ids_at(&self, rows: Vec<(usize, f64)>) -> Vec<(RowId, f64)> {
        let rendered = self.rendered.borrow();
        let Some(WindowRender { slice, .. }) = &*rendered else {
            return Vec::new();
        };
        let id = |(place, height): (usize, f64)| {
            let offset = place.checked_sub(slice.range.start + 1)?;
            Some((slice.ids.get(offset)?.clone(), height))
        };
        rows.into_iter().filter_map(id).collect()
    }

    /// Changes the window, and shows it.
    pub(super) fn change(&self, change: impl FnOnce(&mut Window<T>)) {
        if let Some(look) = &mut *self.look.borrow_mut() {
            change(&mut look.window);
        }
        self.update();
    }

    /// Looks something up.
    pub(super) fn with_window<R>(&self, look: impl FnOnce(&Window<T>) -> R) -> Option<R> {
        self.with(|it| look(&it.window))
    }

    fn with<R>(&self, look: impl FnOnce(&Look<T>) -> R) -> Option<R> {
        self.look.borrow().as_ref().map(look)
    }

    /// Renders if other rows are to be shown; else the elements are at once what they should be,
    /// and otherwise after the render.
    fn update(&self) {
        let render = self.render.borrow().clone();
        if let Some(render) = render {
            render();
        }
        let is_rendered = self.with(|look| {
            let rendered = self.rendered.borrow();
            let rendered = rendered.as_ref().map(|render| &render.slice);
            rendered == Some(&look.window.slice())
        });
        if is_rendered == Some(true) {
            self.lay();
        }
    }

    /// Puts the elements where they belong.
    fn lay(&self) {
        let scroller = self.scroller.borrow();
        let (Some(scroller), Some(look)) = (&*scroller, &mut *self.look.borrow_mut()) else {
            return;
        };
        let window = &mut look.window;
        let old = self.laid.get();
        let extent = window.extent();
        if old.map(|old| old.extent) != Some(extent) {
            // Before the scroll, which goes no further than the content does.
            scroller::set_style(&self.nodes.content, "height", &format!("{extent}px"));
        }
        if let Some(top) = window.unsettled(self.scroll_ends.get().is_some()) {
            let top = scroller.set_top(top);
            self.put.set(Some(top));
            window.settled(top);
        }
        let top = window.place(window.range().start);
        if old.map(|old| old.top) != Some(top) {
            scroller::set_style(&self.nodes.rows, "top", &format!("{top}px"));
        }
        let aside = window
            .aside()
            .map(|focus| (focus.rank + 1, window.place(focus.rank) - top));
        if old.and_then(|old| old.aside) != aside {
            scroller::lay_aside(&self.nodes.rows, aside);
        }
        self.laid.set(Some(Laid { extent, top, aside }));
    }

    /// Gives the focus to the row that is to have it, back to what lost it by moving, or to the row
    /// that stands where one that had it has gone.
    fn keep_focus(&self) {
        let had = self.had_focus.take();
        if let Some(rank) = self.to_focus.get() {
            if scroller::focus_row(&self.nodes.rows, rank + 1) {
                self.to_focus.take();
            }
        } else if let Some(Some(rank)) = self.with_window(|window| Some(window.focus()?.rank))
            && scroller::is_focus_lost()
            && !had.is_some_and(|had| had.give_back())
        {
            scroller::focus_row(&self.nodes.rows, rank + 1);
        }
    }

    fn focus_news(&self, news: FocusNews) {
        match news {
            FocusNews::Stepped(step) => {
                if let Some(Some(rank)) = self.with_window(|window| window.step(step)) {
                    self.focus(rank);
                }
            }
            FocusNews::Moved(place) => self.focused(place),
        }
    }

    /// Moves the keyboard's focus, and shows the row that gets it.
    fn focus(&self, rank: usize) {
        self.to_focus.set(Some(rank));
        self.scroll_ends.take();
        self.change(|window| {
            window.set_focus(Some(rank));
            window.reveal(rank);
        });
        self.keep_focus();
    }

    /// Goes elsewhere in the list, at once.
    pub(super) fn jump(&self, go: impl FnOnce(&mut Window<T>)) {
        self.scroll_ends.take();
        self.change(go);
    }

    /// The focus has come to a row, or has left the list.
    fn focused(&self, place: Option<usize>) {
        if self.is_rendering.get() {
            // Nobody's doing but that of the render, which sees to it in the end.
            return;
        }
        let rank = place.and_then(|place| place.checked_sub(1));
        self.change(|window| window.set_focus(rank));
    }

    /// Where the row `id` stands in what the window shows, wherever that is.
    pub(super) fn rank_of(&self, id: &RowId) -> Option<usize> {
        let key = self.with(|look| look.cut.list.key().clone())?;
        let rank = |key: &QueryKey| self.client.read(|client| client.rank(key, id));
        let rank = rank(&key).flatten()?;
        self.with(|look| look.view.rank(rank)).flatten()
    }
}

impl<T: ListItem> Look<T> {
    fn new(cut: &Cut<T>, window: Window<T>) -> Self {
        Self {
            cut: cut.clone(),
            view: ListView::new(&cut.view),
            window,
        }
    }

    fn follow(&mut self, rows: &ListSnapshot<T>) {
        self.view.follow(rows);
        self.window.follow(&self.view.snapshot());
    }
}
