//! Tabs of one app that share a socket: what the app asks for, and the seat of this one in the browser.

mod leadership;
mod neighbours;
mod sharing;

use crate::session::Session;
use neighbours::Neighbours;
use realtime_core::{
    Client, Codec, Frame, Generation, Instant,
    tabs::{TabCodec, TabInput, TabRole, ToTabs, Wire},
};
use std::{cell::Cell, rc::Rc};

thread_local! {
    /// Whether any client of this thread was ever to share its socket. An app that shares none never sets it,
    /// so the compiler knows what it is and leaves out all that follows from it.
    static IS_USED: Cell<bool> = const { Cell::new(false) };
}

/// Who is told what happens to a tab.
pub(crate) type Tell = Rc<dyn Fn(TabInput<'_>)>;

/// What the app asked for, and the code of it, which a page that does not ask does not carry.
#[derive(Clone)]
pub(crate) struct Tabs {
    name: Rc<str>,
    wire: Wire,
    wrap: fn(Box<dyn Codec>, Wire) -> Box<dyn Codec>,
    others: fn(&Self) -> Box<dyn OtherTabs>,
}

impl Tabs {
    /// Tabs of the app of this name share.
    pub(crate) fn new(name: &str) -> Self {
        IS_USED.set(true);
        Self {
            name: name.into(),
            wire: Wire::default(),
            wrap: |codec, wire| Box::new(TabCodec::new(codec, wire)),
            others: Neighbours::of,
        }
    }

    /// What is to be shared, if anything is.
    #[inline(always)]
    pub(crate) fn used<T>(shared: Option<T>) -> Option<T> {
        if IS_USED.get() { shared } else { None }
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

    /// The other tabs, for the client that these options are of.
    pub(crate) fn others(&self) -> Box<dyn OtherTabs> {
        (self.others)(self)
    }
}

/// What the runtime needs of the app's other tabs.
pub(crate) trait OtherTabs {
    /// What this tab is to the others, and how many there are.
    fn tab(&self) -> (TabRole, usize);

    /// The tabs to share with are those of whoever `session` names, or nobody's.
    fn set_user(&self, host: &dyn Host, session: &Session);

    /// Takes part, if the browser can; whether the client is told when to connect.
    fn join(&self, host: &dyn Host) -> bool;

    /// Takes no part any more.
    fn leave(&self, host: &dyn Host);

    /// The same, when the client is gone.
    fn farewell(&self, now: Instant);

    /// Signs the user out in all other tabs.
    fn sign_out(&self, host: &dyn Host);

    /// Whether the tab that has the socket is another, and shows its token anew.
    fn renew_token(&self, host: &dyn Host) -> bool;

    /// The page is back; whether the client is told when to connect.
    fn back(&self, host: &dyn Host) -> bool;

    /// The page is shown or hidden, which the client knows.
    fn visible(&self, host: &dyn Host, visible: bool);

    /// The page is put aside, which the client knows.
    fn gone(&self, host: &dyn Host);

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

/// A seat among tabs.
trait Shared {
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

    fn is_server(&self) -> bool;

    /// What is told what happens to the tab, for as long as there is a client.
    fn inputs(&self) -> Tell;

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
