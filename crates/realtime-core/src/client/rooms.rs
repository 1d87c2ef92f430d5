//! Rooms: presence and typing, on the channels where the page uses them.

use super::{
    Fault, Output,
    part::{Context, Happening, Part},
    room::Room,
};
use crate::{
    channel::{ChannelError, ChannelState},
    id::{ChannelName, EventName},
    notify::Topic,
    ordered::{OrderedMap, OrderedSet},
    outbox::SendId,
    time::Instant,
    wire::EventFrame,
};

/// The rooms by channel; each holds a lease of its channel, which bounds them.
pub(super) struct Rooms {
    by_channel: OrderedMap<ChannelName, Room>,
    /// Those that may have something to say, each once.
    dirty: Vec<ChannelName>,
    /// When each room is due, if it is.
    timers: OrderedSet<(Instant, ChannelName)>,
    visible: bool,
    /// Sends of ours, whose outcome is nobody's business.
    sends: OrderedSet<SendId>,
    rng: fastrand::Rng,
}

impl Rooms {
    /// Tells all rooms, each of which may have something to say afterwards.
    fn tell(&mut self, now: Instant, happening: &Happening<'_>) {
        let dirty = &mut self.dirty;
        self.by_channel.visit_mut(|_, room| {
            dirty.extend(room.mark_dirty());
            room.handle(now, happening);
        });
    }

    /// A room, which may have something to say afterwards.
    pub(super) fn get_mut(&mut self, channel: &str) -> Option<&mut Room> {
        let room = self.by_channel.get_mut(channel)?;
        self.dirty.extend(room.mark_dirty());
        Some(room)
    }

    pub(super) fn get(&self, channel: &ChannelName) -> Option<&Room> {
        self.by_channel.get(channel)
    }

    pub(super) const fn is_visible(&self) -> bool {
        self.visible
    }

    /// A number by chance.
    pub(super) fn chance(&mut self) -> u64 {
        self.rng.u64(..)
    }

    /// The room of a channel, which is subscribed to if it was not. Whoever opens one puts something in.
    pub(super) fn open(
        &mut self,
        channel: &ChannelName,
        context: &mut Context<'_>,
    ) -> Result<&mut Room, ChannelError> {
        let channels = &mut context.link.channels;
        let lease = match self.by_channel.get(channel) {
            Some(room) => room.lease,
            None => channels.subscribe(context.turn.now, channel)?,
        };
        let state = channels.state(channel);
        let is_up = matches!(state, Some(ChannelState::Live | ChannelState::Unknown));
        let new = || Room::new(channel.clone(), lease, is_up);
        let room = self.by_channel.get_or_insert_with(channel.clone(), new);
        self.dirty.extend(room.mark_dirty());
        Ok(room)
    }

    fn due(&mut self, now: Instant) {
        let due = self.timers.iter().take_while(|(at, _)| *at <= now);
        let due: Vec<ChannelName> = due.map(|(_, channel)| channel.clone()).collect();
        for channel in due {
            if let Some(room) = self.get_mut(&channel) {
                room.handle(now, &Happening::Timeout);
            }
        }
    }

    fn set_timer(&mut self, channel: &ChannelName) {
        let Some(room) = self.by_channel.get_mut(channel) else {
            return;
        };
        let next = room.next_deadline();
        let old = std::mem::replace(&mut room.timer, next);
        if old != next {
            if let Some(old) = old {
                self.timers.remove(&(old, channel.clone()));
            }
            self.timers.extend(next.map(|at| (at, channel.clone())));
        }
    }

    /// Takes an event. True if it was presence or typing of a room of ours; anything else may
    /// still tell that somebody has stopped typing.
    fn receive(
        &mut self,
        channel: &str,
        frame: &EventFrame<'_>,
        context: &mut Context<'_>,
    ) -> bool {
        let now = context.turn.now;
        let Some(room) = self.get_mut(channel) else {
            return false;
        };
        room.receive(now, &frame.event, &frame.data)
            .unwrap_or_else(|error| {
                context.turn.fault(Fault::Payload {
                    event: EventName::from(frame.event.as_ref()),
                    channel: Some(room.channel().clone()),
                    error,
                });
                true
            })
    }

    /// Says what a room has to say, and gives it up when nobody is in it any more.
    pub(super) fn poll_room(&mut self, channel: &ChannelName, context: &mut Context<'_>) {
        let now = context.turn.now;
        let Some(room) = self.by_channel.get_mut(channel) else {
            return;
        };
        let changes = room.take_changes(now);
        let lease = room.is_empty().then_some(room.lease);
        let dirty = &mut context.turn.dirty;
        if changes.presence {
            dirty.mark(Topic::Presence(channel.clone()));
        }
        if changes.typing {
            dirty.mark(Topic::Typing(channel.clone()));
        }
        for event in changes.events {
            let channel = channel.clone();
            context.turn.push(Output::Presence { channel, event });
        }
        for ephemeral in changes.outgoing {
            let said = context.link.of_all_tabs(channel, ephemeral);
            let said = said.map(|said| context.link.say_of_user(now, channel, said));
            self.sends.extend(said);
        }
        self.set_timer(channel);
        if let Some(lease) = lease {
            self.by_channel.remove(channel);
            context.link.channels.release(now, lease);
        }
    }
}

impl Part for Rooms {
    fn new(context: &mut Context<'_>) -> Self {
        Self {
            by_channel: OrderedMap::new(),
            dirty: Vec::new(),
            timers: OrderedSet::new(),
            visible: context.store.cache.is_visible(),
            sends: OrderedSet::new(),
            rng: context.link.rng.fork(),
        }
    }

    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        let now = context.turn.now;
        match *happening {
            Happening::ChannelUp { channel, .. } | Happening::ChannelDown(channel) => {
                if let Some(room) = self.get_mut(channel) {
                    room.handle(now, happening);
                }
            }
            Happening::Event(channel, frame) => {
                return self.receive(channel, frame, context);
            }
            Happening::Settled(send, _) => return self.sends.remove(&send),
            // Presence says on the next link what is true then; what a full socket held back may not be.
            Happening::Down => {
                for send in self.sends.iter() {
                    context.link.outbox.cancel(*send);
                }
            }
            Happening::Visible(visible) => {
                self.visible = visible;
                self.tell(now, happening);
            }
            Happening::Activity | Happening::Leaving | Happening::SignedOut => {
                self.tell(now, happening);
            }
            Happening::Timeout => self.due(now),
            _ => {}
        }
        false
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let dirty = std::mem::take(&mut self.dirty);
        for channel in &dirty {
            self.poll_room(channel, context);
        }
        !dirty.is_empty()
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn listening<'a>(&'a self, event: Option<&str>, give: &mut dyn FnMut(&'a ChannelName)) {
        for room in self.by_channel.values() {
            if event.is_none_or(|event| room.listens_to(event)) {
                give(room.channel());
            }
        }
    }
}
