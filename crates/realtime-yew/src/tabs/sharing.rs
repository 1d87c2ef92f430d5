//! Seat of this tab in the browser: its lock, what it posts, and what its client is to do.

use super::{Host, Shared, Tabs, Tell, leadership::Leadership};
use crate::{broadcast::Broadcast, chance, locks::LockEvent};
use realtime_core::{
    Frame, Generation, Instant,
    tabs::{ForPage, Seat, Tab, TabInput, TabOutput, TabRole, ToTabs},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// One tab's seat in the browser.
pub(super) struct Sharing {
    user: Rc<str>,
    /// Borrowed for one call, in which code of the app's may run: that reads it, at most.
    seat: RefCell<Seat>,
    role: Cell<TabRole>,
    lock: Leadership,
    broadcast: Broadcast,
    is_pumping: Cell<bool>,
}

impl Sharing {
    pub(super) fn open(tabs: &Tabs, user: &str, tell: Tell) -> Option<Rc<dyn Shared>> {
        let name = format!("realtime-tabs {} {user}", tabs.name);
        let (locked, heard) = (Rc::clone(&tell), tell);
        let lock = Leadership::new(
            &name,
            Rc::new(move |event| {
                locked(match event {
                    LockEvent::Granted => TabInput::Granted,
                    LockEvent::Lost => TabInput::Lost,
                });
            }),
        )?;
        let hear = Rc::new(move |text: &str| heard(TabInput::Message(text)));
        Some(Rc::new(Self {
            user: user.into(),
            seat: RefCell::new(Seat::new(Tab::new(chance::draw()), tabs.wire.clone())),
            role: Cell::new(TabRole::Alone),
            lock,
            broadcast: Broadcast::new(&name, hear)?,
            is_pumping: Cell::new(false),
        }))
    }

    /// Lets the seat act. `None` from inside a call of the client's that the seat has made: there the
    /// app may only ask for what is posted.
    fn act<R>(&self, host: &dyn Host, act: impl FnOnce(&mut Seat, Instant) -> R) -> Option<R> {
        let result = act(&mut *self.seat.try_borrow_mut().ok()?, host.now());
        self.pump(host);
        Some(result)
    }

    fn post(&self, rest: ForPage) -> Option<ForPage> {
        match rest {
            ForPage::Lock(lock) => self.lock.act(lock),
            ForPage::Post(text) => self.broadcast.post(&text),
            rest => return Some(rest),
        }
        None
    }
}

impl Shared for Sharing {
    fn role(&self) -> TabRole {
        if let Ok(seat) = self.seat.try_borrow() {
            self.role.set(seat.tab.role());
        }
        self.role.get()
    }

    fn count(&self) -> usize {
        self.seat.try_borrow().map_or(1, |seat| seat.tab.count())
    }

    fn user(&self) -> &str {
        &self.user
    }

    fn is_part(&self) -> bool {
        self.seat.try_borrow().is_ok_and(|seat| seat.tab.is_part())
    }

    fn join(&self, host: &dyn Host) -> bool {
        let joined = self.act(host, |seat, now| seat.tab.join(now));
        joined.unwrap_or(false)
    }

    fn leave(&self, host: &dyn Host) {
        self.act(host, |seat, now| seat.tab.leave(now));
    }

    fn farewell(&self, now: Instant) {
        let Ok(mut seat) = self.seat.try_borrow_mut() else {
            return;
        };
        seat.tab.leave(now);
        while let Some(output) = seat.poll_output() {
            match output {
                TabOutput::Lock(lock) => self.lock.act(lock),
                TabOutput::Post(text) => self.broadcast.post(&text),
                _ => {}
            }
        }
    }

    fn sign_out(&self, host: &dyn Host) {
        self.act(host, |seat, now| seat.tab.sign_out(now));
    }

    fn renew_token(&self, host: &dyn Host) -> bool {
        let renews = self.act(host, |seat, now| seat.tab.renew_token(now));
        renews.unwrap_or(false)
    }

    fn input(&self, host: &dyn Host, input: TabInput<'_>) {
        self.act(host, |seat, now| seat.tab.handle(now, input));
    }

    fn connect(&self, host: &dyn Host, generation: Generation) -> bool {
        let follows = self.act(host, |seat, now| seat.connect(now, generation));
        follows.unwrap_or(false)
    }

    fn transmit(&self, host: &dyn Host, generation: Generation, frame: &Frame) -> bool {
        let taken = self.act(host, |seat, now| seat.transmit(now, generation, frame));
        taken.unwrap_or(false)
    }

    fn close(&self, host: &dyn Host, generation: Generation) -> bool {
        let closed = self.act(host, |seat, now| seat.close(now, generation));
        closed.unwrap_or(false)
    }

    fn relay(&self, host: &dyn Host, said: ToTabs) {
        self.act(host, |seat, now| seat.tab.relay(now, said));
    }

    fn pump(&self, host: &dyn Host) {
        // Whoever has the client, or pumps further up the stack, goes on with what this brought.
        if host.is_busy() || self.is_pumping.replace(true) {
            return;
        }
        loop {
            let output = self.seat.borrow_mut().poll_output();
            if output.is_none() {
                break;
            }
            let (mut output, mut rest) = (output, None);
            host.run(&mut |client, now| {
                if let Some(output) = output.take() {
                    let mut seat = self.seat.borrow_mut();
                    rest = client.tabs(now).carry_out(&mut seat, output);
                }
            });
            match rest.and_then(|rest| self.post(rest)) {
                Some(ForPage::SignOut) => {
                    host.sign_out();
                    self.seat.borrow_mut().tab.leave(host.now());
                }
                Some(_) => host.tell(),
                None => {}
            }
        }
        self.is_pumping.set(false);
        host.arm(self.seat.borrow().tab.next_deadline());
    }
}
