//! Commands on presence and typing, and the rooms they work on.

mod calls;

use super::{
    Client, Fault, Output,
    room::{Desk, Room, Seat},
};
use crate::{
    channel::{ChannelError, ChannelState},
    id::{ChannelName, EventName, UserId},
    liveness::Liveness,
    notify::Topic,
    ordered::OrderedSet,
    outbox::{Delivery, Message, ReliableOptions},
    presence::{
        self, Metadata, PresenceOptions, PresenceSnapshot, PresenceStats, PresenceStatus, Roster,
        User,
    },
    time::Instant,
    typing::{TypingOptions, TypingRoom, TypingStats, Typist},
    wire::EventFrame,
};
use calls::Calls;
use rustc_hash::FxHashMap;
use std::{collections::hash_map::Entry, rc::Rc};

/// One hook's share in a channel's presence.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::leave`"]
pub struct RosterLease(ChannelName);

/// One hook's share in a channel's typing.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the share is held until it is given back with `Client::close_typing`"]
pub struct TypingLease(ChannelName, UserId);

/// The rooms by channel; each holds a lease of its channel, which bounds them.
#[derive(Debug)]
pub(super) struct Rooms {
    by_channel: FxHashMap<ChannelName, Room>,
    /// Those that may have something to say, each once.
    stirred: Vec<ChannelName>,
    /// When each room is due, if it is.
    timers: OrderedSet<(Instant, ChannelName)>,
    visible: bool,
    rng: fastrand::Rng,
    /// What rooms do when something happens; none as long as there has been no room.
    calls: Option<&'static Calls>,
}

impl Rooms {
    pub(super) fn new(rng: fastrand::Rng) -> Self {
        Self {
            by_channel: FxHashMap::default(),
            stirred: Vec::new(),
            timers: OrderedSet::new(),
            visible: true,
            rng,
            calls: None,
        }
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Room> {
        let stirred = &mut self.stirred;
        self.by_channel
            .values_mut()
            .inspect(|room| stirred.extend(room.stir()))
    }

    fn get_mut(&mut self, channel: &str) -> Option<&mut Room> {
        let room = self.by_channel.get_mut(channel)?;
        self.stirred.extend(room.stir());
        Some(room)
    }

    fn on_visible(&mut self, now: Instant, visible: bool) {
        for seat in self.each().filter_map(|room| room.seat.as_mut()) {
            seat.roster.set_visible(now, visible);
        }
    }

    fn on_activity(&mut self, now: Instant) {
        for seat in self.each().filter_map(|room| room.seat.as_mut()) {
            seat.roster.activity(now);
        }
    }

    fn on_leave(&mut self, now: Instant) {
        for room in self.each() {
            room.leave(now);
        }
    }

    fn on_start_over(&mut self, now: Instant) {
        let visible = self.visible;
        for room in self.each() {
            room.start_over(now, visible);
        }
    }

    fn on_link_up(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(room) = self.get_mut(channel) {
            room.link_up(now);
        }
    }

    fn on_link_down(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(room) = self.get_mut(channel) {
            room.link_down(now);
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        let due = self.timers.iter().take_while(|(at, _)| *at <= now);
        let due: Vec<ChannelName> = due.map(|(_, channel)| channel.clone()).collect();
        for channel in due {
            if let Some(room) = self.get_mut(&channel) {
                room.handle_timeout(now);
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
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
    fn on_event(
        &mut self,
        now: Instant,
        channel: &str,
        frame: &EventFrame<'_>,
        faults: &mut Vec<Fault>,
    ) -> bool {
        let Some(room) = self.get_mut(channel) else {
            return false;
        };
        match room.receive(now, &frame.event, &frame.data) {
            Ok(concerned) => concerned,
            Err(error) => {
                faults.push(Fault::Payload {
                    event: EventName::from(frame.event.as_ref()),
                    channel: Some(room.channel().clone()),
                    error,
                });
                true
            }
        }
    }

    /// The channels on which presence or typing listens to an event.
    pub(super) fn listening(&self, event: &str) -> impl Iterator<Item = &ChannelName> {
        let rooms = self.by_channel.values();
        rooms
            .filter(move |room| room.listens_to(event))
            .map(Room::channel)
    }

    /// The only room's channel, if it is only one.
    pub(super) fn only(&self) -> Option<&ChannelName> {
        let mut rooms = self.by_channel.keys();
        rooms.next().filter(|_| rooms.next().is_none())
    }
}

impl Client {
    /// Joins a channel's presence as `user`, or shares the place this client has there. A second
    /// user takes the place of the first.
    ///
    /// # Errors
    ///
    /// When there are too many channels already.
    pub fn join(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        user: User,
        options: PresenceOptions,
    ) -> Result<RosterLease, ChannelError> {
        let visible = self.rooms.visible;
        let before = self.seat_mut(channel);
        if let Some(before) = before.filter(|seat| seat.roster.user().id != user.id) {
            before.roster.leave(now);
            // What the one before had to say goes out before the new one speaks.
            self.settle(now);
        }
        let seed = self.rooms.rng.u64(..);
        let room = self.open_room(now, channel)?;
        let users = room.seat.as_ref().map_or(0, |seat| seat.users);
        let same_user = |seat: &&mut Seat| seat.roster.user().id == user.id;
        if room.seat.as_mut().filter(same_user).is_none() {
            let roster = Roster::new(channel.clone(), user.clone(), options).with_seed(seed);
            let mut seat = Seat::new(roster);
            seat.users = users;
            seat.roster.set_visible(now, visible);
            if room.is_up {
                seat.roster.link_up(now);
            }
            room.seat = Some(seat);
        }
        if let Some(seat) = &mut room.seat {
            seat.take();
            seat.roster.set_user(now, user);
        }
        self.settle(now);
        Ok(RosterLease(channel.clone()))
    }

    /// Gives back a share in a channel's presence. One second after the last, we leave.
    pub fn leave(&mut self, now: Instant, lease: RosterLease) {
        let RosterLease(channel) = lease;
        if let Some(seat) = self.seat_mut(&channel) {
            seat.give_back(now);
        }
        self.settle(now);
    }

    /// Who is on a channel, once we have joined it.
    #[must_use]
    pub fn presence(&self, channel: &ChannelName) -> Option<Rc<PresenceSnapshot>> {
        let seat = self.rooms.by_channel.get(channel)?.seat.as_ref()?;
        Some(seat.roster.snapshot())
    }

    /// Whether what happens on a channel is known to reach us; [`Liveness::None`] if nobody has
    /// asked for it.
    #[must_use]
    pub fn channel_liveness(&self, channel: &str) -> Liveness {
        self.channels
            .state(channel)
            .map_or(Liveness::None, |state| match state {
                ChannelState::Waiting | ChannelState::Subscribing => Liveness::Waiting,
                ChannelState::Unknown => Liveness::Unknown,
                ChannelState::Live => Liveness::Live,
                ChannelState::Refused(_) => Liveness::Refused,
            })
    }

    /// Sets our status on a channel; nothing happens if we are not on it.
    pub fn set_status(&mut self, now: Instant, channel: &ChannelName, status: PresenceStatus) {
        if let Some(seat) = self.seat_mut(channel) {
            seat.roster.set_status(now, status);
            self.dirty.mark_urgent();
        }
        self.settle(now);
    }

    /// Sets what we tell about ourselves on a channel; nothing happens if we are not on it.
    pub fn set_metadata(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        metadata: Option<Metadata>,
    ) {
        if let Some(seat) = self.seat_mut(channel) {
            seat.roster.set_metadata(now, metadata);
        }
        self.settle(now);
    }

    /// Watches who types on a channel, and lets `user` be seen typing there.
    ///
    /// # Errors
    ///
    /// When there are too many channels already.
    pub fn open_typing(
        &mut self,
        now: Instant,
        channel: &ChannelName,
        user: UserId,
        name: &str,
        options: TypingOptions,
    ) -> Result<TypingLease, ChannelError> {
        let room = self.open_room(now, channel)?;
        if room.desk(&user).is_none() {
            let mut typing = TypingRoom::new(channel.clone(), user.clone(), name, options);
            if room.is_up {
                typing.link_up(now);
            }
            room.desks.push(Desk::new(user.clone(), typing));
        }
        if let Some(desk) = room.desk_mut(&user) {
            desk.users += 1;
            desk.typing.set_user_name(name);
        }
        self.settle(now);
        Ok(TypingLease(channel.clone(), user))
    }

    /// Gives back a share in a channel's typing; after the last, the user has stopped typing.
    pub fn close_typing(&mut self, now: Instant, lease: TypingLease) {
        let TypingLease(channel, user) = lease;
        if let Some(desk) = self.desk_mut(&channel, &user) {
            desk.users = desk.users.saturating_sub(1);
            if desk.users == 0 {
                desk.typing.stop(now);
            }
        }
        self.settle(now);
    }

    /// Who types on a channel, `user` excepted, in the order they began.
    #[must_use]
    pub fn typing(&self, channel: &ChannelName, user: &UserId) -> Option<Rc<[Rc<Typist>]>> {
        let desk = self.rooms.by_channel.get(channel)?.desk(user)?;
        Some(desk.typing.snapshot())
    }

    /// `user` pressed a key. Call it on each: what is sent is thinned out.
    pub fn start_typing(&mut self, now: Instant, channel: &ChannelName, user: &UserId) {
        if let Some(desk) = self.desk_mut(channel, user) {
            desk.typing.start(now);
        }
        self.settle(now);
    }

    /// `user` has sent or cleared what they typed, or went elsewhere.
    pub fn stop_typing(&mut self, now: Instant, channel: &ChannelName, user: &UserId) {
        if let Some(desk) = self.desk_mut(channel, user) {
            desk.typing.stop(now);
        }
        self.settle(now);
    }

    /// Stops showing `typist` on a channel, as the app knows that they have finished.
    pub fn clear_typist(&mut self, now: Instant, channel: &ChannelName, typist: &UserId) {
        if let Some(room) = self.rooms.get_mut(channel) {
            room.clear_typist(now, typist);
        }
        self.settle(now);
    }

    /// What our presence on a channel has counted since we joined it.
    #[must_use]
    pub fn presence_stats(&self, channel: &ChannelName) -> Option<PresenceStats> {
        let seat = self.rooms.by_channel.get(channel)?.seat.as_ref()?;
        Some(seat.roster.stats())
    }

    /// What the typing of `user` on a channel has counted since it was opened.
    #[must_use]
    pub fn typing_stats(&self, channel: &ChannelName, user: &UserId) -> Option<TypingStats> {
        let desk = self.rooms.by_channel.get(channel)?.desk(user)?;
        Some(desk.typing.stats())
    }

    fn seat_mut(&mut self, channel: &ChannelName) -> Option<&mut Seat> {
        self.rooms.get_mut(channel)?.seat.as_mut()
    }

    fn desk_mut(&mut self, channel: &ChannelName, user: &UserId) -> Option<&mut Desk> {
        self.rooms.get_mut(channel)?.desk_mut(user)
    }

    fn open_room(
        &mut self,
        now: Instant,
        channel: &ChannelName,
    ) -> Result<&mut Room, ChannelError> {
        let room = match self.rooms.by_channel.entry(channel.clone()) {
            Entry::Occupied(room) => room.into_mut(),
            Entry::Vacant(space) => {
                let lease = self.channels.subscribe(now, channel)?;
                let state = self.channels.state(channel);
                let is_up = matches!(state, Some(ChannelState::Live | ChannelState::Unknown));
                space.insert(Room::new(channel.clone(), lease, is_up))
            }
        };
        self.rooms.stirred.extend(room.stir());
        self.rooms.calls = Some(&calls::CALLS);
        Ok(room)
    }

    fn drain_all_rooms(&mut self, now: Instant) -> bool {
        let stirred = std::mem::take(&mut self.rooms.stirred);
        for channel in &stirred {
            self.drain_room(now, channel);
        }
        !stirred.is_empty()
    }

    fn drain_room(&mut self, now: Instant, channel: &ChannelName) {
        let Some(room) = self.rooms.by_channel.get_mut(channel) else {
            return;
        };
        let news = room.take_news(now);
        let lease = room.is_empty().then_some(room.lease);
        if news.presence_changed {
            self.dirty.mark(Topic::Presence(channel.clone()));
        }
        if news.typing_changed {
            self.dirty.mark(Topic::Typing(channel.clone()));
        }
        let events = news.events.into_iter().map(|event| Output::Presence {
            channel: channel.clone(),
            event,
        });
        self.outputs.extend(events);
        for ephemeral in news.outgoing {
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
            let send = self.outbox.push_own(now, message);
            self.own_sends.insert(send);
        }
        self.rooms.set_timer(channel);
        if let Some(lease) = lease {
            self.rooms.by_channel.remove(channel);
            self.channels.release(now, lease);
        }
    }
}
