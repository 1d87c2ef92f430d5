//! A page that does as it is told.

use super::clock::{HIDDEN_FRAME, ManualClock};
use crate::runtime::{Clock, Page, PageEvent, Repaint, Timer, Watch};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

type Tell = Rc<dyn Fn(PageEvent)>;

#[derive(Clone)]
pub(super) struct FakePage(Rc<State>);

struct State {
    clock: ManualClock,
    visible: Cell<bool>,
    watchers: RefCell<Vec<Weak<FakeWatch>>>,
    frames: RefCell<Vec<Weak<PendingFrame>>>,
}

struct FakeWatch(Tell);

struct PendingFrame {
    draw: Rc<dyn Fn()>,
    wanted: Cell<bool>,
}

impl FakePage {
    pub(super) fn new(clock: ManualClock) -> Self {
        Self(Rc::new(State {
            clock,
            visible: Cell::new(true),
            watchers: RefCell::default(),
            frames: RefCell::default(),
        }))
    }

    pub(super) fn tell(&self, event: PageEvent) {
        if let PageEvent::Visible(visible) = event {
            self.0.visible.set(visible);
        }
        let watchers: Vec<_> = {
            let mut watchers = self.0.watchers.borrow_mut();
            watchers.retain(|watch| watch.strong_count() > 0);
            watchers.iter().filter_map(Weak::upgrade).collect()
        };
        for watch in watchers {
            (watch.0)(event);
        }
    }

    /// Draws the frame that was asked for, if the page is seen; says whether there was one.
    pub(super) fn draw_frame(&self) -> bool {
        if !self.0.visible.get() {
            return false;
        }
        let due: Vec<_> = self
            .0
            .frames
            .borrow()
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|frame| frame.wanted.replace(false))
            .collect();
        for frame in &due {
            (frame.draw)();
        }
        !due.is_empty()
    }

    /// How many clients still listen to the page.
    pub(super) fn watchers(&self) -> usize {
        self.0
            .watchers
            .borrow()
            .iter()
            .filter(|watch| watch.strong_count() > 0)
            .count()
    }
}

impl Page for FakePage {
    fn watch(&self, tell: Tell) -> Box<dyn Watch> {
        let watch = Rc::new(FakeWatch(tell));
        self.0.watchers.borrow_mut().push(Rc::downgrade(&watch));
        Box::new(watch)
    }

    fn repaint(&self, draw: Rc<dyn Fn()>) -> Box<dyn Repaint> {
        let frame = Rc::new(PendingFrame {
            draw,
            wanted: Cell::new(false),
        });
        self.0.frames.borrow_mut().push(Rc::downgrade(&frame));
        let late = {
            let frame = Rc::clone(&frame);
            self.0.clock.timer(Rc::new(move || {
                if frame.wanted.replace(false) {
                    (frame.draw)();
                }
            }))
        };
        Box::new(FakeRepaint {
            frame,
            late,
            page: self.clone(),
        })
    }

    fn resolve(&self, url: &str) -> Result<String, String> {
        Ok(url.to_owned())
    }

    fn is_server(&self) -> bool {
        false
    }
}

impl Watch for Rc<FakeWatch> {}

struct FakeRepaint {
    frame: Rc<PendingFrame>,
    late: Box<dyn Timer>,
    page: FakePage,
}

impl Repaint for FakeRepaint {
    fn request(&self) {
        if self.frame.wanted.replace(true) {
            return;
        }
        if !self.page.0.visible.get() {
            self.late.arm(Some(self.page.0.clock.now() + HIDDEN_FRAME));
        }
    }
}
