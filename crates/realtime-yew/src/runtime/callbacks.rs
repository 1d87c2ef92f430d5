//! Callbacks of the app that are called for each event, and sends that wait for their end.

use crate::error::RealtimeError;
use futures::channel::oneshot;
use realtime_core::{
    ChannelName, EventName, ListenerId, OrderedMap, PresenceEvent, ReceivedEvent, SendError, SendId,
};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

type OnEvent = Rc<dyn Fn(&ReceivedEvent)>;
type OnPresence = Rc<dyn Fn(&PresenceEvent)>;
type Settled = Result<Rc<str>, SendError>;

/// Who hears how a send ended.
enum Waiting {
    /// Whoever awaits the answer.
    Asker(oneshot::Sender<Settled>),
    /// Nobody, unless it failed.
    App(EventName),
}

/// Who hears of what. As with subscribers, nothing is borrowed during a call.
#[derive(Default)]
pub(crate) struct Callbacks {
    events: RefCell<OrderedMap<ListenerId, OnEvent>>,
    presence: RefCell<OrderedMap<ChannelName, Vec<(u64, OnPresence)>>>,
    sends: RefCell<OrderedMap<SendId, Waiting>>,
    next: Cell<u64>,
}

/// Keeps a presence callback until it is dropped.
#[must_use = "dropping it removes the callback"]
pub(crate) struct CallbackGuard {
    channel: ChannelName,
    id: u64,
    home: Weak<Callbacks>,
}

impl Callbacks {
    /// `call` hears the events of `listener`.
    pub(crate) fn on_event(&self, listener: ListenerId, call: OnEvent) {
        self.events.borrow_mut().insert(listener, call);
    }

    /// Nobody hears the events of `listener` any more.
    pub(crate) fn off_event(&self, listener: ListenerId) {
        let gone = self.events.borrow_mut().remove(&listener);
        drop(gone);
    }

    /// `call` hears who comes and goes on `channel`.
    pub(crate) fn on_presence(
        self: &Rc<Self>,
        channel: ChannelName,
        call: OnPresence,
    ) -> CallbackGuard {
        let id = self.next.get();
        self.next.set(id + 1);
        self.presence
            .borrow_mut()
            .get_or_insert_with(channel.clone(), Vec::new)
            .push((id, call));
        CallbackGuard {
            channel,
            id,
            home: Rc::downgrade(self),
        }
    }

    /// The receiver hears how `send` ends.
    pub(crate) fn await_settled(&self, send: SendId) -> oneshot::Receiver<Settled> {
        let (sender, receiver) = oneshot::channel();
        self.sends.borrow_mut().insert(send, Waiting::Asker(sender));
        receiver
    }

    /// Nobody awaits `send`; if it fails, the app is told.
    pub(crate) fn report_settled(&self, send: SendId, event: EventName) {
        self.sends.borrow_mut().insert(send, Waiting::App(event));
    }

    pub(super) fn event(&self, listener: ListenerId, event: &ReceivedEvent) {
        let call = self.events.borrow().get(&listener).cloned();
        if let Some(call) = call {
            call(event);
        }
    }

    pub(super) fn presence(&self, channel: &ChannelName, event: &PresenceEvent) {
        let calls: Vec<OnPresence> = self
            .presence
            .borrow()
            .get(channel)
            .into_iter()
            .flatten()
            .map(|(_, call)| Rc::clone(call))
            .collect();
        for call in calls {
            call(event);
        }
    }

    /// `send` is over. Gives back what the app has to be told, if so.
    pub(super) fn settled(&self, send: SendId, result: Settled) -> Option<RealtimeError> {
        let waiting = self.sends.borrow_mut().remove(&send)?;
        match (waiting, result) {
            (Waiting::Asker(asker), result) => {
                // Whoever asked may have stopped waiting; that is their right.
                let _ = asker.send(result);
                None
            }
            (Waiting::App(_), Ok(_)) => None,
            (Waiting::App(event), Err(error)) => Some(RealtimeError::Unsent { event, error }),
        }
    }
}

impl Drop for CallbackGuard {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else {
            return;
        };
        let mut presence = home.presence.borrow_mut();
        let Some(calls) = presence.get_mut(&self.channel) else {
            return;
        };
        let place = calls.iter().position(|(id, _)| *id == self.id);
        let gone = place.map(|place| calls.remove(place));
        if calls.is_empty() {
            presence.remove(&self.channel);
        }
        drop(presence);
        drop(gone);
    }
}
