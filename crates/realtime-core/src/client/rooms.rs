//! Commands on presence and typing, and the rooms they work on.

use super::{
    Client, Fault, Output,
    room::{self, Desk, Room, Seat},
};
use crate::{
    channel::{ChannelError, ChannelState},
    id::{ChannelName, UserId},
    notify::Topic,
    outbox::{Delivery, Message},
    presence::{Metadata, PresenceOptions, PresenceSnapshot, PresenceStatus, Roster, User},
    time::{Instant, earliest},
    typing::{TypingOptions, TypingRoom, Typist},
    wire::EventFrame,
};
use rustc_hash::FxHashMap;
use std::rc::Rc;

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
    faults: Vec<Fault>,
    visible: bool,
    stirred: bool,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            by_channel: FxHashMap::default(),
            faults: Vec::new(),
            visible: true,
            stirred: false,
        }
    }
}

impl Rooms {
    fn each(&mut self) -> impl Iterator<Item = &mut Room> {
        self.stirred = true;
        self.by_channel.values_mut()
    }

    fn get_mut(&mut self, channel: &str) -> Option<&mut Room> {
        self.stirred = true;
        self.by_channel.get_mut(channel)
    }

    pub(super) fn set_visible(&mut self, now: Instant, visible: bool) {
        self.visible = visible;
        for seat in self.each().filter_map(|room| room.seat.as_mut()) {
            seat.roster.set_visible(now, visible);
        }
    }

    pub(super) fn activity(&mut self, now: Instant) {
        for seat in self.each().filter_map(|room| room.seat.as_mut()) {
            seat.roster.activity(now);
        }
    }

    pub(super) fn leave_all(&mut self, now: Instant) {
        for room in self.each() {
            room.leave(now);
        }
    }

    pub(super) fn link_up(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(room) = self.get_mut(channel) {
            room.link_up(now);
        }
    }

    pub(super) fn link_down(&mut self, now: Instant, channel: &ChannelName) {
        if let Some(room) = self.get_mut(channel) {
            room.link_down(now);
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for room in self.each() {
            if room.next_deadline().is_some_and(|at| at <= now) {
                room.handle_timeout(now);
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.by_channel
            .values()
            .fold(None, |next, room| earliest(next, room.next_deadline()))
    }

    /// Takes an event. True if it was presence or typing of a room of ours; anything else may
    /// still tell that somebody has stopped typing.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        channel: Option<&str>,
        frame: &EventFrame<'_>,
    ) -> bool {
        let event = frame.event.as_ref();
        let is_ours = event.starts_with("presence:") || event.starts_with("typing:");
        let mut known = false;
        let mut tell = |name: &ChannelName, room: &mut Room| {
            known = true;
            if !is_ours {
                room.clear_author(now, frame.data);
            } else if let Err(error) = room.receive(now, event, frame.data) {
                self.faults.push(room::fault(event, name, error));
            }
        };
        match channel {
            Some(channel) => {
                if let Some(room) = self.by_channel.get_mut(channel) {
                    tell(&ChannelName::from(channel), room);
                }
            }
            None => {
                for (name, room) in &mut self.by_channel {
                    tell(name, room);
                }
            }
        }
        self.stirred |= known;
        known && is_ours
    }

    pub(super) fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
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
        let room = self.open_room(now, channel)?;
        let is_live = room.is_live;
        let same_user = room
            .seat
            .as_ref()
            .is_some_and(|seat| seat.roster.user().id == user.id);
        if !same_user {
            let users = match &mut room.seat {
                Some(seat) => {
                    seat.roster.leave(now);
                    seat.users
                }
                None => 0,
            };
            // What the one before had to say goes out before the new one speaks.
            self.settle(now);
            let room = self.open_room(now, channel)?;
            let mut seat = Seat::new(Roster::new(channel.clone(), user.clone(), options));
            seat.users = users;
            seat.roster.set_visible(now, visible);
            if is_live {
                seat.roster.link_up(now);
            }
            room.seat = Some(seat);
        }
        if let Some(seat) = self
            .rooms
            .get_mut(channel)
            .and_then(|room| room.seat.as_mut())
        {
            let returning = seat.users == 0 && same_user;
            seat.take();
            seat.roster.set_user(now, user);
            if returning && is_live {
                seat.roster.link_up(now);
            }
        }
        self.settle(now);
        Ok(RosterLease(channel.clone()))
    }

    /// Gives back a share in a channel's presence. One second after the last, we leave.
    pub fn leave(&mut self, now: Instant, lease: RosterLease) {
        let RosterLease(channel) = lease;
        if let Some(seat) = self
            .rooms
            .get_mut(&channel)
            .and_then(|room| room.seat.as_mut())
        {
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

    /// Sets our status on a channel; nothing happens if we are not on it.
    pub fn set_status(&mut self, now: Instant, channel: &ChannelName, status: PresenceStatus) {
        if let Some(seat) = self
            .rooms
            .get_mut(channel)
            .and_then(|room| room.seat.as_mut())
        {
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
        if let Some(seat) = self
            .rooms
            .get_mut(channel)
            .and_then(|room| room.seat.as_mut())
        {
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
            if room.is_live {
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

    fn desk_mut(&mut self, channel: &ChannelName, user: &UserId) -> Option<&mut Desk> {
        self.rooms.get_mut(channel)?.desk_mut(user)
    }

    fn open_room(
        &mut self,
        now: Instant,
        channel: &ChannelName,
    ) -> Result<&mut Room, ChannelError> {
        self.rooms.stirred = true;
        if !self.rooms.by_channel.contains_key(channel) {
            let lease = self.channels.subscribe(now, channel)?;
            let room = Room {
                lease: Some(lease),
                is_live: self.channels.state(channel) == Some(ChannelState::Live),
                ..Room::default()
            };
            self.rooms.by_channel.insert(channel.clone(), room);
        }
        Ok(self.rooms.by_channel.entry(channel.clone()).or_default())
    }

    pub(super) fn drain_rooms(&mut self, now: Instant) -> bool {
        if !std::mem::take(&mut self.rooms.stirred) {
            return false;
        }
        let mut messages = Vec::new();
        let mut released = Vec::new();
        self.rooms.by_channel.retain(|channel, room| {
            let news = room.take_news(now);
            let events = news.events.into_iter().map(|event| Output::Presence {
                channel: channel.clone(),
                event,
            });
            self.outputs.extend(events);
            messages.extend(news.outgoing.into_iter().map(|it| (channel.clone(), it)));
            let left = room.tidy(now);
            if news.presence_changed || left {
                self.dirty.mark(Topic::Presence(channel.clone()));
            }
            if news.typing_changed {
                self.dirty.mark(Topic::Typing(channel.clone()));
            }
            if room.is_empty() {
                released.extend(room.lease.take());
            }
            !room.is_empty()
        });
        for (channel, ephemeral) in messages {
            let delivery = match ephemeral.event {
                "presence:announce" => Delivery::Latest(format!("presence:{channel}").into()),
                _ => Delivery::Volatile,
            };
            let message = Message::new(ephemeral.event, ephemeral.data)
                .on(channel)
                .with(delivery);
            let send = self.outbox.push(now, message);
            self.own_sends.insert(send);
        }
        for lease in released {
            self.channels.release(now, lease);
        }
        true
    }
}
