//! Neighbours: the app's other tabs, as far as the runtime minds them.

use super::{Runtime, Timer};
use crate::{
    options::App,
    tabs::{Host, OtherTabs, Tabs, Tell},
};
use realtime_core::{Client, Instant, Topic, tabs::TabInput};
use std::{cell::RefCell, rc::Rc};

/// The other tabs, if the app wants to know of them, and the timer of what is agreed with them.
pub(super) struct Neighbours {
    pub(super) tabs: Option<Box<dyn OtherTabs>>,
    timer: RefCell<Option<Box<dyn Timer>>>,
}

impl Neighbours {
    pub(super) fn around(app: &App) -> Self {
        Self {
            tabs: Tabs::used(app.tabs.as_ref()).map(|tabs| tabs.others()),
            timer: RefCell::default(),
        }
    }
}

/// Something has happened to this tab.
fn tell_tabs(runtime: &Runtime, input: TabInput<'_>) {
    if let Some(tabs) = runtime.neighbours() {
        tabs.input(runtime, input);
    }
}

impl Host for Runtime {
    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn is_server(&self) -> bool {
        Self::is_server(self)
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

    fn inputs(&self) -> Tell {
        let me = self.me.clone();
        Rc::new(move |input: TabInput<'_>| {
            if let Some(runtime) = me.upgrade() {
                tell_tabs(&runtime, input);
            }
        })
    }

    fn arm(&self, at: Option<Instant>) {
        let mut timer = self.neighbours.timer.borrow_mut();
        let me = self.me.clone();
        let timer = timer.get_or_insert_with(|| {
            self.timer(Rc::new(move || {
                if let Some(runtime) = me.upgrade() {
                    tell_tabs(&runtime, TabInput::Timeout);
                }
            }))
        });
        timer.arm(at);
    }
}
