//! Neighbours: the app's other tabs, as far as the runtime minds them.

use super::{Runtime, Timer, page::PageEvent as Told};
use crate::tabs::{Host, Shared};
use realtime_core::{
    Client, Instant, Topic,
    tabs::{TabInput, TabRole},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// The seat among them, if the app wants one and the browser can.
pub(crate) struct Neighbours {
    seat: RefCell<Option<Rc<dyn Shared>>>,
    /// Whose tabs share a socket; nobody's, if the session has no name.
    user: RefCell<Option<String>>,
    timer: RefCell<Option<Box<dyn Timer>>>,
    /// Whether the tab takes part again once its page is back.
    comes_back: Cell<bool>,
}

impl Default for Neighbours {
    /// Those of nobody in particular.
    fn default() -> Self {
        Self {
            seat: RefCell::default(),
            user: RefCell::new(Some(String::new())),
            timer: RefCell::default(),
            comes_back: Cell::new(false),
        }
    }
}

impl Neighbours {
    /// The seat, if there is one.
    pub(super) fn seat(&self) -> Option<Rc<dyn Shared>> {
        self.seat.borrow().clone()
    }

    /// What this tab is to the others, and how many there are.
    pub(crate) fn tab(&self) -> (TabRole, usize) {
        self.seat()
            .map_or((TabRole::Alone, 1), |seat| (seat.role(), seat.count()))
    }

    /// The tabs to share with are those of this user, or nobody's.
    pub(crate) fn set_user(&self, runtime: &Runtime, user: Option<String>) {
        let is_other = |seat: &Rc<dyn Shared>| Some(seat.user()) != user.as_deref();
        if self.seat().as_ref().is_some_and(is_other) {
            self.leave(runtime);
            self.seat.take();
        }
        self.user.replace(user);
    }

    /// Takes part, if the app wants that and the browser can; whether the client is told when to
    /// connect.
    pub(crate) fn join(&self, runtime: &Runtime) -> bool {
        let tabs = runtime.app.tabs.as_ref();
        let Some(tabs) = tabs.filter(|_| !runtime.is_server()) else {
            return false;
        };
        if self.seat().is_none() {
            let me = runtime.me.clone();
            let tell = Rc::new(move |input: TabInput<'_>| {
                if let Some(runtime) = me.upgrade() {
                    runtime.neighbours.input(&runtime, input);
                }
            });
            let user = self.user.borrow().clone();
            let seat = user.and_then(|user| tabs.open(&user, tell));
            self.seat.replace(seat);
        }
        self.seat().is_some_and(|seat| seat.join(runtime))
    }

    /// Takes no part any more.
    pub(crate) fn leave(&self, runtime: &Runtime) {
        if let Some(seat) = self.seat() {
            seat.leave(runtime);
        }
    }

    /// The same, when the client is gone.
    pub(super) fn farewell(&self, now: Instant) {
        if let Some(seat) = self.seat.take() {
            seat.farewell(now);
        }
    }

    /// Signs the user out in all other tabs.
    pub(crate) fn sign_out(&self, runtime: &Runtime) {
        if let Some(seat) = self.seat() {
            seat.sign_out(runtime);
        }
    }

    /// Whether the tab that has the socket is another, and shows its token anew.
    pub(crate) fn renew_token(&self, runtime: &Runtime) -> bool {
        self.seat().is_some_and(|seat| seat.renew_token(runtime))
    }

    /// Whether the page is back and the client is told when to connect.
    pub(super) fn comes_back(&self, runtime: &Runtime, told: Told) -> bool {
        matches!(told, Told::Back) && self.comes_back.take() && self.join(runtime)
    }

    /// The page has told something, which the client knows.
    pub(super) fn hear_of(&self, runtime: &Runtime, told: Told) {
        match told {
            Told::Visible(visible) => self.input(runtime, TabInput::Visible(visible)),
            Told::Gone => {
                let is_part = self.seat().is_some_and(|seat| seat.is_part());
                self.comes_back.set(is_part);
                self.leave(runtime);
            }
            _ => {}
        }
    }

    fn input(&self, runtime: &Runtime, input: TabInput<'_>) {
        if let Some(seat) = self.seat() {
            seat.input(runtime, input);
        }
    }
}

impl Host for Runtime {
    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn is_busy(&self) -> bool {
        self.client.try_borrow_mut().is_err()
    }

    fn run(&self, command: &mut dyn FnMut(&mut Client, Instant)) {
        Self::run(self, command);
    }

    fn sign_out(&self) {
        Self::sign_out(self);
    }

    fn tell(&self) {
        self.subscribers
            .notify(&[Topic::Connection], self.next_round());
    }

    fn arm(&self, at: Option<Instant>) {
        let mut timer = self.neighbours.timer.borrow_mut();
        let me = self.me.clone();
        let timer = timer.get_or_insert_with(|| {
            self.timer(Rc::new(move || {
                if let Some(runtime) = me.upgrade() {
                    runtime.neighbours.input(&runtime, TabInput::Timeout);
                }
            }))
        });
        timer.arm(at);
    }
}
