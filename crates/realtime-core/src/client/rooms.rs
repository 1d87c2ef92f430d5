//! Rooms: presence and typing, on the channels where the page uses them.

use super::{
    Fault, Output,
    part::{Context, Happening, Part},
    room::{Membership, Room, Typing},
};
use crate::{
    channel::{ChannelError, ChannelState},
    id::{ChannelName, EventName, UserId},
    notify::Topic,
    ordered::OrderedSet,
    outbox::{Delivery, Message, ReliableOptions, SendId},
    presence::{self, PresenceOptions, PresenceSnapshot, PresenceStats, Roster, User},
    time::Instant,
    typing::{TypingOptions, TypingRoom},
    wire::EventFrame,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::{collections::hash_map::Entry, rc::Rc};

/// One hook's share in a channel's presence.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::leave`"]
pub struct RosterLease(pub(super) ChannelName);

/// One hook's share in a channel's typing.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::close_typing`"]
pub struct TypingLease(pub(super) ChannelName, pub(super) UserId);

/// The rooms by channel; each holds a lease of its channel, which bounds them.
#[derive(Debug)]
pub(super) struct Rooms {
    by_channel: FxHashMap<ChannelName, Room>,
    /// Those that may have something to say, each once.
    dirty: Vec<ChannelName>,
    /// When each room is due, if it is.
    timers: OrderedSet<(Instant, ChannelName)>,
    visible: bool,
    /// Sends of ours, whose outcome is nobody's business.
    sends: FxHashSet<SendId>,
    rng: fastrand::Rng,
}

impl Rooms {
    fn each(&mut self) -> impl Iterator<Item = &mut Room> {
        let dirty = &mut self.dirty;
        self.by_channel
            .values_mut()
            .inspect(|room| dirty.extend(room.mark_dirty()))
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

    /// Our membership of a channel's presence.
    pub(super) fn membership_mut(&mut self, channel: &ChannelName) -> Option<&mut Membership> {
        self.get_mut(channel)?.membership.as_mut()
    }

    pub(super) fn join(
        &mut self,
        channel: &ChannelName,
        user: User,
        options: PresenceOptions,
        context: &mut Context<'_>,
    ) -> Result<RosterLease, ChannelError> {
        let now = context.turn.now;
        let visible = self.visible;
        let before = self.membership_mut(channel);
        if let Some(before) = before.filter(|it| it.roster.user().id != user.id) {
            before.roster.leave(now);
            // What the one before had to say goes out before the new one speaks.
            self.poll_room(channel, context);
        }
        let seed = self.rng.u64(..);
        let room = self.open(channel, context)?;
        let users = room.membership.as_ref().map_or(0, |it| it.users);
        let same_user = |it: &&mut Membership| it.roster.user().id == user.id;
        if room.membership.as_mut().filter(same_user).is_none() {
            let roster = Roster::new(channel.clone(), user.clone(), options).with_seed(seed);
            let mut membership = Membership::new(roster);
            membership.users = users;
            membership.roster.set_visible(now, visible);
            if room.is_up {
                membership.roster.link_up(now);
            }
            room.membership = Some(membership);
        }
        if let Some(membership) = &mut room.membership {
            membership.take();
            membership.roster.set_user(now, user);
        }
        Ok(RosterLease(channel.clone()))
    }

    pub(super) fn open_typing(
        &mut self,
        channel: &ChannelName,
        user: UserId,
        name: &str,
        options: TypingOptions,
        context: &mut Context<'_>,
    ) -> Result<TypingLease, ChannelError> {
        let now = context.turn.now;
        let room = self.open(channel, context)?;
        if room.typing(&user).is_none() {
            let mut typing = TypingRoom::new(channel.clone(), user.clone(), name, options);
            if room.is_up {
                typing.link_up(now);
            }
            room.typing.push(Typing::new(user.clone(), typing));
        }
        if let Some(typing) = room.typing_mut(&user) {
            typing.users += 1;
            typing.room.set_user_name(name);
        }
        Ok(TypingLease(channel.clone(), user))
    }

    pub(super) fn close_typing(&mut self, now: Instant, lease: &TypingLease) {
        let TypingLease(channel, user) = lease;
        if let Some(typing) = self.typing_mut(channel, user) {
            typing.users = typing.users.saturating_sub(1);
            if typing.users == 0 {
                typing.room.stop(now);
            }
        }
    }

    /// The typing of one of our users on a channel.
    pub(super) fn typing_mut(
        &mut self,
        channel: &ChannelName,
        user: &UserId,
    ) -> Option<&mut Typing> {
        self.get_mut(channel)?.typing_mut(user)
    }

    pub(super) fn snapshot(&self, channel: &ChannelName) -> Option<Rc<PresenceSnapshot>> {
        let membership = self.get(channel)?.membership.as_ref()?;
        Some(membership.roster.snapshot())
    }

    pub(super) fn presence_stats(&self, channel: &ChannelName) -> Option<PresenceStats> {
        let membership = self.get(channel)?.membership.as_ref()?;
        Some(membership.roster.stats())
    }

    fn open(
        &mut self,
        channel: &ChannelName,
        context: &mut Context<'_>,
    ) -> Result<&mut Room, ChannelError> {
        let now = context.turn.now;
        let room = match self.by_channel.entry(channel.clone()) {
            Entry::Occupied(room) => room.into_mut(),
            Entry::Vacant(space) => {
                let channels = &mut context.link.channels;
                let lease = channels.subscribe(now, channel)?;
                let state = channels.state(channel);
                let is_up = matches!(state, Some(ChannelState::Live | ChannelState::Unknown));
                space.insert(Room::new(channel.clone(), lease, is_up))
            }
        };
        self.dirty.extend(room.mark_dirty());
        Ok(room)
    }

    fn due(&mut self, now: Instant) {
        let due = self.timers.iter().take_while(|(at, _)| *at <= now);
        let due: Vec<ChannelName> = due.map(|(_, channel)| channel.clone()).collect();
        for channel in due {
            if let Some(room) = self.get_mut(&channel) {
                room.handle_timeout(now);
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

    fn poll_room(&mut self, channel: &ChannelName, context: &mut Context<'_>) {
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
            let delivery = match ephemeral.event {
                presence::ANNOUNCE => Delivery::Latest(channel.as_str().into()),
                // It must come after whatever a full socket still holds back.
                presence::LEAVE => Delivery::Reliable(ReliableOptions {
                    ack: false,
                    ..ReliableOptions::default()
                }),
                _ => Delivery::Volatile,
            };
            let message = Message::new(ephemeral.event, ephemeral.data)
                .on(channel)
                .with(delivery);
            let send = context.link.outbox.push_own(now, message);
            self.sends.insert(send);
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
            by_channel: FxHashMap::default(),
            dirty: Vec::new(),
            timers: OrderedSet::new(),
            visible: context.store.cache.is_visible(),
            sends: FxHashSet::default(),
            rng: context.link.rng.fork(),
        }
    }

    fn handle(&mut self, happening: &Happening<'_>, context: &mut Context<'_>) -> bool {
        let now = context.turn.now;
        match *happening {
            Happening::ChannelUp(channel) => {
                if let Some(room) = self.get_mut(channel) {
                    room.link_up(now);
                }
            }
            Happening::ChannelDown(channel) => {
                if let Some(room) = self.get_mut(channel) {
                    room.link_down(now);
                }
            }
            Happening::Event(channel, frame) => {
                return self.receive(channel, frame, context);
            }
            Happening::Settled(send, _) => return self.sends.remove(&send),
            // Presence says on the next link what is true then; what a full socket held back may not be.
            Happening::Down => {
                for send in &self.sends {
                    context.link.outbox.cancel(*send);
                }
            }
            Happening::Visible(visible) => {
                self.visible = visible;
                for membership in self.each().filter_map(|room| room.membership.as_mut()) {
                    membership.roster.set_visible(now, visible);
                }
            }
            Happening::Activity => {
                for membership in self.each().filter_map(|room| room.membership.as_mut()) {
                    membership.roster.activity(now);
                }
            }
            Happening::Leaving => {
                for room in self.each() {
                    room.leave(now);
                }
            }
            Happening::SignedOut => {
                let visible = self.visible;
                for room in self.each() {
                    room.start_over(now, visible);
                }
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
