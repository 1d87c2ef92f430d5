//! Parts: what a page brings along by using it, such as presence or mutations.
//!
//! The client knows a part by one trait and makes it, boxed, when it is first asked for: what no page asks
//! for the linker drops. A part acts on the link and the store, and speaks through the outputs, which it
//! gets with each call.

use super::{link::Link, store::Store, turn::Turn};
use crate::{
    id::{ChannelName, EntryId, MutationId},
    key::QueryKey,
    mutation::MutationLimits,
    outbox::{SendError, SendId},
    query::FetchError,
    storage::StoreEvent,
    time::{Instant, earliest},
    wire::EventFrame,
};
use std::{any::Any, fmt, rc::Rc};

/// Something that a page brings along by using it.
pub(super) trait Part: Any {
    /// One that joins a client which is under way.
    fn new(context: &mut Context<'_>) -> Self
    where
        Self: Sized;

    /// Takes in what happened; whether it was for this part.
    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool;

    /// Says what it has to say; whether it had anything.
    fn poll(&mut self, context: &mut Context<'_>) -> bool;

    /// When it wants [`Happening::Timeout`].
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// When it wants [`Happening::AnswersDue`].
    fn answers_due(&self) -> Option<Instant> {
        None
    }

    /// Gives the channels on which it listens to events of this name; without a name, all on which it
    /// listens to anything.
    fn listening<'a>(&'a self, event: Option<&str>, give: &mut dyn FnMut(&'a ChannelName)) {
        let _ = (event, give);
    }
}

/// What a part acts on.
pub(super) struct Context<'a> {
    pub(super) link: &'a mut Link,
    pub(super) store: &'a mut Store,
    pub(super) turn: &'a mut Turn,
    pub(super) limits: MutationLimits,
}

/// What a part is told.
#[derive(Clone, Copy)]
pub(super) enum Happening<'a> {
    /// A connection is sought.
    Sought,
    /// The link is up, and the channels are asked for.
    Up,
    /// The link is down.
    Down,
    /// No link will come, unless the app wants one again.
    Ended,
    /// Events of a channel are applied from now on, known to arrive or not.
    ChannelUp {
        channel: &'a ChannelName,
        /// Whether the server may go on where the link before it ended, with what it had to say then.
        resumed: bool,
    },
    /// Events of a channel do not arrive any more.
    ChannelDown(&'a ChannelName),
    /// An event came on a channel that is in use.
    Event(&'a str, &'a EventFrame<'a>),
    /// An event came that names no channel, and that no rule leads to one.
    #[cfg(feature = "tabs")]
    Stray(&'a EventFrame<'a>),
    /// Events were lost on a live channel.
    #[cfg(feature = "tabs")]
    Gap(&'a ChannelName, crate::channel::GapReason),
    /// An entry has come into the cache.
    EntryMade(EntryId),
    /// An event or a fetch was applied to an entry.
    EntryTouched(EntryId),
    /// The app has changed the data of an entry.
    EntrySet(EntryId),
    /// A send is over.
    Settled(SendId, &'a Result<Rc<str>, SendError>),
    /// A function of the app's has carried a mutation out, or failed.
    Carried(MutationId, &'a Result<Rc<str>, FetchError>),
    /// The browser believes to be online or offline.
    Online(bool),
    /// The page became visible or hidden.
    Visible(bool),
    /// The user pressed a key or moved the pointer.
    Activity,
    /// The app has forgotten all queries whose key begins with this.
    Forgotten(&'a QueryKey),
    /// The store has answered.
    Store(&'a StoreEvent),
    /// What was kept of the outbox has been read, for whoever keeps it to take.
    OutboxFound,
    /// The store has on the disk what was last set of the outbox under this key.
    Durable(&'a str),
    /// The page or the connection is going away.
    Leaving,
    /// The user is signing out; the link is still there.
    SigningOut,
    /// The user has signed out, and the data is gone.
    SignedOut,
    /// The time of [`Part::next_deadline`] may have come.
    Timeout,
    /// The time of [`Part::answers_due`] may have come, and what waited was read.
    AnswersDue,
}

/// The parts in use.
#[derive(Default)]
pub(super) struct Parts(Vec<Box<dyn Part>>);

/// Says how many there are. If it showed them, each page that has a part would carry what shows it.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Parts").field(&self.0.len()).finish()
    }
}

impl Parts {
    pub(super) fn get<P: Part>(&self) -> Option<&P> {
        let mut parts = self.0.iter();
        parts.find_map(|part| (&**part as &dyn Any).downcast_ref())
    }

    /// Lets the part `P` act; makes it first, if need be.
    pub(super) fn with<P: Part, R>(
        &mut self,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut P, &mut Context<'_>) -> R,
    ) -> R {
        let (at, mut part) = self.take(context);
        let result = act(&mut part, context);
        self.put_back(at, part);
        result
    }

    /// Takes out the part `P`, and where it was; makes it first, if need be.
    fn take<P: Part>(&mut self, context: &mut Context<'_>) -> (usize, Box<P>) {
        let mut parts = self.0.iter();
        let at = parts.position(|part| (&**part as &dyn Any).is::<P>());
        let known = at.and_then(|at| (self.0.remove(at) as Box<dyn Any>).downcast().ok());
        let at = at.unwrap_or(self.0.len());
        (at, known.unwrap_or_else(|| Box::new(P::new(context))))
    }

    fn put_back(&mut self, at: usize, part: Box<dyn Part>) {
        self.0.insert(at, part);
    }

    /// Tells all parts what happened; whether it was for any.
    pub(super) fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        let parts = self.0.iter_mut();
        parts.fold(false, |taken, part| part.handle(happening, context) | taken)
    }

    /// Lets all parts say what they have to say; whether any had.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let parts = self.0.iter_mut();
        parts.fold(false, |changed, part| part.poll(context) | changed)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let parts = self.0.iter().map(|part| part.next_deadline());
        parts.fold(None, earliest)
    }

    pub(super) fn answers_due(&self) -> Option<Instant> {
        let parts = self.0.iter().map(|part| part.answers_due());
        parts.fold(None, earliest)
    }

    /// The channels on which parts listen to an event.
    pub(super) fn listening(&self, event: &str) -> Vec<&ChannelName> {
        self.channels(Some(event))
    }

    /// The only channel on which parts listen to anything, if it is only one.
    pub(super) fn only_channel(&self) -> Option<&ChannelName> {
        match *self.channels(None) {
            [only] => Some(only),
            _ => None,
        }
    }

    fn channels(&self, event: Option<&str>) -> Vec<&ChannelName> {
        let mut channels = Vec::new();
        for part in &self.0 {
            part.listening(event, &mut |channel| channels.push(channel));
        }
        channels
    }
}
