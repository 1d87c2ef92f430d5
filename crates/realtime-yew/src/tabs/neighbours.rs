//! Neighbours: the app's other tabs, as a page minds them that shares a socket with them.

use super::{Host, OtherTabs, Shared, Tabs, sharing::Sharing};
use crate::session::Session;
use realtime_core::{
    Frame, Generation, Instant,
    tabs::{TabInput, TabRole, ToTabs},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// The seat among them, if the browser can.
pub(super) struct Neighbours {
    tabs: Tabs,
    seat: RefCell<Option<Rc<dyn Shared>>>,
    /// Whose tabs share a socket; nobody's, if the session has no name.
    user: RefCell<Option<String>>,
    /// Whether the tab takes part again once its page is back.
    comes_back: Cell<bool>,
}

impl Neighbours {
    /// Those of nobody in particular.
    pub(super) fn of(tabs: &Tabs) -> Box<dyn OtherTabs> {
        Box::new(Self {
            tabs: tabs.clone(),
            seat: RefCell::default(),
            user: RefCell::new(Some(String::new())),
            comes_back: Cell::new(false),
        })
    }

    /// The seat, if there is one.
    fn seat(&self) -> Option<Rc<dyn Shared>> {
        self.seat.borrow().clone()
    }

    fn with_seat(&self, takes: impl FnOnce(&dyn Shared) -> bool) -> bool {
        self.seat().is_some_and(|seat| takes(&*seat))
    }
}

impl OtherTabs for Neighbours {
    fn tab(&self) -> (TabRole, usize) {
        self.seat()
            .map_or((TabRole::Alone, 1), |seat| (seat.role(), seat.count()))
    }

    fn set_user(&self, host: &dyn Host, session: &Session) {
        let user = session.name();
        if self.with_seat(|seat| Some(seat.user()) != user.as_deref()) {
            self.leave(host);
            self.seat.take();
        }
        self.user.replace(user);
    }

    fn join(&self, host: &dyn Host) -> bool {
        if host.is_server() {
            return false;
        }
        if self.seat().is_none() {
            let user = self.user.borrow().clone();
            let seat = user.and_then(|user| Sharing::open(&self.tabs, &user, host.inputs()));
            self.seat.replace(seat);
        }
        self.with_seat(|seat| seat.join(host))
    }

    fn leave(&self, host: &dyn Host) {
        if let Some(seat) = self.seat() {
            seat.leave(host);
        }
    }

    fn farewell(&self, now: Instant) {
        if let Some(seat) = self.seat.take() {
            seat.farewell(now);
        }
    }

    fn sign_out(&self, host: &dyn Host) {
        if let Some(seat) = self.seat() {
            seat.sign_out(host);
        }
    }

    fn renew_token(&self, host: &dyn Host) -> bool {
        self.with_seat(|seat| seat.renew_token(host))
    }

    fn back(&self, host: &dyn Host) -> bool {
        self.comes_back.take() && self.join(host)
    }

    fn visible(&self, host: &dyn Host, visible: bool) {
        self.input(host, TabInput::Visible(visible));
    }

    fn gone(&self, host: &dyn Host) {
        self.comes_back.set(self.with_seat(|seat| seat.is_part()));
        self.leave(host);
    }

    fn input(&self, host: &dyn Host, input: TabInput<'_>) {
        if let Some(seat) = self.seat() {
            seat.input(host, input);
        }
    }

    fn connect(&self, host: &dyn Host, generation: Generation) -> bool {
        self.with_seat(|seat| seat.connect(host, generation))
    }

    fn transmit(&self, host: &dyn Host, generation: Generation, frame: &Frame) -> bool {
        self.with_seat(|seat| seat.transmit(host, generation, frame))
    }

    fn close(&self, host: &dyn Host, generation: Generation) -> bool {
        self.with_seat(|seat| seat.close(host, generation))
    }

    fn relay(&self, host: &dyn Host, said: ToTabs) {
        if let Some(seat) = self.seat() {
            seat.relay(host, said);
        }
    }

    fn pump(&self, host: &dyn Host) {
        if let Some(seat) = self.seat() {
            seat.pump(host);
        }
    }
}
