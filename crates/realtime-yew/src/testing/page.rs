//! A page that does as it is told.

use super::clock::{HIDDEN_FRAME, ManualClock};
use crate::runtime::{Clock, Page, PageEvent, Repaint, Timer, Watch};
use realtime_core::{AddressError, Instant};
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
    warnings: RefCell<Vec<String>>,
}

struct FakeWatch(Tell);

struct PendingFrame {
    draw: Rc<dyn Fn()>,
    /// Wanted, if there is one; and drawn then by itself if nobody sees the page.
    due: Cell<Option<Instant>>,
    late: Box<dyn Timer>,
}

impl PendingFrame {
    /// The timer has rung, perhaps for a frame that was drawn since.
    fn ring(&self, now: Instant) {
        match self.due.get() {
            Some(due) if due <= now => {
                self.due.take();
                (self.draw)();
            }
            due => self.late.arm(due),
        }
    }
}

impl FakePage {
    pub(super) fn new(clock: ManualClock) -> Self {
        Self(Rc::new(State {
            clock,
            visible: Cell::new(true),
            watchers: RefCell::default(),
            frames: RefCell::default(),
            warnings: RefCell::default(),
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
            .filter(|frame| frame.due.take().is_some())
            .collect();
        for frame in &due {
            (frame.draw)();
        }
        !due.is_empty()
    }

    /// What was said on the console since this was last asked.
    pub(super) fn take_warnings(&self) -> Vec<String> {
        self.0.warnings.take()
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
        let clock = self.0.clock.clone();
        let frame = Rc::new_cyclic(|me: &Weak<PendingFrame>| {
            let (me, rung) = (me.clone(), clock.clone());
            let late = clock.timer(Rc::new(move || {
                if let Some(frame) = me.upgrade() {
                    frame.ring(rung.now());
                }
            }));
            PendingFrame {
                draw,
                due: Cell::default(),
                late,
            }
        });
        self.0.frames.borrow_mut().push(Rc::downgrade(&frame));
        Box::new(FakeRepaint {
            frame,
            page: self.clone(),
        })
    }

    fn resolve(&self, url: &str) -> Result<String, AddressError> {
        Ok(url.to_owned())
    }

    fn is_server(&self) -> bool {
        false
    }

    fn warn(&self, warning: &str) {
        self.0.warnings.borrow_mut().push(warning.to_owned());
    }
}

impl Watch for Rc<FakeWatch> {}

struct FakeRepaint {
    frame: Rc<PendingFrame>,
    page: FakePage,
}

impl Repaint for FakeRepaint {
    fn request(&self) {
        if self.frame.due.get().is_some() {
            return;
        }
        let due = self.page.0.clock.now() + HIDDEN_FRAME;
        self.frame.due.set(Some(due));
        if !self.page.0.visible.get() {
            self.frame.late.arm(Some(due));
        }
    }
}
