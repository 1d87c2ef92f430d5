//! Tabs of one app that share a socket: what the app asks for, and the seat of this one in the browser.

mod broadcast;
mod leadership;
mod sharing;

use realtime_core::{
    Client, Codec, Frame, Generation, Instant,
    tabs::{TabCodec, TabInput, TabRole, ToTabs, Wire},
};
use sharing::Sharing;
use std::rc::Rc;

/// Who is told what happens to a tab.
pub(crate) type Tell = Rc<dyn Fn(TabInput<'_>)>;

/// What the app asked for, and the code of it, which a page that does not ask does not carry.
#[derive(Clone)]
pub(crate) struct Tabs {
    name: Rc<str>,
    wire: Wire,
    wrap: fn(Box<dyn Codec>, Wire) -> Box<dyn Codec>,
    open: fn(&Self, &str, Tell) -> Option<Rc<dyn Shared>>,
}

impl Tabs {
    /// Tabs of the app of this name share.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            wire: Wire::default(),
            wrap: |codec, wire| Box::new(TabCodec::new(codec, wire)),
            open: Sharing::open,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same for one more client, which speaks by a wire of its own.
    pub(crate) fn of_client(&self) -> Self {
        Self {
            wire: Wire::default(),
            ..self.clone()
        }
    }

    pub(crate) fn wrap(&self, codec: Box<dyn Codec>) -> Box<dyn Codec> {
        (self.wrap)(codec, self.wire.clone())
    }

    /// The seat of this tab among those of `user`; `tell` is told what happens to it. `None` where the
    /// browser has no locks or no channel.
    pub(crate) fn open(&self, user: &str, tell: Tell) -> Option<Rc<dyn Shared>> {
        (self.open)(self, user, tell)
    }
}

/// What the runtime needs of a seat among tabs.
pub(crate) trait Shared {
    fn role(&self) -> TabRole;

    /// How many tabs there are.
    fn count(&self) -> usize;

    /// Whose tabs they are.
    fn user(&self) -> &str;

    /// Whether it takes part.
    fn is_part(&self) -> bool;

    /// Takes part; whether the client is told when to connect.
    fn join(&self, host: &dyn Host) -> bool;

    /// Takes no part any more.
    fn leave(&self, host: &dyn Host);

    /// The same, when the client is gone.
    fn farewell(&self, now: Instant);

    /// Signs the user out in all other tabs.
    fn sign_out(&self, host: &dyn Host);

    /// Whether another tab is to show its token anew, as it has the socket.
    fn renew_token(&self, host: &dyn Host) -> bool;

    /// Something has happened to the tab.
    fn input(&self, host: &dyn Host, input: TabInput<'_>);

    /// Whether a socket that the client wants is a link to the leader.
    fn connect(&self, host: &dyn Host, generation: Generation) -> bool;

    /// Whether a frame was for that link.
    fn transmit(&self, host: &dyn Host, generation: Generation, frame: &Frame) -> bool;

    /// Whether a socket that the client closes was that link.
    fn close(&self, host: &dyn Host, generation: Generation) -> bool;

    /// What the client says to the tabs that follow.
    fn relay(&self, host: &dyn Host, said: ToTabs);

    /// Does what the tab wants done.
    fn pump(&self, host: &dyn Host);
}

/// What a seat needs of the page around it.
pub(crate) trait Host {
    fn now(&self) -> Instant;

    /// Whether the client is in a call.
    fn is_busy(&self) -> bool;

    /// Has the client carry something out, and does what it then wants.
    fn run(&self, command: &mut dyn FnMut(&mut Client, Instant));

    /// Signs the user out on this page.
    fn sign_out(&self);

    /// Tells hooks that the tab is something else now.
    fn tell(&self);

    /// Has the tab told when it is `at`.
    fn arm(&self, at: Option<Instant>);
}
